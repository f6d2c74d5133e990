"""The comparisons: single appends, batches, reading one incident, reading the whole log."""

import urllib.request
from pathlib import Path
from typing import Final

from bench import load, peers, projecting, replay
from bench.contest import Run, Turn
from bench.load import BATCH, BATCH_CONNECTIONS, CONNECTIONS, Kind
from bench.results import (
    APPEND,
    BARE,
    BATCHES,
    BATCHES_SINGLY,
    COPY,
    COPY_BINARY,
    EMMETT,
    EVENTSOURCING,
    EVENTSOURCING_FUNCTIONS,
    GET,
    LOG,
    PGBENCH,
    SERVICE,
    Outcome,
)
from bench.server import Server

LEDGER: Final = "ledger"
PROJECTED: Final = "projected"
_EVENTSOURCING: Final = "peer_eventsourcing"
_FUNCTIONS: Final = "peer_functions"
_EMMETT: Final = "peer_emmett"
_PGBENCH: Final = "peer_pgbench"
_READABLE: Final = 100_000
"""Events that the log has at least when reading is measured."""


def put(run: Run, server: Server, kind: Kind, file: Path, *, first: int = 0, connections: int = CONNECTIONS) -> Outcome:
    """Put a load on a server for the seconds of a turn."""
    return load.put(load.Job(kind, server.port, server.key, str(file), run.plan.seconds, connections, first))


def prepare(run: Run) -> None:
    """Make a database for each contender."""
    for database in (LEDGER, _EVENTSOURCING, _FUNCTIONS, _EMMETT):
        run.cluster.create(database)
    peers.bare_table(run.cluster.create(_PGBENCH))
    for database, store in (
        (_EVENTSOURCING, peers.eventsourcing),
        (_FUNCTIONS, peers.eventsourcing),
        (_EMMETT, peers.emmett),
    ):
        # makes its tables, so that their rows can be counted before its first turn
        store(peers.Job(run.cluster.uri(database), str(run.bodies), run.serials(), seconds=0.1, concurrency=1, batch=1))


def append(run: Run, server: Server) -> None:
    """Compare single appends, 32 at a time."""
    turns = _stores(run, server, CONNECTIONS, 1)
    turns[PGBENCH] = run.writing(
        _PGBENCH,
        peers.BARE_TABLE,
        lambda _: peers.pgbench(run.cluster.uri(_PGBENCH), run.bodies, run.plan.seconds, CONNECTIONS, run.work),
    )
    run.compare(APPEND, turns)


def batch(run: Run, server: Server) -> None:
    """Compare appends of 100 events in one call, one call after the other and several at a time."""
    run.compare(BATCHES_SINGLY, _stores(run, server, 1, BATCH))
    run.compare(BATCHES, _stores(run, server, BATCH_CONNECTIONS, BATCH))


def get(run: Run, server: Server) -> None:
    """Compare reading one of many incidents with a handler that reads nothing."""
    run.fill(server, LEDGER, _READABLE)
    file = run.paths(server, LEDGER)
    with Server.bare(_document_bytes(server, file), run.work / "bare.log") as bare:
        turns = {
            SERVICE: lambda _: put(run, server, "get", file),
            BARE: lambda _: put(run, bare, "get", file),
        }
        run.compare(GET, turns)


def log(run: Run, server: Server) -> None:
    """Compare reading the whole log over HTTP with COPY."""
    run.fill(server, LEDGER, _READABLE)
    events = run.cluster.count(LEDGER, "events")
    turns = {
        SERVICE: lambda _: replay.stream(server.port, server.key, events, run.plan.seconds),
        COPY: lambda _: replay.copy(run.cluster.uri(LEDGER), events, run.plan.seconds, "text"),
        COPY_BINARY: lambda _: replay.copy(run.cluster.uri(LEDGER), events, run.plan.seconds, "binary"),
    }
    run.compare(LOG, turns)


def projections(run: Run) -> None:
    """Measure the projections: how fast each is made anew, and how far behind they are while events come in."""
    run.cluster.create(PROJECTED)
    server = run.start(PROJECTED)
    run.fill(server, PROJECTED, _READABLE)
    run.stop(server, f"server while filling {_READABLE:,} events")
    projecting.rebuild(run, PROJECTED)
    projecting.lag(run, PROJECTED)


def _stores(run: Run, server: Server, concurrency: int, batch: int) -> dict[str, Turn]:
    """Return the turns of the ledger and of the event stores, all with the same bodies and concurrency."""

    def job(database: str, first: int) -> peers.Job:
        uri = run.cluster.uri(database)
        return peers.Job(uri, str(run.bodies), first, run.plan.seconds, concurrency, batch, database == _FUNCTIONS)

    def eventsourcing(database: str) -> Turn:
        return run.writing(database, peers.EVENTS_TABLE, lambda first: peers.eventsourcing(job(database, first)))

    def report(first: int) -> Outcome:
        kind: Kind = "append" if batch == 1 else "batch"
        return put(run, server, kind, run.bodies, first=first, connections=concurrency)

    return {
        SERVICE: run.writing(LEDGER, "events", report),
        EVENTSOURCING: eventsourcing(_EVENTSOURCING),
        EVENTSOURCING_FUNCTIONS: eventsourcing(_FUNCTIONS),
        EMMETT: run.writing(_EMMETT, peers.MESSAGES_TABLE, lambda first: peers.emmett(job(_EMMETT, first))),
    }


def _document_bytes(server: Server, paths: Path) -> int:
    """Return how long the document of some incident is."""
    with paths.open() as lines:
        path = lines.readline().strip()
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}", headers={"Authorization": f"Bearer {server.key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return len(answer.read())
