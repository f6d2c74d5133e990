"""Lists of incidents, as they stand or once stood: filters in, a page of ready JSON out, joined by PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
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
_BUSY: Final = sql("incidents_list_busy")
_BUSY_AS_OF: Final = sql("incidents_as_of_busy")
_MANY: Final = 1000
"""Incidents in a place or a time that take longer to be put in order than a page of them to be met on the way."""
_REACH: Final = 64
"""How many times the length of a page is looked through for it, before its place or time is asked for after all."""
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
    row = await _row(db, wanted, sort, limit, key, as_of)
    if row["head"] is None:
        raise NotBuilt("versions is being built.")
    last: Key | None = None
    if row["more"] and by_occurrence:
        last = (row["last_occurred"].replace(tzinfo=UTC), row["last_incident"])
    elif row["more"]:
        last = (row["last_position"],)
    return Page(row["documents"], last, row["head"] if as_of is None else as_of)


async def _row(db: Database, wanted: Filters, sort: Sort, limit: int, key: Sequence[object], as_of: int | None) -> Any:  # noqa: ANN401  # a Record
    """
    Return a page, looked for in the way that costs least.

    PostgreSQL cannot choose it: it does not know how many are in a place, nor that what happened at a time is together
    in every order of a list. Few at a time are found by it; many in a place and at a time are met on the way.
    """
    statement, busy, where = _STATEMENTS[sort], _BUSY, (limit, *key)
    if as_of is not None:
        statement, busy, where = _AS_OF[sort], _BUSY_AS_OF, (*where, as_of)
    asked, timed = conditions(wanted), wanted.occurred_from is not None
    if timed and not await _many(db, busy, wanted.occurred_from, wanted.occurred_to):
        return await db.fetchrow(statement, [], *asked[1:], *where, None, wanted.tags)
    boxes = _boxes(wanted) if as_of is None else None
    if (boxes and await _many(db, _DENSE, *boxes)) or (not boxes and timed):
        row = await db.fetchrow(statement, *asked, *where, _REACH * (limit + 1), None)
        if row["more"]:
            return row
    return await db.fetchrow(statement, *asked, *where, None, None)


async def _many(db: Database, statement: str, *asked: object) -> bool:
    return bool((await db.fetchrow(statement, *asked, _MANY))["many"])


def _boxes(wanted: Filters) -> tuple[str, str] | None:
    if wanted.near is not None:
        return wanted.near.boxes
    if wanted.box is None:
        return None
    west, south, east, north = wanted.box
    return (f"({west},{south}),({east},{north})",) * 2


async def count(db: Database, wanted: Filters, as_of: int | None = None) -> int:
    """Return how many there are on all pages."""
    if as_of is None:
        return int((await db.fetchrow(_COUNT, *conditions(wanted)))["count"])
    return int((await db.fetchrow(_COUNT_AS_OF, *conditions(wanted), as_of))["count"])


def conditions(wanted: Filters) -> tuple[object, ...]:
    """Return what every statement with these filters takes first: $1 to $19."""
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
