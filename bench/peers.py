"""The contenders that write to PostgreSQL without a server of ours between: two event stores and pgbench."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from bench import corpus
from bench.postgres import PROGRAMS
from bench.results import CannotMeasure, Outcome

_HERE: Final = Path(__file__).parent
EVENTS_TABLE: Final = "stored_events"
MESSAGES_TABLE: Final = "emt_messages"
BARE_TABLE: Final = "bare"
_BARE: Final = f"CREATE TABLE {BARE_TABLE} (position bigserial PRIMARY KEY, id uuid NOT NULL, data text NOT NULL)"
_INSERT: Final = f"INSERT INTO {BARE_TABLE} (id, data) VALUES (gen_random_uuid(), :data);\n"


class Job(msgspec.Struct, frozen=True):
    """What an event store is to do: `batch` events in each call, `concurrency` calls at a time."""

    uri: str
    bodies: str
    first: int
    seconds: float
    concurrency: int
    batch: int
    functions: bool = False
    """For eventsourcing: its option POSTGRES_ENABLE_DB_FUNCTIONS."""


def eventsourcing(job: Job) -> Outcome:
    """Let PostgresApplicationRecorder append."""
    return _run([sys.executable, "-m", "bench.eventsourcing_peer"], job)


def emmett(job: Job) -> Outcome:
    """Let appendToStream append."""
    if not (_HERE / "node_modules").exists():
        raise CannotMeasure("emmett is not installed: run `npm ci` in bench/ (`make bench` does).")
    return _run(["node", str(_HERE / "emmett.mjs")], job)


def pgbench(uri: str, bodies: Path, seconds: float, clients: int, work: Path) -> Outcome:
    """Let pgbench insert rows of the same size, one a transaction."""
    script = work / "insert.sql"
    script.write_text(_INSERT)
    body = corpus.read(bodies)[0].decode()
    options = ["-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds)))]
    began = time.perf_counter()
    before = os.times()
    ran = _checked([str(PROGRAMS / "pgbench"), *options, "-D", f"data={body}", "-f", str(script), uri])
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    count = int(_field(ran, "number of transactions actually processed:").partition("/")[0])
    rate = float(_field(ran, "tps =").partition(" ")[0])
    return Outcome(count, count / rate, cpu / (time.perf_counter() - began))


def bare_table(uri: str) -> None:
    """Make the table that pgbench inserts into."""
    _checked([str(PROGRAMS / "psql"), "-q", "-c", _BARE, uri])


def _field(output: str, name: str) -> str:
    line = next(line for line in output.splitlines() if line.startswith(name))
    return line.removeprefix(name).strip()


def _run(command: list[str], job: Job) -> Outcome:
    output = _checked([*command, msgspec.json.encode(job).decode()])
    return msgspec.json.decode(output.splitlines()[-1], type=Outcome)


def _checked(command: list[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_HERE.parent)
    if ran.returncode != 0:
        raise CannotMeasure(f"{Path(command[0]).name}: {ran.stderr.strip()[-3000:]}")
    return ran.stdout
