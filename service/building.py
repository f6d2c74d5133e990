"""Build a projection anew, aside, from the whole log; then let it take the place of the one that serves."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import asyncpg

from service.db import Database, connect
from service.following import SESSION, Follower
from service.projections.projection import Projection
from service.store import events, followers
from service.store.changes import Changes
from service.store.locks import be_impatient, try_lock

Progress = Callable[[int, int], None]
"""Told now and then: the position that is reached, and the head of the log."""
_NEAR: Final = 50
"""Events that may be left to take while the one that serves is held."""
_PATIENCE: Final = "500ms"
"""How long readers may be made to wait for each other; then it is tried again."""


class BeingBuilt(Exception):
    """Another process is building it."""


async def build(db: Database, projection: Projection, tell: Progress) -> None:
    """
    Build and serve it; a build that was broken off goes on where it was.

    Raises Stopped if an event cannot be taken, BeingBuilt, Unbuilt if data was expunged meanwhile (it is to be begun
    again then), or one of following.PASSING.
    """
    connection = await connect(db.url, {**SESSION, "search_path": "building, public"})
    changes = Changes(db, projection.make)
    try:
        if not await try_lock(connection, f"build {projection.name}"):
            raise BeingBuilt(f"{projection.name} is being built by another process.")
        await _begin(connection, projection)
        follower = Follower(projection, connection, changes, building=True)
        await _reach(db, follower, tell)
        if projection.indexes:
            await connection.execute(projection.indexes)
        await _reach(db, follower, tell)
        while not await _swap(connection, projection, follower, changes):
            await _reach(db, follower, tell)
    finally:
        await changes.close()
        await connection.close(timeout=2)


async def _begin(connection: asyncpg.Connection, projection: Projection) -> None:
    there = await followers.get(connection, projection.name, building=True)
    if there is not None and there.version == projection.version and there.error is None:
        return
    async with connection.transaction():
        await followers.forget_built(connection, projection.name, projection.tables)
        await followers.add(connection, projection.name, projection.version)
        if projection.tables:
            await connection.execute(projection.definition)


async def _reach(db: Database, follower: Follower, tell: Progress) -> None:
    """Take what there is, but for the last few events."""
    while True:
        position, (head, _) = await follower.position(), await events.head(db)
        tell(position, head)
        if position >= head - _NEAR:
            return
        await follower.step()


async def _swap(connection: asyncpg.Connection, projection: Projection, follower: Follower, changes: Changes) -> bool:
    """Take what the one that serves has, and take its place; False if readers are in the way."""
    with suppress(asyncpg.LockNotAvailableError):
        async with connection.transaction():
            await be_impatient(connection, _PATIENCE)
            serving = await followers.get(connection, projection.name, building=False, hold=True)
            while serving is not None and await follower.position() < serving.position:
                await follower.take(await changes.after(await follower.position()))
            await followers.serve_built(connection, projection.name, projection.tables)
        return True
    await asyncio.sleep(0.1)
    return False
