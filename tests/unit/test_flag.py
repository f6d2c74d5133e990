"""What is odd about a record, and what is not."""

from typing import Any

import msgspec
import pytest

from service.domain.facts import Facts
from service.domain.flags import flags
from service.domain.resolution import derive

RECORDED = "2026-05-02T00:00:00.000000Z"
BEFORE, AFTER = "2026-05-01T00:00:00.000000Z", "2026-05-03T00:00:00.000000Z"
SOURCED = {"a": {"source": "governor"}, "b": {"attribution": "role_only"}}


def raised(**said: Any) -> list[str]:
    facts = msgspec.convert({"title": "t", "kind": "strike", "claims": SOURCED} | said, Facts)
    return list(flags(facts, derive(facts), RECORDED))


def destroyed(count: dict[str, Any], observed: dict[str, Any]) -> dict[str, Any]:
    return {"u": {"type": "uav", "counts": {"destroyed": {"a": count}, "observed": {"a": observed}}}}


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ({}, []),
        ({"claims": {}}, ["source_missing"]),
        ({"claims": {"a": {"attribution": "not_stated"}}}, ["source_missing"]),
        ({"claims": {"a": {"source": "x"}, "b": {}}}, ["source_missing"]),
        ({"claims": {"a": {"attribution": "named"}}}, ["source_missing"]),
        ({"claims": {"a": {"attribution": "anonymous"}}}, []),
        ({"claims": {"a": {"source": "x", "attribution": "not_stated"}}}, []),
        ({"occurred": {"start": BEFORE, "end": BEFORE}}, []),
        ({"occurred": {"start": RECORDED}}, []),
        ({"occurred": {"start": AFTER}}, ["occurred_after_recorded"]),
        ({"occurred": {"start": BEFORE, "end": AFTER}}, []),
        ({"occurred": {"start": AFTER, "end": BEFORE}}, ["occurred_after_recorded", "start_after_end"]),
        ({"disruptions": {"d": {"kind": "transport", "start": AFTER, "end": BEFORE}}}, ["start_after_end"]),
        ({"responses": {"d": {"kind": "security", "start": AFTER, "end": BEFORE}}}, ["start_after_end"]),
        (
            {"claims": {"a": {"source": "x", "scope": {"window": {"start": AFTER, "end": BEFORE}}}}},
            ["start_after_end"],
        ),
        ({"objects": destroyed({"value": 4}, {"value": 2})}, ["destroyed_exceeds_observed"]),
        ({"objects": destroyed({"value": 2}, {"value": 2})}, []),
        ({"objects": destroyed({"value": 4}, {"low": 2, "high": 4})}, []),
        ({"objects": destroyed({"value": 4}, {"at_least": 2})}, []),
        ({"objects": destroyed({"value": 4}, {"unknown": True})}, []),
        ({"objects": destroyed({"at_most": 4}, {"value": 2})}, []),
        ({"objects": destroyed({"at_least": 4}, {"value": 2})}, ["destroyed_exceeds_observed"]),
        ({"casualties": {"killed": {"a": {"value": 1}, "b": {"value": 2}}}}, ["counts_disputed"]),
        ({"damage": {"d": {"count": {"a": {"value": 1}, "b": {"value": 2}}}}}, ["counts_disputed"]),
        (
            {"objects": {"u": {"type": "uav", "counts": {"impacted": {"a": {"value": 1}, "b": {"value": 2}}}}}},
            ["counts_disputed"],
        ),
    ],
)
def test_is_flagged(said: dict[str, Any], then: list[str]) -> None:
    assert raised(**said) == then
