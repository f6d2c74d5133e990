"""Where each follower of the log stands; nobody else names the table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
from msgspec import Struct

from service.db import Database, NotBuilt, sql

_GET: Final = sql("followers_get")
_HOLD: Final = sql("followers_hold")
_ADD: Final = sql("followers_add")
_MOVE: Final = sql("followers_move")
_FAIL: Final = sql("followers_fail")
_RETRY: Final = sql("followers_retry")
_LIST: Final = sql("followers_list")
_SERVE_BUILT: Final = sql("followers_serve_built")
_FORGET_BUILT: Final = sql("followers_forget_built")


class Place(Struct, frozen=True):
    """How far a follower is, and why it goes no further."""

    version: int
    position: int
    error: str | None


class Standing(Struct, frozen=True):
    """A follower as operators see it."""

    name: str
    building: bool
    version: int
    position: int
    error: str | None
    failed_at: datetime | None
    next_recorded_at: datetime | None
    """When the event that it has to take next was recorded; None if it has all."""


async def get(connection: asyncpg.Connection, name: str, *, building: bool, hold: bool = False) -> Place | None:
    """Return where a follower stands; with `hold`, it moves no further until the transaction ends."""
    row = await connection.fetchrow(_HOLD if hold else _GET, name, building)
    return Place(*row) if row else None


async def position(db: Database, name: str) -> int:
    """Return how far the one that serves is; raise NotBuilt if there is none yet."""
    row = await db.fetchrow(_GET, name, False)
    if row is None:
        raise NotBuilt(f"{name} is being built.")
    return int(row["position"])


async def add(connection: asyncpg.Connection, name: str, version: int) -> None:
    """Add one that is being built."""
    await connection.execute(_ADD, name, version)


async def move(
    connection: asyncpg.Connection, name: str, to: int, since: Place, expunged: int, *, building: bool
) -> bool:
    """
    Move a follower's checkpoint, in the transaction of its effects.

    False if it is no longer where it was, or the log no longer holds what was read when `expunged` events were gone.
    """
    return await connection.fetchval(_MOVE, name, building, since.version, since.position, to, expunged) is not None


async def fail(connection: asyncpg.Connection, name: str, position: int, error: str, *, building: bool) -> None:
    """Stop a follower where it stands."""
    await connection.execute(_FAIL, name, building, position, error)


async def retry(db: Database, name: str) -> bool:
    """Let a follower that stopped try again; False if it had not stopped."""
    return await db.fetchrow(_RETRY, name) is not None


async def serve_built(connection: asyncpg.Connection, name: str, tables: Sequence[str]) -> None:
    """Put what was built in the place of what serves."""
    await connection.execute(_SERVE_BUILT, name, tables)


async def forget_built(connection: asyncpg.Connection, name: str, tables: Sequence[str]) -> None:
    """Drop what was being built."""
    await connection.execute(_FORGET_BUILT, name, tables)


async def every(db: Database) -> tuple[list[Standing], int, datetime]:
    """Return where all stand, and the head of the log with its time."""
    rows = await db.fetch(_LIST)
    found = [Standing(*list(row)[2:]) for row in rows if row["name"] is not None]
    return found, rows[0]["head"], rows[0]["head_recorded_at"]
