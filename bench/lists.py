"""What is read: lists by one sort of filter each, a full page in a small register too, and the projections."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bench import corpus

Asking = Callable[[random.Random, int], str]
"""Returns something to ask of a register of so many events."""
_PATHS: Final = 1000
_LIMIT: Final = "/v1/incidents?limit=50"


def _newest(_: random.Random, __: int) -> str:
    return ""


def _region(dice: random.Random, _: int) -> str:
    return f"&subdivision={dice.choice(corpus.PLACES).subdivision}"


def _objects(dice: random.Random, _: int) -> str:
    return f"&kind={dice.choice(corpus.KINDS)}&object_type={dice.choice(corpus.OBJECTS)}"


def _month(dice: random.Random, events: int) -> str:
    end = corpus.day(dice, events, weeks=5)
    start = end - timedelta(days=30)
    return f"&occurred_from={start:%Y-%m-%d}T00:00:00Z&occurred_to={end:%Y-%m-%d}T00:00:00Z&sort=-occurred"


def _box(dice: random.Random, _: int) -> str:
    place = dice.choice(corpus.PLACES)
    west, south = place.east - dice.random(), place.north - dice.random()
    return f"&bbox={west:.3f},{south:.3f},{west + 1:.3f},{south + 1:.3f}"


def _words(dice: random.Random, _: int) -> str:
    return f"&q={dice.choice(corpus.PLACES).name.partition(' ')[0]}+destroyed"


LISTS: Final[dict[str, Asking]] = {
    "list, newest": _newest,
    "list, one region": _region,
    "list, one kind and object": _objects,
    "list, one month": _month,
    "list, one day in one region": lambda dice, events: _region(dice, events) + _day(dice.randrange(events)),
    "list, one box": _box,
    "list, two words": _words,
}


def _one_region(dice: random.Random, _: int) -> str:
    return f"/v1/regions/{dice.choice(corpus.PLACES).subdivision}"


def _airports(dice: random.Random, events: int) -> str:
    place, day = dice.choice(corpus.PLACES), corpus.day(dice, events)
    return f"/v1/airports?subdivision={place.subdivision}&at={day:%Y-%m-%d}T12:00:00Z"


def _one_airport(dice: random.Random, _: int) -> str:
    return f"/v1/airports/{dice.choice(corpus.PLACES).airport}?limit=50"


def _statistics(dice: random.Random, events: int) -> str:
    day = corpus.day(dice, events)
    start, end = (f"{each:%Y-%m-%d}T00:00:00Z" for each in (day, day + timedelta(days=1)))
    return f"/v1/statistics?occurred_from={start}&occurred_to={end}&group_by=subdivision"


def _trend(dice: random.Random, events: int) -> str:
    place, day = dice.choice(corpus.PLACES), corpus.day(dice, events, weeks=5)
    weeks = "recent_weeks=1&baseline_weeks=4"
    return f"/v1/statistics/trend?subdivision={place.subdivision}&occurred_to={day:%Y-%m-%d}T00:00:00Z&{weeks}"


def _day(position: int) -> str:
    start = corpus.when(position)
    return f"&occurred_from={start:%Y-%m-%d}T00:00:00Z&occurred_to={start + timedelta(days=1):%Y-%m-%d}T00:00:00Z"


PROJECTIONS: Final[dict[str, Asking]] = {
    "regions": lambda *_: "/v1/regions?limit=50",
    "one region": _one_region,
    "airports at a time": _airports,
    "one airport": _one_airport,
    "sources": lambda *_: "/v1/sources?limit=50",
    "statistics of a day": _statistics,
    "trend of a region": _trend,
}
PASTS: Final[dict[str, Asking]] = {
    "list as of a position": lambda *_: _LIMIT,
    "list as of a position, one region": lambda dice, position: _LIMIT + _region(dice, position),
    "list as of a position, a day in a region": lambda dice, position: (
        _LIMIT + _region(dice, position) + _day(position)
    ),
    "one region as of a position": _one_region,
    "one airport as of a position": _one_airport,
}
"""What is asked for as of positions between the first event and the last; each is told the position."""


def paths(name: str, head: int) -> list[str]:
    """Return paths of what is called `name`, each with other values, of a log of `head` events."""
    dice = random.Random(50)
    if name in LISTS:
        return [_LIMIT + LISTS[name](dice, head) for _ in range(_PATHS)]
    if name in PROJECTIONS:
        return [PROJECTIONS[name](dice, head) for _ in range(_PATHS)]
    positions = [dice.randrange(head // 2, head) for _ in range(_PATHS)]
    return [_past(PASTS[name](dice, each), each) for each in positions]


def _past(path: str, position: int) -> str:
    """Return the path as of a position, and of what was so on its day: in life it is recorded within a few."""
    at = f"&at={corpus.when(position):%Y-%m-%d}T00:00:00Z" if path.startswith("/v1/airports/") else ""
    return f"{path}{'&' if '?' in path else '?'}as_of={position}{at}"
