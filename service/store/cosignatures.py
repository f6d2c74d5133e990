"""What witnesses said of the log's signed checkpoints; nobody else names the table."""

from typing import Final

from service.db import Database, sql

_ADD: Final = sql("cosignatures_add")
_LAST: Final = sql("cosignatures_last")


async def add(db: Database, size: int, witness: str, line: str) -> None:
    """Keep a witness's line of signature; one that it gave before for this size stays in its place."""
    await db.execute(_ADD, size, witness, line)


async def last(db: Database, witness: str) -> int:
    """Return the size of the last checkpoint that a witness has cosigned; 0 if it has none."""
    return int((await db.fetchrow(_LAST, witness))["size"])
