"""`incident-ledger audit diff`: what changed in what was known between two moments of the log."""

import os
import re
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from tests.cli.lives import FACTS, Life, as_auditor, audit, changed_line, live
from tests.running import ROOT, Ledger


@pytest.fixture(scope="module")
def life(ledger: Ledger) -> Life:
    """An incident that was reported, revised, retracted and reported again."""
    with ledger.client() as client:
        return live(client)


def diff(ledger: Ledger, since: object, until: object, *args: str, status: int = 0, **environ: str) -> Any:
    asked = ("diff", "--from", str(since), "--to", str(until), *args)
    done = audit(*asked, environ=as_auditor(ledger, **environ))
    assert done.returncode == status, done.stderr
    return done


def timeless(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "AT", text)


def test_a_revision_is_told_with_old_and_new_numbers(ledger: Ledger, life: Life) -> None:
    first, second = life.positions[:2]
    told = timeless(diff(ledger, first, second).stdout)
    assert told.startswith(f"""\
What changed in what was known between position {first} (AT) and {second} (AT)

revised: Drones over the harbour
  incident {life.incident}
  AT revised by tester
    Why: A higher number in the morning.
  What it comes to:
    ~ UAVs destroyed: 40 -> 42 (between 40 and 42), sources disagree (regional governor, confirmed)
  Who gave which number:
    + UAVs destroyed, by regional governor, confirmed: 42
  Who says so:
    + regional governor, confirmed; at https://example.org/42; stated at 2026-05-01 06:30 UTC; \
in the source's words “сорок два”

1 incident: 1 revised.
""")
    assert "Verified: every event that this is made of" in told


@pytest.mark.parametrize(
    ("since", "until", "became", "last"),
    [(-1, 0, "new", "1 new"), (-1, 2, "new, and retracted since", "1 new"), (1, 2, "retracted", "1 retracted"),
     (2, 3, "reported again", "1 reported again"), (0, 3, "revised", "1 revised")],
)  # fmt: skip
def test_what_became_of_an_incident_is_said_in_a_word(
    since: int, until: int, became: str, last: str, ledger: Ledger, life: Life
) -> None:
    start = life.positions[0] - 1 if since < 0 else life.positions[since]
    told = diff(ledger, start, life.positions[until]).stdout
    assert f"\n\n{became}: Drones over the harbour" in told
    assert f"\n1 incident: {last}.\n" in told


def test_totals_before_and_after_are_told(own_ledger: Ledger) -> None:
    assert diff(own_ledger, 0, 0, status=2).stderr == "Not verified. The log is empty.\n"
    timed = FACTS | {"occurred": {"start": "2026-05-01T02:30:00Z"}}
    with own_ledger.client() as client:
        for title in ("One", "Other"):
            assert client.post("/v1/incidents", json={"facts": timed | {"title": title}}).status_code == 201
        client.post("/v1/incidents", json={"facts": FACTS})
        at = client.get("/v1/log/1").json()["recorded_at"]
    told = diff(own_ledger, 1, 3, "--time-zone", "Europe/Moscow").stdout
    assert "\n2 incidents: 2 new.\n" in told
    assert (
        "as the service adds it up; 1 of no known time left out:\n  incidents: 1 -> 2\n  destroyed: 40 -> 80\n" in told
    )
    assert "(2026" in told
    assert "MSK" in told
    assert diff(own_ledger, at, at).stdout.count("Nothing changed.") == 1
    nothing = diff(own_ledger, 0, 3, "--subdivision", "RU-BEL").stdout
    assert "Nothing changed in RU-BEL." in nothing
    early = diff(own_ledger, "2020-01-01", 3, status=2)
    assert early.stdout == ""
    assert f"--from: nothing was recorded before {at}, when the log begins." in early.stderr


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        pytest.param("2", "1", "--from is after --to", id="the wrong way round"),
        pytest.param("yesterday", "1", "--from: a time such as", id="no time"),
        pytest.param("2026-02-30", "1", "--from: a time such as", id="no such day"),
        pytest.param("1", "999999999", "--to: The request has faults. /as_of The log ends at", id="after the head"),
        pytest.param("1", "2999-01-01", "It is in the future", id="the future"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(since: str, until: str, told: str, ledger: Ledger, life: Life) -> None:
    assert life.incident
    done = diff(ledger, since, until, status=2)
    assert done.stdout == ""
    assert told in done.stderr


def without_second(path: str, body: bytes) -> bytes:
    """Leave the second of several positions out of a page of the whole log."""
    if not path.startswith("/v1/log?") or "incident=" in path:
        return body
    page = msgspec.json.decode(body)
    return msgspec.json.encode(page | {"items": page["items"][:1] + page["items"][2:]})


def of_one_less(path: str, body: bytes) -> bytes:
    """Leave the last event out of an incident's own."""
    if "incident=" not in path:
        return body
    return b"".join(body.splitlines(keepends=True)[:-1])


def of_other_tiles(path: str, body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:] if path.startswith("/v1/log/tile/") else body


def of_short_tiles(path: str, body: bytes) -> bytes:
    return body[:-1] if path.startswith("/v1/log/tile/") else body


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(of_other_tiles, "is not proven to be in the signed log", id="another tile"),
        pytest.param(of_short_tiles, "A tile of the log has", id="a short tile"),
        pytest.param(without_second, "leaves out positions of the log", id="a position is left out"),
        pytest.param(
            of_one_less, "tells other events of the incidents than of the whole log", id="an event is left out"
        ),
    ],
)
def test_what_is_altered_or_left_out_is_noticed(change: Any, told: str, ledger: Ledger, life: Life) -> None:
    with changed_line(ledger, change) as line:
        done = diff(ledger, life.positions[0] - 1, life.positions[3], status=1, LEDGER_URL=line)
    assert done.stderr.startswith("WRONG: ")
    assert told in done.stderr


def test_a_reader_that_has_had_enough_sees_no_complaint(ledger: Ledger, life: Life) -> None:
    asked = f"audit diff --from {life.positions[0] - 1} --to {life.positions[3]}"
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m service {asked} | head -n 1"], cwd=ROOT, check=True, timeout=60,
        env=os.environ | as_auditor(ledger), capture_output=True,
    )  # fmt: skip
    assert done.stdout.startswith(b"What changed")
    assert done.stderr == b""
