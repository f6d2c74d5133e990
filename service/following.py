"""One follower at work: it takes the next changes and moves its checkpoint, both or neither."""

import logging
from collections.abc import Sequence
from typing import Final

import asyncpg

from service.db import AWAY
from service.projections.projection import Projection
from service.store import followers
from service.store.changes import Change, Changes
from service.store.followers import Place

PASSING: Final = (
    *AWAY,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
)
"""What is no fault of the projection or of the event: the same may succeed later."""
SESSION: Final = {
    "synchronous_commit": "off",  # what a crash takes back, effects and checkpoint together, is made again from the log
    "plan_cache_mode": "force_custom_plan",  # a plan of when the tables were small would be kept as they grow
    # a batch looks for a few rows by index, however many PostgreSQL thinks an array or a recursion has
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Settings of the sessions in which followers write."""
READING: Final = {**SESSION, "plan_cache_mode": "force_generic_plan"}
"""Of those that read the log as it passes: one statement by indexes, which takes longer to plan than to carry out."""
_log: Final = logging.getLogger(__name__)


class Stopped(Exception):
    """It cannot take the next event, and waits until it is told to try again; the message says why."""


class Unbuilt(Exception):
    """There is none of this version, or it was made before data was expunged."""


class Follower:
    """Applies the log to the tables that its connection's search_path leads to."""

    def __init__(
        self, projection: Projection, connection: asyncpg.Connection, changes: Changes, *, building: bool
    ) -> None:
        self._projection: Final = projection
        self._connection: Final = connection
        self._changes: Final = changes
        self._building: Final = building
        self._place: Place | None = None

    async def position(self) -> int:
        """Return its checkpoint; raise Stopped or Unbuilt."""
        return (await self._stands()).position

    async def step(self) -> int:
        """Take the next changes, and return how many; raise Stopped, Unbuilt, or one of PASSING."""
        changes = await self._changes.after(await self.position())
        if not changes:
            self._place = None  # what serves may be of no use any more, and then nothing comes of waiting
            return 0
        try:
            await self.take(changes)
        except PASSING:
            raise
        except Exception:  # noqa: BLE001  # whatever a projection raises: that is what makes it stop
            for change in changes:
                await self._take_alone(change)
        return len(changes)

    async def take(self, changes: Sequence[Change]) -> None:
        """Take these changes, all or none."""
        place = await self._stands()
        to = changes[-1].position
        try:
            async with self._connection.transaction():
                # first: two projectors that both believe they lead wait for each other here
                moved = await followers.move(
                    self._connection, self._projection.name, to, place, changes[0].expunged, building=self._building
                )
                if moved:
                    await self._projection.apply(self._connection, changes)
        except BaseException:
            self._place = None
            raise
        self._place = Place(place.version, to, None) if moved else None
        if not moved:
            await self._changes.forget()

    async def _take_alone(self, change: Change) -> None:
        place = await self._stands()
        if place.position != change.position - 1:
            return
        try:
            await self.take([change])
        except PASSING:
            raise
        except Exception as error:
            told = f"event {change.position}: {type(error).__name__}: {error}"
            _log.exception("the projection %s stops at event %d", self._projection.name, change.position)
            await followers.fail(self._connection, self._projection.name, place.position, told, building=self._building)
            raise Stopped(told) from error

    async def _stands(self) -> Place:
        if self._place is None:
            self._place = await followers.get(self._connection, self._projection.name, building=self._building)
        if self._place is None or self._place.version != self._projection.version:
            self._place = None
            raise Unbuilt("it is of another version, or data was expunged meanwhile")
        if self._place.error is not None:
            told, self._place = self._place.error, None
            raise Stopped(told)
        return self._place
