"""Reads of single incidents: those that are asked for while one query is under way go together into the next."""

import asyncio
from typing import Final
from uuid import UUID

from msgspec import Struct

from service.db import Database, sql

_GET: Final = sql("incidents_get")
_TOGETHER: Final = 200


class Row(Struct, frozen=True):
    """An incident as it stands; `revision` is 0 if there is none."""

    head: int
    revision: int
    status: str
    document: bytes


class Lookup:
    """
    Finds incidents by id.

    A query for thirty costs little more than a query for one. Nobody is given what was read before he asked.
    """

    def __init__(self, db: Database) -> None:
        self._db: Final = db
        self._waiting: dict[UUID, asyncio.Future[Row]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, incident: UUID) -> Row:
        """Return an incident as it stands, and the head of the log; raise DatabaseAway."""
        found = self._waiting.get(incident)
        if found is None:
            found = self._waiting[incident] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="lookup")
        return await asyncio.shield(found)  # others may wait for the same one

    async def _run(self) -> None:
        while self._waiting:
            wanted = dict(list(self._waiting.items())[:_TOGETHER])
            for incident in wanted:
                del self._waiting[incident]
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
