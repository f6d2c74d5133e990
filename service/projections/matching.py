"""
Whether filters match an incident: what the statements of lists ask, for incidents that pass by.

`tests/projections/test_matching.py` holds both to the same answers.
"""

from collections.abc import Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.projections.incidents_list import Circle, Filters
from service.projections.passing import Passing, Version
from service.store.events import instant

Reason = Literal["retracted", "left_filter"]
Concern = Literal["incident"] | Reason
"""What an event is for somebody: a document, or the end of one that he held."""
_RADIUS_KM: Final = 6371.0088

Point = tuple[float, float]


class _Number(Struct, frozen=True):
    best: int | None = None


class _Thing(Struct, frozen=True):
    destroyed: _Number = _Number()


class _Derived(Struct, frozen=True):
    objects: dict[str, _Thing] = {}


class _Document(Struct, frozen=True):
    derived: _Derived


class _Retracted(Struct):
    retraction: msgspec.Raw | UnsetType = UNSET


class _Stone(Struct, omit_defaults=True):
    """A Tombstone, of what is there already as JSON."""

    id: UUID
    reason: Reason
    revision: int
    position: int
    recorded_at: str
    retraction: msgspec.Raw | UnsetType


_numbers: Final = msgspec.json.Decoder(_Document)


def concern(wanted: Filters, passing: Passing) -> Concern | None:
    """Return what the event is for somebody with these filters: a document, the end of one that he held, or nothing."""
    if matches(wanted, passing.after):
        return "incident"
    if passing.before is None or not matches(wanted, passing.before):
        return None
    return reason(wanted, passing.after)


def reason(wanted: Filters, now: Version) -> Reason:
    """Return why an incident that was matched is no longer."""
    return "retracted" if now.status == "retracted" and wanted.status == "active" else "left_filter"


def tombstone(passing: Passing, why: Reason) -> bytes:
    """Return the end of an incident for somebody, as JSON: a Tombstone of /v1/changes."""
    now = passing.after
    retraction = msgspec.json.decode(now.document, type=_Retracted).retraction
    return msgspec.json.encode(
        _Stone(passing.incident, why, now.revision, passing.position, instant(now.recorded_at), retraction)
    )


def matches(wanted: Filters, seen: Version) -> bool:
    """Whether an incident is what the filters ask for."""
    return (
        seen.tags.issuperset(wanted.tags)
        and (wanted.status is None or seen.status == wanted.status)
        and (wanted.message_status is None or seen.message_status == wanted.message_status)
        and (wanted.one_of is None or not seen.tags.isdisjoint(wanted.one_of))
        and _when(wanted, seen)
        and (wanted.box is None or _inside(wanted.box, seen.places))
        and (wanted.near is None or any(_distance(wanted.near, each) <= wanted.near.km for each in seen.places))
        and (wanted.destroyed is None or _destroyed(seen.document) >= wanted.destroyed)
    )


def _when(wanted: Filters, seen: Version) -> bool:
    start, end = seen.occurred_start, seen.occurred_end
    if start is None or end is None:
        if wanted.occurred_from is not None or wanted.occurred_to is not None or wanted.early:
            return False
    else:
        since = wanted.occurred_from
        if since is not None and not (end > since or end == start == since):
            return False
        if wanted.occurred_to is not None and start >= wanted.occurred_to:
            return False
        if wanted.early and start <= seen.recorded_at:
            return False
    if wanted.recorded_from is not None and seen.recorded_at < wanted.recorded_from:
        return False
    return wanted.recorded_to is None or seen.recorded_at < wanted.recorded_to


def _inside(box: tuple[float, float, float, float], places: Sequence[Point]) -> bool:
    west, south, east, north = box
    return any(
        south <= y <= north and (west <= x <= east if west <= east else x >= west or x <= east) for x, y in places
    )


def _distance(circle: Circle, point: Point) -> float:
    """Return how many km a point is from the middle of a circle (haversine)."""
    longitude, latitude = point
    across = (
        sin(radians(latitude - circle.latitude) / 2) ** 2
        + cos(radians(latitude)) * cos(radians(circle.latitude)) * sin(radians(longitude - circle.longitude) / 2) ** 2
    )
    return 2 * _RADIUS_KM * asin(min(1.0, sqrt(across)))


def _destroyed(document: str) -> int:
    """Return how many objects were destroyed; -1 if nobody knows."""
    objects: Any = _numbers.decode(document).derived.objects.values()
    known = [each.destroyed.best for each in objects if each.destroyed.best is not None]
    return sum(known) if known else -1
