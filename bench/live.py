"""What apps and live services get: the size of a sync, how soon a stream tells of an event, what a subscriber costs."""

import asyncio
import gzip
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import brotli
import msgspec
import zstandard

from bench import corpus
from bench.contest import Run
from bench.results import CannotMeasure, Verdict
from bench.server import Server

DATABASE: Final = "live"
INCIDENTS: Final = 10_000
SUBSCRIBERS: Final = 5000
LISTENERS: Final = 10
"""Subscribers whose filters match everything; those of the others match nothing."""
MOST_SYNC: Final = 1_200_000
MOST_IDLE: Final = 300
SOON: Final = 0.02
EACH: Final = 100 * 1024
_REPORTS: Final = 500
_PAUSE: Final = 0.02
_MARK: Final = b"data: "
_PATIENCE: Final = 60

_DECODE: Final[dict[str, Any]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Told(NamedTuple):
    """How long after it was recorded an event had been told, in seconds."""

    half: float
    most: float
    """99 of 100."""
    last: float


class Live(msgspec.Struct):
    """What was found."""

    syncs: dict[str, int] = {}
    idle: int = 0
    told: dict[int, Told] = {}
    """By how many subscribers there were."""
    everybody: float = 0.0
    """Until the last of all was told of one event, in seconds."""
    each: float = 0.0
    """Bytes of the server's memory for each subscriber."""


def live(run: Run) -> Live:
    """Measure."""
    run.cluster.create(DATABASE)
    server = run.start(DATABASE, projector=True)
    run.fill(server, DATABASE, INCIDENTS)
    found = asyncio.run(_measure(server, corpus.read(run.bodies)))
    run.drop(server)
    for coding, size in found.syncs.items():
        run.notes[f"first sync of {INCIDENTS:,} incidents, {coding}, bytes on the wire"] = size
    run.notes["sync with nothing new, bytes on the wire"] = found.idle
    for count, told in found.told.items():
        for name, seconds in zip(("median", "99th percentile", "longest"), told, strict=True):
            run.notes[f"recorded to subscriber, {count:,} subscribers, {name}, ms"] = seconds * 1000
    run.notes[f"one event to all of {SUBSCRIBERS:,} subscribers, ms"] = found.everybody * 1000
    run.notes["memory of one subscriber, KiB"] = found.each / 1024
    return found


def verdicts(found: Live | None) -> list[Verdict]:
    """Return what is to be judged."""
    if found is None:
        return []
    few = found.told[LISTENERS]
    best = min(size for coding, size in found.syncs.items() if coding != "identity")
    return [
        _at_most("first sync of 10,000 incidents, bytes", best, MOST_SYNC),
        _at_most("sync with nothing new, bytes", found.idle, MOST_IDLE),
        _at_most("recorded to subscriber, 99th percentile, ms", few.most * 1000, SOON * 1000),
        _at_most("memory of one of 5,000 subscribers, bytes", found.each, EACH),
    ]


async def _measure(server: Server, bodies: Sequence[bytes]) -> Live:
    found = Live()
    for coding in ("zstd", "br", "gzip", "identity"):
        found.syncs[coding], token = await _sync(server, coding)
        found.idle = await _idle(server, token)
    listeners = [await _listen(server, "") for _ in range(LISTENERS)]
    found.told[LISTENERS] = await _tell(server, bodies, listeners)
    before = _memory(server)
    others = []
    while len(others) < SUBSCRIBERS:
        others += await asyncio.gather(*[_listen(server, "?country=UA") for _ in range(50)])
    found.each = (_memory(server) - before) / SUBSCRIBERS
    found.told[LISTENERS + SUBSCRIBERS] = await _tell(server, bodies, listeners)
    for _, writer in others:
        writer.close()
    everybody = []
    while len(everybody) < SUBSCRIBERS:
        everybody += await asyncio.gather(*[_listen(server, "") for _ in range(50)])
    found.everybody = (await _tell(server, bodies[:1], everybody)).last
    for _, writer in [*listeners, *everybody]:
        writer.close()
    return found


def _memory(server: Server) -> int:
    return sum(each.memory_full_info().uss for each in server.processes())


async def _sync(server: Server, coding: str) -> tuple[int, str]:
    """Keep 10,000 incidents from nothing, and return the bytes of all answers and the last token."""
    size, path, count = 0, "/v1/changes", 0
    stream = await _connect(server)
    for _ in range(1000):
        head, body = await _ask(server, stream, path, coding)
        size += len(head) + len(body)
        page = msgspec.json.decode(_decoded(body, coding))
        count += len(page["items"])
        path = f"/v1/changes?since={page['next_since']}"
        if not page["more"]:
            break
    stream[1].close()
    if count < INCIDENTS:
        raise CannotMeasure(f"{count} incidents were synced, not {INCIDENTS}")
    return size, page["next_since"]


async def _idle(server: Server, token: str) -> int:
    stream = await _connect(server)
    head, body = await _ask(server, stream, f"/v1/changes?since={token}", "zstd")
    stream[1].close()
    return len(head) + len(body)


async def _listen(server: Server, query: str) -> Stream:
    stream = await _connect(server)
    stream[1].write(_request(server, f"/v1/stream{query}"))
    await asyncio.wait_for(stream[0].readuntil(b"retry: 2000\n"), _PATIENCE)
    return stream


async def _tell(server: Server, bodies: Sequence[bytes], listeners: Sequence[Stream]) -> Told:
    """Report, one after the other with a pause, and say how soon the listeners were told of each."""
    count = min(_REPORTS, len(bodies))
    hearing = [asyncio.create_task(_hear(stream, count)) for stream, _ in listeners]
    writer = await _connect(server)
    for number in range(count):
        await _post(server, writer, corpus.numbered(bodies[number], time.time_ns() % 10**12))
        await asyncio.sleep(_PAUSE)
    told = await asyncio.wait_for(asyncio.gather(*hearing), _PATIENCE)
    waits = sorted([each for some in told for each in some])
    writer[1].close()
    return Told(waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1])


