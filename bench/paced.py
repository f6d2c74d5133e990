"""Reports at a given rate, whatever the server makes of it; a process of its own that prints its outcome as JSON."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from bench import client, load
from bench.results import CannotMeasure, Outcome

CONNECTIONS: Final = 32
_ROOT: Final = Path(__file__).parent.parent


async def _drive(job: load.Job, rate: float) -> Outcome:
    """Send one report every 1/`rate` seconds, on whichever connection is free, and wait for every answer."""
    reports = load.Append(job)
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", job.port))
    under_way: set[asyncio.Task[None]] = set()
    count, cpu, began = int(job.seconds * rate), time.process_time(), time.perf_counter()
    for number in range(count):
        await asyncio.sleep(began + number / rate - time.perf_counter())
        connection = await free.get()
        task = asyncio.create_task(_send(reports, free, connection))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    seconds = time.perf_counter() - began
    return Outcome(count, seconds, (time.process_time() - cpu) / seconds)


async def _send(
    reports: client.Load,
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    reader, writer = connection
    writer.write(reports.request() or b"")
    buffer = b""
    while (answer := client.parse(buffer)) is None:
        piece = await reader.read(65536)
        if not piece:
            raise CannotMeasure("the server closed a connection")
        buffer += piece
    reports.judge(*answer)
    free.put_nowait(connection)


def put(job: load.Job, rate: float) -> Outcome:
    """Put a load on a server from a process of its own."""
    command = [sys.executable, "-m", "bench.paced", msgspec.json.encode(job).decode(), str(rate)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
    if ran.returncode != 0:
        raise CannotMeasure(f"paced, exit {ran.returncode}: {ran.stderr.strip()[-3000:]}")
    return msgspec.json.decode(ran.stdout, type=Outcome)


def main() -> None:
    job, rate = msgspec.json.decode(sys.argv[1], type=load.Job), float(sys.argv[2])
    sys.stdout.write(msgspec.json.encode(uvloop.run(_drive(job, rate))).decode())


if __name__ == "__main__":
    main()
