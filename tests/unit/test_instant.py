"""An instant comes in as RFC 3339 has it and is kept in one form; what is no instant is refused."""

import json
import os
import re
import tarfile
from pathlib import Path

import msgspec
import pytest

from service.domain.facts import Facts
from service.domain.instants import canonical, normalise

SHARED = Path(os.environ.get("LEDGER_SHARED", Path(__file__).parents[3] / "shared"))
SUITE = SHARED / "data" / "conformance.tar.gz"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-05-01T02:30:00Z", "2026-05-01T02:30:00.000000Z"),
        ("2026-05-01T02:30:00.000000Z", "2026-05-01T02:30:00.000000Z"),
        ("2026-05-01T05:30:00+03:00", "2026-05-01T02:30:00.000000Z"),
        ("2026-04-30T21:30:00.5-05:00", "2026-05-01T02:30:00.500000Z"),
        ("2026-05-01t02:30:00.123456z", "2026-05-01T02:30:00.123456Z"),
        ("2026-05-01T02:30:00-00:00", "2026-05-01T02:30:00.000000Z"),
        ("2024-02-29T00:00:00+23:59", "2024-02-28T00:01:00.000000Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000000Z"),
    ],
)
def test_is_kept_as(given: str, kept: str) -> None:
    assert canonical(given) == kept
    assert canonical(kept) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "2026-05-01",
        "2026-05-01T02:30:00",
        "2026-05-01T02:30Z",
        "2026-05-01 02:30:00Z",
        "20260501T023000Z",
        "2026-W18-5T02:30:00Z",
        "2026-02-31T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-05-01T24:00:00Z",
        "2026-05-01T02:30:60Z",
        "2026-05-01T02:30:00.1234567Z",
        "2026-05-01T02:30:00,5Z",
        "2026-05-01T02:30:00+24:00",
        "2026-05-01T02:30:00+05:60",
        "2026-05-01T02:30:00Z\n",
        "2026-05-01T02:30:00\u0661Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="a time that exists"):
        canonical(given)


@pytest.mark.skipif(not SUITE.exists(), reason=f"the public suite is not at {SUITE}: set LEDGER_SHARED")
def test_the_public_suite_of_date_times() -> None:
    """Stricter in two ways only: no leap seconds, no seventh digit; both are refused, never altered."""
    member = "conformance/json-schema-formats/tests/draft2020-12/optional/format/date-time.json"
    with tarfile.open(SUITE) as suite:
        cases = suite.extractfile(member)
        assert cases is not None
        for case in json.load(cases)[0]["tests"]:
            text = case["data"]
            if not isinstance(text, str):
                continue
            try:
                canonical(text)
            except ValueError:
                assert not case["valid"] or ":60" in text or re.search("[.][0-9]{7}", text), case
            else:
                assert case["valid"], case


def test_every_instant_of_the_facts_is_brought_to_its_form() -> None:
    given, kept = "2026-05-01T05:30:00+03:00", "2026-05-01T02:30:00.000000Z"
    text = """{"title":"t","kind":"strike","occurred":{"start":"?","end":"?"},
        "disruptions":{"d":{"kind":"transport","start":"?","end":"?"},"e":{"kind":"transport"}},
        "responses":{"r":{"kind":"security","start":"?","end":"?"},"s":{"kind":"security","end":"?"}},
        "claims":{"a":{"stated_at":"?"},"b":{"scope":{"window":{"start":"?","end":"?"}}},"c":{"scope":{}}}}"""
    facts = msgspec.json.decode(text.replace("?", given), type=Facts)
    normal = normalise(facts)
    assert normal == msgspec.json.decode(text.replace("?", kept), type=Facts)
    assert normalise(normal) is normal
    assert facts == msgspec.json.decode(text.replace("?", given), type=Facts)
