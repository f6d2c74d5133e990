"""One incident: what a command leads to, and what its events add up to."""

from collections.abc import Iterable
from itertools import islice

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.domain import remnant, shape
from service.domain.checks import MAX_FAULTS, Codes, characters, faults, faults_beside_misfits, instant_faults
from service.domain.commands import Command, Report, Retract, Revise
from service.domain.errors import (
    AlreadyReported,
    AlreadyRetracted,
    Fault,
    Invalid,
    NotFound,
    NothingChanged,
)
from service.domain.events import Event, EventType, Expunged, Logged, Reported, Retracted, Revised
from service.domain.facts import Facts
from service.domain.instants import canonical, normalise
from service.domain.patch import difference, merge
from service.domain.remnant import Json
from service.domain.vocabulary import Status


class Incident(Struct, frozen=True):
    """An incident at one revision; `facts` is JSON, since that is what patches are merged into."""

    revision: int
    status: Status
    facts: Json
    retraction: Retracted | None = None
    expunged: int = 0
    """How many of its events are without their data."""


def decide(command: Command, now: Incident | None, codes: Codes) -> Event:
    """Return the event that `command` leads to, or raise `Refused`."""
    match command:
        case Report():
            if now is not None and now.status == "active":
                raise AlreadyReported
            _refuse(_below("/facts", faults(command.facts, codes)))
            return Reported(normalise(command.facts))
        case Revise():
            return _revise(command, _standing(now), codes)
        case Retract():
            _standing(now)
            _refuse(_told_in(command))
            return Retracted(command.reason_code, command.reason, command.replaced_by, _instant(command.effective_at))


def evolve(now: Incident | None, event: Logged) -> Incident:
    """Return the incident after `event`; the facts of a revision are exactly `merge(facts, patch)`, if none is gone."""
    revision, gone = (1, 0) if now is None else (now.revision + 1, now.expunged)
    match event:
        case Reported():
            return Incident(revision, "active", _json(event.facts), None, gone)
        case Revised():
            facts = _recorded(now).facts
            merged = remnant.merged(facts, event.patch) if gone else merge(facts, event.patch)
            return Incident(revision, "active", merged, None, gone)
        case Retracted():
            return Incident(revision, "retracted", _recorded(now).facts, event, gone)
        case Expunged():
            return _without_data(event.type, now, revision, gone + 1)


def _without_data(type_: EventType, now: Incident | None, revision: int, gone: int) -> Incident:
    match type_:
        case "reported":
            return Incident(revision, "active", _json(remnant.FACTS), None, gone)
        case "revised":
            return Incident(revision, "active", _recorded(now).facts, None, gone)
        case "retracted":
            return Incident(revision, "retracted", _recorded(now).facts, remnant.RETRACTION, gone)


def replay(events: Iterable[Logged]) -> Incident | None:
    """Return what the events of one incident add up to, in their order; None if there are none."""
    now: Incident | None = None
    for event in events:
        now = evolve(now, event)
    return now


def facts_of(incident: Incident) -> Facts:
    return msgspec.convert(incident.facts, Facts)


def _json(facts: Facts) -> Json:
    # Through the bytes: it is then exactly what a reader of the log gets (`to_builtins` leaves tuples in it).
    document: Json = msgspec.json.decode(msgspec.json.encode(facts))
    return document


def _revise(command: Revise, now: Incident, codes: Codes) -> Revised:
    # Recorded is the difference between the two normalised documents: merging it, with any RFC 7396 library
    # and nothing of ours, gives the facts that were served, and it names only what the revision changed.
    found = _told_in(command)
    merged = merge(now.facts, command.patch)
    try:
        facts = msgspec.convert(merged, Facts)
    except msgspec.ValidationError:
        unfit = islice(shape.misfits(merged, Facts, "/patch"), MAX_FAULTS)
        raise Invalid([*found, *unfit, *_below("/patch", faults_beside_misfits(merged, codes))]) from None
    found += _below("/patch", faults(facts, codes))
    _refuse(found)
    patch = difference(now.facts, _json(normalise(facts)))
    if not patch:
        raise NothingChanged
    return Revised(command.reason, patch, _instant(command.effective_at))


def _below(at: str, found: Iterable[Fault]) -> list[Fault]:
    return [Fault(at + fault.pointer, fault.message) for fault in found]


def _told_in(command: Revise | Retract) -> list[Fault]:
    found = list(characters(command.reason, "/reason")) if "\0" in command.reason else []
    return found + instant_faults("", effective_at=command.effective_at)


def _refuse(found: list[Fault]) -> None:
    if found:
        raise Invalid(found)


def _instant(instant: str | UnsetType) -> str | UnsetType:
    return UNSET if instant is UNSET else canonical(instant)


def _standing(now: Incident | None) -> Incident:
    if now is None:
        raise NotFound
    if now.status == "retracted":
        raise AlreadyRetracted
    return now


def _recorded(now: Incident | None) -> Incident:
    if now is None:
        raise ValueError("the first event of an incident must be `reported`")
    return now
