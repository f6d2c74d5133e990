"""`incident-ledger audit history`: who said what of an incident, when and why, in a terminal and in a pipe."""

import re
from typing import Any

import msgspec
import pytest

from tests.cli.lives import HOSTILE, PUBLIC_KEY, Life, as_auditor, audit, changed_line, live
from tests.running import Ledger, command

WHOLE = """\
Drones over the harbour, again
incident {incident}, active, 4 revisions

Revision 1: reported AT by tester, position {first} of the log
  What it comes to:
    + UAVs destroyed: 40 (an agency, preliminary)
  Who gave which number:
    + UAVs destroyed, by an agency, preliminary: 40 (“forty”)
  What is said:
    + title: Drones over the harbour
    + kind: interception
    + place: The port (RU-KLU)
    + in the air: UAVs
  Who says so:
    + an agency, preliminary; the source is known by role only

Revision 2: revised AT by tester, position {second} of the log
  Why: A higher number in the morning.
  What it comes to:
    ~ UAVs destroyed: 40 -> 42 (between 40 and 42), sources disagree (regional governor, confirmed)
  Who gave which number:
    + UAVs destroyed, by regional governor, confirmed: 42
  Who says so:
    + regional governor, confirmed; at https://example.org/42; stated at 2026-05-01 06:30 UTC; \
in the source's words “сорок два”

Revision 3: retracted AT by tester, position {third} of the log
  Why: The office took it back.
  Taken back because: the source withdrew it
  Replaced by incident: {incident}

Revision 4: reported again AT by tester, position {fourth} of the log
  What it comes to:
    ~ UAVs destroyed: 42 (between 40 and 42), sources disagree -> 40 (an agency, preliminary)
  Who gave which number:
    - UAVs destroyed, by regional governor, confirmed: 42 -> no longer said
  What is said:
    ~ title: Drones over the harbour -> Drones over the harbour, again
  Who says so:
    - regional governor, confirmed; at https://example.org/42; stated at 2026-05-01 06:30 UTC; \
in the source's words “сорок два” -> no longer said

"""
NOBODY = "01a21ca5-ea5c-7109-a0dc-63ebf791e7bd"


@pytest.fixture(scope="module")
def life(ledger: Ledger) -> Life:
    """An incident that was reported, revised, retracted and reported again."""
    with ledger.client() as client:
        return live(client)


def history(ledger: Ledger, *args: str, status: int = 0, **environ: str) -> Any:
    done = audit("history", *args, environ=as_auditor(ledger, **environ))
    assert done.returncode == status, done.stderr
    return done


def test_the_whole_life_of_an_incident_is_told(ledger: Ledger, life: Life) -> None:
    told = command("audit", "history", life.incident, environ=as_auditor(ledger)).stdout
    timeless = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "AT", told)
    first, second, third, fourth = life.positions
    expected = WHOLE.format(incident=life.incident, first=first, second=second, third=third, fourth=fourth)
    assert timeless[: timeless.index("Verified: ")] == expected
    assert "Verified: 4 events as recorded, each proven to be in the checkpoint of " in told
    assert PUBLIC_KEY in told
    assert "\x1b" not in told


def test_of_a_retracted_incident_the_history_is_told_too(ledger: Ledger) -> None:
    with ledger.client() as client:
        made = client.post("/v1/incidents", json={"facts": {"title": HOSTILE, "kind": "other"}}).json()["id"]
        taken_back = {"reason_code": "false_report", "reason": HOSTILE}
        client.post(f"/v1/incidents/{made}/retraction", json=taken_back, headers={"If-Match": '"1"'})
        assert client.get(f"/v1/incidents/{made}").status_code == 410
    told = history(ledger, made, "--time-zone", "Europe/Moscow").stdout
    assert f"incident {made}, retracted, 2 revisions" in told
    assert "Taken back because: it was a false report" in told
    assert " MSK by tester" in told
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", told)
    assert "\\u202egnirts\\u202c Привет שלום \\u001b[31m" in told


def test_without_the_public_key_it_says_that_nothing_is_verified(ledger: Ledger, life: Life) -> None:
    done = audit("history", life.incident, environ=ledger.access())
    assert "Not verified: with --public-key" in done.stdout
    assert "Verified" not in done.stdout


def test_an_expunged_event_says_when_by_whom_and_why(ledger: Ledger) -> None:
    with ledger.client() as client:
        life = live(client)
    said = ("--reason", "By order of the court.", "--actor", "The registrar", "--yes")
    command("expunge", str(life.positions[0]), str(life.positions[1]), *said, environ=ledger.environ)
    told = history(ledger, life.incident).stdout
    assert (
        len(
            re.findall("  What it said was taken out of the log at .* by The registrar: By order of the court.\n", told)
        )
        == 2
    )
    assert "regional governor" not in told
    assert "A higher number" not in told
    assert "+ title" not in told
    assert "Why: The office took it back." in told
    assert "    ~ title: [expunged] -> Drones over the harbour, again\n" in told
    assert "Verified: 4 events" in told


def a_revision_less(path: str, body: bytes) -> bytes:
    if not path.startswith("/v1/log?"):
        return body
    return b"".join(line for line in body.splitlines(keepends=True) if msgspec.json.decode(line)["revision"] != 2)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(lambda _, body: body.replace(b'"value":40', b'"value":41'), "are not those that were hashed",
                     id="data"),
        pytest.param(a_revision_less, "leaves out revision 2", id="a revision left out"),
        pytest.param(lambda _, body: body.replace(b'"actor":"tester"', b'"actor":"editor"'),
                     "is not proven to be in the signed log", id="an envelope"),
    ],
)  # fmt: skip
def test_what_was_altered_on_the_way_is_not_shown(change: Any, told: str, ledger: Ledger, life: Life) -> None:
    with changed_line(ledger, change) as line:
        done = history(ledger, life.incident, LEDGER_URL=line, status=1)
    assert done.stderr.startswith("WRONG: ")
    assert told in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("args", "environ", "status", "told"),
    [
        pytest.param([NOBODY], {}, 2, f"There is no incident {NOBODY} in the log.\n", id="no such incident"),
        pytest.param(["harbour"], {}, 2, "Invalid value", id="no id"),
        pytest.param([NOBODY, "--time-zone", "Mars"], {}, 2, "There is no time zone Mars", id="no such time zone"),
        pytest.param([NOBODY], {"LEDGER_KEY": "ilk_x_y"}, 2, "The API key", id="a wrong key"),
        pytest.param([NOBODY], {"LEDGER_PUBLIC_KEY": "x"}, 2, "The public key cannot be used", id="no public key"),
        pytest.param([NOBODY], {"LEDGER_URL": "http://127.0.0.1:1"}, 2, "cannot be reached", id="nobody there"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_a_sentence(
    args: list[str], environ: dict[str, str], status: int, told: str, ledger: Ledger
) -> None:
    done = history(ledger, *args, status=status, **environ)
    assert done.stdout == ""
    assert told in done.stderr
    assert "Traceback" not in done.stderr
