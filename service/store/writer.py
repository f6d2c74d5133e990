"""Group commit: what arrives while one transaction is in flight goes together into the next."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

import asyncpg

from service.db import AWAY, PATIENCE, SILENCE, DatabaseAway, connect
from service.store import events
from service.store.events import Entry, Outcome

_BATCH: Final = 200
_log: Final = logging.getLogger(__name__)


class QueueFull(Exception):
    """More commands wait than the queue may hold."""


class _Group:
    """Entries that one caller wants recorded, in order and in one transaction."""

    def __init__(self, entries: Sequence[Entry], *, atomic: bool) -> None:
        self.entries: Final = entries
        self.atomic: Final = atomic
        self.done: Final[asyncio.Future[list[Outcome]]] = asyncio.get_running_loop().create_future()


class Writer:
    """The one task of a process that appends, on a connection of its own."""

    def __init__(self, url: str, queue_size: int) -> None:
        self._url: Final = url
        self._queue_size: Final = queue_size
        self._waiting: deque[_Group] = deque()
        self._length = 0
        self._wake: Final = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._away_since: float | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="writer")

    async def stop(self) -> None:
        """Write what waits, then end."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close(timeout=2)

    async def append(self, entries: Sequence[Entry], *, atomic: bool = False) -> list[Outcome]:
        """
        Record the entries, in order, and say what became of each.

        Raises QueueFull at once if too many wait, DatabaseAway if PostgreSQL stays away: then nobody knows whether
        they were recorded, and the same entries may be given again.
        """
        if self._length + len(entries) > self._queue_size and self._length:
            raise QueueFull
        group = _Group(entries, atomic=atomic)
        self._waiting.append(group)
        self._length += len(entries)
        self._wake.set()
        return await group.done

    async def _run(self) -> None:
        while not self._closing:
            await self._wake.wait()
            while self._waiting:
                groups = self._take()
                await self._write(groups)
                self._length -= sum(len(group.entries) for group in groups)
            self._wake.clear()

    def _take(self) -> list[_Group]:
        """Take the groups of the next transaction; an atomic one goes alone, or it would undo the others."""
        groups = [self._waiting.popleft()]
        size = len(groups[0].entries)
        while self._waiting and not groups[0].atomic:
            following = self._waiting[0]
            if following.atomic or size + len(following.entries) > _BATCH:
                break
            size += len(following.entries)
            groups.append(self._waiting.popleft())
        return groups

    async def _write(self, groups: list[_Group]) -> None:
        """Append the groups in one transaction, or each alone if together they fail."""
        try:
            outcomes = await self._append([entry for group in groups for entry in group.entries], groups[0].atomic)
        except DatabaseAway as error:
            for group in groups:
                _settle(group, error)
        except Exception as error:  # noqa: BLE001  # whatever it is, its caller must hear of it
            if len(groups) == 1:
                _log.exception("an append failed")
                _settle(groups[0], error)
                return
            for group in groups:
                await self._write([group])
        else:
            start = 0
            for group in groups:
                _settle(group, outcomes[start : start + len(group.entries)])
                start += len(group.entries)

    async def _append(self, entries: list[Entry], atomic: bool) -> list[Outcome]:
        """
        Append, and again after a lost connection: nobody knows then whether the first try was committed.

        A second try is safe, for event ids are unique. The patience is that of the outage, not of each batch.
        """
        while True:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect(self._url, command_timeout=SILENCE)
                outcomes = await events.append(self._connection, entries, atomic=atomic)
            except AWAY as error:
                if self._connection is not None:
                    self._connection.terminate()
                    self._connection = None
                now = asyncio.get_running_loop().time()
                self._away_since = self._away_since or now
                if now > self._away_since + PATIENCE:
                    raise DatabaseAway(str(error)) from error
                await asyncio.sleep(0.1)
            else:
                self._away_since = None
                return outcomes


def _settle(group: _Group, result: list[Outcome] | Exception) -> None:
    if group.done.done():  # its caller has gone away
        return
    if isinstance(result, Exception):
        group.done.set_exception(result)
    else:
        group.done.set_result(result)
