"""`incident-ledger export`: the log byte for byte, whole or not at all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import cut_line
from tests.cli.test_import import report
from tests.running import ROOT, Ledger, command

FORBIDDEN = b'HTTP/1.1 403 No\r\nContent-Length: 36\r\n\r\n{"title":"No","detail":"Not today."}'


@pytest.fixture(scope="module")
def full(ledger: Ledger) -> Iterator[Ledger]:
    """A ledger with some thousand events."""
    lines = "\n".join(report(f"Number {n}", summary="x" * 500) for n in range(3000))
    with ledger.client() as client:
        client.post("/v1/batches", content=lines, headers={"Content-Type": "application/x-ndjson"})
    return ledger


def log(ledger: Ledger, after: int = 0) -> bytes:
    """Return the log as the service streams it."""
    with ledger.client(Accept="application/x-ndjson") as client:
        return client.get("/v1/log", params={"after": after}).content


def test_a_file_holds_the_log_byte_for_byte(full: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "log.ndjson"
    file.write_text("an older one")
    done = command("export", str(file), environ=full.access())
    assert file.read_bytes() == log(full)
    assert list(tmp_path.iterdir()) == [file]
    assert done.stdout == ""


def test_stdout_carries_the_log_and_nothing_else(full: Ledger) -> None:
    done = command("export", "--after", "2990", environ=full.access())
    assert done.stdout.encode() == log(full, 2990)
    assert done.stderr == ""


def test_a_reader_that_has_had_enough_sees_no_complaint(full: Ledger) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m service export | head -n 1"], cwd=ROOT, env=os.environ | full.access(),
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == log(full).splitlines(keepends=True)[0]
    assert done.stderr == b""


@pytest.mark.parametrize("after", [100, 5_000, 1_000_000])
def test_a_broken_connection_is_gone_on_with(after: int, full: Ledger, tmp_path: Path) -> None:
    with cut_line(full.port, after) as line:
        done = command("export", str(tmp_path / "log.ndjson"), environ=full.access() | {"LEDGER_URL": line})
    assert "Trying again in 1 s." in done.stderr
    assert (tmp_path / "log.ndjson").read_bytes() == log(full)


def test_what_is_not_whole_does_not_get_the_files_name(full: Ledger, tmp_path: Path) -> None:
    with cut_line(full.port, 1_000_000, then=FORBIDDEN) as line:
        done = command(
            "export", str(tmp_path / "log.ndjson"), environ=full.access() | {"LEDGER_URL": line}, check=False
        )
    assert done.returncode == 1
    assert "No. Not today.\nThe log is not exported whole." in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["log.ndjson.part"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param(["/nonexistent/log.ndjson"], "No such file or directory", id="no such folder"),
        pytest.param(["--after", "-1"], "Must be >= 0", id="a position before the first"),
    ],
)
def test_what_cannot_be_done_is_told(args: list[str], told: str, ledger: Ledger) -> None:
    done = command("export", *args, environ=ledger.access(), check=False)
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
