"""/v1/airports: what is closed at a time in the world, by what the log said at a place in it."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import httpx
import msgspec
import pytest

from service import story
from tests.api.samples import Json, refusal, report, report_again, retract, revise, walk
from tests.running import Ledger, make_database

NIGHT: Final = date(2026, 4, 30)
THEN: Final = "2026-05-01T00:00:00Z"
"""In the midst of the night."""
CLAIM: Final = {"aviation": {"source": "aviation-agency", "attribution": "named", "confidence": "confirmed"}}


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[httpx.Client]:
    """A client of a register of its own."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as opened:
        yield opened


@pytest.fixture
def client(register: httpx.Client) -> Iterator[httpx.Client]:
    """The client; what a test leaves standing is retracted."""
    yield register
    everything = {"message_status": "any", "limit": 500}
    for each in register.get("/v1/incidents", params=everything).json()["items"]:
        retract(register, each["id"])


def read(client: httpx.Client, path: str, **params: object) -> Json:
    """Read what reflects all that has been recorded."""
    head = client.get("/v1/head").json()["position"]
    answer = client.get(path, params={name: str(value) for name, value in params.items()},
                        headers={"min-position": str(head)})  # fmt: skip
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def closures(client: httpx.Client, **params: object) -> list[tuple[str | None, str]]:
    """Return the airports of a list, and the state that each is in."""
    return [(each["airport"], each["state"]) for each in read(client, "/v1/airports", **params)["items"]]


def close(airport: str, **more: Any) -> Json:
    """Return facts that close an airport."""
    closure = {"kind": "airport_closed", "airport": airport, "start": "2026-04-30T20:00:00Z", "claims": ["aviation"]}
    places = {"a": {"country": "RU", "subdivision": "RU-MOW"}}
    return {"disruptions": {"shut": closure | more}, "locations": places, "claims": CLAIM}


def test_the_airports_of_moscow_are_closed_though_nobody_says_which_and_flights_go_to_three_cities(
    client: httpx.Client,
) -> None:
    moscow = client.post("/v1/incidents", json=msgspec.to_builtins(story.incidents(NIGHT).moscow)).json()
    (item,) = read(client, "/v1/airports", at=THEN)["items"]
    assert (item["airport"], item["airports_state"], item["state"]) == (None, "unspecified", "closed")
    assert (item["subdivisions"], item["countries"], item["area"]) == (["RU-MOW"], ["RU"], "Moscow")
    assert (item["since"], item["since_basis"]) == ("2026-04-30T15:00:00.000000Z", "occurred")
    assert (item["until"], item["until_basis"]) == (None, "open")
    assert (item["incident"], item["disruption"], item["position"]) == (moscow["id"], "airports", moscow["position"])
    assert {each["place"] for each in item["diverted_to"]} == {"Saint Petersburg", "Nizhny Novgorod", "Kazan"}
    assert item["claims"] == {"closure": {"attribution": "not_stated", "relayed_by": "urgent-update"}}
    assert [each["kind"] for each in read(client, "/v1/airports", at=THEN, closed="any")["items"]] == [
        "flights_diverted", "airport_closed",
    ]  # fmt: skip


def test_nothing_is_closed_before_it_begins_nor_after_it_is_over(client: httpx.Client) -> None:
    report(client, **close("UUWW", end="2026-05-01T03:00:00Z"))
    assert closures(client, at="2026-04-30T19:59:59Z") == []
    assert closures(client, at="2026-04-30T20:00:00Z") == [("UUWW", "closed")]
    assert closures(client, at="2026-05-01T03:00:00Z") == []
    assert closures(client) == [], "now"
    assert closures(client, closed="false") == [("UUWW", "reopened")]
    assert closures(client, closed="false", at=THEN) == []
    assert closures(client, closed="any", at="2026-04-30T19:00:00Z") == []
    before = read(client, "/v1/airports/UUWW", at="2026-04-30T19:00:00Z")
    assert (before["state"], [each["state"] for each in before["items"]]) == ("no_report", ["announced"])


