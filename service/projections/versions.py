"""The `versions` projection: every state that an incident was ever in, for lists as of any moment."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from service.db import sql
from service.projections import incidents
from service.projections.projection import Projection
from service.store.changes import Change, Snapshot
from service.store.events import instant

_ADD: Final = sql("versions_add")
_STANDS: Final = 2**63 - 1


async def _apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    until: dict[UUID, int] = {}
    rows = []
    for change in reversed(changes):
        now = change.after
        rows.append(_row(now, until.get(now.incident, _STANDS)))
        until[now.incident] = now.position
    await connection.execute(_ADD, *zip(*reversed(rows), strict=True))


def _row(now: Snapshot, until: int) -> tuple[object, ...]:
    seen = incidents.view(now.facts, now.facts_json, now.retraction)
    document = incidents.document(
        now.incident, now.revision, now.position, instant(now.recorded_at), instant(now.reported_at), now.actor, seen
    )
    return (
        now.incident, now.revision, now.position, until, now.recorded_at, seen.status, seen.message_status,
        seen.occurred_start, seen.occurred_end, seen.tags, seen.places, document.decode(),
    )  # fmt: skip


PROJECTION: Final = Projection("versions", 1, ("incident_versions",), _apply)
