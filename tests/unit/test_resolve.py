"""Claims on the left, the one number that they come to on the right."""

from typing import Any

import msgspec
import pytest

from service.domain.facts import Amount, Claim, Facts
from service.domain.resolution import derive, resolve

Row = dict[str, Any]


def number(said: dict[str, Row], **claims: Row) -> dict[str, Any]:
    resolved = resolve(msgspec.convert(said, dict[str, Amount]), msgspec.convert(claims, dict[str, Claim]))
    return dict(msgspec.to_builtins(resolved))


def counted(best: int | None, low: int, high: int | None, claim: str, *, disputed: bool = False) -> Row:
    return {"state": "counted", "best": best, "low": low, "high": high, "disputed": disputed, "claim": claim}


UNKNOWN = {"state": "unknown", "best": None, "low": None, "high": None, "disputed": False}


@pytest.mark.parametrize(
    ("amount", "then"),
    [
        ({"value": 40}, counted(40, 40, 40, "a")),
        ({"value": 0}, counted(0, 0, 0, "a")),
        ({"value": 40, "about": True}, counted(40, 40, 40, "a")),
        ({"low": 40, "high": 42}, counted(40, 40, 42, "a")),
        ({"at_least": 40}, counted(40, 40, None, "a")),
        ({"at_most": 40}, counted(None, 0, 40, "a")),
        ({"none_reported": True}, counted(0, 0, 0, "a") | {"state": "none_reported"}),
        ({"unknown": True, "verbatim": "dozens"}, UNKNOWN),
    ],
)
def test_one_claim(amount: Row, then: Row) -> None:
    assert number({"a": amount}) == then


@pytest.mark.parametrize(
    ("first", "second", "then"),
    [
        ({"value": 40}, {"value": 42}, counted(40, 40, 42, "a", disputed=True)),
        ({"value": 40}, {"value": 40}, counted(40, 40, 40, "a")),
        ({"value": 40}, {"low": 40, "high": 50}, counted(40, 40, 50, "a")),
        ({"value": 40}, {"low": 41, "high": 50}, counted(40, 40, 50, "a", disputed=True)),
        ({"value": 40}, {"at_least": 30}, counted(40, 30, None, "a")),
        ({"value": 40}, {"at_least": 41}, counted(40, 40, None, "a", disputed=True)),
        ({"value": 40}, {"at_most": 40}, counted(40, 0, 40, "a")),
        ({"value": 40}, {"at_most": 39}, counted(40, 0, 40, "a", disputed=True)),
        ({"at_least": 4}, {"at_least": 40}, counted(4, 4, None, "a")),
        ({"value": 40}, {"unknown": True}, counted(40, 40, 40, "a")),
        ({"unknown": True}, {"value": 40}, counted(40, 40, 40, "b")),
        ({"value": 3}, {"none_reported": True}, counted(3, 0, 3, "a", disputed=True)),
        ({"none_reported": True}, {"value": 3}, counted(3, 0, 3, "b", disputed=True)),
        ({"none_reported": True}, {"value": 0}, counted(0, 0, 0, "b")),
        (
            {"none_reported": True},
            {"none_reported": True},
            counted(0, 0, 0, "a") | {"state": "none_reported"},
        ),
    ],
)
def test_two_claims_of_equal_standing(first: Row, second: Row, then: Row) -> None:
    assert number({"a": first, "b": second}, a={}, b={}) == then


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"reliability": "B"}, {"reliability": "A"}),
        ({}, {"reliability": "E"}),
        ({"reliability": "F", "credibility": 1}, {"reliability": "C", "credibility": 6}),
        ({"credibility": 3}, {"credibility": 2}),
        ({}, {"credibility": 5}),
        ({"credibility": 3, "confidence": "confirmed"}, {"credibility": 2, "confidence": "preliminary"}),
        ({"confidence": "believed"}, {"confidence": "confirmed"}),
        ({"confidence": "preliminary"}, {"confidence": "believed"}),
        ({}, {"confidence": "preliminary"}),
        ({"stated_at": "2026-05-01T00:00:00.000000Z"}, {"stated_at": "2026-05-01T00:00:00.000001Z"}),
        ({}, {"stated_at": "2026-05-01T00:00:00.000000Z"}),
        ({"stated_at": "2026-05-02T00:00:00.000000Z"}, {"confidence": "preliminary"}),
    ],
)
def test_the_best_number_is_the_better_claims(worse: Row, better: Row) -> None:
    assert number({"a": {"value": 1}, "b": {"value": 2}}, a=worse, b=better)["best"] == 2
    assert number({"a": {"value": 1}, "b": {"value": 2}}, a=better, b=worse)["best"] == 1


