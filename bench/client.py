"""An HTTP/1.1 client that costs little: one request at a time on each connection, every answer judged."""

import asyncio
import time
from typing import Final, Protocol, cast

from bench.results import CannotMeasure, Outcome

_DECIMAL_DIGITS: Final = 16
_PATIENCE_SECONDS: Final = 30


class Load(Protocol):
    """What to send, and what counts as a good answer."""

    def request(self) -> bytes | None:
        """Return the next request, or None if there is nothing more to send."""

    def judge(self, status: int, body: bytes) -> int:
        """Return what a good answer is worth; raise CannotMeasure about any other."""


class _Run:
    """What the connections of one load share."""

    def __init__(self, load: Load, seconds: float) -> None:
        self.load = load
        self.deadline = time.perf_counter() + seconds
        self.ended = 0.0
        self.count = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.open = 0

    def next(self) -> bytes | None:
        return self.load.request() if time.perf_counter() < self.deadline else None

    def take(self, status: int, body: bytes) -> None:
        self.count += self.load.judge(status, body)
        self.ended = time.perf_counter()

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._run: _Run | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass of asyncio's

    def begin(self, run: _Run) -> None:
        self._run = run
        run.open += 1
        self._send(run)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        answer = parse(self._buffer)
        if answer is None or self._run is None:
            return
        self._buffer = b""
        try:
            self._run.take(*answer)
        except CannotMeasure as error:
            self._run.fail(error)
        else:
            self._send(self._run)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._run is not None:
            self._run.fail(CannotMeasure(f"the server closed a connection: {exc}"))

    def close(self) -> None:
        self._run = None
        if self._transport is not None:
            self._transport.close()

    def _send(self, run: _Run) -> None:
        request = run.next()
        if request is not None and self._transport is not None:
            self._transport.write(request)
            return
        run.open -= 1
        if run.open == 0 and not run.done.done():
            run.done.set_result(None)


def parse(buffer: bytes) -> tuple[int, bytes] | None:
    """Return status and body of the answer in `buffer`, or None while it is not all there."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = buffer[:end].lower()
    begin = end + 4
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        body = _joined(buffer, begin)
        return None if body is None else (int(buffer[9:12]), body)
    length = int(head[at + 17 : at + 17 + _DECIMAL_DIGITS].partition(b"\r")[0])
    if len(buffer) < begin + length:
        return None
    return int(buffer[9:12]), buffer[begin : begin + length]


def _joined(buffer: bytes, at: int) -> bytes | None:
    """Return the chunks of a chunked body as one, or None while the last is missing."""
    if not buffer.endswith(b"0\r\n\r\n"):
        return None
    chunks: list[bytes] = []
    while True:
        line = buffer.find(b"\r\n", at)
        size = int(buffer[at:line], 16)
        if size == 0:
            return b"".join(chunks)
        chunks.append(buffer[line + 2 : line + 2 + size])
        at = line + 2 + size + 2


async def _progress(run: _Run) -> None:
    """Wait for the last answer; raise if none at all comes for a while."""
    before = -1
    while not run.done.done():
        if run.count == before:
            raise CannotMeasure(f"no answer in {_PATIENCE_SECONDS} s, after {run.count}")
        before = run.count
        await asyncio.wait([run.done], timeout=_PATIENCE_SECONDS)
    run.done.result()


async def drive(load: Load, port: int, connections: int, seconds: float) -> Outcome:
    """Keep `connections` busy for `seconds`, wait for every answer, and return what was acknowledged."""
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(connections)]
    cpu, began = time.process_time(), time.perf_counter()
    run = _Run(load, seconds)
    for connection in made:
        connection.begin(run)
    await _progress(run)
    cpu = time.process_time() - cpu
    for connection in made:
        connection.close()
    return Outcome(run.count, run.ended - began, cpu / (run.ended - began))
