"""Events as they pass: each with its incident as it left it and as it stood before, as filters see it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from msgspec import Struct

from service.db import sql
from service.domain.events import EventType

_PASSING: Final = sql("events_passing")


class Version(Struct, frozen=True):
    """An incident as one event left it."""

    revision: int
    recorded_at: datetime
    status: str
    message_status: str
    occurred_start: datetime | None
    occurred_end: datetime | None
    tags: frozenset[str]
    places: Sequence[tuple[float, float]]
    document: str


class Passing(Struct, frozen=True):
    """One event; `before` is None at the first of its incident."""

    position: int
    event_id: UUID
    type: EventType
    incident: UUID
    before: Version | None
    after: Version


Recent = Mapping[UUID, Version]
"""Versions that are known already, by incident."""


async def read(connection: asyncpg.Connection, after: int, until: int, limit: int, recent: Recent) -> list[Passing]:
    """
    Return the next events, up to the first of which not all is known yet.

    That is soon: `versions` follows the log, and what has just passed is in `recent`.
    """
    found: list[Passing] = []
    known: dict[UUID, Version] = {}
    for row in await connection.fetch(_PASSING, after, until, limit):
        incident, revision = row["incident"], row["revision"]
        if row["document"] is None:
            break
        before = _version(row, "b_", revision - 1) if row["b_document"] is not None else None
        if before is None and revision > 1:
            before = known.get(incident) or recent.get(incident)
            if before is None or before.revision != revision - 1:
                break
        known[incident] = _version(row, "", revision)
        found.append(Passing(row["position"], row["event_id"], row["type"], incident, before, known[incident]))
    return found


def _version(row: Mapping[str, Any], which: str, revision: int) -> Version:
    return Version(
        revision=revision,
        recorded_at=row[which + "recorded_at"],
        status=row[which + "status"],
        message_status=row[which + "message_status"],
        occurred_start=row[which + "occurred_start"],
        occurred_end=row[which + "occurred_end"],
        tags=frozenset(row[which + "tags"]),
        places=[(each[0], each[1]) for each in row[which + "places"]],
        document=row[which + "document"],
    )
