"""Why a number is what it is: which claim came first and by what, which do not count, and what a part does."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.domain.explanation import Account, Explanation, explain, numbers
from service.domain.facts import Facts, Place, Scope
from service.domain.resolution import RULES, derive
from tests.property.test_domain import facts as any_facts
from tests.property.test_domain import ids
from tests.unit.test_rules import OBNINSK, facts

Row = dict[str, Any]
PATH = "/objects/uavs/destroyed"


def explained(said: dict[str, Row], claims: dict[str, Row], version: int = 2) -> Explanation:
    told = facts(said, claims)
    return explain(told, numbers(told)[PATH], version)


def told(account: Account) -> tuple[Any, ...]:
    return account.claim, account.role, account.place or None, account.reason or None


@pytest.mark.parametrize(
    ("first", "second", "decided_by"),
    [
        ({"reliability": "A"}, {"reliability": "B"}, "reliability"),
        ({"credibility": 1}, {"credibility": 2}, "credibility"),
        ({"confidence": "confirmed"}, {"confidence": "believed"}, "confidence"),
        ({"stated_at": "2026-05-01T00:00:00.000000Z"}, {}, "stated_at"),
        ({}, {}, "first_by_id"),
    ],
)
def test_what_decided_is_named(first: Row, second: Row, decided_by: str) -> None:
    found = explained({"a": {"value": 1}, "b": {"value": 2}}, {"a": first, "b": second})
    assert found.decided_by == decided_by
    assert [told(each) for each in found.accounts] == [("a", "best", 1, None), ("b", "counted", 2, None)]
    by = found.accounts[0].by
    assert by and by.reliability == first.get("reliability", msgspec.UNSET)


def test_a_count_comes_before_none_reported() -> None:
    found = explained({"a": {"none_reported": True}, "b": {"value": 2}}, {"a": {}, "b": {}})
    assert (found.decided_by, found.number.best) == ("count_before_none", 2)


def test_what_does_not_count_says_why() -> None:
    said: dict[str, Row] = {"a": {"value": 9}, "b": {"unknown": True}, "c": {"low": 2, "high": 4}}
    found = explained(said, {"a": {"confidence": "denied"}, "b": {}, "c": {}})
    assert [told(each) for each in found.accounts] == [
        ("c", "best", 1, None),
        ("a", "not_counted", None, "denied"),
        ("b", "not_counted", None, "unknown"),
    ]
    assert [(each.low, each.high) for each in found.accounts] == [(2, 4), (msgspec.UNSET,) * 2, (msgspec.UNSET,) * 2]
    assert found.decided_by == "only_one"
    assert explained({"b": {"unknown": True}}, {"b": {}}).decided_by == "nothing_counts"


def test_a_part_bounds_the_whole_by_rule_2_and_competes_by_rule_1() -> None:
    said: dict[str, Row] = {"p": {"value": 30}, "q": {"at_most": 5}, "w": {"at_least": 10}}
    part = {"scope": {"place": OBNINSK}}
    found = explained(said, {"p": part, "q": part, "w": {}})
    assert (found.number.best, found.raised_by) == (30, "p")
    assert [told(each) for each in found.accounts] == [
        ("w", "best", 1, None),
        ("p", "lower_bound", None, None),
        ("q", "not_counted", None, "bounds_nothing"),
    ]
    assert [each.covers for each in found.accounts] == ["whole", "part", "part"]
    by_rule_1 = explained(said, {"p": part, "q": part, "w": {}}, 1)
    assert by_rule_1.raised_by is msgspec.UNSET
    assert [told(each) for each in by_rule_1.accounts] == [
        ("p", "best", 1, None), ("q", "counted", 2, None), ("w", "counted", 3, None),
    ]  # fmt: skip


def test_of_parts_alone_the_highest_decides() -> None:
    part = {"scope": {"place": OBNINSK}}
    found = explained({"a": {"value": 3}, "b": {"value": 5}}, {"a": part, "b": part})
    assert (found.decided_by, found.number.claim, found.raised_by) == ("highest_of_parts", "b", msgspec.UNSET)
    assert explained({"a": {"value": 5}, "b": {"value": 5}}, {"a": part, "b": part}).decided_by == "first_by_id"


def test_a_part_that_changes_nothing_raises_nothing() -> None:
    part = {"scope": {"place": OBNINSK}}
    assert explained({"p": {"value": 3}, "w": {"value": 5}}, {"p": part, "w": {}}).raised_by is msgspec.UNSET


def test_none_reported_of_all_casualties_is_what_is_said_of_each() -> None:
    said = msgspec.convert({"title": "t", "kind": "strike", "casualties": {"none_reported": True}}, Facts)
    found = explain(said, numbers(said)["/casualties/killed"], 2)
    assert [(each.claim, each.by) for each in found.accounts] == [(None, msgspec.UNSET)]
    assert found.number.state == "none_reported"


@given(any_facts, st.sets(ids), st.sampled_from(list(RULES)))
def test_what_is_explained_is_what_is_derived(said_so: Facts, elsewhere: set[str], version: int) -> None:
    scope = Scope(place=Place(country="UA"))
    claims = {key: replace(each, scope=scope) if key in elsewhere else each for key, each in said_so.claims.items()}
    some = replace(said_so, claims=claims)
    derived = msgspec.to_builtins(derive(some, version))
    paths = {
        f"/{group}/{key}/{name}": number
        for group in ("objects", "damage")
        for key, entry in derived[group].items()
        for name, number in entry.items()
    } | {f"/casualties/{name}": number for name, number in derived["casualties"].items()}
    said = numbers(some)
    assert said.keys() == paths.keys()
    for path, number in paths.items():
        found = explain(some, said[path], version)
        assert msgspec.to_builtins(found.number) == number
        first = [each.claim for each in found.accounts if each.role == "best"]
        assert first == ([] if number["state"] == "unknown" else [number.get("claim")])
        assert {each.claim or "" for each in found.accounts} == said[path].keys()
