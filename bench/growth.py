"""Whether a large register is as fast as a small one: two beside each other, measured in turn."""

from pathlib import Path
from typing import Final

from bench import lists, projecting, replay
from bench.contest import Run, Turn
from bench.lists import LISTS, PASTS, PROJECTIONS
from bench.results import APPEND, COLD, GET, LOG
from bench.server import Server
from bench.stages import put

SMALL: Final = 10_000
EXPLAIN: Final = "explain one incident"
MEASURES: Final = (GET, EXPLAIN, *LISTS, *PROJECTIONS, *PASTS, LOG, APPEND)
PROJECTED: Final = 3600.0
"""Seconds that the projections may take for the large register."""


def contender(events: int) -> str:
    """Return the name of the register with so many events."""
    return f"{events:,} events"


def growth(run: Run) -> None:
    """
    Fill one register to `large` events, then measure it beside small ones.

    Both servers are started anew for every round, and the small register is filled anew, or its own
    appends would make it a large one.
    """
    large = run.plan.growth_events
    run.cluster.create("large")
    server = run.start("large")
    seconds = run.fill(server, "large", large)
    run.notes["filling the large register, s"] = seconds
    run.notes["filling the large register, events/s"] = large / seconds
    run.console.print(f"  {large:,} events through /v1/batches in {seconds:,.0f} s ({large / seconds:,.0f}/s)")
    run.stop(server, f"server while filling {large:,} events")
    run.notes["projecting the large register, s"] = projecting.catch_up(run, "large", PROJECTED)
    run.cluster.checkpoint()
    for number in range(1, run.plan.rounds + 1):
        run.cluster.create("small")
        server = run.start("small")
        run.fill(server, "small", SMALL)
        projecting.catch_up(run, "small", PROJECTED)
        _measure(run, server, "small", SMALL, number)
        server = run.start("large")
        _measure(run, server, "large", large, number)
    _cold(run, "large", large)


def _measure(run: Run, server: Server, database: str, size: int, number: int) -> None:
    """Read before appending: what is read then is of the size that is named."""
    events = run.cluster.count(database, "events")
    one = run.paths(server, database)
    turns: dict[str, Turn] = {GET: _reading(run, server, one)}
    explained = [f"{path}/explain" for path in one.read_text().splitlines()]
    turns[EXPLAIN] = _reading(run, server, run.written(f"{database}.explained", explained))
    for name in (*LISTS, *PROJECTIONS, *PASTS):
        turns[name] = _reading(run, server, run.written(f"{name}.paths", lists.paths(name, events)))
    turns[LOG] = lambda _: replay.stream(server.port, server.key, events, run.plan.seconds)
    turns[APPEND] = run.writing(database, "events", lambda first: put(run, server, "append", run.bodies, first=first))
    for measure, turn in turns.items():
        run.take(f"growth: {measure}", contender(size), number, turn)
    run.stop(server, f"server with {size:,} events")


def _reading(run: Run, server: Server, file: Path) -> Turn:
    return lambda _: put(run, server, "get", file)


def _cold(run: Run, database: str, size: int) -> None:
    """Read incidents with a server just started and nothing of the database in memory."""
    server = run.start(database)
    run.notes["start of the server with the large register, s"] = server.start_seconds
    paths = run.paths(server, database)
    run.cluster.forget()
    run.take(COLD, contender(size), 1, _reading(run, server, paths))
    run.stop(server, f"server with {size:,} events")
