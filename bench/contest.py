"""One run: the database, the corpus and the samples that everybody shares, and the taking of turns."""

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
import psutil
from rich.console import Console

from bench import corpus, load, replay
from bench.memory import wait_until_quiet
from bench.postgres import Cluster
from bench.results import CannotMeasure, Outcome, Sample
from bench.server import Server

Stage = Literal["append", "batch", "get", "log", "projections", "growth", "proofs", "live"]
Turn = Callable[[int], Outcome]
"""What a contender does in the round of that number."""

_PATHS: Final = 200_000
_SERIALS_A_TURN: Final = 10**8


class Plan(msgspec.Struct, frozen=True):
    """What one run is to measure: so many turns each, of so many seconds."""

    rounds: int
    seconds: float
    growth_events: int
    only: tuple[Stage, ...]


class Run:
    """What all measurements of one run have in common."""

    def __init__(self, work: Path, console: Console, plan: Plan) -> None:
        self.work: Final = work
        self.console: Final = console
        self.plan: Final = plan
        self.samples: Final[list[Sample]] = []
        self.peaks: Final[dict[str, float]] = {}
        self.notes: Final[dict[str, float]] = {}
        self.lags: Final[dict[str, tuple[float, float, float]]] = {}
        """Of each projection, in seconds: median, 99th percentile, longest."""
        self.rebuilds: Final[dict[str, list[float]]] = {}
        """Of each projection: events a second."""
        self.proofs: Final[dict[tuple[str, int], tuple[float, float]]] = {}
        """Of a register and a number of connections, in seconds: median, 99th percentile."""
        self.bodies: Final = work / "bodies.ndjson"
        corpus.write(self.bodies)
        self.cluster: Final = Cluster(work / "postgres")
        self._serial = 0
        self._servers: list[Server] = []

    def serials(self) -> int:
        """Return the first serial number of a range that nobody else has."""
        self._serial += _SERIALS_A_TURN
        return self._serial

    def start(self, database: str, *, projector: bool = False) -> Server:
        """Start the service on `database`, with or without a projector beside it."""
        server = Server.service(self.cluster.uri(database), self.work / f"{database}.log", projector=projector)
        self._servers.append(server)
        return server

    def stop(self, server: Server, name: str) -> None:
        """Stop a server and keep the highest memory that any server called `name` reached."""
        self.drop(server)
        self.peaks[name] = max(self.peaks.get(name, 0.0), server.memory.peak_mib)

    def drop(self, server: Server) -> None:
        """Stop a server whose memory is not judged."""
        self._servers.remove(server)
        server.stop()

    def close(self) -> None:
        for server in self._servers:
            server.stop()
        self.cluster.close()

    def settle(self) -> float:
        """Wait until the turn before has left nothing to do, and return the seconds that took."""
        return wait_until_quiet(self.busy)

    def take(self, measure: str, contender: str, number: int, turn: Turn) -> None:
        """Let one contender have one turn."""
        self.settle()
        outcome = turn(number)
        if outcome.count == 0:
            raise CannotMeasure(f"{contender} did nothing in {outcome.seconds:.1f} s of '{measure}'")
        sample = Sample(measure, contender, number, outcome.count, outcome.seconds, outcome.client_cpu)
        self.samples.append(sample)
        cpu = "" if outcome.client_cpu is None else f"  client {outcome.client_cpu:.0%} of a core"
        self.console.print(f"  {measure}  round {number}  {contender:<32}{sample.rate:>12,.0f}/s{cpu}")

    def compare(self, measure: str, contenders: Mapping[str, Turn]) -> None:
        """Let the contenders take turns, A B C A B C."""
        self.cluster.checkpoint()
        for number in range(1, self.plan.rounds + 1):
            for contender, turn in contenders.items():
                self.take(measure, contender, number, turn)

    def writing(self, database: str, table: str, write: Callable[[int], Outcome]) -> Turn:
        """Return the turn that writes, and has a row of `table` afterwards for each acknowledged event."""

        def turn(_: int) -> Outcome:
            before = self.cluster.count(database, table)
            outcome = write(self.serials())
            added = self.cluster.count(database, table) - before
            if added != outcome.count:
                raise CannotMeasure(f"{database}: {outcome.count} events acknowledged, {added} rows added")
            return outcome

        return turn

    def fill(self, server: Server, database: str, events: int) -> float:
        """Bring the log to `events` or a few more through /v1/batches and return the seconds that took."""
        missing = events - self.cluster.count(database, "events")
        if missing <= 0:
            return 0.0
        missing += -missing % load.BATCH
        began = time.perf_counter()
        job = load.Job(
            "batch",
            server.port,
            server.key,
            str(self.bodies),
            seconds=3600,
            connections=load.BATCH_CONNECTIONS,
            first=self.serials(),
            limit=missing,
            in_time=True,
        )
        outcome = load.put(job)
        if outcome.count != missing:
            raise CannotMeasure(f"{missing} events were to be filled in, {outcome.count} were acknowledged")
        seconds = time.perf_counter() - began
        self.cluster.tidy(database)
        return seconds

    def paths(self, server: Server, database: str) -> Path:
        """Write the paths of incidents, drawn uniformly from all in the log, and return the file."""
        found = replay.incidents(server.port, server.key, self.cluster.count(database, "events"))
        chosen = random.sample(found, min(_PATHS, len(found)))
        return self.written(f"{database}.paths", [f"/v1/incidents/{incident}" for incident in chosen])

    def written(self, name: str, lines: list[str]) -> Path:
        """Write a file that a load reads."""
        path = self.work / name
        path.write_text("\n".join(lines) + "\n")
        return path

    def busy(self) -> list[psutil.Process]:
        """Return the processes of the database and of the servers."""
        return [*self.cluster.processes(), *(p for server in self._servers for p in server.processes())]
