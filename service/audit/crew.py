"""The two processes that share the work of an audit; of a small log it is done in none but this one."""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from msgspec import Struct
from rich.console import Console

from service.audit.asking import Service
from service.audit.folding import Folded, fold, keep
from service.audit.index import Index
from service.audit.lists import Seen, compare
from service.audit.tiles import compare_tiles
from service.audit.verdicts import Different, Unverified

_PROCESSES: Final = 2
_SMALL: Final = 10_000
"""Events of a log that are folded sooner than two processes have started."""
_T = TypeVar("_T")
_A = TypeVar("_A")


class Place(Struct, frozen=True):
    """Where the work is."""

    folder: str
    url: str
    key: str


class Hand:
    """Does parts of the work, in whatever process it is."""

    def __init__(self, place: Place) -> None:
        self.service: Final = Service(place.url, place.key, Console(stderr=True))
        self.index: Final = Index(Path(place.folder))
        self._made: Folded | None = None

    @property
    def made(self) -> Folded:
        """What all hands have folded."""
        if self._made is None:
            self._made = Folded(self.index.folder)
        return self._made

    def close(self) -> None:
        """Close what it has opened."""
        self.service.close()
        self.index.close()
        if self._made is not None:
            self._made.close()


_hands: Final[dict[Place, Hand]] = {}


def hand(place: Place) -> Hand:
    """Return the one of this process."""
    if place not in _hands:
        _hands[place] = Hand(place)
    return _hands[place]


def folds(place: Place, part: tuple[int, int]) -> None:
    """Fold the incidents that end in a part of the log."""
    index = hand(place).index
    keep(index.folder, part[0], *fold(index, *part))


def lists(place: Place, part: tuple[int, bool]) -> Seen:
    """Compare one list of incidents."""
    mine = hand(place)
    return compare(mine.service, mine.index, mine.made, part[0], as_of=part[1])


def tiles(place: Place, part: tuple[int, int]) -> int:
    """Compare tiles of the lowest level, and return how many."""
    mine = hand(place)
    compare_tiles(mine.service, 0, mine.index.leaves, *part)
    return part[1] - part[0]


class Crew:
    """Those who do the work."""

    def __init__(self, place: Place, size: int) -> None:
        self._place: Final = place
        self._pool: Final = (
            ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) if size > _SMALL else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (mine := _hands.pop(self._place, None)) is not None:
            mine.close()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def do(self, work: Callable[[Place, _A], _T], parts: Iterable[_A], tell: Callable[[], None]) -> list[_T]:
        """Do all parts, and return what became of each, in order; raise the Different that is first in the log."""
        asked = [self._ask(work, part) for part in parts]
        for _ in as_completed(asked):
            tell()
        failed = [error for each in asked if (error := each.exception()) is not None]
        different = [error for error in failed if isinstance(error, Different)]
        if different:
            raise min(different, key=lambda each: each.position)
        for error in failed:
            raise error
        return [each.result() for each in asked]

    def _ask(self, work: Callable[[Place, _A], _T], part: _A) -> "Future[_T]":
        if self._pool is not None:
            return self._pool.submit(work, self._place, part)
        done: Future[_T] = Future()
        try:
            done.set_result(work(self._place, part))
        except (Different, Unverified) as error:
            done.set_exception(error)
        return done
