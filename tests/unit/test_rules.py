"""Claims of a part of an incident: competing totals by rule 1, lower bounds of the whole by rule 2."""

from typing import Any

import msgspec
import pytest

from service.domain.facts import Facts
from service.domain.resolution import RULES, derive
from service.domain.scopes import partial
from service.domain.vocabulary import RULE_VERSION

Row = dict[str, Any]
KALUGA: Row = {"country": "RU", "subdivision": "RU-KLU", "place": "Kaluga Oblast"}
OBNINSK: Row = {"subdivision": "RU-KLU", "place": "Obninsk"}
NIGHT: Row = {"start": "2026-04-30T18:00:00.000000Z", "end": "2026-05-01T03:00:00.000000Z"}


def facts(said: dict[str, Row], claims: dict[str, Row], **more: Any) -> Facts:
    objects = {"uavs": {"type": "uav", "counts": {"destroyed": said}}}
    told = {"title": "t", "kind": "strike", "locations": {"l": KALUGA}, "objects": objects, "claims": claims}
    return msgspec.convert(told | more, Facts)


def destroyed(version: int, said: dict[str, Row], **claims: Row) -> tuple[Any, ...]:
    """Return state, best, low, high, disputed and claim; claims whose id begins with p are of a part."""
    scoped = {key: ({"scope": {"place": OBNINSK}} if key.startswith("p") else {}) | claims.get(key, {}) for key in said}
    number = derive(facts(said, scoped), version).objects["uavs"]["destroyed"]
    return number.state, number.best, number.low, number.high, number.disputed, number.claim


