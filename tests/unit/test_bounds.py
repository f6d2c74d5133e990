"""What a bound key may write: a command begins and ends within the bounds, and touches nothing beyond them."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.codes import load
from service.domain.bounds import FREE, Bounds, faults_of_change, outside, released
from service.domain.facts import Facts

CODES: Final = load()
Row = dict[str, Any]
KALUGA: Final[Row] = {"subdivision": "RU-KLU"}
MOSCOW: Final[Row] = {"subdivision": "RU-MOW"}
UAAF: Final = Bounds(namespaces=("uaaf", "gov"))
KLU: Final = Bounds(subdivisions=("RU-KLU", "GB-ENG"))


def facts(external_ids: dict[str, str] | None = None, **locations: Row) -> Facts:
    """Return facts with these external ids and locations."""
    said = {"title": "t", "kind": "other", "external_ids": external_ids or {}, "locations": locations}
    return msgspec.convert(said, Facts)


def pointers(bounds: Bounds, before: Facts | None, after: Facts) -> list[str]:
    """Return where a change leaves the bounds."""
    return [each.pointer for each in faults_of_change(bounds, before, after, CODES)]


@pytest.mark.parametrize(
    ("before", "after", "at"),
    [
        (None, {"uaaf": "1"}, []),
        (None, {"uaaf": "1", "gov": "2"}, []),
        (None, {}, ["/external_ids"]),
        (None, {"other": "1"}, ["/external_ids/other", "/external_ids"]),
        (None, {"uaaf": "1", "other": "1", "a": "2"}, ["/external_ids/a", "/external_ids/other"]),
        ({"uaaf": "1", "other": "1"}, {"uaaf": "2", "other": "1"}, []),
        ({"uaaf": "1", "other": "1"}, {"uaaf": "1"}, ["/external_ids/other"]),
        ({"uaaf": "1", "other": "1"}, {"uaaf": "1", "other": "2"}, ["/external_ids/other"]),
        ({"uaaf": "1"}, {}, ["/external_ids"]),
        ({"uaaf": "1"}, {"gov": "1"}, []),
    ],
)
def test_external_ids_of_others_are_left_as_they_are(before: Row | None, after: Row, at: list[str]) -> None:
    assert pointers(UAAF, None if before is None else facts(before), facts(after)) == at


@pytest.mark.parametrize(
    ("locations", "at"),
    [
        ({"a": KALUGA}, []),
        ({"a": {"subdivision": "GB-LND"}}, []),
        ({"a": {"subdivision": "GB-SCT"}}, ["/locations/a/subdivision"]),
        ({}, ["/locations"]),
        ({"a": {"country": "RU"}}, ["/locations/a/subdivision"]),
        (
            {"a": KALUGA, "b": MOSCOW, "c": {"place": "Obninsk"}},
            ["/locations/b/subdivision", "/locations/c/subdivision"],
        ),
        ({"a": KALUGA, "b": MOSCOW | {"role": "launch"}}, []),
        ({"b": KALUGA | {"role": "launch"}}, ["/locations"]),
        ({"a": KALUGA | {"alternatives": {"x": MOSCOW}}}, []),
        ({"a": MOSCOW | {"alternatives": {"x": KALUGA}}}, ["/locations/a/subdivision"]),
    ],
)
def test_every_location_is_in_the_subdivisions_or_below_them(locations: dict[str, Row], at: list[str]) -> None:
    told = facts(**locations)
    assert pointers(KLU, None, told) == at
    assert (outside(KLU, told, CODES) is None) is (at == [])


def test_an_incident_of_others_is_outside() -> None:
    assert outside(UAAF, facts({"gov": "1", "other": "2"}), CODES) is None
    assert "uaaf, gov" in str(outside(UAAF, facts({"other": "2"}), CODES))
    assert "RU-KLU, GB-ENG" in str(outside(KLU, facts(a=MOSCOW), CODES))


def test_a_retraction_would_release_the_external_ids_of_others() -> None:
    assert released(UAAF, facts({"uaaf": "1", "other": "2", "a": "3"})) == ["a", "other"]
    assert released(UAAF, facts({"uaaf": "1"})) == released(KLU, facts({"uaaf": "1"})) == []


def test_both_bind_at_once_and_neither_binds_nothing() -> None:
    both = Bounds(UAAF.namespaces, KLU.subdivisions)
    assert pointers(both, None, facts({"uaaf": "1"}, a=MOSCOW)) == ["/locations/a/subdivision"]
    assert pointers(both, None, facts({"x": "1"}, a=KALUGA)) == ["/external_ids/x", "/external_ids"]
    assert pointers(FREE, None, facts({"x": "1"}, a=MOSCOW)) == []
    assert outside(FREE, facts(), CODES) is None
    assert str(both) == "external ids of uaaf, gov and locations in RU-KLU, GB-ENG"


_IDS: Final = st.dictionaries(st.sampled_from(["uaaf", "gov", "x", "y"]), st.sampled_from("12"))
_PLACES: Final = st.dictionaries(st.sampled_from("ab"), st.sampled_from([KALUGA, MOSCOW, MOSCOW | {"role": "launch"}]))


@given(st.tuples(_IDS, _PLACES), st.lists(st.tuples(_IDS, _PLACES), max_size=6))
def test_no_row_of_allowed_changes_touches_what_is_beyond(first: Any, later: Any) -> None:
    both = Bounds(UAAF.namespaces, KLU.subdivisions)
    begun = now = facts(first[0], **first[1])
    for ids, places in later:
        after = facts(ids, **places)
        if outside(both, now, CODES) is None and not faults_of_change(both, now, after, CODES):
            now = after
    assert now is begun or outside(both, begun, CODES) is None
    assert now is begun or outside(both, now, CODES) is None
    assert released(both, now) == released(both, begun)
