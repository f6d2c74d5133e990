"""What webhooks are still to be told, and what became of what they were told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from service.db import Database, sql
from service.projections.incidents_list import Filters
from service.projections.matching import Concern, concern
from service.projections.passing import Passing

State = Literal["pending", "delivered", "dead"]
_BEHIND: Final = sql("webhooks_behind")
_MOVE: Final = sql("webhooks_move")
_DISABLE: Final = sql("webhooks_disable")
_ADD: Final = sql("deliveries_add")
_DUE: Final = sql("deliveries_due")
_DONE: Final = sql("deliveries_done")
_LIST: Final = sql("deliveries_list")
_REPLAY: Final = sql("deliveries_replay")
_FORGET: Final = sql("deliveries_forget")


class Behind(Struct, frozen=True):
    """A webhook that is still to be told of what has come."""

    webhook: UUID
    position: int
    events: Sequence[str]
    wanted: str


class Due(Struct, frozen=True):
    """What is to be sent now."""

    webhook: UUID
    url: str
    position: int
    concern: Concern
    attempts: int
    """Those that have failed."""
    secrets: Sequence[str]
    """By which it is to be signed, the newest first."""


class Outcome(Struct, frozen=True):
    """What came of an attempt."""

    answer: int | None
    """The status that came back."""
    error: str | None
    """Why it failed; None if it did not."""
    retry_after: timedelta | None = None
    """How long the receiver wants to be left alone."""


class Delivery(Struct, frozen=True):
    """A delivery as its owner sees it."""

    position: int
    incident: UUID
    concern: Concern
    state: State
    attempts: int
    next_at: datetime
    attempted_at: datetime | None
    answer: int | None
    error: str | None


async def behind(db: Database, head: int) -> list[Behind]:
    """Return the webhooks that are enabled and have not been told of all up to a position."""
    return [Behind(*row) for row in await db.fetch(_BEHIND, head)]


async def add(db: Database, telling: Sequence[Behind], passing: Sequence[Passing]) -> None:
    """
    Let webhooks be told of the next events, as far as these concern them, and move their checkpoints: both or neither.

    One that was changed meanwhile is left as it is.
    """
    last = passing[-1].position
    async with db.transaction() as connection:
        moved = await connection.fetch(
            _MOVE, [e.webhook for e in telling], [e.position for e in telling], [e.wanted for e in telling], last
        )
        still = {row["webhook"] for row in moved}
        rows = [
            (each.webhook, event.position, event.incident, what)
            for each in telling
            if each.webhook in still
            for event, what in _concerning(each, passing)
        ]
        if rows:
            await connection.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))


def _concerning(each: Behind, passing: Sequence[Passing]) -> list[tuple[Passing, Concern]]:
    wanted = msgspec.json.decode(each.wanted, type=Filters)
    told = ((event, concern(wanted, event)) for event in passing if event.position > each.position)
    return [(event, what) for event, what in told if what is not None and event.type in each.events]


async def due(connection: asyncpg.Connection, of_each: int) -> list[Due]:
    """Return what is to be sent now, at most so much of each webhook: of an incident no more than the first."""
    return [Due(*row) for row in await connection.fetch(_DUE, of_each)]


async def done(db: Database, sent: Due, state: State, again: timedelta, outcome: Outcome) -> None:
    """Keep what came of an attempt; `again`: after how long it is tried next."""
    await db.execute(_DONE, sent.webhook, sent.position, state, again, outcome.answer, outcome.error)


async def disable(db: Database, webhook: UUID, reason: str) -> None:
    """Send nothing to a webhook until its owner enables it again."""
    await db.execute(_DISABLE, webhook, reason)


async def of_webhook(
    db: Database, actor: str, webhook: UUID, state: State | None, before: int | None, limit: int
) -> list[Delivery]:
    """Return deliveries of an actor's webhook, the latest event first."""
    return [Delivery(*row) for row in await db.fetch(_LIST, actor, webhook, state, before, limit)]


async def replay(db: Database, actor: str, webhook: UUID, position: int | None) -> int:
    """Let one delivery, or all that are dead, be sent again, and return how many."""
    return len(await db.fetch(_REPLAY, actor, webhook, position))


async def forget(db: Database, older: timedelta, limit: int) -> None:
    """Forget some of what was delivered, or given up, so long ago."""
    await db.execute(_FORGET, older, limit)
