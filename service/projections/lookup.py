"""Reads of single incidents: those that are asked for while one query is under way go together into the next."""

import asyncio
from typing import Final
from uuid import UUID

from msgspec import Struct

from service.db import Database, sql

_GET: Final = sql("incidents_get")
_QUERIES: Final = 4
"""How many may be under way at once ..."""
_ENOUGH: Final = 8
"""... if so many incidents wait for each of them but the first."""


class Row(Struct, frozen=True):
    """An incident as it stands; `revision` is 0 if there is none."""

    head: int
    revision: int
    status: str
    document: bytes


class Lookup:
    """
    Finds incidents by id.

    A query for ten costs little more than a query for one. Nobody is given what was read before he asked.
    """

    def __init__(self, db: Database) -> None:
        self._db: Final = db
        self._waiting: dict[UUID, asyncio.Future[Row]] = {}
        self._queries: Final[set[asyncio.Task[None]]] = set()
        self._running = 0

    async def get(self, incident: UUID) -> Row:
        """Return an incident as it stands, and the head of the log; raise DatabaseAway."""
        found = self._waiting.get(incident)
        if found is None:
            found = self._waiting[incident] = asyncio.get_running_loop().create_future()
            # one that has to wait for the disk does not keep all others waiting
            if self._running < min(1 + len(self._waiting) // _ENOUGH, _QUERIES):
                self._running += 1
                query = asyncio.create_task(self._query(), name="lookup")
                self._queries.add(query)
                query.add_done_callback(self._queries.discard)
        return await asyncio.shield(found)  # others may wait for the same one

    async def _query(self) -> None:
        try:
            await self._answer_all()
        finally:
            self._running -= 1  # in the same step: whoever asks next must not count on it

    async def _answer_all(self) -> None:
        while self._waiting:
            wanted, self._waiting = self._waiting, {}
            try:
                rows = await self._db.fetch(_GET, list(wanted))
            except Exception as error:  # noqa: BLE001  # whatever it is, who asked must hear of it
                for found in wanted.values():
                    found.set_exception(error)
                continue
            head = rows[0]["head"]
            for row in rows:
                if row["incident"] is not None:
                    there = Row(head, row["revision"], row["status"], row["document"].encode())
                    wanted.pop(row["incident"]).set_result(there)
            for found in wanted.values():
                found.set_result(Row(head, 0, "", b""))
