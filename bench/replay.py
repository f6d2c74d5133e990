"""Reading the whole log: NDJSON over HTTP, and COPY of the same rows to the same client."""

import asyncio
import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

import asyncpg
import msgspec

from bench.results import CannotMeasure, Outcome

_PIECE: Final = 1 << 20
_ROWS: Final = "SELECT * FROM events ORDER BY position"


class _Line(msgspec.Struct):
    position: int
    incident: str


def stream(port: int, key: str, events: int, seconds: float) -> Outcome:
    """Read all of /v1/log again and again until `seconds` are over; every pass must have all `events`."""
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        lines = 0
        with _log(port, key) as answer:
            while piece := answer.read(_PIECE):
                lines += piece.count(b"\n")
        if lines != events:
            raise CannotMeasure(f"the log has {events} events, /v1/log gave {lines} lines")
        count += lines
    spent = time.perf_counter() - began
    return Outcome(count, spent, (time.process_time() - cpu) / spent)


def copy(uri: str, events: int, seconds: float, form: Literal["text", "binary"]) -> Outcome:
    """COPY the events to this process again and again until `seconds` are over."""
    return asyncio.run(_copy(uri, events, seconds, form))


async def _copy(uri: str, events: int, seconds: float, form: str) -> Outcome:
    read = rows = 0

    async def take(piece: bytes) -> None:
        nonlocal read
        read += piece.count(b"\n")  # as stream() does

    connection = await asyncpg.connect(uri)
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        done = await connection.copy_from_query(_ROWS, output=take, format=form)
        if done != f"COPY {events}" or read == 0:
            raise CannotMeasure(f"the log has {events} events, COPY said {done!r}")
        rows += events
    spent = time.perf_counter() - began
    cpu = time.process_time() - cpu
    await connection.close()
    return Outcome(rows, spent, cpu / spent)


def incidents(port: int, key: str, events: int) -> list[str]:
    """Return the id of every incident in the log, and see that the positions have no gap."""
    found: dict[str, None] = {}
    expected = 1
    for line in _lines(port, key):
        event = msgspec.json.decode(line, type=_Line)
        if event.position != expected:
            raise CannotMeasure(f"position {expected} is missing: {event.position} came instead")
        expected += 1
        found[event.incident] = None
    if expected != events + 1:
        raise CannotMeasure(f"the log has {events} events, /v1/log gave {expected - 1}")
    return list(found)


def _lines(port: int, key: str) -> Iterator[bytes]:
    rest = b""
    with _log(port, key) as answer:
        while piece := answer.read(_PIECE):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
    if rest:
        raise CannotMeasure(f"/v1/log ended within a line: {rest[:200]!r}")


@contextmanager
def _log(port: int, key: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/x-ndjson"}
    connection.request("GET", "/v1/log", headers=headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise CannotMeasure(f"/v1/log answered {answer.status}: {answer.read(2000)!r}")
    try:
        yield answer
    finally:
        connection.close()
