"""The write side: look up the incidents, decide, append; the only place where an event comes into being."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
import uuid_utils.compat
from msgspec import Struct

from service.db import Database
from service.domain import events as facts_of_life
from service.domain.checks import Codes
from service.domain.commands import Command, Report, Retract, Revise
from service.domain.errors import Refused, RevisionConflict
from service.domain.events import SCHEMA_VERSION, Event, EventType, Expunged, Reported, Revised
from service.domain.incident import Incident, decide, evolve, facts_of, replay
from service.orders import ExternalIdTaken, IdempotencyKeyReused, NotRecorded, Order, Receipt
from service.outlook import Known, Outlook, look_up
from service.permitted import check_change, check_standing
from service.projections import incidents
from service.projections.incidents import View
from service.store import events
from service.store.events import Entry, Outcome, Recorded
from service.store.writer import Writer

_encode: Final = msgspec.json.Encoder().encode
_ATTEMPTS: Final = 100
"""Each attempt gets at least one writer of an incident further."""
_FACTS_AT: Final = len(b'{"facts":')
_LEADS_TO: Final[Mapping[type[Command], EventType]] = {Report: "reported", Revise: "revised", Retract: "retracted"}


class Decided(Struct, frozen=True):
    """What an order leads to, and the incident as it will stand."""

    event: Event
    entry: Entry
    view: View
    reported_at: str | None
    """When the incident was first reported; None if this event does that."""


class _Again(Struct, frozen=True):
    """An order with the key of another in the same attempt, at `place`: its answer is that one's."""

    place: int


class _Overtaken(RevisionConflict):
    """It was decided on something that did not come about, or is no longer so: decide again."""


