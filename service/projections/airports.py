"""The `airports` projection: every version of what disruptions say of airports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from service.db import sql
from service.projections.closures import FOREVER, Told, told
from service.projections.projection import Projection
from service.store.changes import Change, Snapshot
from service.store.events import instant

_STANDING: Final = sql("airports_standing")
_END: Final = sql("airports_end")
_OPEN: Final = 2**63 - 1
_encode: Final = msgspec.json.Encoder().encode

Key = tuple[UUID, str]
"""An incident and one of its disruptions."""
_COLUMNS: Final = (
    "position", "until", "incident", "disruption", "role", "airport", "regions", "begins", "ends", "undated",
    "noted_at", "ended_at", "document",
)  # fmt: skip
_UNTIL: Final = _COLUMNS.index("until")


class _Batch:
    """What a batch of changes comes to."""

    def __init__(self, standing: dict[Key, tuple[datetime, datetime | None]]) -> None:
        self._noted: Final = standing
        """Of what stands: when it, and its end, were first recorded."""
        self._fresh: Final[dict[Key, list[list[Any]]]] = {}
        self.rows: Final[list[list[Any]]] = []
        self.ended: Final[list[tuple[UUID, str, int]]] = []
        """Rows of earlier batches that no longer stand, and from which position on."""

    def take(self, change: Change) -> None:
        """Take the next change."""
        before, after = {} if change.before is None else change.before.made(_told), change.after.made(_told)
        if before == after:
            return
        for disruption, was in before.items():
            if after.get(disruption) != was:
                self._end((change.after.incident, disruption), change.position)
                if disruption not in after:
                    del self._noted[change.after.incident, disruption]
        for disruption, each in after.items():
            if before.get(disruption) != each:
                self._add(change.after, each)

    def _end(self, key: Key, position: int) -> None:
        rows = self._fresh.pop(key, None)
        if rows is None:
            self.ended.append((*key, position))
        for row in rows or ():
            row[_UNTIL] = position

    def _add(self, snapshot: Snapshot, each: Told) -> None:
        said, key = each.said, (snapshot.incident, each.said.disruption)
        noted_at, ended_at = self._noted.get(key, (snapshot.recorded_at, None))
        ended_at = None if said.until_basis != "unknown" else ended_at or snapshot.recorded_at
        self._noted[key] = noted_at, ended_at
        begins = datetime.fromisoformat(said.since) if said.since else noted_at
        ends = datetime.fromisoformat(said.until) if said.until else ended_at or FOREVER
        shown = (
            f',"incident":"{snapshot.incident}","position":{snapshot.position}'
            f',"recorded_at":"{instant(snapshot.recorded_at)}"}}'
        )
        document = _encode(said)[:-1].decode() + shown
        rows = [
            [snapshot.position, _OPEN, *key, role, airport, [*said.countries, *said.subdivisions], begins,
             max(begins, ends), not said.since, noted_at, ended_at, document]
            for role, airport in [(each.role, said.airport), *[("diverted_to", code) for code in each.arrivals]]
        ]  # fmt: skip
        self._fresh[key] = rows
        self.rows.extend(rows)


def _told(snapshot: Snapshot) -> dict[str, Told]:
    return {} if snapshot.retraction is not None else told(snapshot.facts)


async def _apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    changed = {change.after.incident for change in changes if change.before is not None}
    rows = await connection.fetch(_STANDING, sorted(changed)) if changed else ()
    batch = _Batch({(row["incident"], row["disruption"]): (row["noted_at"], row["ended_at"]) for row in rows})
    for change in changes:
        batch.take(change)
    if batch.ended:
        await connection.execute(_END, *[list(column) for column in zip(*batch.ended, strict=True)])
    if batch.rows:
        await connection.copy_records_to_table("airport_disruptions", records=batch.rows, columns=_COLUMNS)


PROJECTION: Final = Projection("airports", 1, ("airport_disruptions",), _apply, _told)
