"""How far it is: a bar on a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console

from service.remote import progress, say

_EVERY: Final = 256
_SECONDS_A_REPORT: Final = 5


class Telling:
    """Tells how many of so many are done."""

    def __init__(self, console: Console, what: str, total: int, done: int = 0) -> None:
        self._console: Final = console
        self._what: Final = what
        self._total: Final = total
        self._bar: Final = progress(console)
        self._task: Final = self._bar.add_task(what, total=total, completed=done)
        self._done = done
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.update(self._task, completed=self._done)
        self._bar.stop()

    def reach(self, done: int) -> None:
        """Tell, now and then, that so many are done."""
        if done - self._done < min(_EVERY, self._total // _EVERY + 1):
            return
        self._done = done
        self._bar.update(self._task, completed=done)
        if not self._console.is_terminal and time.monotonic() - self._told_at > _SECONDS_A_REPORT:
            self._told_at = time.monotonic()
            say(self._console, f"{self._what}: {done:,} of {self._total:,}")