def test_a_revision_reopens_an_airport_and_what_was_known_before_stays_as_it_was(client: httpx.Client) -> None:
    incident = report(client, **close("UUWW"))
    shut = incident["position"]
    assert closures(client) == [("UUWW", "closed")]
    again = revise(client, incident["id"], {"disruptions": {"shut": {"end": "2026-05-01T03:00:00Z"}}})
    assert closures(client) == []
    assert closures(client, as_of=shut, at="2026-05-01T04:00:00Z") == [("UUWW", "closed")]
    assert closures(client, as_of=again["position"], at="2026-05-01T04:00:00Z") == []
    assert closures(client, as_of=incident["recorded_at"]) == [("UUWW", "closed")]
    assert closures(client, as_of=shut - 1, closed="any") == []
    airport = read(client, "/v1/airports/UUWW")
    assert (airport["state"], airport["reopened_at"]) == ("reopened", "2026-05-01T03:00:00.000000Z")
    assert [each["position"] for each in airport["items"]] == [again["position"]]
    before = read(client, "/v1/airports/UUWW", as_of=shut)
    assert (before["state"], before["since"], before["reopened_at"]) == ("closed", "2026-04-30T20:00:00.000000Z", None)


def test_what_is_over_but_nobody_says_since_when_is_over_from_when_that_was_recorded(client: httpx.Client) -> None:
    incident = report(client, **close("UUWW"))
    over = revise(client, incident["id"], {"disruptions": {"shut": {"status": "ended"}}})
    touched = revise(client, incident["id"], {"disruptions": {"shut": {"description": "It was fog."}}})
    assert closures(client, at=incident["recorded_at"]) == [("UUWW", "closed")]
    assert closures(client, at=over["recorded_at"]) == []
    (item,) = read(client, "/v1/airports", closed="false", at=touched["recorded_at"])["items"]
    assert (item["until"], item["until_basis"], item["state"]) == (None, "unknown", "reopened")
    airport = read(client, "/v1/airports/UUWW")
    assert (airport["state"], airport["reopened_at"]) == ("reopened", None)


def test_a_closure_without_any_time_is_closed_from_when_it_was_recorded_and_says_that_nobody_knows_since_when(
    client: httpx.Client,
) -> None:
    report(client)
    incident = report(
        client, **close("UUWW", start=None) | {"disruptions": {"shut": {"kind": "airport_closed", "airport": "UUWW"}}}
    )
    revise(client, incident["id"], {"disruptions": {"shut": {"area": "apron"}}})
    assert closures(client) == [("UUWW", "closed_unknown_since")]
    assert closures(client, at=incident["recorded_at"]) == [("UUWW", "closed_unknown_since")]
    assert closures(client, at=THEN) == []
    airport = read(client, "/v1/airports/UUWW")
    assert (airport["state"], airport["since"]) == ("closed_unknown_since", None)


def test_a_retraction_takes_a_closure_away_and_a_new_report_brings_it_back(client: httpx.Client) -> None:
    incident = report(client, **close("UUWW"))
    gone = retract(client, incident["id"])
    assert closures(client, closed="any") == []
    assert read(client, "/v1/airports/UUWW")["state"] == "no_report"
    assert closures(client, as_of=incident["position"], at=THEN) == [("UUWW", "closed")]
    report_again(client, incident["id"], **close("UUWW"))
    assert closures(client) == [("UUWW", "closed")]
    assert closures(client, as_of=gone["position"]) == []


def test_an_exercise_closes_no_airport(client: httpx.Client) -> None:
    incident = report(client, **close("UUWW"), message_status="exercise")
    assert closures(client, closed="any") == []
    revise(client, incident["id"], {"message_status": "actual"})
    assert closures(client) == [("UUWW", "closed")]
    revise(client, incident["id"], {"message_status": "test"})
    assert closures(client) == []


def test_what_everybody_denies_is_not_closed(client: httpx.Client) -> None:
    denied = {"claims": {"aviation": CLAIM["aviation"] | {"confidence": "denied"}}}
    report(client, **close("UUWW") | denied)
    assert closures(client) == []
    assert closures(client, closed="any") == [("UUWW", "denied")]
    assert read(client, "/v1/airports/UUWW")["state"] == "no_report"


def test_an_airport_tells_of_flights_that_are_sent_to_it(client: httpx.Client) -> None:
    diversion = {"kind": "flights_diverted", "airport": "UUWW", "diverted_to": {"x": {"airport": "ULLI"}}}
    facts = close("UUWW")
    report(client, **facts | {"disruptions": facts["disruptions"] | {"away": diversion}})
    pulkovo = read(client, "/v1/airports/ULLI")
    assert (pulkovo["state"], pulkovo["closures"]) == ("no_report", [])
    assert [(each["airport"], each["state"]) for each in pulkovo["items"]] == [("UUWW", "diverted_to")]
    vnukovo = read(client, "/v1/airports/UUWW")
    assert [each["state"] for each in vnukovo["items"]] == ["closed", "diverted_from"]
    assert [each["diverted_to"] for each in vnukovo["closures"]] == [[{"airport": "ULLI"}]]


