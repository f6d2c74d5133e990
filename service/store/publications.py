"""How far the log has been published elsewhere; nobody else names the table."""

from typing import Final

from service.db import Database, sql

_GET: Final = sql("publications_get")
_MOVE: Final = sql("publications_move")


async def position(db: Database, stream: str) -> int:
    """Return the position of the last event that a stream has acknowledged; 0 if there is none."""
    row = await db.fetchrow(_GET, stream)
    return 0 if row is None else int(row["position"])


async def move(db: Database, stream: str, to: int) -> None:
    """Keep that a stream has acknowledged all up to a position."""
    await db.execute(_MOVE, stream, to)
