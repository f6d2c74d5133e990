"""What a schema lets through and a check does not: the facts on the left, the faults on the right."""

from typing import Any

import msgspec
import pytest

from service.domain.checks import MAX_FAULTS, Codes, faults
from service.domain.facts import Facts

CODES = Codes(
    countries=frozenset({"RU", "UA"}),
    subdivisions=frozenset({"RU-KLU", "UA-30"}),
    airports=frozenset({"UUEE"}),
    time_zones=frozenset({"Europe/Moscow"}),
    languages=frozenset({"ru", "en"}),
)


def pointers(**said: Any) -> list[str]:
    facts = msgspec.convert({"title": "t", "kind": "strike"} | said, Facts)
    return [fault.pointer for fault in faults(facts, CODES)]


def test_faultless_facts_have_no_fault() -> None:
    assert not pointers(
        occurred={
            "start": "2026-05-01T02:30:00Z",
            "end": "2026-05-01t05:30:00+03:00",
            "time_zone": "Europe/Moscow",
        },
        locations={
            "k": {"country": "RU", "subdivision": "RU-KLU", "claims": ["a"]},
            "l": {"subdivision": "UA-30"},
        },
        objects={"u": {"type": "uav", "counts": {"destroyed": {"a": {"low": 1, "high": 1}}}, "claims": ["a"]}},
        casualties={"killed": {"a": {"none_reported": True}}},
        disruptions={"d": {"kind": "airport_closed", "airport": "UUEE", "diverted_to": {"x": {"airport": "UUEE"}}}},
        statements={"s": {"text": "x\n", "language": "en-GB", "claim": "a"}},
        claims={"a": {"stated_at": "2026-05-01T02:30:00.123Z", "verbatim": "a backslash, \\u0000, is no NUL"}},
        campaigns=["x", "y"],
    )


@pytest.mark.parametrize(
    "amount",
    [
        {"value": 1},
        {"value": 1, "about": True, "verbatim": "one or so"},
        {"low": 1, "high": 2},
        {"at_least": 1},
        {"at_most": 0},
        {"none_reported": True},
        {"unknown": True},
        {"value": 1, "unknown": False},
    ],
)
def test_an_amount_has_one_form(amount: dict[str, Any]) -> None:
    assert not pointers(claims={"a": {}}, casualties={"killed": {"a": amount}})


