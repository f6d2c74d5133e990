"""The record of a source: how soon it is corrected, who agrees with it, and which words are whose."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.facts import Facts
from service.projections.agreement import agreement
from service.projections.record import Record
from service.projections.words import reworded

Json = dict[str, Any]
CLAIMS: Json = {"g": {"source": "governor"}, "m": {"source": "ministry"}, "n": {"source": "ministry"}, "x": {}}


def facts(**more: Any) -> Facts:
    """Return facts with claims of a governor, of a ministry (two), and of nobody."""
    return msgspec.convert({"title": "t", "kind": "strike", "claims": CLAIMS} | more, Facts)


def counted(**said: Json) -> Json:
    """Return objects of which each claim says how many were destroyed."""
    return {"uavs": {"type": "uav", "counts": {"destroyed": said}}}


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_a_latency_is_told_as_longer_than_it_was_by_a_fifth_at_most(latencies: list[float], share: float) -> None:
    record = Record()
    for each in latencies:
        record.corrected(each)
    exact = sorted(latencies)[max(-int(-share * len(latencies) // 1), 1) - 1]
    told = record.quantile(share)
    assert told is not None
    assert exact <= told + 0.1
    assert told <= max(exact * 2 ** (1 / 4), 1) + 0.1


def test_who_was_never_corrected_has_no_latency() -> None:
    assert Record().quantile(0.5) is None


@pytest.mark.parametrize(("said", "found"), [
    ({"g": {"value": 40}, "m": {"value": 42}}, (0, 1)),
    ({"g": {"value": 40}, "m": {"low": 38, "high": 41}}, (1, 0)),
    ({"g": {"value": 40}, "m": {"at_least": 40}}, (1, 0)),
    ({"g": {"value": 40}, "m": {"at_least": 41}}, (0, 1)),
    ({"g": {"at_most": 3}, "m": {"none_reported": True}}, (1, 0)),
    ({"g": {"value": 40}, "m": {"value": 42}, "n": {"value": 40}}, (1, 0)),
    ({"g": {"value": 40}, "m": {"unknown": True}}, None),
    ({"g": {"value": 40}, "x": {"value": 40}}, None),
    ({"m": {"value": 40}, "n": {"value": 42}}, None),
    ({"g": {"value": 40}}, None),
])  # fmt: skip
def test_two_sources_agree_where_their_ranges_meet(said: Json, found: tuple[int, int] | None) -> None:
    expected = {} if found is None else {("governor", "ministry"): found}
    assert agreement(facts(objects=counted(**said))) == expected


def test_each_number_of_which_two_sources_speak_is_counted() -> None:
    harm = {"none_reported": True, "claims": ["g"], "killed": {"m": {"value": 0}}, "injured": {"m": {"value": 2}}}
    damage = {"roofs": {"count": {"g": {"value": 1}, "m": {"value": 1}}}}
    objects = counted(g={"value": 40}, m={"value": 42})
    assert agreement(facts(objects=objects, casualties=harm, damage=damage)) == {("governor", "ministry"): (2, 2)}


def test_what_is_denied_agrees_with_nobody() -> None:
    claims = CLAIMS | {"m": {"source": "ministry", "confidence": "denied"}}
    assert agreement(facts(objects=counted(g={"value": 40}, m={"value": 42}), claims=claims)) == {}


SAID: Json = {
    "objects": {"uavs": {"type": "uav", "claims": ["g"], "counts": {"destroyed": {"g": {"value": 40}}}}},
    "casualties": {"killed": {"g": {"value": 0}}, "claims": ["m"]},
    "damage": {"roofs": {"target": "residential", "claims": ["g"]}},
    "locations": {"a": {"subdivision": "RU-KLU", "claims": ["m"]}},
    "statements": {"s": {"text": "unusual", "claim": "g"}},
}


def uavs(**more: Any) -> Json:
    """Return the objects that are said, but for what is changed."""
    return {"objects": {"uavs": SAID["objects"]["uavs"] | more}}


@pytest.mark.parametrize(("patch", "whose"), [
    (uavs(counts={"destroyed": {"g": {"value": 41}}}), "g"),
    (uavs(counts={"destroyed": {"g": {"value": 40}, "m": {"value": 42}}}), "m"),
    (uavs(type="missile"), "g"),
    (uavs(claims=["g", "m"]), "m"),
    ({"casualties": {"killed": {"g": {"value": 1}}, "claims": ["m"]}}, "g"),
    ({"damage": {"roofs": {"target": "industrial", "claims": ["g"]}}}, "g"),
    ({"damage": {"roofs": {"target": "residential", "claims": ["g"], "count": {"m": {"value": 1}}}}}, "m"),
    ({"locations": {"a": {"subdivision": "RU-MOW", "claims": ["m"]}}}, "m"),
    ({"statements": {"s": {"text": "highly unusual", "claim": "g"}}}, "g"),
    ({"claims": CLAIMS | {"n": {"source": "ministry", "confidence": "confirmed"}}}, "n"),
    ({"title": "Another", "responses": {"r": {"kind": "security"}}}, ""),
])  # fmt: skip
def test_a_change_is_of_those_whose_words_are_changed(patch: Json, whose: str) -> None:
    assert reworded(facts(**SAID), facts(**SAID | patch)) == set(whose)
