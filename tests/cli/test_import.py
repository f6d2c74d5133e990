"""`incident-ledger import`: each line is recorded once, whatever happens on the way, and what failed is told."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.cli.processes import eventually
from tests.running import ROOT, SCOPES, Ledger, command


def report(title: str, **facts: Any) -> str:
    """Return a line that reports an incident."""
    return json.dumps({"command": "report", "facts": {"title": title, "kind": "sighting", **facts}})


@dataclass
class Desk:
    """An actor of a register that others write to, too: the idempotency keys of one are not those of another."""

    ledger: Ledger
    actor: str
    key: str

    def access(self) -> dict[str, str]:
        """Return where the service is and the key to it, as the environment says it."""
        return self.ledger.access() | {"LEDGER_KEY": self.key}

    def titles(self) -> list[str]:
        """Return the titles that this actor reported, in order."""
        said = "SELECT data::json #>> '{facts,title}' FROM events WHERE actor = %s ORDER BY position"
        return [row[0] for row in self.ledger.sql(said, self.actor)]


def open_desk(ledger: Ledger) -> Desk:
    """Let somebody be an actor who was none before."""
    actor = f"desk-{uuid4().hex}"
    return Desk(ledger, actor, ledger.make_key(*SCOPES, actor=actor))


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    """An actor who has said nothing yet."""
    return open_desk(ledger)


def imported(desk: Desk, file: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Import a file."""
    return command("import", str(file), environ=desk.access(), check=check)


def start(desk: Desk, file: Path) -> subprocess.Popen[bytes]:
    """Start an import and return when some of its lines are done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "import", str(file)], cwd=ROOT, env=os.environ | desk.access(),
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    eventually(file.with_name(f"{file.name}.progress").exists)
    return process


def broken_off(desk: Desk, file: Path) -> None:
    """Kill an import in the middle."""
    process = start(desk, file)
    process.kill()
    assert process.wait() == -9


def test_failed_lines_are_told_by_their_number_in_the_file(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    twice = '{"command":"report","command":"report","facts":{"title":"Two","kind":"sighting"}}'
    file.write_text(
        f"\n{report('One')}\n  \nnonsense\r\n{{}}\n{twice}\n{report('Four', severity=5)}\n\n{report('Five')}"
    )
    done = imported(desk, file, check=False)
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "line 4", "line 5", "line 6", "line 7", "2 recorded, 0 there already, 4 failed."
    ]  # fmt: skip
    assert "/facts/severity" in done.stderr
    assert done.returncode == 1
    assert desk.titles() == ["One", "Five"]
    assert list(tmp_path.iterdir()) == [file], "nothing is left beside it"


def test_what_is_imported_again_is_known_after_an_edit_too(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    lines = [report("Same"), report("Same"), "nonsense", report("Last")]
    file.write_text("\n".join(lines))
    assert imported(desk, file, check=False).returncode == 1
    file.write_text("\n".join([report("New"), *lines[:2], lines[3]]))
    done = imported(desk, file)
    assert done.stderr == "1 recorded, 3 there already, 0 failed.\n"
    assert desk.titles() == ["Same", "Same", "Last", "New"]


def test_a_whole_life_by_external_id_is_known_again(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    named: dict[str, Any] = {"external_id": "feed/7"}
    revise = {"command": "revise", **named, "reason": "More", "patch": {"summary": "Two"}}
    retract = {"command": "retract", **named, "reason_code": "duplicate", "reason": "Twice"}
    holding = {"external_ids": {"feed": "7"}}
    lines = [report("One", **holding), json.dumps(revise), json.dumps(retract), report("Two", **holding)]
    file.write_text("\n".join(lines))
    assert imported(desk, file).stderr == "4 recorded, 0 there already, 0 failed.\n"
    assert imported(desk, file).stderr == "0 recorded, 4 there already, 0 failed.\n"


def test_after_a_kill_it_goes_on_and_tells_what_failed_before(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    wanted = [f"Number {n}" for n in range(8000)]
    file.write_text("nonsense\n" + "".join(f"{report(title)}\n" for title in wanted))
    broken_off(desk, file)
    broken_off(desk, file)
    assert len(desk.titles()) < len(wanted), "it was in the middle"
    done = imported(desk, file, check=False)
    assert "Going on at line" in done.stderr
    assert "1 before it failed" in done.stderr
    assert done.stderr.endswith(" 1 failed.\n")
    assert done.returncode == 1
    assert desk.titles() == wanted


def test_a_changed_file_is_not_gone_on_with(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    wanted = [f"Number {n}" for n in range(3000)]
    file.write_text("".join(f"{report(title)}\n" for title in wanted))
    broken_off(desk, file)
    file.write_text("".join(f"{report(title)}\n" for title in ["New", *wanted]))
    assert "is of another file, service or log: starting at line 1." in imported(desk, file).stderr
    assert sorted(desk.titles()) == sorted(["New", *wanted])


@pytest.mark.parametrize("note", ["", "{}", '{"of":"x","lines":1}', '{"of":1}'])
def test_a_strange_note_of_progress_skips_no_line(note: str, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    file.write_text(report("One"))
    (tmp_path / "commands.ndjson.progress").write_text(note)
    imported(desk, file)
    assert desk.titles() == ["One"]


def test_progress_into_a_log_that_is_gone_does_not_count(desk: Desk, tmp_path: Path) -> None:
    file, note = tmp_path / "commands.ndjson", tmp_path / "commands.ndjson.progress"
    file.write_text("".join(f"{report(f'Number {n}')}\n" for n in range(3000)))
    broken_off(desk, file)
    note.write_text(json.dumps(json.loads(note.read_text()) | {"lines": 3000, "position": 1_000_000}))
    imported(desk, file)
    assert len(desk.titles()) == 3000


def test_it_waits_for_a_service_that_comes_back(own_ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    wanted = [f"Number {n}" for n in range(8000)]
    file.write_text("".join(f"{report(title)}\n" for title in wanted))
    desk = open_desk(own_ledger)
    process = start(desk, file)
    own_ledger.kill()
    own_ledger.start()
    assert process.wait(60) == 0
    assert desk.titles() == wanted


def test_on_a_terminal_it_draws_a_bar_with_rate_and_remaining_time(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    file.write_text("".join(f"{report(f'Number {n}')}\n" for n in range(1500)))
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "service", "import", str(file)], cwd=ROOT, stderr=theirs, check=True, timeout=60,
        env=os.environ | desk.access() | {"TERM": "xterm", "COLUMNS": "120", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    drawn = os.read(ours, 1_000_000).decode()
    assert "━" in drawn
    assert "1500/1500" in drawn
    assert "/s 0:00:00" in drawn


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        pytest.param({"LEDGER_KEY": "ilk_wrong"}, "API key", id="wrong key"),
        pytest.param({"LEDGER_KEY": "ключ"}, "The address must be like", id="no key"),
        pytest.param({"LEDGER_KEY": ""}, "The address must be like", id="empty key"),
        pytest.param({"LEDGER_URL": "127.0.0.1:8000"}, "The address must be like", id="no address"),
    ],
)
def test_what_stops_it_is_told(environ: dict[str, str], told: str, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "commands.ndjson"
    file.write_text(report("One"))
    done = command("import", str(file), environ=desk.access() | environ, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    assert "run it again to go on" in done.stderr
    assert "Traceback" not in done.stderr
