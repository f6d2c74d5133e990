"""Whatever an incident says, its CAP messages are valid and its feeds are XML that says the same."""

import re
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import story
from service.api import atom, cap, wording
from service.api.atom import About
from service.api.parts import Publishing
from service.domain.events import Retracted
from service.domain.facts import Facts
from service.domain.instants import normalise
from service.projections import incidents
from service.projections.history import Told
from service.store.events import Recorded, instant
from tests.api import xml
from tests.property import strategies
from tests.property.test_domain import facts, texts

INCIDENT: Final = UUID("01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01")
WHEN: Final = datetime(2026, 5, 1, 3, 12, 44, 120731, tzinfo=UTC)
PUBLISHING: Final = Publishing("https://ledger.example.org", "alerts@ledger.example.org", is_public=True)
ABOUT: Final = About("t", "ledger.example.org", "", "/v1/feed.atom", "/v1/feed.atom", "")
TYPES: Final = (("reported",), ("reported", "revised"), ("reported", "revised", "retracted"))
EVERY: Final = facts | strategies.facts("n").map(lambda each: msgspec.convert(each, Facts))
STORY: Final = story.incidents(date(2026, 4, 30))
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def told(said: Facts, types: tuple[str, ...], reason: str = "") -> Told:
    """Return events of these types, each of which leaves the facts as they are."""
    recorded = [
        Recorded(number, UUID(int=number), INCIDENT, number, each, 1, WHEN, "tester", "{}")
        for number, each in enumerate(types, 1)
    ]
    retraction = Retracted("false_report", reason) if types[-1] == "retracted" else None
    seen = incidents.view(said, msgspec.json.encode(said), retraction)
    at, last = instant(WHEN), len(types)
    return Told(recorded, incidents.document(INCIDENT, last, last, at, at, "tester", seen), reason, 9)


def as_read(text: str) -> str:
    """Return a text as XML 1.0 keeps it."""
    return _NOT_XML.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")


@settings(max_examples=50)
@given(EVERY, st.sampled_from(TYPES), texts)
def test_a_message_is_valid_and_says_what_was_said(said: Facts, types: tuple[str, ...], reason: str) -> None:
    found = xml.alert(cap.message(told(normalise(said), types, reason), PUBLISHING))
    assert xml.said(found, "status") == said.message_status.capitalize()
    assert (xml.said(found, "references") is None) == (types[-1] == "reported")
    assert (xml.said(found, "headline") is None) == (types[-1] == "retracted")
    if types[-1] != "retracted":
        assert (xml.said(found, "headline") or "").endswith(as_read(said.title))
    if types[-1] != "reported":
        assert as_read(reason) in (xml.said(found, "note") or "")


@settings(max_examples=50)
@given(EVERY, st.sampled_from(TYPES), texts)
def test_a_feed_is_valid_and_says_what_was_said(said: Facts, types: tuple[str, ...], reason: str) -> None:
    item = msgspec.json.decode(told(normalise(said), types, reason).document)
    found = xml.feed(atom.incidents([item], ABOUT))
    if types[-1] == "retracted":
        (gone,) = xml.tombstones(found)
        assert as_read(reason) in gone.findtext(f"{xml.TOMBSTONE}comment")
    else:
        (entry,) = xml.entries(found)
        assert entry.findtext(f"{xml.ATOM}title").endswith(as_read(said.title))
    assert len(xml.entries(xml.feed(atom.messages([item], ABOUT)))) == 1


@pytest.mark.parametrize("name", STORY._fields)
@pytest.mark.parametrize("types", TYPES, ids=lambda each: each[-1])
def test_every_incident_of_the_story_makes_valid_messages(name: str, types: tuple[str, ...]) -> None:
    said = normalise(getattr(STORY, name).facts)
    found = xml.alert(cap.message(told(said, types, "Why."), PUBLISHING))
    assert xml.said(found, "msgType") == {"reported": "Alert", "revised": "Update", "retracted": "Cancel"}[types[-1]]
    if types[-1] != "retracted":
        assert (
            xml.said(found, "areaDesc") == f"{wording.place(msgspec.to_builtins(next(iter(said.locations.values()))))}"
        )
        assert (xml.said(found, "urgency"), xml.said(found, "severity")) == ("Unknown", "Unknown")


def test_what_is_only_believed_is_not_said_to_be_observed() -> None:
    voronezh, moscow = (told(normalise(each.facts), TYPES[0]) for each in (STORY.voronezh, STORY.moscow))
    believed, unsaid = (xml.alert(cap.message(each, PUBLISHING)) for each in (voronezh, moscow))
    assert xml.said(believed, "certainty") == "Likely"
    assert xml.said(unsaid, "certainty") == "Unknown"
    assert "Drones (UAV) (believed to be) destroyed: 1, by Governor Alexander Gusev" in (
        xml.said(believed, "description") or ""
    )
    assert [each.text for each in believed.iter(f"{xml.CAP}category")] == ["Security", "Fire", "Infra"]
    assert [each.text for each in unsaid.iter(f"{xml.CAP}category")] == ["Security", "Transport"]


@pytest.mark.parametrize(
    ("derived", "words"),
    [
        (("unknown", None, None, None, False), "unknown"),
        (("none_reported", 0, 0, 0, False), "none reported"),
        (("none_reported", 0, 0, 5, True), "none reported (claims reach from 0 to 5), disputed"),
        (("counted", 0, 0, 0, False), "0"),
        (("counted", 40, 40, 40, False), "40"),
        (("counted", 40, 32, 40, True), "40 (claims reach from 32 to 40), disputed"),
        (("counted", 12, 12, None, False), "12 (claims reach from 12 to no upper bound)"),
        (("counted", None, 0, 7, False), "no best number (claims reach from 0 to 7)"),
    ],
    ids=lambda each: each if isinstance(each, str) else each[0],
)
def test_a_number_in_words(derived: tuple[Any, ...], words: str) -> None:
    named = dict(zip(("state", "best", "low", "high", "disputed"), derived, strict=True))
    assert wording.number(named) == words