def test_between_equals_the_first_by_id_is_shown_in_whatever_order_they_came() -> None:
    assert number({"b": {"value": 2}, "a": {"value": 1}}, b={}, a={})["claim"] == "a"


def test_a_better_claim_that_none_were_reported_beats_a_count_and_says_so() -> None:
    said: dict[str, Row] = {"a": {"none_reported": True}, "b": {"value": 3}}
    assert number(said, a={"reliability": "A"}, b={}) == {
        "state": "none_reported",
        "best": 0,
        "low": 0,
        "high": 3,
        "disputed": True,
        "claim": "a",
    }


def test_a_denied_claim_counts_towards_nothing() -> None:
    denied = {"confidence": "denied", "reliability": "A"}
    assert number({"a": {"value": 1}, "b": {"value": 2}}, a=denied, b={}) == counted(2, 2, 2, "b")
    assert number({"a": {"value": 1}}, a=denied) == UNKNOWN


def derived(**said: Any) -> dict[str, Any]:
    facts = msgspec.convert({"title": "t", "kind": "strike"} | said, Facts)
    return dict(msgspec.to_builtins(derive(facts)))


def test_only_what_somebody_spoke_of_appears() -> None:
    assert derived() == {"rule_version": 2, "objects": {}, "casualties": {}, "damage": {}}
    assert derived(
        claims={"a": {}},
        objects={
            "uavs": {"type": "uav", "counts": {"destroyed": {"a": {"value": 4}}, "observed": {}}},
            "rest": {"type": "uav"},
        },
        casualties={"injured": {"a": {"unknown": True}}},
        damage={"roof": {"count": {"a": {"at_least": 2}}}, "wall": {}},
    ) == {
        "rule_version": 2,
        "objects": {"uavs": {"destroyed": counted(4, 4, 4, "a")}},
        "casualties": {"injured": UNKNOWN},
        "damage": {"roof": {"count": counted(2, 2, None, "a")}},
    }


NONE = {"state": "none_reported", "best": 0, "low": 0, "high": 0, "disputed": False}


@pytest.mark.parametrize(
    ("casualties", "then"),
    [
        ({"none_reported": True}, {"killed": NONE, "injured": NONE}),
        (
            {"none_reported": True, "claims": ["a"]},
            {"killed": NONE | {"claim": "a"}, "injured": NONE | {"claim": "a"}},
        ),
        (
            {"none_reported": True, "claims": ["a"], "injured": {"a": {"value": 2}}},
            {"killed": NONE | {"claim": "a"}, "injured": counted(2, 2, 2, "a")},
        ),
        (
            {"none_reported": True, "claims": ["a"], "injured": {"b": {"value": 2}}},
            {"killed": NONE | {"claim": "a"}, "injured": counted(2, 0, 2, "b", disputed=True)},
        ),
    ],
)
def test_none_reported_of_all_casualties_holds_for_each_number(casualties: Row, then: Row) -> None:
    assert derived(claims={"a": {}, "b": {}}, casualties=casualties)["casualties"] == then


def test_none_reported_of_a_damage_holds_for_its_count() -> None:
    damage = {"property": {"none_reported": True, "claims": ["a"]}}
    assert derived(claims={"a": {}}, damage=damage)["damage"] == {"property": {"count": NONE | {"claim": "a"}}}
