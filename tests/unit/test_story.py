"""The four incidents of the article are held with nothing invented and nothing lost."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from service import codes, story
from service.domain.facts import Facts
from service.domain.flags import flags
from service.domain.incident import decide, evolve
from service.domain.resolution import derive

NIGHT = date(2026, 4, 30)
BELGOROD = UUID("01900000-0000-7000-8000-000000000001")
STORY = story.incidents(NIGHT, BELGOROD)
CODES = codes.load()
ARTICLE = Path(os.environ.get("LEDGER_SHARED", Path(__file__).parents[3] / "shared")) / "story.txt"
WORDS = {"verbatim", "text", "by", "description", "source_name"}
needs_article = pytest.mark.skipif(not ARTICLE.exists(), reason=f"no article at {ARTICLE}: set LEDGER_SHARED")


def quotes(value: Any, field: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from quotes(entry, key)
    elif isinstance(value, list):
        for entry in value:
            yield from quotes(entry)
    elif field in WORDS:
        yield value


@pytest.mark.parametrize("report", STORY, ids=STORY._fields)
def test_every_report_is_taken(report: Any) -> None:
    event = decide(report, None, CODES)
    assert evolve(None, event).facts["campaigns"] == ["coordinated-campaign"]
    assert msgspec.json.decode(msgspec.json.encode(report.facts), type=Facts) == report.facts


@needs_article
@pytest.mark.parametrize("report", STORY, ids=STORY._fields)
def test_nothing_is_invented(report: Any) -> None:
    article = ARTICLE.read_text()
    assert [quote for quote in quotes(msgspec.to_builtins(report)) if quote not in article] == []


@needs_article
def test_nothing_is_lost() -> None:
    held = [quote for report in STORY for quote in quotes(msgspec.to_builtins(report))]
    headline, *sentences = [line for line in ARTICLE.read_text().splitlines() if line]
    assert headline.endswith(STORY.kaluga.facts.title)
    assert [sentence for sentence in sentences if sentence not in held] == []


def test_the_numbers_are_those_of_the_article() -> None:
    numbers = [msgspec.to_builtins(derive(report.facts)) for report in STORY]
    none = {"state": "none_reported", "best": 0, "low": 0, "high": 0, "disputed": False}
    unknown = {"state": "unknown", "best": None, "low": None, "high": None, "disputed": False}
    best = [next(iter(number["objects"].values())) for number in numbers]
    assert [count["destroyed"]["best"] for count in best[:3]] == [40, 32, 1]
    assert best[3]["observed"]["best"] == 1
    assert best[1]["destroyed"]["claim"] == "unattributed"
    assert numbers[0]["casualties"] == dict.fromkeys(("killed", "injured"), none | {"claim": "authorities"})
    assert numbers[1]["casualties"] == {"injured": none | {"claim": "emergency-services"}}
    assert numbers[2]["casualties"] == {}
    assert numbers[3]["casualties"] == {"killed": unknown, "injured": unknown}


def test_what_the_article_leaves_open_stays_open() -> None:
    kaluga, moscow, voronezh, belgorod = (msgspec.to_builtins(report.facts) for report in STORY)
    assert moscow["claims"]["unattributed"]["attribution"] == "not_stated"
    assert moscow["disruptions"]["airports"]["airports_state"] == "unspecified"
    assert "airport" not in str(moscow["disruptions"]["flights"]["diverted_to"])
    assert [report["occurred"].get("start") for report in (kaluga, voronezh, belgorod)] == [
        "2026-04-30T18:00:00+03:00",
        None,
        None,
    ]
    assert voronezh["objects"]["target"]["certainty"] == "believed"
    assert voronezh["disruptions"]["power"]["status"] == "ended"


def test_the_other_three_follow_belgorod() -> None:
    following = [report.facts.related.get("belgorod") for report in STORY]
    assert [link and link.incident for link in following] == [BELGOROD, BELGOROD, BELGOROD, None]
    assert all(not report.facts.related for report in story.incidents(NIGHT))


def test_only_the_uncounted_are_odd() -> None:
    for report in STORY:
        assert flags(report.facts, derive(report.facts), "2026-05-02T00:00:00.000000Z") == ["source_missing"]
