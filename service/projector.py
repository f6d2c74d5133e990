"""Keep every projection up to date: one projector leads, any number stand by to take over."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from service.building import BeingBuilt, build
from service.db import SILENCE, Database, DatabaseAway, connect
from service.following import PASSING, SESSION, Follower, Stopped, Unbuilt
from service.projections.every import PROJECTIONS
from service.projections.projection import Projection
from service.store.changes import BATCH, Changes
from service.store.locks import still_there, try_lock

_STAND_BY: Final = 1.0
"""Seconds between two tries to take the lead."""
_POLL: Final = 1.0
"""Seconds after which the log is looked at, whether or not PostgreSQL told of an event."""
_PACE: Final = 0.01
"""Seconds that are left for more events to come, so that many small ones go into one transaction."""
_KEEPALIVE: Final = {"tcp_keepalives_idle": "1", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "2"}
"""So that PostgreSQL notices within four seconds when the machine of the one that leads is gone."""
_log: Final = logging.getLogger(__name__)


class Projector:
    """The projections of one database, kept up to date by whichever process leads."""

    def __init__(self, db: Database, projections: Sequence[Projection] = PROJECTIONS) -> None:
        self._db: Final = db
        self._projections: Final = projections
        self._bells: Final = [asyncio.Event() for _ in projections]

    async def run(self) -> None:
        """Project until cancelled: stand by, lead, and come back after an outage."""
        while True:
            try:
                await self._lead()
            except (*PASSING, DatabaseAway) as error:
                _log.warning("the projector lost its database and will be back: %s", error)
            await asyncio.sleep(_STAND_BY)

    async def _lead(self) -> None:
        """Lead, if nobody else does, for as long as the connection that holds the lead lives."""
        leading = await connect(self._db.url, _KEEPALIVE, command_timeout=SILENCE)
        try:
            if not await try_lock(leading, "projector"):
                return
            _log.info("this projector leads")
            await leading.add_listener("events", self._wake)
            changes = Changes(self._db)
            work = [
                asyncio.create_task(self._keep(projection, bell, changes), name=projection.name)
                for projection, bell in zip(self._projections, self._bells, strict=True)
            ]
            try:
                while True:
                    await asyncio.sleep(_POLL)
                    await still_there(leading)
            finally:
                for each in work:
                    each.cancel()
                await asyncio.gather(*work, return_exceptions=True)
        finally:
            leading.terminate()

    def _wake(self, *_: object) -> None:
        for bell in self._bells:
            bell.set()

    async def _keep(self, projection: Projection, bell: asyncio.Event, changes: Changes) -> None:
        """Keep one projection up to date, whatever happens to it; one that the append writes only needs to be built."""
        while True:
            try:
                if await self._follow(projection, bell, changes):
                    return
                await self._build(projection)
            except (*PASSING, DatabaseAway, Stopped):
                await asyncio.sleep(_POLL)
            except Exception:  # noqa: BLE001  # the others go on, and so does this one when what is wrong is mended
                _log.exception("the projection %s will be tried again", projection.name)
                await asyncio.sleep(_POLL)

    async def _follow(self, projection: Projection, bell: asyncio.Event, changes: Changes) -> bool:
        """Follow for as long as there is something to do; False if it has to be built first."""
        connection = await connect(self._db.url, SESSION, command_timeout=None)
        try:
            follower = Follower(projection, connection, changes, building=False)
            if not projection.followed:
                await follower.position()
            while projection.followed:
                bell.clear()
                taken = await follower.step()
                if not taken:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(bell.wait(), _POLL)
                elif taken < BATCH:
                    await asyncio.sleep(_PACE)
        except Unbuilt:
            return False
        else:
            return True
        finally:
            connection.terminate()

    async def _build(self, projection: Projection) -> None:
        _log.info("the projection %s is built", projection.name)
        try:
            await build(self._db, projection, _untold)
        except (BeingBuilt, Unbuilt):
            await asyncio.sleep(_POLL)


def _untold(position: int, head: int) -> None:
    """Nobody watches."""
