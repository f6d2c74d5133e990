"""Differences in words: a sentence for each change, and words for every field and every code of the facts."""

import types
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from msgspec import Struct

from service import story
from service.audit.history import phrases, wording
from service.audit.history.differences import differences, figures, number
from service.domain import vocabulary
from service.domain.facts import Facts
from service.domain.patch import merge
from service.domain.resolution import Number
from tests.property import strategies

Json = dict[str, Any]
OTHER = "01a21ca5-ea5c-7109-a0dc-63ebf791e7bd"
HARBOUR: Json = {
    "title": "Drone over the harbour",
    "kind": "sighting",
    "objects": {"d": {"type": "uav", "counts": {"destroyed": {"agency": {"value": 40}}}, "claims": ["agency"]}},
    "locations": {"port": {"subdivision": "RU-KLU", "place": "The port", "claims": ["agency"]}},
    "claims": {"agency": {"source_name": "An agency", "confidence": "preliminary"}},
}
GOVERNOR = {"source": "regional-governor", "confidence": "confirmed"}


def kinds(annotation: object) -> Iterator[type[Struct]]:
    """Yield the structs that values of a type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        yield annotation
        for each in get_type_hints(annotation).values():
            yield from kinds(each)
    elif get_origin(annotation) in (Union, types.UnionType, dict, tuple, list):
        for each in get_args(annotation):
            yield from kinds(each)


def test_every_field_of_the_facts_has_words() -> None:
    found = set(kinds(Facts))
    assert len(found) == 19
    missing = {f"{kind.__name__}.{name}" for kind in found for name in kind.__struct_fields__} - {
        f"{kind.__name__}.{name}" for kind, words in wording.WORDS.items() for name in words
    }
    assert missing == set(), "give these fields words in service/audit/history/wording.py"


def test_no_code_is_shown_as_a_code() -> None:
    choices = [get_args(each)[0] for each in vars(vocabulary).values() if get_args(each)]
    codes = [code for each in choices if get_origin(each) is Literal for code in get_args(each)]
    assert len(codes) > 100
    assert [each for each in codes if "_" in phrases.code(each)] == []


@pytest.mark.parametrize(
    ("patch", "sentences"),
    [
        pytest.param(
            {"objects": {"d": {"counts": {"destroyed": {"gov": {"value": 42}}}}}, "claims": {"gov": GOVERNOR}},
            ["UAVs destroyed: 40 -> 42 (between 40 and 42), sources disagree (regional governor, confirmed)",
             "UAVs destroyed, by regional governor, confirmed: 42", "claim: regional governor, confirmed"],
            id="a second source",
        ),
        pytest.param(
            {"objects": {"d": {"counts": {"destroyed": {"agency": {"value": 42}}}}}},
            ["UAVs destroyed: 40 -> 42 (An agency, preliminary)",
             "UAVs destroyed, by An agency, preliminary: 40 -> 42"],
            id="another number of the same source",
        ),
        pytest.param(
            {"objects": {"d": {"counts": {"destroyed": None}}}},
            ["UAVs destroyed: 40 -> no longer said",
             "UAVs destroyed, by An agency, preliminary: 40 -> no longer said"],
            id="a number that nobody says any more",
        ),
        pytest.param(
            {"objects": {"d": {"counts": {"destroyed": {"agency": {"value": None, "at_least": 40, "about": True,
                                                                   "verbatim": "dozens"}}}}}},
            ["UAVs destroyed: 40 -> 40 or more (An agency, preliminary)",
             "UAVs destroyed, by An agency, preliminary: 40 -> at least about 40 (\u201cdozens\u201d)"],
            id="a number in another form",
        ),
        pytest.param(
            {"objects": {"e": {"type": "uav", "counts": {"observed": {"agency": {"none_reported": True}}}}}},
            ["UAVs [e] observed: none reported (An agency, preliminary)", "in the air: UAVs",
             "UAVs [e] observed, by An agency, preliminary: none reported"],
            id="two of a sort are told apart",
        ),
        pytest.param({"title": "A drone"}, ["title: Drone over the harbour -> A drone"], id="a title"),
        pytest.param({"message_status": "exercise"}, ["real, exercise or test: exercise"], id="an exercise"),
        pytest.param(
            {"occurred": {"start": "2026-05-01T02:30:00.000000Z", "end": "2026-05-01T02:30:15.000000Z",
                          "precision": "hour"}},
            ["when it happened: from 2026-05-01 02:30 UTC; until 2026-05-01 02:30:15 UTC; known to the hour"],
            id="a time",
        ),
        pytest.param(
            {"locations": {"port": {"point": [36.26, -54.51], "role": "interception"}}},
            ["place: The port (RU-KLU), role: where it was intercepted (An agency, preliminary)",
             "place: The port (RU-KLU), at: 54.51° S, 36.26° E (An agency, preliminary)"],
            id="fields of a place",
        ),
        pytest.param(
            {"locations": {"port": None}},
            ["place: The port (RU-KLU) -> no longer said"],
            id="a place that is gone",
        ),
        pytest.param(
            {"casualties": {"injured": {"agency": {"low": 2, "high": 3}}}},
            ["people injured: 2 (between 2 and 3) (An agency, preliminary)",
             "people injured, by An agency, preliminary: 2 to 3"],
            id="people",
        ),
        pytest.param(
            {"casualties": {"none_reported": True, "claims": ["agency"]}},
            ["people killed: none reported (An agency, preliminary)",
             "people injured: none reported (An agency, preliminary)",
             "casualties: none reported (An agency, preliminary)"],
            id="nobody",
        ),
        pytest.param(
            {"damage": {"w": {"target": "residential", "fire": True, "severity": "minor", "description": "windows",
                              "count": {"agency": {"unknown": True}}}}},
            ["damage: homes, how many: unknown", "damage: homes; severity minor; windows; fire",
             "damage: homes, how many, by An agency, preliminary: no number given"],
            id="damage",
        ),
        pytest.param(
            {"disruptions": {"a": {"kind": "airport_closed", "airport": "UUEE", "area": "Moscow", "status": "ongoing",
                                   "diverted_to": {"k": {"place": "Kazan"}, "n": {"airport": "UWGG"}}}}},
            ["disruption: airport closed in UUEE, Moscow; diverted to Kazan, UWGG; status ongoing"],
            id="an airport",
        ),
        pytest.param(
            {"responses": {"i": {"kind": "investigation", "by": "the police", "status": "under_way"}},
             "statements": {"s": {"text": "Stay inside", "language": "en", "claim": "agency"}},
             "assessments": {"p": {"kind": "pattern", "text": "more and more", "confidence": "low"}}},
            ["response: investigation by the police; status under way",
             "statement: \u201cStay inside\u201d; in the language en; by An agency, preliminary",
             "assessment: pattern; \u201cmore and more\u201d; confidence low"],
            id="what was done, quoted and concluded",
        ),
        pytest.param(
            {"campaigns": ["night-raids"], "related": {"o": {"incident": OTHER, "relation": "duplicate_of"}},
             "external_ids": {"uaaf": "7"}},
            ["campaigns: night raids", f"related: a duplicate of incident {OTHER}", "record at uaaf: 7"],
            id="what it belongs to",
        ),
        pytest.param(
            {"claims": {"agency": {"confidence": "denied", "reliability": "B", "url": "https://example.org/1",
                                   "stated_at": "2026-05-01T02:30:00.000000Z"}}},
            ["UAVs destroyed: 40 -> unknown", "claim: An agency, put as: preliminary -> denied",
             "claim: An agency, reliability of the source: B, usually reliable",
             "claim: An agency, stated at: 2026-05-01 02:30 UTC", "claim: An agency, at: https://example.org/1"],
            id="a denial",
        ),
        pytest.param(
            {"claims": {"agency": {"scope": {"place": {"subdivision": "RU-KLU"},
                                             "window": {"start": "2026-05-01T02:30:00.000000Z"}}}}},
            ["claim: An agency, covers only: place RU-KLU; time from 2026-05-01 02:30 UTC"],
            id="a part",
        ),
        pytest.param(
            {"claims": {"agency": {"scope": {"part_of": {"incident": OTHER, "claim": "total"}}}}},
            [f"claim: An agency, covers only: counted once more in incident {OTHER}; claim total"],
            id="what is counted once more",
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_in_sentences(patch: Json, sentences: list[str]) -> None:
    assert sorted(map(str, differences(HARBOUR, merge(HARBOUR, patch)))) == sorted(sentences)


def test_the_words_of_a_new_incident_are_those_of_its_whole() -> None:
    assert [str(each) for each in differences(None, HARBOUR)] == [
        "UAVs destroyed: 40 (An agency, preliminary)",
        "title: Drone over the harbour",
        "kind: sighting",
        "place: The port (RU-KLU) (An agency, preliminary)",
        "in the air: UAVs (An agency, preliminary)",
        "UAVs destroyed, by An agency, preliminary: 40",
        "claim: An agency, preliminary",
    ]


def test_numbers_are_told_with_what_each_claim_says() -> None:
    facts = merge(HARBOUR, {"objects": {"d": {"counts": {"destroyed": {"x": {"at_most": 3}}}}}})
    (figure,) = figures(facts)
    assert (figure.what, figure.comes_to, figure.by) == (
        "UAVs destroyed", "40 (between 0 and 40), sources disagree", "An agency, preliminary"
    )  # fmt: skip
    assert figure.said == [("An agency, preliminary", "40"), ("nobody named", "at most 3")]


@pytest.mark.parametrize(
    ("derived", "words"),
    [
        (Number("unknown", None, None, None, disputed=False), "unknown"),
        (Number("none_reported", 0, 0, 0, disputed=False), "none reported"),
        (Number("none_reported", 0, 0, 2, disputed=True), "none reported, but up to 2 by others, sources disagree"),
        (Number("none_reported", 0, 0, None, disputed=False), "none reported, but more by others"),
        (Number("counted", 0, 0, 0, disputed=False), "0"),
        (Number("counted", 5, 5, None, disputed=False), "5 or more"),
        (Number("counted", 5, 2, None, disputed=False), "5 (at least 2)"),
        (Number("counted", None, 0, 9, disputed=False), "at most 9"),
        (Number("counted", None, 3, 9, disputed=False), "between 3 and 9"),
        (Number("counted", None, 3, None, disputed=False), "at least 3"),
    ],
)
def test_a_derived_number_says_how_far_it_reaches(derived: Number, words: str) -> None:
    assert number(derived) == words


def test_what_a_newer_service_says_is_shown_as_it_stands() -> None:
    newer = merge(HARBOUR, {"weather": "fog", "locations": {"port": {"height_m": 7}}, "kind": "cyber_attack"})
    assert [str(each) for each in differences(HARBOUR, newer)] == [
        "UAVs destroyed: 40 -> no longer said",
        "kind: sighting -> cyber attack",
        "place: The port (RU-KLU), height m: 7 (An agency, preliminary)",
        "weather: fog",
    ]


def test_the_story_is_told_whole() -> None:
    for report in story.incidents(date(2026, 4, 30), UUID(OTHER)):
        facts = msgspec.json.decode(msgspec.json.encode(report.facts))
        told = "\n".join(map(str, differences(None, facts)))
        for claim in facts["claims"].values():
            assert claim["verbatim"] in told
        for entry in [*facts["statements"].values()] if "statements" in facts else []:
            assert entry["text"] in told
        assert "_" not in told


@given(strategies.facts("register"), strategies.facts("register"))
def test_whatever_differs_is_told_and_nothing_else(one: Json, other: Json) -> None:
    before, after = ({key: value for key, value in each.items() if value} for each in (one, other))
    assert differences(before, deepcopy(before)) == []
    assert bool(differences(before, after)) == (_told(before) != _told(after))
    assert {each.before is None for each in differences(None, after)} == {True}


def _told(facts: Json) -> tuple[Any, set[str]]:
    """Return what the facts say; a claim is one even if it names nobody."""
    return _filled(facts), set(facts.get("claims", ()))


def _filled(facts: Any) -> Any:
    """Return facts without what is empty, which says nothing."""
    if isinstance(facts, dict):
        return {key: kept for key, value in facts.items() if (kept := _filled(value)) not in ({}, [])}
    return facts