class Register:
    """Carries out orders."""

    def __init__(self, db: Database, writer: Writer, codes: Codes) -> None:
        self._db: Final = db
        self._writer: Final = writer
        self._codes: Final = codes

    async def carry_out(self, actor: str, order: Order) -> Receipt:
        """Record what one order leads to, or raise why not."""
        (result,) = await self.carry_out_all(actor, [order])
        if isinstance(result, Refused):
            raise result
        return result

    async def carry_out_all(
        self, actor: str, orders: Sequence[Order], *, atomic: bool = False
    ) -> list[Receipt | Refused]:
        """
        Record what each order leads to, in turn; each is decided on what the ones before it lead to.

        With `atomic`, all or none: raises NotRecorded.
        """
        results: list[Receipt | Refused] = [_Overtaken(0)] * len(orders)
        left = list(range(len(orders)))
        for _ in range(_ATTEMPTS):
            settled = await self._attempt(actor, [orders[place] for place in left], atomic)
            for place, result in zip(left, settled, strict=True):
                results[place] = result
            overtaken = [place for place in left if isinstance(results[place], _Overtaken)]
            if not overtaken:
                break
            if not atomic:
                left = overtaken
        if atomic:
            _refuse_if_any(results)
        return results

    async def _attempt(self, actor: str, orders: Sequence[Order], atomic: bool) -> list[Receipt | Refused]:
        """Decide all on what is known, and append; what was decided on something that did not happen is _Overtaken."""
        lookup = await look_up(self._db, orders)
        event_ids = [_event_id(actor, order.key) for order in orders]
        repeated = await self._repeated(orders, event_ids)
        steps: list[Receipt | Refused | Decided | _Again] = []
        made: dict[UUID, int] = {}
        for order, event_id in zip(orders, event_ids, strict=True):
            try:
                if event_id in repeated:
                    steps.append(await self._first_answer(order, repeated[event_id]))
                elif event_id in made:
                    steps.append(_Again(made[event_id]))
                else:
                    steps.append(self._decide(actor, order, event_id, lookup))
                    made[event_id] = len(steps) - 1
            except Refused as refusal:
                steps.append(refusal)
        if atomic:
            _refuse_if_any(steps)
        entries = [step.entry for step in steps if isinstance(step, Decided)]
        outcomes = await self._writer.append(entries, atomic=atomic) if entries else []
        settled = await self._settle_all(orders, steps, iter(outcomes))
        if atomic:
            _refuse_if_any([None if isinstance(result, _Overtaken) else result for result in settled])
        return settled

    async def _settle_all(
        self,
        orders: Sequence[Order],
        steps: Sequence[Receipt | Refused | Decided | _Again],
        outcomes: Iterator[Outcome],
    ) -> list[Receipt | Refused]:
        settled: list[Receipt | Refused] = []
        as_decided = True
        for order, step in zip(orders, steps, strict=True):
            happened = True
            match step:
                case Decided():
                    outcome = next(outcomes)
                    result = await self._settle(order, step, outcome)
                    happened = outcome.outcome in {"recorded", "withheld"}
                case _Again(place):
                    first = settled[place]
                    result = await self._repeat(order, first.position) if isinstance(first, Receipt) else _Overtaken(0)
                case _:
                    result = step
            if isinstance(result, Refused) and not as_decided:
                result = _Overtaken(0)  # it was refused because of something that did not happen, perhaps
            as_decided &= happened
            settled.append(result)
        return settled

    async def rehearse(self, order: Order) -> Decided:
        """Return what an order would lead to now, and record nothing."""
        return self._decide("nobody", order, _event_id("nobody", None), await look_up(self._db, [order]))

    async def _repeated(self, orders: Sequence[Order], event_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the positions of the events that are there already: they cannot be decided on what they led to."""
        if all(order.is_new for order in orders):
            return {}  # the append knows them
        keyed = [event_id for order, event_id in zip(orders, event_ids, strict=True) if order.key]
        return await events.known(self._db, keyed) if keyed else {}

    def _decide(self, actor: str, order: Order, event_id: UUID, lookup: Outlook) -> Decided:
        found = lookup.find(order)
        incident, known = found or (uuid_utils.compat.uuid7(), None)
        now = known.incident if known else None
        check_standing(order, now, self._codes)
        if now is not None and order.expected is not None and now.revision not in order.expected:
            raise RevisionConflict(now.revision)
        event = decide(order.command, now, self._codes)
        check_change(order, now, event, self._codes)
        data = facts_of_life.encode(event)
        seen, after = _seen(now, event, data)
        held = known.external_ids if known else frozenset[str]()
        holds = seen.external_ids if seen.status == "active" else frozenset[str]()
        lookup.check_free(holds - held, incident)
        if known is not None or holds:
            lookup.learn(incident, Known(after or evolve(now, event), known.reported_at if known else None, holds))
        entry = _entry(
            actor,
            event_id,
            incident,
            now.revision if now else 0,
            event,
            data,
            seen,
            holds - held,
            held - holds,
        )
        return Decided(event, entry, seen, known.reported_at if known else None)

    async def _settle(self, order: Order, decided: Decided, outcome: Outcome) -> Receipt | Refused:
        match outcome.outcome:
            case "recorded":
                return _receipt(decided, outcome)
            case "replayed":
                return await self._repeat(order, outcome.position or 0)
            case "taken":
                return ExternalIdTaken(outcome.holder)
            case "conflict" if order.expected is not None and outcome.revision not in order.expected:
                return RevisionConflict(outcome.revision)
            case _:
                return _Overtaken(outcome.revision)

    async def _repeat(self, order: Order, position: int) -> Receipt | Refused:
        try:
            return await self._first_answer(order, position)
        except Refused as refusal:
            return refusal

    async def _first_answer(self, order: Order, position: int) -> Receipt:
        """Answer as the first time, if the order leads from where the incident then stood to the same event."""
        recorded = (await events.at(self._db, [position]))[position]
        history, *_ = await events.of_incident(self._db, recorded.incident, revision=recorded.revision)
        past = [facts_of_life.decode(each.type, each.schema_version, each.data) for each in history]
        before = replay(past[:-1])
        if not self._leads_to(order, before, recorded):
            raise IdempotencyKeyReused
        check_standing(order, before, self._codes)
        check_change(order, before, past[-1], self._codes)
        seen = _rendered(evolve(before, past[-1]))
        return Receipt(
            recorded.incident, recorded.revision, position, recorded.event_id, order.key is not None,
            partial(incidents.document, recorded.incident, recorded.revision, position,
                    events.instant(recorded.recorded_at), events.instant(history[0].recorded_at), recorded.actor, seen),
        )  # fmt: skip

    def _leads_to(self, order: Order, before: Incident | None, recorded: Recorded) -> bool:
        if order.incident not in (None, recorded.incident) or order.is_new != (before is None):
            return False
        first = facts_of_life.decode(recorded.type, recorded.schema_version, recorded.data)
        command = order.command
        if isinstance(first, Expunged):  # there is no more to compare with
            return first.type == _LEADS_TO[type(command)]
        if isinstance(first, Revised) and isinstance(command, Revise) and before is not None and before.expunged:
            return command.reason == first.reason  # what it was the difference to is gone
        try:
            event = decide(command, before, self._codes)
        except Refused:
            return False
        return _plain(event) == _plain(first)


def _event_id(actor: str, key: str | None) -> UUID:
    """Return the id of the event: UUIDv8 (RFC 9562) from the actor's Idempotency-Key, or a UUIDv7."""
    if key is None:
        return uuid_utils.compat.uuid7()
    digest = bytearray(hashlib.sha256(f"incident-ledger\0{actor}\0{key}".encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))


def _seen(now: Incident | None, event: Event, data: bytes) -> tuple[View, Incident | None]:
    """Return the view after an event, and the incident where it had to be worked out."""
    if isinstance(event, Reported):
        return incidents.view(event.facts, data[_FACTS_AT:-1], None, now.expunged if now else 0), None
    after = evolve(now, event)
    return _rendered(after), after


def _rendered(now: Incident) -> View:
    facts = facts_of(now)
    return incidents.view(facts, _encode(facts), now.retraction, now.expunged)


def _plain(event: Event) -> tuple[str, object]:
    return facts_of_life.type_of(event), msgspec.json.decode(facts_of_life.encode(event))


def _entry(
    actor: str, event_id: UUID, incident: UUID, revision: int, event: Event, data: bytes, seen: View,
    claimed: frozenset[str], released: frozenset[str],
) -> Entry:  # fmt: skip
    nonce = os.urandom(16)
    return Entry(
        event_id, incident, revision, facts_of_life.type_of(event), SCHEMA_VERSION, actor,
        nonce, hashlib.sha256(nonce + data).digest(), data.decode(),
        seen.status, seen.message_status, seen.occurred_start, seen.occurred_end, seen.tags, seen.places,
        seen.flags, seen.flags_if_early, seen.body,
        "\n".join(sorted(claimed)) or None, "\n".join(sorted(released)) or None,
    )  # fmt: skip


def _receipt(decided: Decided, outcome: Outcome) -> Receipt:
    entry = decided.entry
    assert outcome.position is not None and outcome.recorded_at is not None, "it was recorded"  # noqa: S101, PT018
    recorded_at = events.instant(outcome.recorded_at)
    return Receipt(
        entry.incident, outcome.revision, outcome.position, entry.event_id, False,
        partial(incidents.document, entry.incident, outcome.revision, outcome.position, recorded_at,
                decided.reported_at or recorded_at, entry.actor, decided.view),
    )  # fmt: skip


def _refuse_if_any(results: Sequence[object]) -> None:
    wrong = [(place, result) for place, result in enumerate(results) if isinstance(result, Refused)]
    if wrong:
        raise NotRecorded(wrong)
