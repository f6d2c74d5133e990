"""Read and append events; nobody else names the table."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from service.db import Database, sql

_APPEND: Final = sql("events_append")
_KNOWN: Final = sql("events_known")
_AT: Final = sql("events_at")
_OF_INCIDENT: Final = sql("events_of_incident")
_OF_INCIDENTS: Final = sql("events_of_incidents")
_AFTER: Final = sql("events_after")
_HEAD: Final = sql("log_head_get")
_SET_HEAD: Final = sql("log_head_set")
_MARK: Final = sql("events_mark")
_POSITION_AT: Final = sql("events_position_at")
_LINES: Final = sql("log_lines")
OVERTAKEN: Final = "IL002"
"""The SQLSTATE with which PostgreSQL refuses what was decided on data that has been expunged since."""
NOT_ALL: Final = "IL001"
"""The SQLSTATE with which the append refuses an atomic batch; its detail is the outcome of each element."""
PAGE_SIZE: Final = 1000
NO_END: Final = 2**63 - 1
"""A position that no log comes to."""
_AT_ONCE: Final = 500
"""Events that are read at once for a stream: a reader that is slow keeps so many, and as many again, in memory."""
_PIECE: Final = 125
"""Events that are sent at once: in larger pieces, most of the time goes to memory that is taken and given back."""


class Entry(msgspec.Struct, frozen=True):
    """One event to append, and its incident as it stands after it, in the order of events_append.sql."""

    event_id: UUID
    incident: UUID
    expected_revision: int
    type: str
    schema_version: int
    actor: str
    nonce: bytes
    data_sha256: bytes
    data: str
    status: str
    message_status: str
    occurred_start: datetime
    occurred_end: datetime
    tags: str
    places: str | None
    flags: str
    flags_if_early: str
    body: str
    claimed: str | None
    released: str | None


class Outcome(msgspec.Struct, frozen=True):
    """What became of an entry: see migrations/V0003__append.sql; `overtaken`: nothing, since data is gone meanwhile."""

    outcome: str
    position: int | None
    revision: int
    recorded_at: datetime | None
    incident: UUID
    holder: UUID | None


class Recorded(msgspec.Struct, frozen=True):
    """An event as the log holds it."""

    position: int
    event_id: UUID
    incident: UUID
    revision: int
    type: str
    schema_version: int
    recorded_at: datetime
    actor: str
    data: str | None
    """None: it has been expunged."""


class Copied(msgspec.Struct, frozen=True):
    """An event of another log, in the order of the columns."""

    position: int
    event_id: UUID
    incident: UUID
    revision: int
    type: str
    schema_version: int
    recorded_at: datetime
    actor: str
    nonce: bytes
    data_sha256: bytes
    data: str


class Page(msgspec.Struct, frozen=True):
    """A stretch of the log, each event as the line that is served."""

    lines: list[bytes]
    last: int
    """The position of the last one."""
    head: int
    """Of the log, when this was read."""


async def append(connection: asyncpg.Connection, entries: Sequence[Entry], *, atomic: bool) -> list[Outcome]:
    """Append the entries in one transaction and say what became of each, in order."""
    columns = [[getattr(entry, name) for entry in entries] for name in Entry.__struct_fields__]
    try:
        rows = await connection.fetch(_APPEND, *columns, atomic)
    except asyncpg.PostgresError as error:
        if error.sqlstate == OVERTAKEN:
            return [Outcome("overtaken", None, e.expected_revision, None, e.incident, None) for e in entries]
        if error.sqlstate != NOT_ALL:
            raise
        told = _DETAIL.decode(error.detail or "[]")
        return [Outcome(each.outcome, None, each.revision, None, each.incident, each.holder) for each in told]
    return [Outcome(*row) for row in rows]


async def load(connection: asyncpg.Connection, copied: Sequence[Copied]) -> None:
    """Load the next events of a copy of another log; the head moves with them, and nothing else does."""
    records, columns = [msgspec.structs.astuple(each) for each in copied], [*Copied.__struct_fields__]
    async with connection.transaction():
        await connection.copy_records_to_table("events", records=records, columns=columns, schema_name="public")
        await connection.execute(_SET_HEAD, copied[-1].position, copied[-1].recorded_at)


class _Detail(msgspec.Struct):
    outcome: str
    revision: int
    incident: UUID
    holder: UUID | None


async def at(db: Database | asyncpg.Connection, positions: Sequence[int]) -> dict[int, Recorded]:
    """Return the events at these positions."""
    return {row["position"]: Recorded(*row) for row in await db.fetch(_AT, positions)}


async def known(db: Database, event_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the positions of those of the events that are in the log."""
    return {row["event_id"]: row["position"] for row in await db.fetch(_KNOWN, event_ids)}


