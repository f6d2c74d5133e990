"""The lists that are read: one sort of filter each, a full page in a small register too."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bench import corpus

_PATHS: Final = 1000
_LIMIT: Final = "/v1/incidents?limit=50"


def _newest(_: random.Random) -> str:
    return ""


def _region(dice: random.Random) -> str:
    return f"&subdivision={dice.choice(corpus.PLACES).subdivision}"


def _objects(dice: random.Random) -> str:
    return f"&kind={dice.choice(corpus.KINDS)}&object_type={dice.choice(corpus.OBJECTS)}"


def _month(dice: random.Random) -> str:
    start = dice.choice(corpus.days()[30:])
    end = start + timedelta(days=30)
    return f"&occurred_from={start:%Y-%m-%d}T00:00:00Z&occurred_to={end:%Y-%m-%d}T00:00:00Z&sort=-occurred"


def _box(dice: random.Random) -> str:
    place = dice.choice(corpus.PLACES)
    west, south = place.east - dice.random(), place.north - dice.random()
    return f"&bbox={west:.3f},{south:.3f},{west + 1:.3f},{south + 1:.3f}"


def _words(dice: random.Random) -> str:
    return f"&q={dice.choice(corpus.PLACES).name.partition(' ')[0]}+destroyed"


LISTS: Final[dict[str, Callable[[random.Random], str]]] = {
    "list, newest": _newest,
    "list, one region": _region,
    "list, one kind and object": _objects,
    "list, one month": _month,
    "list, one box": _box,
    "list, two words": _words,
}


def paths(name: str) -> list[str]:
    """Return paths of the lists called `name`, each with other values."""
    dice = random.Random(50)
    return [_LIMIT + LISTS[name](dice) for _ in range(_PATHS)]
