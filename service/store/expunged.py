"""What has been expunged from the log, by whom and why; nobody else names the table."""

from collections.abc import Sequence
from typing import Annotated, Final

import asyncpg
from msgspec import Meta, Struct

from service.db import Database, sql

_AT: Final = sql("expunged_at")
_ADD: Final = sql("expunged_add")
_VACUUM: Final = sql("expunged_vacuum")


class Expunction(Struct, frozen=True):
    """That the data of an event was taken out of the log."""

    at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    actor: Annotated[str, Meta(description="Who took it out: an operator of the register.")]
    reason: str


async def at(db: Database | asyncpg.Connection, positions: Sequence[int]) -> dict[int, Expunction]:
    """Return what is known of those of the positions whose data is gone."""
    if not positions:
        return {}
    return {row["position"]: Expunction(*list(row)[1:]) for row in await db.fetch(_AT, positions)}


async def add(connection: asyncpg.Connection, positions: Sequence[int], actor: str, reason: str) -> int:
    """
    Take the data of these events out of the log, as its owner, and return how many had any.

    Whatever follows the log is to be built anew from then on; nothing is appended until the transaction ends.
    """
    return int(await connection.fetchval(_ADD, positions, actor, reason))


async def vacuum(connection: asyncpg.Connection) -> None:
    """Take what is no longer visible out of the tables, as their owner."""
    await connection.execute(_VACUUM)
