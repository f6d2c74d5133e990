"""RFC 7396, by the cases of its appendix and those of a public suite where that is at hand."""

import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from service.domain.patch import difference, merge

SHARED = Path(os.environ.get("LEDGER_SHARED", Path(__file__).parents[3] / "shared"))
SUITE = SHARED / "data" / "conformance.tar.gz"

APPENDIX: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), APPENDIX)
def test_the_appendix_of_the_rfc(target: Any, patch: Any, result: Any) -> None:
    before = json.dumps([target, patch])
    assert merge(target, patch) == result
    assert json.dumps([target, patch]) == before


@pytest.mark.skipif(not SUITE.exists(), reason=f"the public suite is not at {SUITE}: set LEDGER_SHARED")
def test_the_public_suite() -> None:
    with tarfile.open(SUITE) as suite:
        cases = suite.extractfile("conformance/merge-patch/test/fixtures/index.json")
        assert cases is not None
        for case in json.load(cases):
            assert merge(case["original"], case["patch"]) == case["result"], case


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a": {"c": 3}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": None}}),
        ({"a": {"b": 1}}, {"a": 1}, {"a": 1}),
        ({"a": [1]}, {"a": {}}, {"a": {}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": 1}, {"a": True}, {"a": True}),
    ],
)
def test_the_difference_is_the_smallest_patch(before: Any, after: Any, patch: Any) -> None:
    assert difference(before, after) == patch
    assert merge(before, patch) == after
