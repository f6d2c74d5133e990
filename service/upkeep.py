"""What an operator does to projections: see them, let them try again, build them anew."""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import UNSET
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from service.building import BeingBuilt, build
from service.db import Database
from service.following import Stopped, Unbuilt
from service.projections import status as standing
from service.projections.every import PROJECTIONS
from service.projections.projection import Projection
from service.projections.status import ProjectionStatus
from service.store import followers

_LOOK: Final = 1.0
"""Seconds between two looks whether another process has built it."""
_LOOKS: Final = 24 * 3600


class NoSuchProjection(Exception):
    """There is none of this name; the message says which there are."""


class NotRebuilt(Exception):
    """It could not be built; the message says why."""


async def status(db: Database) -> list[ProjectionStatus]:
    """Return how far each projection is."""
    return (await standing.status(db))[0]


def table(found: Sequence[ProjectionStatus]) -> Table:
    """Return it for people."""
    shown = Table("projection", "state", "version", "position", "lag", "build", "error", box=None)
    for each in found:
        built = "" if each.build is UNSET else f"version {each.build.version} at {each.build.position}"
        error = each.error or ("" if each.build is UNSET else each.build.error or "")
        shown.add_row(each.name, each.state, str(each.version), str(each.position), str(each.lag), built, error)
    return shown


async def retry(db: Database, name: str) -> bool:
    """Let one that has stopped try again; False if it had not."""
    return await followers.retry(db, _named(name).name)


async def rebuild(db: Database, name: str, console: Console) -> None:
    """Build one anew, and show how far it is."""
    try:
        await _build(db, _named(name), console)
    except (BeingBuilt, Stopped, Unbuilt) as error:
        raise NotRebuilt(f"{name} is not rebuilt: {error}") from error


async def rebuild_outdated(db: Database, console: Console) -> None:
    """Build anew whatever is of another version than there is, or wait until others have; raise NotRebuilt at last."""
    left = [await _left(db, projection, console) for projection in PROJECTIONS]
    if told := [each for each in left if each]:
        raise NotRebuilt("; ".join(told))


async def _left(db: Database, projection: Projection, console: Console) -> str | None:
    """Build one anew if it has to be; return what keeps it from being so."""
    for _ in range(_LOOKS):
        if not await _is_outdated(db, projection):
            return None
        try:
            await _build(db, projection, console)
        except (BeingBuilt, Unbuilt):
            await asyncio.sleep(_LOOK)
        except Stopped as error:
            return f"{projection.name} is not rebuilt: {error}"
    return f"{projection.name} is not rebuilt: another process has been at it for too long"


async def _is_outdated(db: Database, projection: Projection) -> bool:
    async with db.connection() as connection:
        place = await followers.get(connection, projection.name, building=False)
    return place is None or place.version != projection.version


async def _build(db: Database, projection: Projection, console: Console) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(projection.name, total=None)
        await build(db, projection, lambda position, head: progress.update(task, completed=position, total=head))


def _named(name: str) -> Projection:
    for each in PROJECTIONS:
        if each.name == name:
            return each
    raise NoSuchProjection(
        f"There is no projection {name}; there are: {', '.join(sorted(p.name for p in PROJECTIONS))}."
    )
