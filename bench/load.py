"""The loads that are put on a server through HTTP; a process of its own that prints its outcome as JSON."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec
import uvloop

from bench import client, corpus
from bench.results import CannotMeasure, Outcome

BATCH: Final = 100
CONNECTIONS: Final = 32
BATCH_CONNECTIONS: Final = 8
"""For batches: what the peers were fastest with, of 4, 8 and 32."""
_LEAST_DOCUMENT: Final = 100
_ROOT: Final = Path(__file__).parent.parent

Kind = Literal["append", "batch", "get"]


class Job(msgspec.Struct, frozen=True):
    """One load: `file` has a body or a path a line; `limit` counts events or paths."""

    kind: Kind
    port: int
    key: str
    file: str
    seconds: float
    connections: int = CONNECTIONS
    first: int = 0
    limit: int = sys.maxsize
    in_time: bool = False
    """Whether batches go on in time as the log does (corpus.py)."""


class Append:
    def __init__(self, job: Job) -> None:
        self._bodies = itertools.cycle(corpus.read(Path(job.file)))
        self._serials = iter(range(job.first, min(job.first + job.limit, sys.maxsize)))
        self._head = _head(job, "POST /v1/incidents", "Content-Type: application/json")

    def request(self) -> bytes | None:
        serial = next(self._serials, None)
        if serial is None:
            return None
        body = corpus.numbered(next(self._bodies), serial)
        return b"%sIdempotency-Key: bench-%d\r\nContent-Length: %d\r\n\r\n%s" % (
            self._head,
            serial,
            len(body),
            body,
        )

    def judge(self, status: int, body: bytes) -> int:
        if status != 201:
            raise _refused(status, body)
        return 1


class _Batch:
    def __init__(self, job: Job) -> None:
        self._bodies = (corpus.in_time if job.in_time else itertools.cycle)(corpus.read(Path(job.file)))
        self._serials = iter(range(job.first, min(job.first + job.limit, sys.maxsize), BATCH))
        self._head = _head(job, "POST /v1/batches", "Content-Type: application/x-ndjson")

    def request(self) -> bytes | None:
        first = next(self._serials, None)
        if first is None:
            return None
        body = b"".join(self._command(serial) for serial in range(first, first + BATCH))
        return b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body)

    def _command(self, serial: int) -> bytes:
        body = corpus.numbered(next(self._bodies), serial)
        return b'{"command":"report","idempotency_key":"bench-%d",%s\n' % (serial, body[1:])

    def judge(self, status: int, body: bytes) -> int:
        if status != 200 or body.count(b'"status":201') != BATCH:
            raise _refused(status, body)
        return BATCH


class _Get:
    def __init__(self, job: Job) -> None:
        lines = Path(job.file).read_bytes().splitlines()
        self._paths = itertools.islice(itertools.cycle(lines), job.limit)
        self._tail = _head(job, "", "Accept: application/json") + b"\r\n"

    def request(self) -> bytes | None:
        path = next(self._paths, None)
        return None if path is None else b"GET " + path + self._tail

    def judge(self, status: int, body: bytes) -> int:
        if status != 200 or len(body) < _LEAST_DOCUMENT:
            raise _refused(status, body)
        return 1


def _head(job: Job, line: str, header: str) -> bytes:
    """Return the request up to the headers that differ from one to the next."""
    host = f"Host: 127.0.0.1:{job.port}"
    return f"{line} HTTP/1.1\r\n{host}\r\nAuthorization: Bearer {job.key}\r\n{header}\r\n".encode()


def _refused(status: int, body: bytes) -> CannotMeasure:
    return CannotMeasure(f"the server answered {status}: {body[:2000].decode(errors='replace')}")


_LOADS: Final[dict[str, Callable[[Job], client.Load]]] = {"append": Append, "batch": _Batch, "get": _Get}


def put(job: Job) -> Outcome:
    """Put a load on a server from a process of its own."""
    command = [sys.executable, "-m", "bench.load", msgspec.json.encode(job).decode()]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
    if ran.returncode != 0:
        raise CannotMeasure(f"{job.kind}, exit {ran.returncode}: {ran.stderr.strip()[-3000:]}")
    return msgspec.json.decode(ran.stdout, type=Outcome)


def main() -> None:
    job = msgspec.json.decode(sys.argv[1], type=Job)
    try:
        outcome = uvloop.run(client.drive(_LOADS[job.kind](job), job.port, job.connections, job.seconds))
    except CannotMeasure as error:
        sys.exit(str(error))
    sys.stdout.write(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    main()
