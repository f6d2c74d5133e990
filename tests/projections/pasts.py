"""Random histories of a register, as its followers get them: no database is needed to make one."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from service.domain import events
from service.domain.events import Event, Reported, Retracted, Revised
from service.domain.facts import Facts
from service.domain.patch import difference
from service.store.changes import Change, change
from service.store.events import Recorded

Json = dict[str, Any]
SOURCES: Final = ("governor", "ministry", "agency", "witness", None)
AIRPORTS: Final = ("UUWW", "UUDD", "ULLI", None)
INSTANTS: Final = tuple(f"2026-05-01T{hour:02}:00:00.000000Z" for hour in range(12))
_START: Final = datetime(2026, 5, 1, tzinfo=UTC)


def history(seed: int, length: int = 300) -> list[Change]:
    """Return a history: reports, revisions, retractions and new reports of a few dozen incidents, mixed."""
    dice = random.Random(seed)
    standing: dict[UUID, Change] = {}
    found = []
    for position in range(1, length + 1):
        incident = UUID(int=dice.randrange(length // 5))
        before = standing.get(incident)
        event = _event(dice, before)
        recorded = Recorded(
            position, UUID(int=position), incident, before.after.revision + 1 if before else 1, events.type_of(event),
            events.SCHEMA_VERSION, _START + timedelta(minutes=7 * position), "tester", events.encode(event).decode(),
        )  # fmt: skip
        found.append(change(recorded, before.after if before else None, 0))
        standing[incident] = found[-1]
    return found


def _event(dice: random.Random, before: Change | None) -> Event:
    facts = msgspec.convert(_facts(dice), Facts)
    if before is None or before.after.retraction is not None:
        return Reported(facts)
    if dice.random() < 0.2:
        return Retracted(dice.choice(("duplicate", "false_report")), "r")
    if dice.random() < 0.5:  # a small change: one part of the facts as they are
        name = dice.choice(("claims", "objects", "disruptions", "locations", "message_status"))
        patched = msgspec.structs.replace(before.after.facts, **{name: getattr(facts, name)})
        facts = msgspec.structs.replace(patched, claims=facts.claims | patched.claims)
    old, new = (msgspec.json.decode(msgspec.json.encode(each)) for each in (before.after.facts, facts))
    return Revised("r", difference(old, new))


def _facts(dice: random.Random) -> Json:
    claims = {name: _claim(dice) for name in "abc"}
    return {
        "title": f"t{dice.random()}",
        "kind": "strike",
        "message_status": dice.choice(("actual", "actual", "actual", "exercise")),
        "claims": claims,
        "locations": {key: {"subdivision": dice.choice(("RU-MOW", "RU-KLU"))} for key in _some(dice, "xy")},
        "objects": {key: _object(dice) for key in _some(dice, "uv")},
        "casualties": {"none_reported": True, "claims": _some(dice, "abc")},
        "disruptions": {key: _disruption(dice) for key in _some(dice, "def")},
    } | dice.choice(({}, {"occurred": {"start": dice.choice(INSTANTS)}}))


def _claim(dice: random.Random) -> Json:
    claim = {"source": dice.choice(SOURCES), "relayed_by": dice.choice(SOURCES), "stated_at": dice.choice(INSTANTS),
             "confidence": dice.choice(("confirmed", "denied", None)), "source_name": dice.choice(("A", "B", None)),
             "source_kind": dice.choice(("official", "media", None))}  # fmt: skip
    return {name: value for name, value in claim.items() if value is not None}


def _object(dice: random.Random) -> Json:
    amounts = ({"value": 40}, {"value": 42}, {"at_least": 41}, {"low": 39, "high": 43}, {"unknown": True})
    return {
        "type": "uav",
        "claims": _some(dice, "abc"),
        "counts": {"destroyed": {key: dice.choice(amounts) for key in _some(dice, "abc")}},
    }


def _disruption(dice: random.Random) -> Json:
    found: Json = {
        "kind": dice.choice(("airport_closed", "airport_closed", "flights_diverted", "airspace_closed", "transport")),
        "airport": dice.choice(AIRPORTS),
        "start": dice.choice((*INSTANTS, None)),
        "end": dice.choice((*INSTANTS, None, None, None)),
        "status": dice.choice(("ongoing", "ended", None)),
    }
    kept = {name: value for name, value in found.items() if value is not None}
    return kept | {"claims": _some(dice, "abc"), "diverted_to": {key: _place(dice) for key in _some(dice, "pq")}}


def _place(dice: random.Random) -> Json:
    code = dice.choice(AIRPORTS)
    return {"place": "Kazan"} if code is None else {"airport": code}


def _some(dice: random.Random, among: str) -> list[str]:
    return [each for each in among if dice.random() < 0.5]


def cut(changes: list[Change], size: int) -> Iterator[list[Change]]:
    """Yield a history in batches."""
    for start in range(0, len(changes), size):
        yield changes[start : start + size]
