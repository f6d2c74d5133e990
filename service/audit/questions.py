"""What is asked of a register about its projections, so that every row of them is in some answer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any, Final, TypeVar, get_args

from msgspec import Struct

from service.domain import vocabulary
from service.projections.sums import Metric
from service.store.events import instant

SAMPLE: Final = 200
"""Of what there may be any number of: how many are asked for one by one."""
KEYED: Final[Mapping[str, str]] = {"regions": "code", "campaigns": "slug", "sources": "slug"}
"""The lists of which every item can be asked for alone, by what."""
_METRICS: Final = ",".join(get_args(Metric))
_GROUPS: Final = ("", "month", "subdivision", "country,kind", "object_type")
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN: Final = timedelta(days=5 * 366)
_EVERY: Final = {"status": "any", "message_status": "any"}
_DICE: Final = SystemRandom()
_T = TypeVar("_T")


class Question(Struct, frozen=True):
    """One question, as of a position."""

    path: str
    params: Mapping[str, str]
    key: str | None = None
    """What an item is named by, of a list that is to be answered whole, as NDJSON."""


def groups(position: int, at: str) -> Iterator[Question]:
    """Ask for the lists of what the log comes to."""
    as_of = {"as_of": str(position)}
    for noun, key in KEYED.items():
        yield Question(f"/v1/{noun}", as_of, key)
    for closed in ("true", "false", "any"):
        yield Question("/v1/airports", as_of | {"at": at, "closed": closed}, "airport")


def statistics(position: int, at: str) -> Iterator[Question]:
    """Ask for every total, from 1970 on."""
    end = datetime.fromisoformat(at) + 2 * _SPAN
    start = _FIRST
    while start < end:
        window = {"occurred_from": instant(start), "occurred_to": instant(start + _SPAN), "as_of": str(position)}
        for by in _GROUPS:
            asked = window | {"message_status": "any", "metric": _METRICS} | ({"group_by": by} if by else {})
            yield Question("/v1/statistics", asked)
        start += _SPAN
    yield Question("/v1/statistics/trend", {"as_of": str(position), "occurred_to": at})


def filters(position: int, found: Mapping[str, Sequence[str]]) -> Iterator[Question]:
    """Ask which incidents each filter finds."""
    values: dict[str, Sequence[str]] = {
        "kind": _words(vocabulary.Kind),
        "object_type": _words(vocabulary.ObjectType),
        "disruption": _words(vocabulary.DisruptionKind),
        "country": [each for each in found["regions"] if "-" not in each],
        "subdivision": [each for each in found["regions"] if "-" in each],
        "source": found["sources"],
        "campaign": found["campaigns"],
        "airport": found["airports"],
    }
    for name, each in values.items():
        for value in drawn(each):
            yield Question("/v1/incidents", _EVERY | {name: value, "as_of": str(position), "fields": "id"}, "id")


def singles(position: int, at: str, found: Mapping[str, Sequence[str]]) -> Iterator[Question]:
    """Ask for each of what the lists have, alone; for some of them, where they are many."""
    for noun in KEYED:
        for key in drawn(found[noun]):
            yield Question(f"/v1/{noun}/{key}", {"as_of": str(position)})
    for key in drawn(found["airports"]):
        yield Question(f"/v1/airports/{key}", {"as_of": str(position), "at": at, "limit": "500"})


def _words(annotated: Any) -> Sequence[str]:  # noqa: ANN401  # a type
    return get_args(get_args(annotated)[0])


def drawn(values: Sequence[_T]) -> Sequence[_T]:
    """Return all of them, or as many as are asked for one by one, drawn at random."""
    return values if len(values) <= SAMPLE else _DICE.sample(values, SAMPLE)


def earlier(position: int, count: int) -> list[int]:
    """Return some positions before one, drawn at random."""
    return sorted({_DICE.randrange(1, position) for _ in range(count)}) if position > 1 else []
