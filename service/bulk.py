"""The client side of bulk work: send a file of commands, fetch the log."""

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import httpx
import msgspec
from msgspec import Struct
from rich.console import Console

from service.remote import NDJSON, Away, Problem, ask, check, open_client, patiently, progress, reason_of, say

_LINES: Final = 500
_SECONDS_A_REPORT: Final = 5


class _Result(Struct):
    line: int
    status: int
    position: int = 0
    replayed: bool = False
    problem: Problem | None = None


class _Done(Struct):
    """How far the import of this content into this service has come, and what became of it."""

    of: str
    lines: int = 0
    recorded: int = 0
    known: int = 0
    failed: int = 0
    position: int = 0
    """The last that the service has answered: a log that ends before it is another one."""


def import_file(file: Path, url: str, key: str, console: Console) -> int:
    """
    Send the commands of a file and return how many lines failed; each is named with its reason.

    How far it came is kept in `FILE.progress`, until the last line is done. That only saves time: a command that
    is sent again is known by its idempotency key.
    """
    of, total = _fingerprint(file, url)
    note = file.with_name(f"{file.name}.progress")
    with open_client(url, key) as client, progress(console) as bar:
        done = _left_off(note, of, client, console)
        task = bar.add_task(file.name, total=total, completed=done.lines)
        told_at = time.monotonic()
        for chunk in _chunks(file, done.lines):
            for result in patiently(partial(_send, client, chunk), console):
                _count(done, result, console)
            done.lines += len(chunk)
            _keep(note, done)
            bar.update(task, completed=done.lines)
            if not console.is_terminal and time.monotonic() - told_at > _SECONDS_A_REPORT:
                told_at = time.monotonic()
                say(console, f"{done.lines:,} of {total:,} lines, {bar.tasks[0].speed or 0:,.0f}/s")
    note.unlink(missing_ok=True)
    say(console, f"{done.recorded:,} recorded, {done.known:,} there already, {done.failed:,} failed.")
    return done.failed


def _fingerprint(file: Path, url: str) -> tuple[str, int]:
    """Return what stands for this content and this service, and the number of lines."""
    digest, total = hashlib.sha256(url.encode()), 0
    with file.open("rb") as lines:
        for line in lines:
            digest.update(line)
            total += 1
    return digest.hexdigest(), total


def _left_off(note: Path, of: str, client: httpx.Client, console: Console) -> _Done:
    """Return what an import of the same content into the same log has done, or nothing done."""
    try:
        done = msgspec.json.decode(note.read_bytes(), type=_Done)
    except FileNotFoundError:
        return _Done(of)
    except msgspec.DecodeError:
        done = _Done("")
    head = patiently(partial(ask, client, "GET", "/health/ready"), console).headers["Log-Position"]
    if done.of != of or int(head) < done.position:
        say(console, f"{note.name} is of another file, service or log: starting at line 1.")
        return _Done(of)
    say(console, f"Going on at line {done.lines + 1:,}; {done.failed:,} before it failed.")
    return done


def _keep(note: Path, done: _Done) -> None:
    new = note.with_name(f"{note.name}.new")
    new.write_bytes(msgspec.json.encode(done))
    new.replace(note)


def _count(done: _Done, result: _Result, console: Console) -> None:
    if result.problem is not None:
        done.failed += 1
        say(console, f"line {done.lines + result.line}: {result.problem}")
    elif result.replayed:
        done.known += 1
    else:
        done.recorded += 1
    done.position = max(done.position, result.position)


def _chunks(file: Path, skip: int) -> Iterator[list[bytes]]:
    """Yield the lines after the first `skip`, each command with an idempotency key."""
    chunk: list[bytes] = []
    seen: Counter[bytes] = Counter()
    with file.open("rb") as lines:
        for number, line in enumerate(lines):
            digest = hashlib.sha256(line.strip()).digest()[:16]
            seen[digest] += 1
            if number >= skip:
                chunk.append(_keyed(line.strip(), f"import-{digest.hex()}-{seen[digest]}"))
            if len(chunk) == _LINES:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _keyed(line: bytes, key: str) -> bytes:
    """Give a command a key, unless it has one; the rest of it stays byte for byte, for the service to judge."""
    try:
        command = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return line
    if not command or "idempotency_key" in command:
        return line
    return b'{"idempotency_key":"%b",%b' % (key.encode(), line[1:])


def _send(client: httpx.Client, chunk: Sequence[bytes]) -> list[_Result]:
    """Send some lines and return what became of each that is not blank."""
    answer = ask(client, "POST", "/v1/batches", content=b"\n".join(chunk), headers={"Content-Type": NDJSON})
    try:
        results = msgspec.json.Decoder(_Result).decode_lines(answer.content)
    except msgspec.DecodeError:
        results = []
    if len(results) != sum(1 for line in chunk if line):
        raise Away("The service broke off its answer.")
    for result in results:
        if result.status == httpx.codes.SERVICE_UNAVAILABLE:
            raise Away(str(result.problem))
    return results


def export(file: Path | None, after: int, url: str, key: str, console: Console) -> None:
    """
    Write the log after a position as NDJSON, to a file or to stdout.

    A file has its name only when it is whole; `FILE.part` is what there is of it until then.
    """
    with open_client(url, key) as client:
        if file is None:
            _fetch(client, _Whole(sys.stdout.buffer, after), console)
            return
        part = file.with_name(f"{file.name}.part")
        with part.open("wb") as out:
            lines = _Whole(out, after)
            _fetch(client, lines, console)
        part.replace(file)
    say(console, f"{lines.position - after:,} events in {file}.")


class _Whole:
    """Takes pieces of a stream, writes whole lines, and knows the position of the last."""

    def __init__(self, out: BinaryIO, after: int) -> None:
        self._out: Final = out
        self.position = after

    def write(self, pieces: Iterator[bytes]) -> None:
        rest = b""
        for piece in pieces:
            whole, newline, rest = (rest + piece).rpartition(b"\n")
            if newline:
                self._out.write(whole + newline)
                self.position = msgspec.json.decode(whole.rpartition(b"\n")[2])["position"]
        self._out.flush()


def _fetch(client: httpx.Client, lines: _Whole, console: Console) -> None:
    """Write the log up to its head; where the stream breaks, go on after the last line that came."""

    def fetch() -> None:
        after, accept = {"after": lines.position}, {"Accept": NDJSON}
        try:
            with client.stream("GET", "/v1/log", params=after, headers=accept) as answer:
                check(answer)
                lines.write(answer.iter_bytes())
                head = int(answer.headers["Log-Position"])
        except httpx.TransportError as error:
            raise Away(reason_of(error)) from error
        if lines.position < head:
            raise Away(f"The log ends at {head}, and the stream ended at {lines.position}.")

    patiently(fetch, console)
