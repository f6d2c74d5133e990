"""A service as its clients see it: asked patiently, its refusals said in a sentence."""

import re
import time
from collections.abc import Callable
from typing import Final, TypeVar

import httpx
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

NDJSON: Final = "application/x-ndjson"
_TIMEOUT: Final = httpx.Timeout(60, connect=5)
_SECONDS_BETWEEN: Final = (1, 2, 4, 8, 15)
_T = TypeVar("_T")


class Refused(Exception):
    """The service does not do it; the message says why."""


class Away(Refused):
    """The service cannot be reached, or is overloaded: the same request may succeed later."""


class Failed(Away):
    """The service fails by a fault of its own, and may do so again."""


class _Fault(Struct):
    pointer: str
    message: str


class Problem(Struct):
    title: str
    detail: str
    errors: list[_Fault] = []

    def __str__(self) -> str:
        faults = (f"{each.pointer} {each.message}".strip() for each in self.errors)
        return f"{self.title}. {' '.join(faults) or self.detail}"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s")


def open_client(url: str, key: str) -> httpx.Client:
    if not url.startswith(("http://", "https://")) or not re.fullmatch("[!-~]+", key):
        raise Refused("The address must be like http://127.0.0.1:8000, and the key like ilk_...")
    return httpx.Client(base_url=url, timeout=_TIMEOUT, headers={"Authorization": f"Bearer {key}"})


def ask(client: httpx.Client, method: str, path: str, **sent: object) -> httpx.Response:
    try:
        answer = client.request(method, path, **sent)  # type: ignore[arg-type]
    except httpx.TransportError as error:
        raise Away(reason_of(error)) from error
    # it is read; httpx's own stream refers back to the answer, and such a circle, megabytes of it, is kept for long
    answer.stream = httpx.ByteStream(b"")
    check(answer)
    return answer


def check(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.OK:
        return
    try:
        reason = str(msgspec.json.decode(answer.read(), type=Problem))
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = f"It answers {answer.status_code} {answer.reason_phrase}: is it the ledger?"
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        raise Failed(reason)
    raise (Away if answer.status_code > httpx.codes.INTERNAL_SERVER_ERROR else Refused)(reason)


def patiently(do: Callable[[], _T], console: Console) -> _T:
    """Do it, again if the service is away for a while."""
    for seconds in _SECONDS_BETWEEN:
        try:
            return do()
        except Away as away:
            say(console, f"{away} Trying again in {seconds} s.")
            time.sleep(seconds)
    return do()


def reason_of(error: httpx.TransportError) -> str:
    return f"The service cannot be reached ({str(error) or type(error).__name__})."


def progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)
