"""How long a proof takes over HTTP, at random places of trees of random sizes, in a small register and a large one."""

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import uvloop

from bench import client
from bench.contest import Run
from bench.growth import SMALL, contender
from bench.results import CannotMeasure, Verdict
from service.notes import LOG, make_key
from service.sealer import Sealer

CONNECTIONS: Final = (1, 8, 32)
GOAL: Final = 0.020
"""Seconds, 99th percentile, at the large register."""
_JUDGED: Final = (1, 8)
"""With more connections, each of which asks again at once, it is how many a second one process can make."""
SEALED: Final = 600.0
"""Seconds that sealing the large register may take."""
_ROOT: Final = Path(__file__).parent.parent


class Job(msgspec.Struct, frozen=True):
    """One load: proofs of events up to `leaves`, asked for on so many connections."""

    port: int
    key: str
    leaves: int
    seconds: float
    connections: int
    seed: int


class Times(msgspec.Struct, frozen=True):
    """How many answers there were, and how long they took, in seconds."""

    count: int
    p50: float
    p99: float


def proofs(run: Run) -> None:
    """Fill a small and a large register, seal them, and ask for proofs."""
    for leaves in (SMALL, run.plan.growth_events):
        database = f"proofs_{leaves}"
        run.cluster.create(database)
        server = run.start(database)
        run.fill(server, database, leaves)
        run.drop(server)
        seconds = asyncio.run(_seal(run, database, leaves))
        run.notes[f"sealing {leaves:,} events, events/s"] = leaves / seconds
        run.cluster.tidy(database)
        server = run.start(database)
        for connections in CONNECTIONS:
            seen = []
            for number in range(1, run.plan.rounds + 1):
                run.settle()
                seen.append(_put(Job(server.port, server.key, leaves, run.plan.seconds, connections, number)))
            times = Times(sum(e.count for e in seen), median(e.p50 for e in seen), median(e.p99 for e in seen))
            run.proofs[contender(leaves), connections] = times.p50, times.p99
            run.console.print(
                f"  proofs  {contender(leaves)}  {connections:>2} connections  {times.count:>8,} answers"
                f"  p50 {times.p50 * 1000:.1f} ms  p99 {times.p99 * 1000:.1f} ms"
            )
        run.stop(server, f"server of proofs of {leaves:,} events")


def verdicts(run: Run) -> list[Verdict]:
    """Return a verdict on the 99th percentile at the large register, for the numbers of connections that are judged."""
    large = contender(run.plan.growth_events)
    return [
        Verdict(
            f"proofs of {large}, {connections} at a time, 99th percentile, ms", "-", p99 * 1000, p99 * 1000,
            p99 * 1000, f"< {GOAL * 1000:.0f}", p99 < GOAL,
        )
        for (size, connections), (_, p99) in run.proofs.items()
        if size == large and connections in _JUDGED
    ]  # fmt: skip


def write(run: Run) -> dict[str, object]:
    """Return the figures for results.json."""
    return {
        "proofs": [
            {"register": size, "connections": connections, "p50": p50, "p99": p99}
            for (size, connections), (p50, p99) in run.proofs.items()
        ]
    }


async def _seal(run: Run, database: str, leaves: int) -> float:
    """Seal what is there, and return the seconds that took."""
    began = time.perf_counter()
    sealing = asyncio.create_task(Sealer(run.cluster.uri(database), make_key("bench.example/v1/log", LOG)).run())
    try:
        async with asyncio.timeout(SEALED):
            while run.cluster.largest(database, "signed_checkpoints", "size") < leaves:  # noqa: ASYNC110  # of others
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise CannotMeasure(f"{leaves} events were not sealed within {SEALED:.0f} s") from error
    finally:
        sealing.cancel()
    return time.perf_counter() - began


def _put(job: Job) -> Times:
    """Put the load on a server from a process of its own."""
    command = [sys.executable, "-m", "bench.proofs", msgspec.json.encode(job).decode()]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
    if ran.returncode != 0:
        raise CannotMeasure(f"proofs, exit {ran.returncode}: {ran.stderr.strip()[-3000:]}")
    return msgspec.json.decode(ran.stdout, type=Times)


async def _drive(job: Job) -> Times:
    dice, taken = random.Random(job.seed), list[float]()
    deadline = time.perf_counter() + job.seconds
    await asyncio.gather(*(_ask(job, dice, deadline, taken) for _ in range(job.connections)))
    taken.sort()
    return Times(len(taken), taken[len(taken) // 2], taken[len(taken) * 99 // 100])


async def _ask(job: Job, dice: random.Random, deadline: float, taken: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
    while (began := time.perf_counter()) < deadline:
        head = f"GET {_path(job, dice)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {job.key}\r\n\r\n"
        writer.write(head.encode())
        buffer = b""
        while (answer := client.parse(buffer)) is None:
            piece = await reader.read(65536)
            if not piece:
                raise CannotMeasure("the server closed a connection")
            buffer += piece
        if answer[0] != 200:
            raise CannotMeasure(f"the server answered {answer[0]}: {answer[1][:2000].decode(errors='replace')}")
        taken.append(time.perf_counter() - began)
    writer.close()


def _path(job: Job, dice: random.Random) -> str:
    size = dice.randrange(1, job.leaves + 1)
    within = dice.randrange(1, size + 1)
    if dice.randrange(2):
        return f"/v1/log/proofs/inclusion?position={within}&size={size}"
    return f"/v1/log/proofs/consistency?first={within}&second={size}"


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(uvloop.run(_drive(msgspec.json.decode(sys.argv[1], type=Job)))).decode())
