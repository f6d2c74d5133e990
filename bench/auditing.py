"""How long `audit verify` takes for a large register, and how much memory: `python -m bench.auditing`."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from cyclopts import App
from rich.console import Console

from bench.contest import Plan, Run
from bench.memory import MemoryWatch, cpu_seconds
from bench.postgres import refuse_memory
from bench.results import CannotMeasure
from bench.server import ROOT
from service.notes import LOG, make_key
from service.projections.every import PROJECTIONS

REGISTER: Final = "audited"
MOST_SECONDS: Final = 180.0
MOST_MIB: Final = 500.0
_SEALER: Final = (
    "import asyncio, sys; from service.sealer import Sealer; from service.notes import LOG, read_private;"
    " asyncio.run(Sealer(sys.argv[1], read_private(sys.argv[2], LOG)).run())"
)
_FILLED: Final = 20_000
"""Events that come through /v1/batches; the rest repeat them, in SQL."""
_DOCUMENT: Final = (
    """'{"id":"' || i || '","status":"' || o.status || '","revision":1,"position":' || p || ',"recorded_at":"'"""
    """ || instant(at) || '","reported_at":"' || instant(at) || substr(o.document, strpos(o.document, '","actor":'))"""
)
_MORE: Final = (
    "FROM (SELECT n * %(filled)s + e.position AS p, e.position AS of, e.recorded_at + n * interval '1 hour' AS at,"
    " md5('i' || n || '-' || e.position)::uuid AS i, md5('e' || n || '-' || e.position)::uuid AS id"
    " FROM generate_series(1, %(events)s / %(filled)s - 1) n, events e WHERE e.position <= %(filled)s ORDER BY 1) c"
)
_COLUMNS: Final = "recorded_at, reported_at, status, message_status, occurred_start, occurred_end, tags, places, extent"
_SAME: Final = "at, at, o.status, o.message_status, o.occurred_start, o.occurred_end, o.tags, o.places, o.extent"
_CLONE: Final = (
    # the lists that are read here do not look at tags or places, and to index them takes longer than all the rest
    (
        "DROP INDEX incidents_by_tag, incidents_by_extent, serving.incident_versions_by_tag,"
        " serving.incident_versions_by_extent"
    ),
    (
        f"INSERT INTO incidents (incident, revision, position, {_COLUMNS}, document)"
        f" SELECT i, 1, p, {_SAME}, {_DOCUMENT} {_MORE} JOIN incidents o ON o.position = c.of"
    ),
    (
        f"INSERT INTO serving.incident_versions (incident, revision, position, until, {_COLUMNS}, document)"
        f" SELECT i, 1, p, o.until, {_SAME}, {_DOCUMENT} {_MORE} JOIN serving.incident_versions o ON o.position = c.of"
    ),
    (
        "INSERT INTO events SELECT p, id, i, 1, o.type, o.schema_version, at, o.actor, o.nonce, o.data_sha256, o.data"
        f" {_MORE} JOIN events o ON o.position = c.of"
    ),
    "UPDATE log_head SET (position, recorded_at) = (SELECT position, recorded_at FROM events ORDER BY 1 DESC LIMIT 1)",
    "UPDATE followers SET position = (SELECT position FROM log_head) WHERE name = 'versions'",
)

app = App(help=__doc__)


@app.default
def measure(*, events: int = 1_000_000, rounds: int = 1, projections: bool = False, pause: bool = False) -> int:
    """
    Fill a register, seal it, make what lists as of a position are read from, and verify it.

    Parameters
    ----------
    events
        How many events it has.
    rounds
        How often it is verified.
    projections
        Also make every projection, there and in the audit.
    pause
        Wait before the end, to look at it.

    """
    console = Console(width=140, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="ledger-bench-", ignore_cleanup_errors=True) as folder:
        refuse_memory(Path(folder))
        run = Run(Path(folder), console, Plan(rounds, 5, events, ()))
        try:
            return _measure(run, events, rounds, projections=projections, pause=pause)
        finally:
            run.close()


def _measure(run: Run, events: int, rounds: int, *, projections: bool, pause: bool) -> int:
    key = make_key("bench.example/v1/log", LOG)
    run.cluster.create(REGISTER)
    server = run.start(REGISTER)
    with _sealing(run.cluster.uri(REGISTER), str(key)):
        run.fill(server, REGISTER, min(events, _FILLED))
        _build(run, "versions")
        _clone(run, events)
        for name in PROJECTIONS if projections else ():
            if name.followed and name.name != "versions":
                _build(run, name.name)
        _wait(run, events)
    environment = {
        "LEDGER_URL": f"http://127.0.0.1:{server.port}",
        "LEDGER_KEY": server.key,
        "LEDGER_PUBLIC_KEY": str(key.verifier),
    }
    if pause:
        run.console.print(" ".join(f"{name}={value}" for name, value in environment.items()), markup=False)
        input("Enter goes on. ")
    met = True
    for _ in range(rounds):
        run.settle()
        before = cpu_seconds(run.busy())
        took, peak, cpu = _verify(environment, projections=projections)
        served = sum(each - before.get(pid, 0.0) for pid, each in cpu_seconds(run.busy()).items())
        met = met and took < MOST_SECONDS and peak < MOST_MIB
        run.console.print(
            f"audit verify of {events:,} events: {took:,.1f} s, {cpu:,.1f} s of CPU, {served:,.1f} of the service's; "
            f"{peak:,.0f} MiB at most"
        )
    return 0 if met or projections else 1


def _clone(run: Run, events: int) -> None:
    """Repeat what was filled in until there are so many, as other incidents: with the hashes that belong to them."""
    began = time.perf_counter()
    with psycopg.connect(run.cluster.uri(REGISTER), autocommit=True) as connection:
        for statement in _CLONE:
            connection.execute(statement, {"filled": min(events, _FILLED), "events": events})
    run.cluster.tidy(REGISTER)
    run.console.print(f"repeated to {events:,} events in {time.perf_counter() - began:,.0f} s")


@contextmanager
def _sealing(uri: str, key: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", _SEALER, uri, key], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _build(run: Run, name: str) -> None:
    began = time.perf_counter()
    command = [sys.executable, "-m", "bench.rebuilding", run.cluster.uri(REGISTER), name]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if ran.returncode != 0:
        raise CannotMeasure(f"{name}: {ran.stderr.strip()[-3000:]}")
    run.console.print(f"{name} made in {time.perf_counter() - began:,.0f} s")


def _wait(run: Run, events: int) -> None:
    """Wait until the log is sealed whole."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with run.cluster._connect(REGISTER) as connection:  # noqa: SLF001
            row = connection.execute("SELECT max(size), count(*) FROM signed_checkpoints").fetchone()
        if row and row[0] is not None and int(row[0]) >= events:
            run.console.print(f"{row[1]} signed checkpoints")
            return
        time.sleep(0.2)
    raise CannotMeasure("the log is not sealed whole")


def _verify(environment: dict[str, str], *, projections: bool) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "service", "audit", "verify"]
    if not projections:
        command.append("--without-projections")
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    memory = MemoryWatch(process.pid)
    status = process.wait(3600 * 4)
    took = time.perf_counter() - began
    memory.stop()
    if status:
        raise CannotMeasure(f"audit verify ends with {status}")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime
    return took, memory.peak_mib, cpu


if __name__ == "__main__":
    sys.exit(app())