@pytest.mark.parametrize(
    ("said", "by_rule_1", "by_rule_2"),
    [
        ({"p": {"value": 12}, "w": {"value": 40}}, (12, 12, 40, True, "p"), (40, 40, 40, False, "w")),
        ({"p": {"value": 50}, "w": {"value": 40}}, (50, 40, 50, True, "p"), (40, 40, None, True, "w")),
        ({"p": {"value": 40}, "w": {"value": 40}}, (40, 40, 40, False, "p"), (40, 40, 40, False, "w")),
        ({"p": {"at_least": 12}, "w": {"value": 40}}, (12, 12, None, False, "p"), (40, 40, 40, False, "w")),
        ({"p": {"at_most": 12}, "w": {"value": 40}}, (None, 0, 40, True, "p"), (40, 40, 40, False, "w")),
        ({"p": {"low": 30, "high": 35}, "w": {"at_least": 10}}, (30, 10, None, False, "p"), (30, 30, None, False, "w")),
        ({"p": {"value": 30}, "w": {"low": 10, "high": 50}}, (30, 10, 50, False, "p"), (30, 30, 50, False, "w")),
        ({"p": {"value": 30}, "w": {"at_most": 50}}, (30, 0, 50, False, "p"), (None, 30, 50, False, "w")),
        ({"p": {"value": 30}, "q": {"value": 2}, "w": {"value": 40}}, (30, 2, 40, True, "p"), (2, 2, 40, True, "q")),
        ({"p": {"value": 3}, "w": {"unknown": True}}, (3, 3, 3, False, "p"), (3, 3, None, False, "p")),
        ({"p": {"value": 3}, "p2": {"value": 5}}, (3, 3, 5, True, "p"), (5, 5, None, False, "p2")),
        ({"p": {"value": 5}, "p2": {"value": 5}}, (5, 5, 5, False, "p"), (5, 5, None, False, "p")),
        ({"p": {"value": 50}, "q": {"value": 4}, "w": {"value": 60}}, (50, 4, 60, True, "p"), (4, 4, 60, True, "q")),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_counted_in_a_part_bounds_the_whole(
    said: dict[str, Row], by_rule_1: tuple[Any, ...], by_rule_2: tuple[Any, ...]
) -> None:
    assert destroyed(1, said) == ("counted", *by_rule_1)
    assert destroyed(2, said) == ("counted", *by_rule_2)


@pytest.mark.parametrize("amount", [{"none_reported": True}, {"value": 0}, {"at_most": 9}, {"unknown": True}], ids=str)
def test_that_a_part_has_none_says_nothing_of_the_whole(amount: Row) -> None:
    assert destroyed(2, {"p": amount}) == ("unknown", None, None, None, False, msgspec.UNSET)
    assert destroyed(2, {"p": amount, "w": {"value": 3}}) == ("counted", 3, 3, 3, False, "w")


def test_a_part_with_some_disputes_that_the_whole_has_none() -> None:
    none: dict[str, Row] = {"p": {"value": 2}, "w": {"none_reported": True}}
    assert destroyed(2, none) == ("none_reported", 0, 0, None, True, "w")


def test_a_part_is_not_best_however_reliable_it_is() -> None:
    said: dict[str, Row] = {"p": {"value": 12}, "w": {"value": 40}}
    assert destroyed(2, said, p={"reliability": "A", "scope": {"place": OBNINSK}})[1] == 40


def test_a_denied_part_bounds_nothing() -> None:
    said: dict[str, Row] = {"p": {"value": 50}, "w": {"value": 40}}
    denied = {"confidence": "denied", "scope": {"place": OBNINSK}}
    assert destroyed(2, said, p=denied) == ("counted", 40, 40, 40, False, "w")


def test_documents_show_the_newest_rule_and_each_number_says_which() -> None:
    told = facts({"a": {"value": 1}}, {"a": {}})
    assert max(RULES) == RULE_VERSION
    assert derive(told) == derive(told, RULE_VERSION)
    assert [derive(told, version).rule_version for version in RULES] == list(RULES)


@pytest.mark.parametrize(
    ("scope", "is_part"),
    [
        ({}, False),
        ({"place": {"country": "RU"}}, False),
        ({"place": {"country": "UA"}}, True),
        ({"place": {"subdivision": "RU-KLU"}}, False),
        ({"place": {"subdivision": "RU-KLU", "country": "RU"}}, False),
        ({"place": {"subdivision": "RU-MOW"}}, True),
        ({"place": {"place": "kaluga oblast"}}, False),
        ({"place": OBNINSK}, True),
        ({"window": NIGHT}, False),
        ({"window": {"start": NIGHT["start"]}}, False),
        ({"window": {"end": "2026-05-01T02:00:00.000000Z"}}, True),
        ({"window": {"start": "2026-04-30T18:00:00.000001Z"}}, True),
        ({"window": {"start": "2026-04-29T00:00:00.000000Z", "end": "2026-05-02T00:00:00.000000Z"}}, False),
        ({"part_of": {"incident": "00000000-0000-7000-8000-000000000000", "claim": "x"}}, False),
    ],
    ids=str,
)
def test_a_scope_is_a_part_where_it_is_narrower_than_the_incident(scope: Row, is_part: bool) -> None:
    told = facts({"a": {"value": 1}}, {"a": {"scope": scope}, "b": {}}, occurred=NIGHT)
    assert partial(told) == ({"a"} if is_part else set())


@pytest.mark.parametrize(
    ("place", "locations", "is_part"),
    [
        (OBNINSK, {}, False),
        ({"subdivision": "RU-KLU"}, {"l": {"country": "RU"}}, True),
        ({"subdivision": "RU-KLU"}, {"l": KALUGA, "m": {"subdivision": "RU-MOW"}}, True),
        ({"country": "RU"}, {"l": KALUGA, "m": {"subdivision": "RU-MOW"}}, False),
        ({"subdivision": "RU-KLU"}, {"l": KALUGA, "m": {"role": "launch", "subdivision": "RU-KDA"}}, False),
        (OBNINSK, {"l": {"subdivision": "RU-MOW", "alternatives": {"o": OBNINSK}}}, False),
        (OBNINSK, {"l": {"subdivision": "RU-KLU"}}, True),
    ],
    ids=str,
)  # fmt: skip
def test_a_place_is_narrower_than_the_places_of_the_incident(place: Row, locations: Row, is_part: bool) -> None:
    told = facts({"a": {"value": 1}}, {"a": {"scope": {"place": place}}}, locations=locations)
    assert partial(told) == ({"a"} if is_part else set())


@pytest.mark.parametrize("occurred", [{}, {"precision": "day"}, {"end": NIGHT["end"]}])
def test_no_window_is_narrower_than_a_time_that_nobody_says(occurred: Row) -> None:
    scope = {"window": {"start": "2026-04-30T20:00:00.000000Z"}}
    told = facts({"a": {"value": 1}}, {"a": {"scope": scope}}, occurred=occurred)
    assert partial(told) == set()
    assert partial(msgspec.structs.replace(told, occurred=msgspec.UNSET)) == set()
