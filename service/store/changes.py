"""The log as followers read it: each event with its incident as it stood before and after."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from service.db import Database
from service.domain import events as facts_of_life
from service.domain import remnant
from service.domain.events import Expunged, Logged, Reported, Retracted
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
        self, recorded: Recorded, reported_at: datetime, facts: Facts, facts_json: bytes,
        retraction: Retracted | None, expunged: int,
    ) -> None:  # fmt: skip
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
        self.expunged: Final = expunged
        """How many of the events that led here are without their data."""
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

    event: Logged
    before: Snapshot | None
    after: Snapshot
    expunged: int
    """How many events of the whole log were without their data when it was read."""

    @property
    def position(self) -> int:
        """Where it is in the log."""
        return self.after.position


class Changes:
    """
    Reads the log forwards, decoded once for all followers that are at about the same place.

    What it remembers is a function of the log: whatever becomes of a follower's transaction, it stays true. Only when
    the data of an event is expunged is it true no longer, and forgotten.
    """

    def __init__(self, db: Database, ahead: Callable[[Snapshot], object] | None = None) -> None:
        self._db: Final = db
        self._ahead: Final = ahead
        """What is asked of each snapshot; if given, batches are read, and this made, while others are applied."""
        self._next: _Ahead | None = None
        self._known: Final[OrderedDict[UUID, Snapshot]] = OrderedDict()
        self._window: list[Change] = []
        self._expunged = 0
        """How many events of the log were without their data when what is remembered was read."""
        self._reading: Final = asyncio.Lock()

    async def after(self, position: int, limit: int = BATCH) -> Sequence[Change]:
        """Return the next changes after a position, at most BATCH; none if the log ends there."""
        async with self._reading:
            found = self._found(position)
            if not found and (read := await self._take(position)):
                self._window = found = read
            return found[:limit]

    async def forget(self) -> None:
        """Read everything anew: some of what was read may have been expunged."""
        async with self._reading:
            await self.close()
            self._next = None
            self._window = []
            self._known.clear()

    async def close(self) -> None:
        """Stop reading ahead."""
        if self._next is not None:
            ahead, self._next = self._next, None
            await ahead.close()

    def _found(self, position: int) -> list[Change]:
        start = position + 1 - self._window[0].position if self._window else 0
        return self._window[start:] if start >= 0 else []

    async def _take(self, position: int) -> list[Change]:
        if self._next is not None and self._next.position == position:
            read = await self._next.take()
        else:
            await self.close()
            read = await self._read(position)
            if self._ahead is not None and len(read) == BATCH:
                self._next = _Ahead(read[-1].position, self._read, self._ahead)
        return read

    async def _read(self, position: int) -> list[Change]:
        recorded, expunged = await events.after(self._db, position, BATCH)
        if expunged != self._expunged:
            self._known.clear()
            self._expunged = expunged
        standing = await self._before(recorded, position)
        found = []
        for each in recorded:
            found.append(change(each, standing.get(each.incident), expunged))
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
            standing[past.incident] = change(past, standing.get(past.incident), self._expunged).after
        return standing

    def _remember(self, standing: dict[UUID, Snapshot]) -> None:
        for incident, snapshot in standing.items():
            self._known[incident] = snapshot
            self._known.move_to_end(incident)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


class _Ahead:
    """Reads on while what it has read is applied: one batch waits to be taken, and another to take its place."""

    def __init__(
        self, position: int, read: Callable[[int], Awaitable[list[Change]]], make: Callable[[Snapshot], object]
    ) -> None:
        self.position = position
        """After which the next batch begins; -1 when there is none."""
        self._read: Final = read
        self._make: Final = make
        self._batches: Final[asyncio.Queue[list[Change] | Exception]] = asyncio.Queue(1)
        self._work: Final = asyncio.create_task(self._run(position))

    async def take(self) -> list[Change]:
        """Return the next batch; after one that is not full, or what raises, there is none."""
        found, self.position = await self._batches.get(), -1
        if isinstance(found, Exception):
            raise found
        if len(found) == BATCH:
            self.position = found[-1].position
        return found

    async def close(self) -> None:
        """Stop."""
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)

    async def _run(self, position: int) -> None:
        while True:
            try:
                read = await self._read(position)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is told to who waits for the batch
                await self._batches.put(error)
                return
            with suppress(Exception):  # what it raises it raises again where it is asked for
                for number, each in enumerate(read):
                    each.after.made(self._make)
                    await _give_way(number)
            await self._batches.put(read)
            if len(read) < BATCH:
                return
            position = read[-1].position


async def _give_way(number: int) -> None:
    """Now and then let what is being written go on: it is more than a socket takes at once."""
    if number % _TURN == 0:
        await asyncio.sleep(0)


def change(recorded: Recorded, before: Snapshot | None, expunged: int) -> Change:
    """Return what an event did to its incident."""
    event = facts_of_life.decode(recorded.type, recorded.schema_version, recorded.data)
    since, gone = (recorded.recorded_at, 0) if before is None else (before.reported_at, before.expunged)
    facts, facts_json = _facts(event, before)
    if isinstance(event, Expunged):
        gone += 1
    after = Snapshot(recorded, since, facts, facts_json, _retraction(event), gone)
    return Change(event, before, after, expunged)


def _retraction(event: Logged) -> Retracted | None:
    if isinstance(event, Expunged):
        return remnant.RETRACTION if event.type == "retracted" else None
    return event if isinstance(event, Retracted) else None


def _facts(event: Logged, before: Snapshot | None) -> tuple[Facts, bytes]:
    """Return the facts after an event, and their JSON."""
    if isinstance(event, Expunged) and event.type == "reported":
        return remnant.FACTS, _encode(remnant.FACTS)
    if isinstance(event, Reported):
        return event.facts, facts_of_life.encode(event)[_FACTS_AT:-1]
    if before is None:
        raise ValueError("the first event of an incident must be `reported`")
    if isinstance(event, Retracted | Expunged):
        return before.facts, before.facts_json
    merged = (remnant.merged if before.expunged else merge)(msgspec.json.decode(before.facts_json), event.patch)
    facts = msgspec.convert(merged, Facts)
    return facts, _encode(facts)
