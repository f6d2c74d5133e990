"""`incident-ledger keys`: a secret is seen once, does what its scopes say, and can be taken back."""

import re

import httpx
import pytest

from tests.cli.processes import eventually
from tests.running import Ledger, command, make_database

BODY = {"facts": {"title": "Drone over the harbour", "kind": "sighting"}}


def status(ledger: Ledger, key: str, path: str) -> int:
    """Return the status of a GET with a key."""
    with ledger.client(key) as client:
        return client.get(path).status_code


def test_a_key_is_printed_alone_and_does_what_its_scopes_say(ledger: Ledger) -> None:
    made = command(
        "keys", "create", "newsroom", "--scope", "incidents:read", "--scope", "log:read", environ=ledger.environ
    )
    key = made.stdout.removesuffix("\n")
    assert re.fullmatch(r"ilk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", key)
    assert status(ledger, key, "/v1/incidents") == httpx.codes.OK
    assert status(ledger, key, "/v1/log") == httpx.codes.OK
    with ledger.client(key) as client:
        assert client.post("/v1/incidents", json=BODY).status_code == httpx.codes.FORBIDDEN


def test_a_secret_is_neither_listed_nor_kept(ledger: Ledger) -> None:
    _, prefix, secret = ledger.make_key("log:read", actor="auditor").split("_", 2)
    listed = command("keys", "list", environ=ledger.environ).stdout
    (line,) = (line for line in listed.splitlines() if prefix in line)
    assert line.split()[:3] == [prefix, "auditor", "log:read"]
    (row,) = ledger.sql("SELECT api_keys::text FROM api_keys WHERE prefix = %s", prefix)
    dump = row[0] + bytes.fromhex(re.findall(r"[0-9a-f]{64}", row[0])[0]).decode("latin-1")
    assert secret[:20] not in listed
    assert secret[:20] not in dump


def test_an_expired_key_is_refused(ledger: Ledger) -> None:
    key = command(
        "keys", "create", "visitor", "--scope", "log:read", "--expires-in-days", "30", environ=ledger.environ
    ).stdout.strip()
    prefix = key.split("_")[1]
    ((days,),) = ledger.sql("SELECT extract(day FROM expires_at - created_at) FROM api_keys WHERE prefix = %s", prefix)
    assert round(days) in (29, 30)
    ledger.sql(
        "UPDATE api_keys SET created_at = created_at - interval '1 year', expires_at = now() WHERE prefix = %s", prefix
    )
    assert status(ledger, key, "/v1/log") == httpx.codes.UNAUTHORIZED


def test_a_revoked_key_is_soon_refused_and_listed_as_such(ledger: Ledger) -> None:
    key = ledger.make_key("log:read", actor="leaver")
    prefix = key.split("_")[1]
    assert status(ledger, key, "/v1/log") == httpx.codes.OK
    command("keys", "revoke", prefix, environ=ledger.environ)
    eventually(lambda: status(ledger, key, "/v1/log") == httpx.codes.UNAUTHORIZED)
    (line,) = (each for each in command("keys", "list", environ=ledger.environ).stdout.splitlines() if prefix in each)
    assert re.search(r" - +\d{4}-\d\d-\d\d \d\d:\d\d$", line.rstrip())


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param(["create", "x", "--scope", "log:write"], "log:read", id="unknown scope: the known ones are named"),
        pytest.param(["create", "x"], "--scope", id="no scope"),
        pytest.param(["create", "Big Name", "--scope", "log:read"], "cannot be an actor", id="no actor's name"),
        pytest.param(["create", "x", "--scope", "log:read", "--expires-in-days", "-1"], "> 0", id="expired at once"),
        pytest.param(["revoke", "0123456789ab"], "There is no key 0123456789ab", id="unknown prefix"),
    ],
)
def test_what_cannot_be_done_is_refused(args: list[str], told: str, ledger: Ledger) -> None:
    before = ledger.sql("SELECT count(*) FROM api_keys")
    done = command("keys", *args, environ=ledger.environ, check=False)
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert ledger.sql("SELECT count(*) FROM api_keys") == before


def test_a_database_without_the_schema_is_told_so(postgres_url: str) -> None:
    with make_database(postgres_url) as url:
        done = command("keys", "list", environ={"DATABASE_URL": url}, check=False)
    assert done.returncode == 1
    assert "incident-ledger migrate" in done.stderr
    assert len(done.stderr.splitlines()) == 1