async def _hear(reader: asyncio.StreamReader, count: int) -> list[float]:
    heard: list[tuple[float, bytes]] = []
    while len(heard) < count:
        line = await reader.readuntil(b"\n")
        if line.startswith(_MARK):
            heard.append((time.time(), line[len(_MARK) :]))
    return [now - msgspec.json.decode(line, type=_Recorded).recorded_at.timestamp() for now, line in heard]


class _Recorded(msgspec.Struct):
    recorded_at: datetime


async def _connect(server: Server) -> Stream:
    return await asyncio.open_connection("127.0.0.1", server.port, limit=4 * 1024 * 1024)


def _request(server: Server, path: str, *headers: str) -> bytes:
    named = ["Host: ledger", f"Authorization: Bearer {server.key}", *headers]
    return "\r\n".join([f"GET {path} HTTP/1.1", *named, "", ""]).encode()


async def _ask(server: Server, stream: Stream, path: str, coding: str) -> tuple[bytes, bytes]:
    reader, writer = stream
    writer.write(_request(server, path, f"Accept-Encoding: {coding}"))
    return await _answer(reader)


async def _post(server: Server, stream: Stream, body: bytes) -> None:
    named = f"Host: ledger\r\nAuthorization: Bearer {server.key}\r\nContent-Type: application/json"
    stream[1].write(f"POST /v1/incidents HTTP/1.1\r\n{named}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    head, answer = await _answer(stream[0])
    if not head.startswith(b"HTTP/1.1 201"):
        raise CannotMeasure(f"a report was answered {head!r} {answer!r}")


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
    length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
    return head, await asyncio.wait_for(reader.readexactly(length), _PATIENCE)


def _decoded(body: bytes, coding: str) -> bytes:
    return bytes(_DECODE[coding](body)) if coding in _DECODE else body


def _at_most(name: str, seen: float, most: float) -> Verdict:
    return Verdict(name, "-", seen, seen, seen, f"<= {most:,.0f}", seen <= most)
