"""Facts that cannot be: whatever is wrong is pointed at, in a report, a second report, a revision and a batch line."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from tests.api.samples import FACTS, Json, Pointers, nothing_recorded, pointers
from tests.api.writes import LINE, REPORT, REPORTS, REVISION, Targets, Write

LONG: Final = "x" * 5001
CLAIMS: Final[Json] = {"gov": {}}


def _count(amount: object) -> Json:
    return {"claims": CLAIMS, "objects": {"u": {"type": "uav", "counts": {"destroyed": {"gov": amount}}}}}


def _start(instant: object) -> Json:
    return {"occurred": {"start": instant}}


COUNT_AT: Final = "/objects/u/counts/destroyed/gov"
FAULTS: Final[Mapping[str, tuple[Json, Pointers]]] = {
    # wrong types
    "title is a number": ({"title": 1}, {"/title"}),
    "title is a list": ({"title": ["a"]}, {"/title"}),
    "summary is an object": ({"summary": {"a": "b"}}, {"/summary"}),
    "occurred is a string": ({"occurred": "last night"}, {"/occurred"}),
    "locations is a list": ({"locations": [{"country": "RU"}]}, {"/locations"}),
    "an entry is a string": ({"locations": {"a": "Kaluga"}}, {"/locations/a"}),
    "claims of an entry are a string": ({"locations": {"a": {"claims": "gov"}}}, {"/locations/a/claims"}),
    "campaigns is an object": ({"campaigns": {"a": 1}}, {"/campaigns"}),
    "fire is a number": ({"damage": {"d": {"fire": 1}}}, {"/damage/d/fire"}),
    "point has three numbers": ({"locations": {"a": {"point": [1, 2, 3]}}}, {"/locations/a/point"}),
    "point is text": ({"locations": {"a": {"point": ["1", "2"]}}}, {"/locations/a/point/0", "/locations/a/point/1"}),
    # unknown fields
    "an unknown field": ({"colour": "red"}, {"/colour"}),
    "unknown fields everywhere": (
        {"a": 1, "occurred": {"b": 1}, "locations": {"l": {"c": 1}}, "claims": {"gov": {"scope": {"place": {"d": 1}}}}},
        {"/a", "/occurred/b", "/locations/l/c", "/claims/gov/scope/place/d"},
    ),
    "an unknown field with / and ~": ({"a/b~c": 1}, {"/a~1b~0c"}),
    # vocabularies
    "unknown words": (
        {
            "kind": "war",
            "message_status": "real",
            "occurred": {"precision": "second"},
            "locations": {"l": {"role": "home", "precision": "street"}},
            "objects": {"o": {"type": "ufo", "certainty": "sure"}},
            "damage": {"d": {"target": "church", "severity": "huge"}},
            "disruptions": {"p": {"kind": "flood", "airports_state": "open"}},
            "responses": {"r": {"kind": "prayer", "status": "late"}},
            "assessments": {"a": {"kind": "guess", "text": "t", "confidence": "sure"}},
            "claims": {"gov": {"attribution": "x", "confidence": "x", "reliability": "G", "credibility": 7}},
        },
        {
            "/kind", "/message_status", "/occurred/precision", "/locations/l/role", "/locations/l/precision",
            "/objects/o/type", "/objects/o/certainty", "/damage/d/target", "/damage/d/severity",
            "/disruptions/p/kind", "/disruptions/p/airports_state", "/responses/r/kind", "/responses/r/status",
            "/assessments/a/kind", "/assessments/a/confidence", "/claims/gov/attribution", "/claims/gov/confidence",
            "/claims/gov/reliability", "/claims/gov/credibility",
        },
    ),
    # codes
    "unknown codes": (
        {
            "locations": {
                "a": {"country": "XX", "subdivision": "RU-ZZZ"},
                "b": {"alternatives": {"x": {"country": "QQ"}}},
            },
            "disruptions": {"p": {"kind": "transport", "airport": "ZZZZ", "diverted_to": {"x": {"airport": "QQQQ"}}}},
            "occurred": {"time_zone": "Mars/Base"},
            "statements": {"s": {"text": "t", "language": "xx"}},
        },
        {
            "/locations/a/country", "/locations/a/subdivision", "/locations/b/alternatives/x/country",
            "/disruptions/p/airport", "/disruptions/p/diverted_to/x/airport", "/occurred/time_zone",
            "/statements/s/language",
        },
    ),
    "a subdivision of another country": (
        {"locations": {"a": {"country": "UA", "subdivision": "RU-KLU"}}}, {"/locations/a/subdivision"},
    ),
    "codes in lower case": (
        {
            "locations": {"a": {"country": "ru"}, "b": {"subdivision": "ru-klu"}},
            "disruptions": {"p": {"kind": "airport_closed", "airport": "uuee"}},
        },
        {"/locations/a/country", "/locations/b/subdivision", "/disruptions/p/airport"},
    ),
    "an IATA code for an airport": (
        {"disruptions": {"p": {"kind": "airport_closed", "airport": "SVO"}}}, {"/disruptions/p/airport"},
    ),
    # times
    "year 99999": (_start("99999-01-01T00:00:00Z"), {"/occurred/start"}),
    "year 0": (_start("0000-01-01T00:00:00Z"), {"/occurred/start"}),
    "year 10000 after the offset": (_start("9999-12-31T23:59:59-12:00"), {"/occurred/start"}),
    "30 February": (_start("2026-02-30T00:00:00Z"), {"/occurred/start"}),
    "25 o'clock": (_start("2026-02-03T25:00:00Z"), {"/occurred/start"}),
    "no offset": (_start("2026-01-01T00:00:00"), {"/occurred/start"}),
    "a date alone": (_start("2026-01-01"), {"/occurred/start"}),
    "seven fraction digits": (_start("2026-01-01T00:00:00.1234567Z"), {"/occurred/start"}),
    "seconds since 1970": (_start(1767225600), {"/occurred/start"}),
    "digits of another script": (_start("\uff12026-01-01T00:00:00Z"), {"/occurred/start"}),
    "times that do not exist, everywhere": (
        {
            "occurred": {"start": "99999-01-01T00:00:00Z", "end": "x"},
            "disruptions": {"p": {"kind": "transport", "start": "2026-13-01T00:00:00Z"}},
            "responses": {"r": {"kind": "security", "end": "2026-04-31T00:00:00Z"}},
            "claims": {"gov": {"stated_at": "yesterday", "scope": {"window": {"end": "2026-02-29T00:00:00Z"}}}},
        },
        {
            "/occurred/start", "/occurred/end", "/disruptions/p/start", "/responses/r/end", "/claims/gov/stated_at",
            "/claims/gov/scope/window/end",
        },
    ),
    # numbers
    "a count below zero": (_count({"value": -1}), {f"{COUNT_AT}/value"}),
    "a count too large": (_count({"value": 1_000_001}), {f"{COUNT_AT}/value"}),
    "a count of 400 digits": (_count({"value": 10**400}), {f"{COUNT_AT}/value"}),
    "a count of 2^63": (_count({"value": 2**63}), {f"{COUNT_AT}/value"}),
    "half a drone": (_count({"value": 1.5}), {f"{COUNT_AT}/value"}),
    "a count as 1.0": (_count({"value": 1.0}), {f"{COUNT_AT}/value"}),
    "a count as text": (_count({"value": "40"}), {f"{COUNT_AT}/value"}),
    "a count as true": (_count({"value": True}), {f"{COUNT_AT}/value"}),
    "a count without a form": (_count({"about": True}), {COUNT_AT}),
    "a count in two forms": (_count({"value": 1, "at_least": 1}), {COUNT_AT}),
    "low without high": (_count({"low": 1}), {COUNT_AT}),
    "low above high": (_count({"low": 2, "high": 1}), {f"{COUNT_AT}/low"}),
    "a count of no claim": (
        {"objects": {"u": {"type": "uav", "counts": {"destroyed": {"gov": {"value": 1}}}}}}, {COUNT_AT},
    ),
    "a place beyond the earth": (
        {"locations": {"a": {"point": [180.1, -90.1]}, "b": {"point": [0, 0], "radius_m": -1}}},
        {"/locations/a/point/0", "/locations/a/point/1", "/locations/b/radius_m"},
    ),
    "a radius of 1e308": ({"locations": {"a": {"radius_m": 1e308}}}, {"/locations/a/radius_m"}),
    # texts
    "a title too long": ({"title": "x" * 301}, {"/title"}),
    "no title in it": ({"title": ""}, {"/title"}),
    "a summary too long": ({"summary": LONG}, {"/summary"}),
    "NUL in texts": (
        {"title": "a\0b", "summary": "\0", "claims": {"gov": {"verbatim": "\0", "source_name": "a\0"}}},
        {"/title", "/summary", "/claims/gov/verbatim", "/claims/gov/source_name"},
    ),
    "NUL in an external id": ({"external_ids": {"ns": "a\0"}}, {"/external_ids/ns"}),
    "a line feed at the end of a slug": ({"campaigns": ["a\n"]}, {"/campaigns/0"}),
    "an address that is none": ({"claims": {"gov": {"url": "javascript:alert(1)"}}}, {"/claims/gov/url"}),
    # ids
    "ids that are none": (
        {"claims": {"Gov": {}, "a b": {}, "": {}, "x" * 65: {}, "é": {}}},
        {"/claims/Gov", "/claims/a b", "/claims/", f"/claims/{'x' * 65}", "/claims/é"},
    ),
    "NUL in an id": ({"claims": {"a\0": {}}}, {"/claims/a\0"}),
    "a line feed at the end of an id": ({"claims": {"a\n": {}}}, {"/claims/a\n"}),
    "an incident that is no UUID": (
        {"related": {"r": {"incident": "x", "relation": "follows"}}}, {"/related/r/incident"},
    ),
    "claims that are not there": (
        {
            "claims": CLAIMS,
            "locations": {"l": {"claims": ["gov", "a", "b"]}},
            "statements": {"s": {"text": "t", "claim": "c"}},
        },
        {"/locations/l/claims/1", "/locations/l/claims/2", "/statements/s/claim"},
    ),
    # missing
    "required fields": (
        {"objects": {"o": {}}, "statements": {"s": {}}, "related": {"r": {}}},
        {"/objects/o/type", "/statements/s/text", "/related/r/incident", "/related/r/relation"},
    ),
    # too many
    "10,000 entries": ({"claims": {f"c{number}": {} for number in range(10_000)}}, {"/claims"}),
    "201 entries": ({"claims": {f"c{number}": {} for number in range(201)}}, {"/claims"}),
    "51 campaigns": ({"campaigns": [f"c{number}" for number in range(51)]}, {"/campaigns"}),
    "a campaign twice": ({"campaigns": ["a", "b", "a"]}, {"/campaigns/2"}),
    "201 claims of an entry": ({"locations": {"a": {"claims": ["gov"] * 201}}}, {"/locations/a/claims"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def targets(active: str, retracted: str) -> Targets:
    return Targets(active, retracted)


@pytest.mark.parametrize("write", [REPORT, REPORTS, REVISION, LINE], ids=lambda write: write.name)
@pytest.mark.parametrize(("facts", "at"), FAULTS.values(), ids=FAULTS)
def test_facts_that_cannot_be_are_refused_at_every_fault(
    client: httpx.Client, targets: Targets, write: Write, facts: Json, at: Pointers
) -> None:
    sent = write.with_facts(facts if write is REVISION else FACTS | facts)
    with nothing_recorded(client):
        found = write.refused(client, targets, sent, 400, "invalid-request")
    assert pointers(found) == {f"{write.facts_at}{each}" for each in at}


NULLS: Final[Mapping[str, tuple[Any, Pointers]]] = {
    "null for facts": (None, {"/facts"}),
    "null for what is required": ({"title": None, "kind": None}, {"/facts/title", "/facts/kind"}),
    "null for what may be absent": (
        FACTS | {"summary": None, "claims": None, "occurred": {"start": None}},
        {"/facts/summary", "/facts/claims", "/facts/occurred/start"},
    ),
    "null for an entry": (FACTS | {"claims": {"gov": None}}, {"/facts/claims/gov"}),
    "nothing at all": ({}, {"/facts/title", "/facts/kind"}),
}


@pytest.mark.parametrize("write", [REPORT, REPORTS, LINE], ids=lambda write: write.name)
@pytest.mark.parametrize(("facts", "at"), NULLS.values(), ids=NULLS)
def test_null_is_no_fact(client: httpx.Client, targets: Targets, write: Write, facts: Any, at: Pointers) -> None:
    with nothing_recorded(client):
        found = write.refused(client, targets, write.with_facts(facts), 400, "invalid-request")
    assert pointers(found) == at


@pytest.mark.parametrize("write", [REPORT, REPORTS, REVISION, LINE], ids=lambda write: write.name)
def test_faults_of_form_do_not_hide_faults_of_code(client: httpx.Client, targets: Targets, write: Write) -> None:
    facts = FACTS | {
        "kind": "war",
        "locations": {"a": {"country": "XX"}},
        "disruptions": {"p": {"kind": "airport_closed", "airport": "ZZZZ", "start": "2026-02-30T00:00:00Z"}},
    }
    found = write.refused(client, targets, write.with_facts(facts), 400, "invalid-request")
    at = {"/kind", "/locations/a/country", "/disruptions/p/airport", "/disruptions/p/start"}
    assert pointers(found) == {f"{write.facts_at}{each}" for each in at}


def test_a_hundred_faults_are_named_of_more(client: httpx.Client, targets: Targets) -> None:
    claims = {f"c{number}": {"colour": "red"} for number in range(150)}
    found = REPORT.refused(client, targets, {"facts": FACTS | {"claims": claims}}, 400, "invalid-request")
    assert len(found["errors"]) == 100


@pytest.mark.parametrize("write", [REPORT, REVISION], ids=lambda write: write.name)
def test_a_word_that_is_not_in_the_vocabulary_is_answered_with_those_that_are(
    client: httpx.Client, targets: Targets, write: Write
) -> None:
    found = write.refused(client, targets, write.with_facts(FACTS | {"kind": "war"}), 400, "invalid-request")
    (error,) = found["errors"]
    assert all(kind in error["message"] for kind in ("interception", "strike", "sighting", "debris", "alert", "other"))
