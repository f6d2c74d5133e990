"""Every place where a body does not have the form of its struct, with a pointer to each."""

from typing import Any

import pytest

from service.domain.commands import Report, Retract
from service.domain.shape import misfits


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({}, []),
        ({"title": ""}, ["/facts/title"]),
        ({"title": None, "kind": "raid"}, ["/facts/title", "/facts/kind"]),
        ({"a/b~c": 1}, ["/facts/a~1b~0c"]),
        ({"locations": []}, ["/facts/locations"]),
        (
            {"locations": {"l": {"point": [200, 91]}}},
            ["/facts/locations/l/point/0", "/facts/locations/l/point/1"],
        ),
        ({"locations": {"l": {"point": [1, 2, 3]}}}, ["/facts/locations/l/point"]),
        (
            {"objects": {"A": {}, "b": {"type": 1}}},
            ["/facts/objects/A", "/facts/objects/A/type", "/facts/objects/b/type"],
        ),
        (
            {"casualties": {"killed": {"a": {"value": -1}, "b": {"value": True}}}},
            ["/facts/casualties/killed/a/value", "/facts/casualties/killed/b/value"],
        ),
        ({"campaigns": ["a", "B", None]}, ["/facts/campaigns/1", "/facts/campaigns/2"]),
        ({"claims": {f"c{number}": {} for number in range(201)}}, ["/facts/claims"]),
        ({"related": {"r": {"incident": "x", "relation": "follows"}}}, ["/facts/related/r/incident"]),
        (
            {"claims": {"c": {"reliability": "Z", "credibility": 7}}},
            ["/facts/claims/c/reliability", "/facts/claims/c/credibility"],
        ),
    ],
)
def test_does_not_fit(said: dict[str, Any], pointers: list[str]) -> None:
    body = {"facts": {"title": "t", "kind": "strike"} | said}
    found = list(misfits(body, Report))
    assert [fault.pointer for fault in found] == pointers
    assert all(fault.message and "`$" not in fault.message for fault in found)


@pytest.mark.parametrize("body", [[], None, 1, "facts"])
def test_a_body_that_is_no_object_does_not_fit(body: Any) -> None:
    (fault,) = misfits(body, Report)
    assert fault.pointer == ""
    assert fault.message.startswith("Expected `object`")


def test_a_field_that_is_missing_is_pointed_at() -> None:
    assert [fault.pointer for fault in misfits({"reason": ""}, Retract)] == ["/reason", "/reason_code"]
