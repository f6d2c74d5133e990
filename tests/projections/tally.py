"""A projection to try the engine with: one row an event; `python -m tests.projections.tally URL` projects it."""

import asyncio
import sys
from collections.abc import Sequence

import asyncpg
from msgspec.structs import replace

from service.db import Database
from service.projections.projection import Projection
from service.projector import Projector
from service.store.changes import Change, Snapshot

POISON = "poison"
"""The title of an incident that a strict tally cannot take."""


class Tally(Projection, frozen=True):
    """Counts whatever comes."""

    indexes = ""

    @property
    def definition(self) -> str:
        """Two tables: what came, and how many batches it came in."""
        return (
            f"CREATE TABLE {self.name} (position bigint NOT NULL, title text NOT NULL, before integer NOT NULL);"
            f"CREATE TABLE {self.name}_total (events bigint NOT NULL); INSERT INTO {self.name}_total VALUES (0)"
        )


async def _write(name: str, connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    rows = [(each.position, each.after.facts.title, each.before.revision if each.before else 0) for each in changes]
    await connection.copy_records_to_table(name, records=rows)
    await connection.execute(f"UPDATE {name}_total SET events = events + $1", len(changes))


def tally(name: str, *, strict: bool = False, slow: float = 0.0, version: int = 1) -> Tally:
    """Return a tally; a strict one raises on POISON, a slow one takes that many seconds a batch."""

    async def apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
        await _write(name, connection, changes)
        await asyncio.sleep(slow)
        for each in changes:
            each.after.made(make)

    def make(snapshot: Snapshot) -> None:
        if strict and snapshot.facts.title == POISON:
            raise ValueError("this one cannot be taken")

    return Tally(name, version, (name, f"{name}_total"), apply, make)


def of_version(projection: Tally, version: int) -> Tally:
    """Return the same in another version."""
    return replace(projection, version=version)


async def _project(url: str) -> None:
    db = Database(url, 2)
    await db.open()
    await Projector(db, [tally("tally", slow=0.01)]).run()


if __name__ == "__main__":
    asyncio.run(_project(sys.argv[1]))
