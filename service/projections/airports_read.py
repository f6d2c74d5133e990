"""How the `airports` projection is read: at a time in the world, as the log stood at a position."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from service.db import Database, NotBuilt, sql
from service.projections.closures import Said
from service.store.events import instant

_PAGE: Final = sql("airports_page")
_COUNT: Final = sql("airports_count")
_HISTORY: Final = sql("airports_history")
_REOPENED: Final = sql("airports_reopened")
NOW: Final = 2**63 - 2
"""The position to read at for what stands now."""

Closed = Literal["true", "false", "any"]
State = Annotated[
    Literal["closed", "closed_unknown_since", "reopened", "announced", "denied", "diverted_from", "diverted_to"],
    Meta(
        description=(
            "What it says at the time that is asked. `closed`: it has begun and is not over; `closed_unknown_since`: "
            "the same, but nobody says since when; `reopened`: it is over; `announced`: it begins later; `denied`: "
            "whoever speaks of it denies it; `diverted_from`, `diverted_to`: flights are sent away from the airport or "
            "to it, which does not say that it is closed."
        )
    ),
]


class AirportDisruption(Said, frozen=True, kw_only=True):
    """What one disruption of one incident says of airports."""

    incident: UUID
    position: Annotated[int, Meta(ge=1, description="Of the event that made it so.")]
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    state: State


class Asked(Struct, frozen=True, kw_only=True):
    """Which disruptions; None asks for nothing."""

    position: int = NOW
    at: datetime
    closed: Closed = "any"
    regions: Sequence[str] = ()
    airport: str | None = None


class Page(Struct, frozen=True):
    """Disruptions as the inside of a JSON array."""

    documents: bytes
    last: tuple[Any, ...] | None
    """The key to go on after; None on the last page."""
    reached: int
    since: str | None
    """When the first of them began, as far as that is said."""


Key = tuple[datetime, int, str, str]
"""When it begins, and position, disruption and role."""


async def page(db: Database, asked: Asked, limit: int, after: Key | None) -> Page:
    """Return what has begun by the time, latest begun first."""
    begun, *key = after or (asked.at, None, None, None)
    rows = await db.fetch(
        _PAGE, asked.position, asked.at, asked.closed, list(asked.regions), asked.airport, limit + 1, begun, *key
    )
    return _page(rows, limit, lambda row: (_aware(row["begins"]), row["position"], row["disruption"], row["role"]))


async def count(db: Database, asked: Asked) -> int:
    """Return how much there is on all pages; of one airport it is not asked."""
    return int((await db.fetchrow(_COUNT, asked.position, asked.at, asked.closed, list(asked.regions)))["count"])


async def history(
    db: Database, airport: str, position: int, at: datetime, limit: int, after: tuple[int, str, str] | None
) -> Page:
    """Return all that is said of an airport, latest word first, each in the state that it is in at a time."""
    last, *key = after or (position, None, None)
    rows = await db.fetch(_HISTORY, position, at, airport, limit + 1, min(last, position), *key)
    return _page(rows, limit, lambda row: (row["position"], row["disruption"], row["role"]))


async def reopened(db: Database, airport: str, position: int, at: datetime) -> tuple[bool, str | None, int]:
    """Return whether a closure was over by a time, when the last one was if that is said, and how far this is."""
    row = await db.fetchrow(_REOPENED, position, at, airport)
    return row["over"], _instant(row["reopened_at"]), _reached(row)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else instant(_aware(moment))


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)  # what PostgreSQL has as infinite comes without a zone


def _page(rows: Sequence[Any], limit: int, key: Callable[[Any], tuple[Any, ...]]) -> Page:
    found = [row for row in rows[:limit] if row["position"] is not None]
    documents = ",".join([f'{row["document"][:-1]},"state":"{_state(row)}"}}' for row in found])
    last = key(found[-1]) if len(rows) > limit else None
    since = min([_aware(row["begins"]) for row in found if not row["undated"]], default=None)
    return Page(documents.encode(), last, _reached(rows[0]), _instant(since))


def _state(row: Any) -> State:  # noqa: ANN401  # a Record
    if row["role"] != "closed":
        state: State = row["role"]
        return state
    if row["later"]:
        return "announced"
    if row["over"]:
        return "reopened"
    return "closed_unknown_since" if row["undated"] else "closed"


def _reached(row: Any) -> int:  # noqa: ANN401  # a Record
    if row["reached"] is None:
        raise NotBuilt("airports is being built.")
    return int(row["reached"])
