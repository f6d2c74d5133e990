"""The `incidents` projection made anew from the log, when a release renders it otherwise or somebody asks."""

from collections.abc import Iterable, Sequence
from typing import Final

import asyncpg

from service.db import sql
from service.projections import incidents
from service.projections.projection import Projection
from service.store.changes import Change, Snapshot
from service.store.events import instant

_REMAKE: Final = sql("incidents_remake")
_RELEASE: Final = sql("external_ids_release")
_CLAIM: Final = sql("external_ids_claim")


async def _apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    await _write(connection, {each.after.incident: each.after for each in changes}.values())


async def _write(connection: asyncpg.Connection, standing: Iterable[Snapshot]) -> None:
    await connection.execute(_REMAKE, *zip(*[each.made(row) for each in standing], strict=True))


async def rewrite(connection: asyncpg.Connection, standing: Sequence[Snapshot]) -> None:
    """
    Write how incidents now stand, and which external ids they have.

    An external id that another incident has got meanwhile stays with that one.
    """
    await _write(connection, standing)
    held = [
        (f"{namespace}/{key}", each.incident)
        for each in standing
        if each.status == "active"
        for namespace, key in each.facts.external_ids.items()
    ]
    external_ids, holders = [each[0] for each in held], [each[1] for each in held]
    await connection.execute(_RELEASE, [each.incident for each in standing], external_ids, holders)
    await connection.execute(_CLAIM, external_ids, holders)


def row(now: Snapshot) -> tuple[object, ...]:
    """Return what `incidents` holds of an incident, in the order of incidents_remake.sql; the extent is made there."""
    seen = incidents.view(now.facts, now.facts_json, now.retraction, now.expunged)
    document = incidents.document(
        now.incident, now.revision, now.position, instant(now.recorded_at), instant(now.reported_at), now.actor, seen
    )
    return (
        now.incident, now.revision, now.position, now.recorded_at, now.reported_at, seen.status, seen.message_status,
        seen.occurred_start, seen.occurred_end, seen.tags, seen.places, document.decode(),
    )  # fmt: skip


PROJECTION: Final = Projection("incidents", 3, (), _apply, row, followed=False)
