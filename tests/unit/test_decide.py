"""One incident as three tables: what a command leads to, what is refused, what a history adds up to."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import UNSET

from service.domain.checks import Codes
from service.domain.commands import Command, Report, Retract, Revise
from service.domain.errors import (
    AlreadyReported,
    AlreadyRetracted,
    Invalid,
    NotFound,
    NothingChanged,
    Refused,
)
from service.domain.events import Event, Reported, Retracted, Revised
from service.domain.facts import Facts
from service.domain.incident import Incident, decide, evolve, facts_of, replay

CODES = Codes(
    countries=frozenset({"RU"}),
    subdivisions=frozenset({"RU-KLU"}),
    airports=frozenset({"UUEE"}),
    time_zones=frozenset({"Europe/Moscow"}),
    languages=frozenset({"ru"}),
)
OTHER = UUID("01900000-0000-7000-8000-000000000001")


def facts(**said: Any) -> Facts:
    return msgspec.convert({"title": "40 UAVs", "kind": "interception"} | said, Facts)


REPORTED = Reported(facts())
REVISED = Revised("A better title.", {"title": "42 UAVs"})
RETRACTED = Retracted("duplicate", "It is the other one.", OTHER)
COUNTED = Reported(
    facts(
        claims={"gov": {}, "mod": {}},
        objects={"uavs": {"type": "uav", "counts": {"destroyed": {"gov": {"value": 40}}}}},
    )
)


@pytest.mark.parametrize(
    ("given", "when", "then"),
    [
        ([], Report(facts()), REPORTED),
        (
            [],
            Report(facts(occurred={"start": "2026-05-01T05:30:00.5+03:00"})),
            Reported(facts(occurred={"start": "2026-05-01T02:30:00.500000Z"})),
        ),
        (
            [REPORTED, RETRACTED],
            Report(facts(summary="It did happen.")),
            Reported(facts(summary="It did happen.")),
        ),
        ([REPORTED], Revise("A better title.", {"title": "42 UAVs"}), REVISED),
        (
            [REPORTED],
            Revise("As above.", {"title": "42 UAVs", "kind": "interception", "summary": None, "damage": {}}),
            Revised("As above.", {"title": "42 UAVs"}),
        ),
        (
            [REPORTED],
            Revise("When.", {"occurred": {"start": "2026-05-01T02:30:00Z"}}, "2026-05-02T03:00:00+03:00"),
            Revised("When.", {"occurred": {"start": "2026-05-01T02:30:00.000000Z"}}, "2026-05-02T00:00:00.000000Z"),
        ),
        (
            [COUNTED],
            Revise("One more.", {"objects": {"uavs": {"counts": {"destroyed": {"mod": {"value": 42}}}}}}),
            Revised("One more.", {"objects": {"uavs": {"counts": {"destroyed": {"mod": {"value": 42}}}}}}),
        ),
        ([COUNTED], Revise("None.", {"objects": {"uavs": None}}), Revised("None.", {"objects": None})),
        ([REPORTED], Retract("duplicate", "It is the other one.", OTHER), RETRACTED),
        (
            [REPORTED, REVISED],
            Retract("source_withdrew", "Gone.", UNSET, "2026-05-01T00:00:00Z"),
            Retracted("source_withdrew", "Gone.", UNSET, "2026-05-01T00:00:00.000000Z"),
        ),
    ],
)
def test_leads_to(given: list[Event], when: Command, then: Event) -> None:
    assert decide(when, replay(given), CODES) == then


@pytest.mark.parametrize(
    ("given", "when", "refusal"),
    [
        ([], Revise("Why.", {"title": "x"}), NotFound),
        ([], Retract("duplicate", "Why."), NotFound),
        ([REPORTED], Report(facts()), AlreadyReported),
        ([REPORTED, REVISED], Report(facts()), AlreadyReported),
        ([REPORTED, RETRACTED, REPORTED], Report(facts()), AlreadyReported),
        ([REPORTED, RETRACTED], Revise("Why.", {"title": "x"}), AlreadyRetracted),
        ([REPORTED, RETRACTED], Retract("legal", "Why."), AlreadyRetracted),
        ([REPORTED], Revise("Why.", {}), NothingChanged),
        ([REPORTED], Revise("Why.", {"title": "40 UAVs"}), NothingChanged),
        ([REPORTED], Revise("Why.", {"claims": {"nobody": None}}), NothingChanged),
        ([REPORTED, REVISED], Revise("Why.", {"title": "42 UAVs"}), NothingChanged),
    ],
)
def test_is_refused(given: list[Event], when: Command, refusal: type[Refused]) -> None:
    with pytest.raises(refusal) as caught:
        decide(when, replay(given), CODES)
    assert str(caught.value) == caught.value.detail


@pytest.mark.parametrize(
    ("when", "pointers"),
    [
        (Report(facts(campaigns=["a", "a"])), ["/facts/campaigns/1"]),
        (Revise("Why.", {"title": None}), ["/patch/title"]),
        (Revise("Why.", {"title": "", "kind": 7, "new": {}}), ["/patch/title", "/patch/kind", "/patch/new"]),
        (
            Revise("Why.", {"claims": {"a": {"reliability": "Z"}}, "objects": {"B": {}}}),
            ["/patch/claims/a/reliability", "/patch/objects/B", "/patch/objects/B/type"],
        ),
        (Revise("Why.", {"occurred": {"start": "2026-02-31T00:00:00Z"}}), ["/patch/occurred/start"]),
        (Revise("Why.", {"summary": "a\0b"}), ["/patch/summary"]),
        (Revise("Wh\0y.", {"title": "x"}, "yesterday"), ["/reason", "/effective_at"]),
        (Retract("legal", "Wh\0y.", UNSET, "2026-02-31T00:00:00Z"), ["/reason", "/effective_at"]),
    ],
)
def test_every_fault_is_listed_where_it_stands_in_the_request(when: Command, pointers: list[str]) -> None:
    now = None if isinstance(when, Report) else replay([REPORTED])
    with pytest.raises(Invalid) as caught:
        decide(when, now, CODES)
    assert [fault.pointer for fault in caught.value.faults] == pointers
    assert all(fault.message for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("given", "then"),
    [
        ([], None),
        ([REPORTED], Incident(1, "active", {"title": "40 UAVs", "kind": "interception"})),
        ([REPORTED, REVISED], Incident(2, "active", {"title": "42 UAVs", "kind": "interception"})),
        (
            [REPORTED, REVISED, RETRACTED],
            Incident(3, "retracted", {"title": "42 UAVs", "kind": "interception"}, RETRACTED),
        ),
        (
            [REPORTED, REVISED, RETRACTED, REPORTED],
            Incident(4, "active", {"title": "40 UAVs", "kind": "interception"}),
        ),
    ],
)
def test_adds_up_to(given: list[Event], then: Incident | None) -> None:
    assert replay(given) == then


@pytest.mark.parametrize("event", [REVISED, RETRACTED])
def test_a_history_begins_with_a_report(event: Event) -> None:
    with pytest.raises(ValueError, match="reported"):
        evolve(None, event)


def test_an_incident_gives_its_facts_back() -> None:
    now = evolve(None, COUNTED)
    assert facts_of(now) == COUNTED.facts


def test_evolving_leaves_the_earlier_revision_as_it_was() -> None:
    before = evolve(None, COUNTED)
    evolve(before, Revised("None.", {"objects": {"uavs": {"counts": None, "model": "Geran"}}}))
    assert before == evolve(None, COUNTED)