@pytest.mark.parametrize(
    ("amount", "below"),
    [
        ({}, [""]),
        ({"about": True}, [""]),
        ({"none_reported": False}, [""]),
        ({"value": 0, "none_reported": True}, [""]),
        ({"value": 1, "at_least": 1}, [""]),
        ({"at_least": 1, "at_most": 2}, [""]),
        ({"unknown": True, "none_reported": True}, [""]),
        ({"low": 1}, [""]),
        ({"high": 1}, [""]),
        ({"value": 1, "low": 1}, ["", ""]),
        ({"low": 2, "high": 1}, ["/low"]),
    ],
)
def test_an_amount_in_no_single_form_is_a_fault(amount: dict[str, Any], below: list[str]) -> None:
    at = "/casualties/killed/a"
    assert pointers(claims={"a": {}}, casualties={"killed": {"a": amount}}) == [at + end for end in below]


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ({"occurred": {"start": "2026-02-31T00:00:00Z"}}, ["/occurred/start"]),
        ({"occurred": {"end": "2026-02-01T00:00:00"}}, ["/occurred/end"]),
        ({"occurred": {"time_zone": "Europe/Kaluga"}}, ["/occurred/time_zone"]),
        ({"locations": {"l": {"country": "XX"}}}, ["/locations/l/country"]),
        ({"locations": {"l": {"subdivision": "RU-XXX"}}}, ["/locations/l/subdivision"]),
        ({"locations": {"l": {"country": "RU", "subdivision": "UA-30"}}}, ["/locations/l/subdivision"]),
        (
            {"locations": {"l": {"alternatives": {"o": {"country": "XX"}}}}},
            ["/locations/l/alternatives/o/country"],
        ),
        ({"locations": {"l": {"claims": ["a", "b"]}}}, ["/locations/l/claims/1"]),
        ({"objects": {"u": {"type": "uav", "claims": ["b"]}}}, ["/objects/u/claims/0"]),
        (
            {"objects": {"u": {"type": "uav", "counts": {"destroyed": {"c9": {"value": 1}}}}}},
            ["/objects/u/counts/destroyed/c9"],
        ),
        (
            {"objects": {"u": {"type": "uav", "counts": {"lost_contact": {"c9": {"value": 1}}}}}},
            ["/objects/u/counts/lost_contact/c9"],
        ),
        ({"casualties": {"claims": ["b"]}}, ["/casualties/claims/0"]),
        ({"casualties": {"killed": {"b": {"value": 1}}}}, ["/casualties/killed/b"]),
        ({"casualties": {"injured": {"b": {"value": 1}}}}, ["/casualties/injured/b"]),
        ({"damage": {"d": {"claims": ["b"]}}}, ["/damage/d/claims/0"]),
        ({"damage": {"d": {"count": {"b": {"value": 1}}}}}, ["/damage/d/count/b"]),
        (
            {"disruptions": {"d": {"kind": "airport_closed", "airport": "ZZZZ", "claims": ["b"], "start": "now"}}},
            ["/disruptions/d/start", "/disruptions/d/claims/0", "/disruptions/d/airport"],
        ),
        (
            {"disruptions": {"d": {"kind": "flights_diverted", "diverted_to": {"x": {"airport": "ZZZZ"}}}}},
            ["/disruptions/d/diverted_to/x/airport"],
        ),
        (
            {"disruptions": {"d": {"kind": "flights_diverted", "diverted_to": {"x": {"country": "XX"}}}}},
            ["/disruptions/d/diverted_to/x/country"],
        ),
        (
            {"responses": {"r": {"kind": "security", "end": "2026-13-01T00:00:00Z", "claims": ["b"]}}},
            ["/responses/r/end", "/responses/r/claims/0"],
        ),
        (
            {"statements": {"s": {"text": "x", "claim": "b", "claims": ["b"], "language": "xx"}}},
            ["/statements/s/claims/0", "/statements/s/claim", "/statements/s/language"],
        ),
        (
            {"assessments": {"s": {"kind": "threat", "text": "x", "claims": ["b"]}}},
            ["/assessments/s/claims/0"],
        ),
        ({"claims": {"a": {"stated_at": "2026-05-01"}}}, ["/claims/a/stated_at"]),
        ({"claims": {"a": {"scope": {"place": {"country": "XX"}}}}}, ["/claims/a/scope/place/country"]),
        ({"claims": {"a": {"scope": {"window": {"start": "x"}}}}}, ["/claims/a/scope/window/start"]),
        ({"campaigns": ["x", "y", "x", "x"]}, ["/campaigns/2", "/campaigns/3"]),
        (
            {
                "related": {
                    "r": {
                        "incident": "01900000000070008000000000000001",
                        "relation": "follows",
                        "claims": ["b"],
                    }
                }
            },
            ["/related/r/claims/0"],
        ),
        ({"title": "a\0b"}, ["/title"]),
        ({"claims": {"a": {"verbatim": "\0"}}}, ["/claims/a/verbatim"]),
        ({"claims": {"a": {}, "b\n": {}}}, ["/claims/b\n"]),
        ({"claims": {"a": {"source": "tass\n"}}}, ["/claims/a/source"]),
        ({"campaigns": ["x", "y\n"]}, ["/campaigns/1"]),
        ({"external_ids": {"eor": "7\n", "n\n": "8"}}, ["/external_ids/eor", "/external_ids/n\n"]),
        ({"statements": {"s": {"text": "x", "language": "en-GB\n"}}}, ["/statements/s/language"]),
    ],
)
def test_a_fault_is_found_where_it_stands(said: dict[str, Any], then: list[str]) -> None:
    assert pointers(**{"claims": {"a": {}}} | said) == then


def test_every_fault_is_listed_up_to_a_limit() -> None:
    assert len(pointers(campaigns=["x"] * 40, occurred={"start": "x", "end": "y"})) == 41
    wrong = {f"l{number}": {"country": "XX"} for number in range(MAX_FAULTS + 1)}
    assert len(pointers(locations=wrong)) == MAX_FAULTS
