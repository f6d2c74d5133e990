"""The `incidents` projection made anew from the log, when a release renders it otherwise or somebody asks."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from service.db import sql
from service.projections import incidents
from service.projections.projection import Projection
from service.store.changes import Change, Snapshot
from service.store.events import instant

_REMAKE: Final = sql("incidents_remake")


async def _apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    last = {each.after.incident: each.after for each in changes}
    await connection.execute(_REMAKE, *zip(*[each.made(row) for each in last.values()], strict=True))


def row(now: Snapshot) -> tuple[object, ...]:
    """Return what `incidents` holds of an incident, in the order of incidents_remake.sql; the extent is made there."""
    seen = incidents.view(now.facts, now.facts_json, now.retraction)
    document = incidents.document(
        now.incident, now.revision, now.position, instant(now.recorded_at), instant(now.reported_at), now.actor, seen
    )
    return (
        now.incident, now.revision, now.position, now.recorded_at, now.reported_at, seen.status, seen.message_status,
        seen.occurred_start, seen.occurred_end, seen.tags, seen.places, document.decode(),
    )  # fmt: skip


PROJECTION: Final = Projection("incidents", 3, (), _apply, row, followed=False)
