"""Lists of incidents, as they stand or once stood: filters in, a page of ready JSON out, joined by PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from service.db import Database, NotBuilt, sql

Key = tuple[int] | tuple[datetime, UUID]
"""What a page goes on after: a log position, or a time of occurrence and an incident."""
Sort = Literal["-recorded", "recorded", "-occurred"]
_STATEMENTS: Final[Mapping[Sort, str]] = {
    "-recorded": sql("incidents_list_by_recorded_desc"),
    "recorded": sql("incidents_list_by_recorded"),
    "-occurred": sql("incidents_list_by_occurred_desc"),
}
_AS_OF: Final[Mapping[Sort, str]] = {
    "-recorded": sql("incidents_as_of_by_recorded_desc"),
    "recorded": sql("incidents_as_of_by_recorded"),
    "-occurred": sql("incidents_as_of_by_occurred_desc"),
}
_DENSE: Final = sql("incidents_list_dense")
_MANY: Final = 1000
"""Incidents in a place that take longer to be put in order than a page of them to be met on the way."""
_REACH: Final = 64
"""How many times the length of a page is looked through for it, before its place is asked for after all."""
_COUNT: Final = sql("incidents_list_count")
_COUNT_AS_OF: Final = sql("incidents_as_of_count")


class Circle(Struct, frozen=True):
    """A place and what is around it; the boxes hold it all: two, where it lies over the antimeridian."""

    longitude: float
    latitude: float
    km: float
    boxes: tuple[str, str]


class Filters(Struct, frozen=True, kw_only=True):
    """What an incident must be to be listed; None asks for nothing."""

    tags: Sequence[str]
    """It has all of them ..."""
    one_of: Sequence[str] | None = None
    """... and one of these."""
    status: str | None
    message_status: str | None
    occurred_from: datetime | None
    occurred_to: datetime | None
    recorded_from: datetime | None
    recorded_to: datetime | None
    box: tuple[float, float, float, float] | None
    """West, south, east, north in degrees; west may exceed east: then it crosses the antimeridian."""
    early: bool = False
    """It is said to have happened after it was recorded."""
    near: Circle | None = None
    destroyed: int | None = None
    """At least so many objects."""


class Page(Struct, frozen=True):
    """Incidents as the inside of a JSON array."""

    documents: bytes
    last: Key | None
    """The key to go on after; None on the last page."""
    head: int


async def page(
    db: Database, wanted: Filters, sort: Sort, limit: int, after: Key | None, as_of: int | None = None
) -> Page:
    """Return the first page, or the one after a key; with `as_of`, as all stood at that position."""
    by_occurrence = sort == "-occurred"
    key = after or ((None, None) if by_occurrence else (None,))
    if as_of is None:
        reach = _REACH * (limit + 1) if await _is_dense(db, wanted) else None
        row = await db.fetchrow(_STATEMENTS[sort], *_conditions(wanted), limit, *key, reach)
        if reach is not None and not row["more"]:
            row = await db.fetchrow(_STATEMENTS[sort], *_conditions(wanted), limit, *key, None)
    else:
        row = await db.fetchrow(_AS_OF[sort], *_conditions(wanted), limit, *key, as_of)
    if row["head"] is None:
        raise NotBuilt("versions is being built.")
    last: Key | None = None
    if row["more"] and by_occurrence:
        last = (row["last_occurred"].replace(tzinfo=UTC), row["last_incident"])
    elif row["more"]:
        last = (row["last_position"],)
    return Page(row["documents"], last, row["head"] if as_of is None else as_of)


async def _is_dense(db: Database, wanted: Filters) -> bool:
    """Whether so many are in the place asked for that PostgreSQL, which cannot know it, would read too many of them."""
    if wanted.near is not None:
        boxes = wanted.near.boxes
    elif wanted.box is not None:
        west, south, east, north = wanted.box
        boxes = (f"({west},{south}),({east},{north})",) * 2
    else:
        return False
    return bool((await db.fetchrow(_DENSE, *boxes, _MANY))["dense"])


async def count(db: Database, wanted: Filters, as_of: int | None = None) -> int:
    """Return how many there are on all pages."""
    if as_of is None:
        return int((await db.fetchrow(_COUNT, *_conditions(wanted)))["count"])
    return int((await db.fetchrow(_COUNT_AS_OF, *_conditions(wanted), as_of))["count"])


def _conditions(wanted: Filters) -> tuple[object, ...]:
    """Return what every statement here takes first: $1 to $19."""
    near = wanted.near
    return (
        wanted.tags,
        wanted.status,
        wanted.message_status,
        wanted.occurred_from,
        wanted.occurred_to,
        wanted.recorded_from,
        wanted.recorded_to,
        *(wanted.box or (None,) * 4),
        wanted.one_of,
        wanted.early or None,
        *((None,) * 5 if near is None else (near.longitude, near.latitude, near.km, *near.boxes)),
        wanted.destroyed,
    )