def test_an_airport_is_closed_since_the_first_of_its_closures_and_until_the_last_is_over(client: httpx.Client) -> None:
    report(client, **close("UUWW", start="2026-04-30T20:00:00Z", end="2026-05-01T02:00:00Z"))
    report(client, **close("UUWW", start="2026-04-30T23:00:00Z", end="2026-05-01T04:00:00Z"))
    report(client, **close("UUDD", start="2026-04-30T10:00:00Z"))
    both = read(client, "/v1/airports/UUWW", at=THEN)
    assert (both["state"], both["since"], len(both["closures"])) == ("closed", "2026-04-30T20:00:00.000000Z", 2)
    one = read(client, "/v1/airports/UUWW", at="2026-05-01T03:00:00Z")
    assert (one["state"], one["since"], len(one["closures"])) == ("closed", "2026-04-30T23:00:00.000000Z", 1)
    none = read(client, "/v1/airports/UUWW", at="2026-05-01T05:00:00Z")
    assert (none["state"], none["reopened_at"]) == ("reopened", "2026-05-01T04:00:00.000000Z")
    assert read(client, "/v1/airports/UUWW", at="2026-04-01T00:00:00Z")["state"] == "no_report"


def test_the_place_of_a_closure_is_that_of_the_incident(client: httpx.Client) -> None:
    report(client, **close("UWGG") | {"locations": {"a": {"subdivision": "RU-NIZ"}, "b": {"country": "BY"}}})
    for held in ({"country": "RU"}, {"country": "BY"}, {"subdivision": "RU-NIZ"},
                 {"country": "RU", "subdivision": "RU-NIZ"}):  # fmt: skip
        assert closures(client, **held) == [("UWGG", "closed")], held
    for held in ({"country": "UA"}, {"subdivision": "RU-MOW"}, {"country": "UA", "subdivision": "RU-NIZ"}):
        assert closures(client, **held) == [], held


@pytest.mark.parametrize("path", ["/v1/airports", "/v1/airports/UUWW"])
def test_pages_follow_each_other_while_more_is_recorded_and_are_of_one_time(client: httpx.Client, path: str) -> None:
    known = [report(client, **close("UUWW"))["position"] for _ in range(7)]
    assert len(read(client, path)["items"]) == 7
    seen, times = [], set()
    for answer in walk(client, f"{path}?limit=3"):
        page = answer.json()
        seen += [each["position"] for each in page["items"]]
        times.add(page.get("at") or page["applied_filters"]["at"])
        report(client, **close("UUWW"))
    assert seen == known[::-1]
    assert len(times) == 1


def test_the_answer_says_which_position_it_reflects(client: httpx.Client) -> None:
    incident = report(client, **close("UUWW"))
    last = str(report(client)["position"])
    for path in ("/v1/airports", "/v1/airports/UUWW"):
        assert client.get(path, headers={"min-position": last}).headers["Log-Position"] == last
        then = client.get(path, params={"as_of": incident["position"]}, headers={"min-position": last})
        assert then.headers["Log-Position"] == str(incident["position"])


@pytest.mark.parametrize(("query", "pointer"), [
    ("closed=maybe", "/closed"), ("country=XX", "/country"), ("subdivision=RU-XXX", "/subdivision"), ("at=noon", "/at"),
    ("as_of=2999-01-01T00:00:00Z", "/as_of"), ("limit=0", "/limit"), ("cursor=x", "/cursor"), ("region=RU", "/region"),
])  # fmt: skip
def test_a_bad_filter_is_named(client: httpx.Client, query: str, pointer: str) -> None:
    found = refusal(client.get(f"/v1/airports?{query}"), 400, "invalid-request")
    assert [each["pointer"] for each in found["errors"]] == [pointer]


def test_a_code_that_no_airport_has_is_not_found(client: httpx.Client) -> None:
    refusal(client.get("/v1/airports/XXXX"), 404, "not-found")
    refusal(client.get("/v1/airports/uuww"), 404, "not-found")
    unnamed = read(client, "/v1/airports/UUWW")
    assert (unnamed["state"], unnamed["closures"], unnamed["items"]) == ("no_report", [], [])
