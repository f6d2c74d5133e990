"""Take the data of events out of the log, and out of everything that is made of it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from msgspec import UNSET, Struct, UnsetType
from rich.console import Console

from service import upkeep
from service.db import Database, connect_as_owner
from service.projections import remake
from service.store import events, expunged
from service.store.changes import Snapshot, change
from service.store.events import PAGE_SIZE, Recorded
from service.store.expunged import Expunction


class NoSuchEvents(Exception):
    """The log has none at some of the positions; the message names them."""


class NotTheOwner(Exception):
    """The login may not change the log, as the service may not."""


class Found(Struct, frozen=True):
    """An event, and whether it is expunged already."""

    recorded: Recorded
    expunged: Expunction | UnsetType
    others: tuple[int, ...]
    """The positions of the other events of its incident: what is said there stays."""


async def find(db: Database, positions: Sequence[int]) -> list[Found]:
    """Return the events at these positions; raise NoSuchEvents."""
    recorded = await events.at(db, positions)
    if missing := sorted(set(positions) - recorded.keys()):
        raise NoSuchEvents(f"The log has no event at {', '.join(map(str, missing))}: nothing is expunged.")
    gone = await expunged.at(db, positions)
    incidents = list({each.incident for each in recorded.values()})
    of: dict[UUID, list[int]] = {}
    for each in await events.of_incidents(db, incidents, events.NO_END):
        if each.position not in recorded and each.data is not None:
            of.setdefault(each.incident, []).append(each.position)
    return [
        Found(each, gone.get(position, UNSET), tuple(of.get(each.incident, ())))
        for position, each in sorted(recorded.items())
    ]


async def expunge(
    db: Database, owner_url: str, positions: Sequence[int], actor: str, reason: str, console: Console
) -> None:
    """
    Expunge the data of these events, and return when nothing that is served holds it.

    Broken off at any moment, it is done or not begun in the log; the next run does what is left to do. Raises
    NotTheOwner or upkeep.NotRebuilt.
    """
    owner = await connect_as_owner(owner_url)
    try:
        try:
            async with owner.transaction():
                gone = await expunged.add(owner, positions, actor, reason)
                await _rewrite(owner, positions)
        except asyncpg.InsufficientPrivilegeError as error:
            raise NotTheOwner(str(error)) from error
        told = f"The data of {gone} events is out of the log." if gone else "Their data was out of the log before."
        console.print(f"{told} What was made of it serves until it is rebuilt.", highlight=False)
        await upkeep.rebuild_outdated(db, console)
        await expunged.vacuum(owner)
    finally:
        await owner.close(timeout=2)


async def _rewrite(owner: asyncpg.Connection, positions: Sequence[int]) -> None:
    """Write the incidents of these events as their logs now have them."""
    incidents = list({each.incident for each in (await events.at(owner, positions)).values()})
    standing: dict[UUID, Snapshot] = {}
    for each in await events.of_incidents(owner, incidents, events.NO_END):
        standing[each.incident] = change(each, standing.get(each.incident), 0).after
    await remake.rewrite(owner, list(standing.values()))


def cached(found: Sequence[Found]) -> list[str]:
    """Return the paths of the answers that caches were allowed to keep for ever, and that said what is gone."""
    paths: set[str] = set()
    for each in found:
        here = each.recorded
        paths |= {
            f"/v1/log/{here.position}",
            f"/v1/log?after={(here.position - 1) // PAGE_SIZE * PAGE_SIZE} and other pages with {here.position}",
            f"/v1/incidents/{here.incident}?revision=N and ?as_of=..., from revision {here.revision}",
            f"/v1/incidents/{here.incident}/revisions/N and .../N/cap, from revision {here.revision}",
        }
    return sorted(paths)
