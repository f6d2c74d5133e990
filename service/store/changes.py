"""The log as followers read it: each event with its incident as it stood before and after."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from service.db import Database
from service.domain import events as facts_of_life
from service.domain.events import Event, Reported, Retracted
from service.domain.facts import Facts
from service.domain.patch import merge
from service.domain.resolution import Derived, derive
from service.domain.vocabulary import Status
from service.store import events
from service.store.events import Recorded

BATCH: Final = 500
_REMEMBERED: Final = 1000
"""Incidents whose last state is kept: most events are about one that is new, or has just been spoken of."""
_TURN: Final = 20
_FACTS_AT: Final = len(b'{"facts":')
_encode: Final = msgspec.json.Encoder().encode

T = TypeVar("T")


def collect_seldom() -> None:
    """Let this process's garbage collector run seldom: what a batch is decoded to has no cycles, and goes with it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Snapshot:
    """An incident as one event left it."""

    def __init__(
        self, recorded: Recorded, reported_at: datetime, facts: Facts, facts_json: bytes, retraction: Retracted | None
    ) -> None:
        self.incident: Final = recorded.incident
        self.revision: Final = recorded.revision
        self.position: Final = recorded.position
        self.recorded_at: Final = recorded.recorded_at
        self.reported_at: Final = reported_at
        """When its first event was recorded."""
        self.actor: Final = recorded.actor
        self.facts: Final = facts
        self.facts_json: Final = facts_json
        """The facts as the API serves them."""
        self.retraction: Final = retraction
        self._made: Final[dict[Callable[[Snapshot], Any], Any]] = {}

    @property
    def status(self) -> Status:
        """Whether the report stands."""
        return "active" if self.retraction is None else "retracted"

    @cached_property
    def derived(self) -> Derived:
        """What the claims come to, by the newest rule."""
        return derive(self.facts)

    def made(self, make: Callable[["Snapshot"], T]) -> T:
        """Return what a function makes of it: once, however many events and followers ask."""
        if make not in self._made:
            self._made[make] = make(self)
        found: T = self._made[make]
        return found


class Change(Struct, frozen=True):
    """One event, and what it did to its incident; `before` is None at its first."""

    event: Event
    before: Snapshot | None
    after: Snapshot

    @property
    def position(self) -> int:
        """Where it is in the log."""
        return self.after.position


class Changes:
    """
    Reads the log forwards, decoded once for all followers that are at about the same place.

    What it remembers is a function of the log: whatever becomes of a follower's transaction, it stays true.
    """

    def __init__(self, db: Database, ahead: Callable[[Snapshot], object] | None = None) -> None:
        self._db: Final = db
        self._ahead: Final = ahead
        """What is asked of each snapshot; if given, a batch is read, and this made, while the one before is applied."""
        self._next: tuple[int, asyncio.Task[list[Change]]] | None = None
        self._known: Final[OrderedDict[UUID, Snapshot]] = OrderedDict()
        self._window: list[Change] = []
        self._reading: Final = asyncio.Lock()

    async def after(self, position: int, limit: int = BATCH) -> Sequence[Change]:
        """Return the next changes after a position, at most BATCH; none if the log ends there."""
        async with self._reading:
            found = self._found(position)
            if not found and (read := await self._take(position)):
                self._window = found = read
            return found[:limit]

    async def close(self) -> None:
        """Stop reading ahead."""
        if self._next is not None:
            self._next[1].cancel()
            await asyncio.gather(self._next[1], return_exceptions=True)

    def _found(self, position: int) -> list[Change]:
        start = position + 1 - self._window[0].position if self._window else 0
        return self._window[start:] if start >= 0 else []

    async def _take(self, position: int) -> list[Change]:
        if self._next is not None and self._next[0] == position:
            read = await self._next[1]
        else:
            await self.close()
            read = await self._read(position)
        self._next = None
        if self._ahead is not None and len(read) == BATCH:
            last = read[-1].position
            self._next = (last, asyncio.create_task(self._read_ahead(last, self._ahead)))
        return read

    async def _read_ahead(self, position: int, make: Callable[[Snapshot], object]) -> list[Change]:
        read = await self._read(position)
        with suppress(Exception):  # what it raises it raises again where it is asked for
            for number, each in enumerate(read):
                each.after.made(make)
                await _give_way(number)
        return read

    async def _read(self, position: int) -> list[Change]:
        recorded = await events.after(self._db, position, BATCH)
        standing = await self._before(recorded, position)
        found = []
        for each in recorded:
            found.append(change(each, standing.get(each.incident)))
            standing[each.incident] = found[-1].after
            await _give_way(len(found))
        self._remember(standing)
        return found

    async def _before(self, recorded: Sequence[Recorded], position: int) -> dict[UUID, Snapshot]:
        """Return how the incidents stood at a position."""
        standing: dict[UUID, Snapshot] = {}
        missing: list[UUID] = []
        for incident, revision in {each.incident: each.revision for each in reversed(recorded)}.items():
            if revision == 1:
                continue
            known = self._known.get(incident)
            if known is not None and known.revision == revision - 1:
                standing[incident] = known
            else:
                missing.append(incident)
        for past in await events.of_incidents(self._db, missing, position) if missing else ():
            standing[past.incident] = change(past, standing.get(past.incident)).after
        return standing

    def _remember(self, standing: dict[UUID, Snapshot]) -> None:
        for incident, snapshot in standing.items():
            self._known[incident] = snapshot
            self._known.move_to_end(incident)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


async def _give_way(number: int) -> None:
    """Now and then let what is being written go on: it is more than a socket takes at once."""
    if number % _TURN == 0:
        await asyncio.sleep(0)


def change(recorded: Recorded, before: Snapshot | None) -> Change:
    """Return what an event did to its incident."""
    event = facts_of_life.decode(recorded.type, recorded.schema_version, recorded.data)
    since = recorded.recorded_at if before is None else before.reported_at
    retraction = event if isinstance(event, Retracted) else None
    return Change(event, before, Snapshot(recorded, since, *_facts(event, before), retraction))


def _facts(event: Event, before: Snapshot | None) -> tuple[Facts, bytes]:
    """Return the facts after an event, and their JSON."""
    if isinstance(event, Reported):
        return event.facts, facts_of_life.encode(event)[_FACTS_AT:-1]
    if before is None:
        raise ValueError("the first event of an incident must be `reported`")
    if isinstance(event, Retracted):
        return before.facts, before.facts_json
    facts = msgspec.convert(merge(msgspec.json.decode(before.facts_json), event.patch), Facts)
    return facts, _encode(facts)
