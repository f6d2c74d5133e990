"""What disruptions say of airports, fact by fact."""

from typing import Any

import msgspec
import pytest

from service.domain.facts import Facts
from service.projections.closures import Told, told

Json = dict[str, Any]
SINCE = "2026-05-01T00:00:00.000000Z"
SHUT: Json = {"kind": "airport_closed", "airport": "UUWW"}


def read(disruptions: Json, **more: Any) -> dict[str, Told]:
    """Return what is told of facts with these disruptions."""
    facts = {"title": "t", "kind": "strike", "disruptions": disruptions, "claims": {"a": {}, "b": {}}} | more
    return told(msgspec.convert(facts, Facts))


@pytest.mark.parametrize(("disruption", "roles"), [
    (SHUT, ["closed"]),
    ({"kind": "airport_closed"}, ["closed"]),
    ({"kind": "airspace_closed", "airport": "UUWW"}, ["closed"]),
    ({"kind": "airspace_closed", "airports_state": "unspecified"}, ["closed"]),
    ({"kind": "airspace_closed", "area": "south of Moscow"}, []),
    ({"kind": "flights_diverted", "airport": "UUWW"}, ["diverted_from"]),
    ({"kind": "flights_diverted"}, ["diverted_from"]),
    ({"kind": "power_outage"}, []),
    ({"kind": "transport", "airport": "UUWW"}, []),
])  # fmt: skip
def test_a_disruption_says_of_airports(disruption: Json, roles: list[str]) -> None:
    assert [each.role for each in read({"d": disruption}).values()] == roles


@pytest.mark.parametrize(("more", "occurred", "since", "basis"), [
    ({"start": SINCE}, {"start": "2026-04-30T00:00:00.000000Z"}, SINCE, "said"),
    ({}, {"start": SINCE}, SINCE, "occurred"),
    ({}, {"end": SINCE}, SINCE, "occurred"),
    ({}, {"precision": "day"}, None, "unknown"),
    ({}, None, None, "unknown"),
])  # fmt: skip
def test_it_is_closed_since(more: Json, occurred: Json | None, since: str | None, basis: str) -> None:
    facts = {} if occurred is None else {"occurred": occurred}
    said = read({"d": SHUT | more}, **facts)["d"].said
    assert (said.since, said.since_basis) == (since, basis)


@pytest.mark.parametrize(("more", "until", "basis"), [
    ({"end": SINCE}, SINCE, "said"),
    ({"end": SINCE, "status": "ongoing"}, SINCE, "said"),
    ({"status": "ended"}, None, "unknown"),
    ({"status": "ongoing"}, None, "open"),
    ({}, None, "open"),
])  # fmt: skip
def test_it_is_closed_until(more: Json, until: str | None, basis: str) -> None:
    said = read({"d": SHUT | more})["d"].said
    assert (said.until, said.until_basis) == (until, basis)


@pytest.mark.parametrize(("confidences", "claims", "role"), [
    (["denied", "denied"], ["a", "b"], "denied"),
    (["denied", "confirmed"], ["a", "b"], "closed"),
    (["denied", "confirmed"], ["a"], "denied"),
    (["denied", "denied"], [], "closed"),
])  # fmt: skip
def test_it_is_denied_if_all_who_speak_of_it_deny_it(confidences: list[str], claims: list[str], role: str) -> None:
    voices = {key: {"confidence": each} for key, each in zip("ab", confidences, strict=True)}
    assert read({"d": SHUT | {"claims": claims}}, claims=voices)["d"].role == role


def test_flights_go_where_it_says_itself_and_where_the_diversions_beside_it_say() -> None:
    away = {"kind": "flights_diverted", "diverted_to": {"x": {"airport": "ULLI"}, "y": {"place": "Kazan"}}}
    found = read({
        "shut": SHUT | {"diverted_to": {"x": {"place": "Kazan"}}},
        "away": away,
        "from-another": away | {"airport": "UUDD", "diverted_to": {"x": {"airport": "UWGG"}}},
    })  # fmt: skip
    assert [each.airport or each.place for each in found["shut"].said.diverted_to] == ["Kazan", "ULLI"]
    assert [each.airport or each.place for each in found["away"].said.diverted_to] == ["ULLI", "Kazan"]
    assert [found[key].arrivals for key in sorted(found)] == [("ULLI",), ("UWGG",), ()]


def test_a_subdivision_is_in_its_country_and_an_exercise_says_nothing() -> None:
    places = {"a": {"subdivision": "RU-MOW"}, "b": {"country": "BY"}, "c": {"place": "somewhere"}}
    said = read({"d": SHUT}, locations=places)["d"].said
    assert (said.countries, said.subdivisions) == (("BY", "RU"), ("RU-MOW",))
    assert read({"d": SHUT}, message_status="exercise") == {}