async def of_incident(
    db: Database,
    incident: UUID,
    *,
    revision: int | None = None,
    position: int | None = None,
    recorded_at: datetime | None = None,
) -> tuple[list[Recorded], int, datetime]:
    """Return an incident's events up to a revision, a position or a time, with the head they were read at."""
    rows = await db.fetch(_OF_INCIDENT, incident, revision, position, recorded_at)
    found = [
        Recorded(
            row["position"], row["event_id"], incident, row["revision"], row["type"],
            row["schema_version"], row["recorded_at"], row["actor"], row["data"],
        )
        for row in rows
        if row["position"] is not None
    ]  # fmt: skip
    return found, rows[0]["head"], rows[0]["head_recorded_at"]


async def of_incidents(db: Database | asyncpg.Connection, incidents: Sequence[UUID], position: int) -> list[Recorded]:
    """Return the events of several incidents up to a position; each incident's own are together and in order."""
    return [Recorded(*row) for row in await db.fetch(_OF_INCIDENTS, incidents, position)]


async def after(db: Database, position: int, limit: int) -> tuple[list[Recorded], int]:
    """Return the next events after a position, and how many events of the log are without their data."""
    rows = await db.fetch(_AFTER, position, limit)
    return [Recorded(*list(row)[1:]) for row in rows if row["position"] is not None], rows[0]["expunged"]


async def head(db: Database) -> tuple[int, datetime]:
    """Return the last position and its time."""
    row = await db.fetchrow(_HEAD)
    return row["position"], row["recorded_at"]


class Mark(msgspec.Struct, frozen=True):
    """An event by which a log is known again, and the head of the log; None where the log has no such event."""

    head: int
    expunged: int
    """How many events have been expunged."""
    edition: int
    """The version in which incidents are rendered."""
    position: int | None
    event_id: UUID | None
    recorded_at: datetime | None


async def mark(db: Database, position: int | None = None) -> Mark:
    """Return the event at a position, or the last one."""
    return Mark(*await db.fetchrow(_MARK, position))


async def position_at(db: Database, moment: datetime) -> int:
    """Return the last position that had been recorded at a moment; 0 if there was none."""
    return int((await db.fetchrow(_POSITION_AT, moment))["position"])


class Selection(msgspec.Struct, frozen=True):
    """Which events of the log are wanted; None means all."""

    incident: UUID | None = None
    actor: str | None = None
    type: str | None = None


async def page(db: Database, after: int, until: int | None, wanted: Selection, limit: int) -> Page:
    """
    Return the next events after a position.

    PostgreSQL hands over line by line: to join a megabyte in it costs more than all the rest, most of it for memory
    that it takes from the system and gives back at each page.
    """
    rows = await db.fetch(_LINES, after, until, wanted.incident, wanted.actor, wanted.type, limit)
    found = sorted((row["position"], row["line"]) for row in rows if row["line"] is not None)
    return Page([line for _, line in found], found[-1][0] if found else after, rows[0]["head"])


async def lines(db: Database, after: int, until: int, wanted: Selection, limit: int | None) -> AsyncIterator[bytes]:
    """
    Stream the log as NDJSON, a page at a time: no transaction waits for a slow reader.

    While one page is being sent, PostgreSQL makes the next.
    """
    left = limit
    ahead = _ahead(db, after, until, wanted, left)
    try:
        while ahead is not None:
            found = await ahead
            left = None if left is None else left - len(found.lines)
            ended = len(found.lines) < _AT_ONCE
            ahead = None if ended else _ahead(db, found.last, until, wanted, left)
            for start in range(0, len(found.lines), _PIECE):
                yield b"\n".join([*found.lines[start : start + _PIECE], b""])
    finally:
        if ahead is not None:
            ahead.cancel()


def _ahead(db: Database, after: int, until: int, wanted: Selection, left: int | None) -> asyncio.Task[Page] | None:
    if after >= until or left == 0:
        return None
    size = _AT_ONCE if left is None else min(left, _AT_ONCE)
    task = asyncio.create_task(page(db, after, until, wanted, size))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # a reader that left does not ask
    return task


def instant(moment: datetime) -> str:
    """Return a time as the API writes it: RFC 3339, UTC, six digits of a second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_DETAIL: Final = msgspec.json.Decoder(list[_Detail])
