"""The projections: how long after its commit an event is in each of them, and how fast each is made anew."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import psycopg

from bench import load, paced
from bench.contest import Run
from bench.results import APPEND, SERVICE, CannotMeasure, Verdict, rates
from service.projections.every import PROJECTIONS

RATE: Final = 500.0
LAG: Final = 0.1
"""Seconds that the 99th percentile may be."""
FASTER: Final = 5.0
"""How many times as fast as single reports a projection is to be made anew."""
_ROOT: Final = Path(__file__).parent.parent
_SEEN: Final = "SELECT name, position FROM followers WHERE NOT building"
_RECORDED: Final = "SELECT position, extract(epoch FROM recorded_at)::float8 FROM events WHERE position > %s"
_HEAD: Final = "SELECT position FROM log_head"

Looks = list[tuple[float, dict[str, int]]]


def lag(run: Run, database: str) -> None:
    """Report at RATE while a projector runs, and look every few milliseconds how far each projection is."""
    server = run.start(database, projector=True)
    _wait(run.cluster.uri(database))
    with psycopg.connect(run.cluster.uri(database), autocommit=True) as connection:
        row = connection.execute(_HEAD).fetchone()
        first = int(row[0]) if row else 0
        with _looking(run.cluster.uri(database)) as looks:
            seconds = max(20.0, run.plan.seconds)
            job = load.Job("append", server.port, server.key, str(run.bodies), seconds, first=run.serials())
            outcome = paced.put(job, RATE)
            _wait(run.cluster.uri(database))
        recorded: list[tuple[int, float]] = connection.execute(_RECORDED, [first]).fetchall()
    run.notes["events a second while the lag was measured"] = outcome.count / outcome.seconds
    for name in sorted(looks[-1][1]):
        waits = sorted(_waits(looks, name, recorded))
        run.lags[name] = (waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1])
    run.notes["memory of server and projector together, MiB"] = server.memory.peak_mib
    run.drop(server)


def rebuild(run: Run, database: str) -> None:
    """Make each projection anew from the whole log, in turn."""
    events = run.cluster.count(database, "events")
    for _ in range(run.plan.rounds):
        for projection in PROJECTIONS:
            command = [sys.executable, "-m", "bench.rebuilding", run.cluster.uri(database), projection.name]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
            if ran.returncode != 0:
                raise CannotMeasure(f"{projection.name}: {ran.stderr.strip()[-3000:]}")
            run.rebuilds.setdefault(projection.name, []).append(events / float(ran.stdout))


def verdicts(run: Run) -> list[Verdict]:
    """Say whether the lags and the rates are as wanted."""
    found = [
        Verdict(f"lag of {name}, p99, s", "-", p99, p50, most, f"< {LAG}", p99 < LAG)
        for name, (p50, p99, most) in run.lags.items()
    ]
    posted = rates(run.samples, APPEND, SERVICE)
    for name, seen in run.rebuilds.items() if posted else ():
        ratios = sorted(each / median(posted) for each in seen)
        ratio = median(ratios)
        found.append(
            Verdict(f"rebuild of {name} / POST", SERVICE, ratio, ratios[0], ratios[-1], f">= {FASTER}", ratio >= FASTER)
        )
    return found


def catch_up(run: Run, database: str, limit: float) -> float:
    """Let a projector bring every projection to the head of the log, and return the seconds that took."""
    began = time.perf_counter()
    server = run.start(database, projector=True)
    _wait(run.cluster.uri(database), limit)
    run.drop(server)
    run.cluster.tidy(database)
    return time.perf_counter() - began


def _wait(uri: str, limit: float = 600.0) -> None:
    """Wait until every projection has the whole log."""
    deadline = time.monotonic() + limit
    with psycopg.connect(uri, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(_HEAD).fetchone()
            there = dict(connection.execute(_SEEN).fetchall())
            followed = [there.get(each.name, -1) for each in PROJECTIONS if each.followed]
            if row and all(position == row[0] for position in followed):
                return
            time.sleep(0.1)
    raise CannotMeasure(f"the projections do not catch up in {limit:,.0f} s")


@contextmanager
def _looking(uri: str) -> Iterator[Looks]:
    looks: Looks = []
    ending = threading.Event()

    def look() -> None:
        with psycopg.connect(uri, autocommit=True) as connection:
            while not ending.wait(0.004):
                found = dict(connection.execute(_SEEN).fetchall())
                looks.append((time.time(), {each.name: found[each.name] for each in PROJECTIONS if each.followed}))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        ending.set()
        thread.join()


def _waits(looks: Looks, name: str, recorded: list[tuple[int, float]]) -> Iterator[float]:
    at = iter(looks)
    when, there = next(at)
    for position, since in sorted(recorded):
        while there[name] < position:
            when, there = next(at)
        yield when - since


def write(run: Run) -> dict[str, object]:
    """Return the figures for results.json."""
    lags = {name: dict(zip(("p50", "p99", "max"), seen, strict=True)) for name, seen in run.lags.items()}
    return dict(msgspec.to_builtins({"lags": lags, "rebuilds": run.rebuilds}))
