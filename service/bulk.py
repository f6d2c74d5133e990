"""The client side of bulk work: send a file of commands, fetch the log."""

import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import httpx
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_LINES: Final = 500
_NDJSON: Final = "application/x-ndjson"
_TIMEOUT: Final = httpx.Timeout(60, connect=5)
_SECONDS_BETWEEN: Final = (1, 2, 4, 8, 15)


class Refused(Exception):
    """The service refused the whole request; the message says why."""


def import_file(file: Path, url: str, key: str, console: Console) -> int:
    """
    Send the commands of a file and return how many lines failed; each is named with its reason.

    `FILE.progress` holds the number of lines that are done, and goes away with the last.
    """
    progress_file = file.with_name(file.name + ".progress")
    total = sum(1 for _ in file.open("rb"))
    done = int(progress_file.read_text()) if progress_file.exists() else 0
    failed = 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=console) as bar,
        httpx.Client(timeout=_TIMEOUT, headers=_headers(key)) as client,
    ):
        task = bar.add_task(file.name, total=total, completed=done, rate="")
        for chunk in _chunks(file, done):
            for number, problem in _send(client, url, chunk, done):
                failed += 1
                console.print(f"line {number}: {problem}", markup=False, highlight=False)
            done += len(chunk)
            progress_file.write_text(str(done))
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, rate=f"{speed:,.0f}/s" if speed else "")
    progress_file.unlink(missing_ok=True)
    console.print(f"{total - failed:,} of {total:,} lines recorded, {failed:,} failed.", highlight=False)
    return failed


def _chunks(file: Path, skip: int) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines):
            if number < skip:
                continue
            chunk.append(_keyed(line, number))
            if len(chunk) == _LINES:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _keyed(line: bytes, number: int) -> bytes:
    """Give the line an idempotency key made from what it says and where it stands, unless it has one."""
    try:
        command = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return line if line.endswith(b"\n") else line + b"\n"
    if "idempotency_key" not in command:
        digest = hashlib.sha256(line.strip()).hexdigest()[:32]
        command["idempotency_key"] = msgspec.Raw(msgspec.json.encode(f"import-{number}-{digest}"))
    return msgspec.json.encode(command) + b"\n"


def _send(client: httpx.Client, url: str, chunk: list[bytes], done: int) -> Iterator[tuple[int, str]]:
    """Send one chunk, again if the service is away for a while, and yield the lines that failed."""
    answer = _patiently(client, f"{url}/v1/batches", b"".join(chunk))
    results = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    if len(results) != len(chunk):
        raise Refused(f"{len(chunk)} lines were sent and {len(results)} answered: run it again.")
    for number, result in enumerate(results, done + 1):
        if "problem" in result:
            yield number, _told(result["problem"])


def _patiently(client: httpx.Client, url: str, body: bytes) -> httpx.Response:
    for wait in (*_SECONDS_BETWEEN, None):
        try:
            answer = client.post(url, content=body, headers={"Content-Type": _NDJSON})
        except httpx.TransportError as error:
            answer = None
            reason = str(error) or type(error).__name__
        else:
            if answer.status_code == httpx.codes.OK and b'"status":503' not in answer.content:
                return answer
            reason = _told(answer.json()) if answer.status_code != httpx.codes.OK else "the service is overloaded"
            if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR and answer.status_code != httpx.codes.OK:
                break
        if wait is None:
            break
        time.sleep(wait)
    raise Refused(f"The service does not take the commands: {reason}")


def _told(problem: dict[str, Any]) -> str:
    faults = "; ".join(f"{fault['pointer']}: {fault['message']}" for fault in problem.get("errors", ()))
    return f"{problem['title']}. {faults or problem['detail']}"


def export(file: Path | None, after: int, url: str, key: str) -> None:
    """Write the log after a position as NDJSON to a file or to stdout; raise Refused if it is not to be had."""
    with (
        httpx.Client(timeout=_TIMEOUT, headers=_headers(key) | {"Accept": _NDJSON}) as client,
        client.stream("GET", f"{url}/v1/log", params={"after": after}) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            answer.read()
            raise Refused(_told(answer.json()))
        if file is None:
            _copy(answer, sys.stdout.buffer)
        else:
            with file.open("wb") as out:
                _copy(answer, out)


def _copy(answer: httpx.Response, out: BinaryIO) -> None:
    out.writelines(answer.iter_raw())


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
