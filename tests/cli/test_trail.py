"""`incident-ledger trail`, and keys that are bound when they are made."""

import getpass

import pytest

from tests.running import Ledger, command


def test_who_made_a_bound_key_is_shown(ledger: Ledger) -> None:
    flags = ("--scope", "incidents:write", "--namespaces", "uaaf, gov", "--subdivisions", "RU-KLU,GB-ENG")
    prefix = command("keys", "create", "desk", *flags, environ=ledger.environ).stdout.split("_")[1]
    listed = command("keys", "list", environ=ledger.environ).stdout
    (line,) = (each for each in listed.splitlines() if prefix in each)
    assert "uaaf gov RU-KLU GB-ENG" in line
    (row,) = ledger.sql("SELECT namespaces, subdivisions, created_by FROM api_keys WHERE prefix = %s", prefix)
    assert row == (["uaaf", "gov"], ["RU-KLU", "GB-ENG"], getpass.getuser())
    shown = command("trail", environ=ledger.environ).stdout
    (entry,) = (each for each in shown.splitlines() if prefix in each)
    assert entry.split()[2:4] == ["key_made", getpass.getuser()]
    assert '"namespaces":["uaaf","gov"]' in entry
    number = entry.split()[0]
    later = command("trail", "--after", number, environ=ledger.environ).stdout.splitlines()
    assert not any(each.split()[0] == number for each in later)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--namespaces", ""), "'' cannot be a namespace"),
        (("--namespaces", ","), "'' cannot be a namespace"),
        (("--namespaces", "uaaf,Gov.UA"), "'Gov.UA' cannot be a namespace"),
        (("--subdivisions", ""), "'' is no ISO 3166-2 code"),
        (("--subdivisions", "RU-KLU,RU-XXX"), "'RU-XXX' is no ISO 3166-2 code"),
        (("--subdivisions", "RU"), "'RU' is no ISO 3166-2 code"),
    ],
)
def test_bounds_that_are_none_make_no_key(ledger: Ledger, flags: tuple[str, ...], told: str) -> None:
    before = ledger.sql("SELECT count(*) FROM api_keys")
    done = command("keys", "create", "x", "--scope", "log:read", *flags, environ=ledger.environ, check=False)
    assert (done.returncode, told in done.stderr) == (1, True), done.stderr
    assert ledger.sql("SELECT count(*) FROM api_keys") == before
