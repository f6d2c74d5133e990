"""GET /v1/incidents with `as_of`: what the register believed at a moment, whatever it has learnt since."""

import random
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from tests.api.samples import Json, batch, following, head, pointers, refusal, report, retract, revise, unique, walk
from tests.api.test_list_more_filters import distance
from tests.api.test_list_pages import SORTS
from tests.projections.histories import World
from tests.running import Ledger, make_database

EVERYTHING: Final = {"status": "any", "message_status": "any"}


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register with a random history, to which nobody adds."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        with running.client() as client:
            World(7).record(client, 4)
        yield running


@pytest.fixture(scope="module")
def history(register: Ledger) -> Iterator[httpx.Client]:
    """A client of it."""
    with register.client() as client:
        yield client


@pytest.fixture(scope="module")
def events(history: httpx.Client) -> list[Json]:
    """Its log."""
    found: list[Json] = history.get("/v1/log", params={"limit": 1000}).json()["items"]
    return found


@pytest.fixture(scope="module")
def states(history: httpx.Client, events: list[Json]) -> list[Json]:
    """The document that each event left, from GET /v1/incidents/{id} alone; the first is that of position 1."""
    found = []
    for each in events:
        params = {"as_of": each["position"], "retracted": "include"}
        answer = history.get(f"/v1/incidents/{each['incident']}", params=params)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
    return found


def believed(states: list[Json], position: int) -> list[Json]:
    """Return the incidents as they stood at a position, the last change first."""
    standing = {each["id"]: each for each in states[:position]}
    return sorted(standing.values(), key=lambda each: each["position"], reverse=True)


def in_order(incidents: list[Json], sort: str) -> list[Json]:
    if sort == "-occurred":
        return sorted(incidents, key=lambda one: (_start(one), one["id"]), reverse=True)
    return sorted(incidents, key=lambda one: one["position"], reverse=sort == "-recorded")


def _start(incident: Json) -> str:
    return str(incident["facts"].get("occurred", {}).get("start", ""))


def listed(client: httpx.Client, **params: Any) -> list[Json]:
    """Return the items of all pages."""
    path = str(httpx.URL("/v1/incidents", params=params))
    return [each for answer in walk(client, path) for each in answer.json()["items"]]


def test_at_every_position_the_list_is_what_each_incident_was_then(history: httpx.Client, states: list[Json]) -> None:
    for position in range(len(states) + 1):
        expected = believed(states, position)
        for sort in SORTS:
            answer = history.get("/v1/incidents", params={"as_of": position, "sort": sort, "limit": 500} | EVERYTHING)
            assert answer.json()["items"] == in_order(expected, sort), (position, sort)
            assert answer.headers["Log-Position"] == str(position)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 7])
def test_pages_together_are_the_list(history: httpx.Client, states: list[Json], sort: str, limit: int) -> None:
    for position in (1, len(states) // 2, len(states)):
        found = listed(history, as_of=position, sort=sort, limit=limit, **EVERYTHING)
        assert found == in_order(believed(states, position), sort)


@pytest.mark.parametrize("sort", SORTS)
def test_every_filter_holds_of_what_was_then_believed(history: httpx.Client, states: list[Json], sort: str) -> None:
    positions = [*random.Random(1).sample(range(len(states)), 6), len(states)]
    for position in positions:
        then = in_order(believed(states, position), sort)
        for params, holds in FILTERED:
            found = listed(history, as_of=position, sort=sort, limit=500, **EVERYTHING | params)
            assert found == [each for each in then if holds(each)], (position, params)
    assert [params for params, holds in FILTERED if not any(map(holds, states))] == [], "each finds something"


def _destroyed(incident: Json) -> int:
    return sum(each.get("destroyed", {}).get("best") or 0 for each in incident["derived"]["objects"].values())


def _entries(incident: Json, name: str) -> list[Json]:
    return list(incident["facts"].get(name, {}).values())


def _regions(incident: Json) -> set[str]:
    return {each["subdivision"] for each in _entries(incident, "locations")}


def _points(incident: Json) -> list[list[float]]:
    return [each["point"] for each in _entries(incident, "locations") if "point" in each]


FILTERED: Final[list[tuple[dict[str, Any], Any]]] = [
    ({"status": "active"}, lambda one: one["status"] == "active"),
    ({"message_status": "actual"}, lambda one: one["facts"].get("message_status", "actual") == "actual"),
    ({"kind": "strike"}, lambda one: one["facts"]["kind"] == "strike"),
    ({"subdivision": "RU-KLU"}, lambda one: "RU-KLU" in _regions(one)),
    ({"within": "RU"}, lambda one: any(each.startswith("RU-") for each in _regions(one))),
    ({"within": "UA-30"}, lambda one: "UA-30" in _regions(one)),
    ({"flag": "counts_disputed"}, lambda one: "counts_disputed" in one["flags"]),
    ({"flag": "destroyed_exceeds_observed"}, lambda one: "destroyed_exceeds_observed" in one["flags"]),
    (
        {"disruption": "power_outage"},
        lambda one: "power_outage" in {each["kind"] for each in _entries(one, "disruptions")},
    ),
    ({"min_destroyed": 1}, lambda one: _destroyed(one) >= 1),
    ({"min_destroyed": 23}, lambda one: _destroyed(one) >= 23),
    ({"min_destroyed": 45}, lambda one: _destroyed(one) >= 45),
    ({"occurred_from": "2026-05-05T00:00:00Z"}, lambda one: _start(one) >= "2026-05-05"),
    ({"occurred_to": "2026-05-05T00:00:00Z"}, lambda one: "" < _start(one) < "2026-05-05"),
    ({"object_type": "missile"}, lambda one: "missile" in {each["type"] for each in _entries(one, "objects")}),
    ({"q": "Fire"}, lambda one: one["facts"]["title"] == "Fire"),
    ({"bbox": "32,46,36,52"}, lambda one: any(32 <= x <= 36 and 46 <= y <= 52 for x, y in _points(one))),
    ({"near": "35,50,300"}, lambda one: any(distance((35, 50), point) <= 300 for point in _points(one))),
]


def test_what_was_believed_at_nine_about_the_night_of_the_thirtieth(client: httpx.Client) -> None:
    campaign = unique()
    night: Json = {"occurred": {"start": "2026-04-30T01:00:00Z", "end": "2026-04-30T04:00:00Z"}}
    first = report(client, title="forty", campaigns=[campaign], **night)
    false = report(client, title="a rumour", campaigns=[campaign], **night)
    nine = report(client, title="another day", campaigns=[campaign], occurred={"start": "2026-04-12T01:00:00Z"})
    revise(client, first["id"], {"title": "forty-two"})
    retract(client, false["id"])
    report(client, title="came in later", campaigns=[campaign], **night)
    asked = {"campaign": campaign, "occurred_from": "2026-04-29T18:00:00Z", "occurred_to": "2026-04-30T06:00:00Z"}

    def titles(**more: str) -> set[str]:
        return {each["facts"]["title"] for each in listed(client, **asked, **more)}

    assert titles(as_of=nine["recorded_at"]) == {"forty", "a rumour"}
    assert titles(as_of=str(nine["position"])) == {"forty", "a rumour"}
    assert titles() == {"forty-two", "came in later"}


def test_recorded_is_when_what_was_then_believed_was_recorded(client: httpx.Client) -> None:
    campaign = unique()
    first = report(client, title="old", campaigns=[campaign])
    second = report(client, title="second", campaigns=[campaign])
    third = revise(client, first["id"], {"title": "new"})
    at_second = {"campaign": campaign, "as_of": second["position"]}
    at_third = {"campaign": campaign, "as_of": third["position"]}

    def titles(**params: Any) -> set[str]:
        return {each["facts"]["title"] for each in listed(client, **params)}

    assert titles(**at_second, recorded_to=second["recorded_at"]) == {"old"}
    assert titles(**at_third, recorded_to=second["recorded_at"]) == set()
    assert titles(**at_third, recorded_from=third["recorded_at"]) == {"new"}


def test_what_lies_ahead_comes_first_by_occurrence_and_has_its_flag(client: httpx.Client) -> None:
    campaign = unique()
    days = ["2999-01-01", "2026-05-01", "2998-01-01", "2026-05-02"]
    made = [report(client, title=day, campaigns=[campaign], occurred={"start": f"{day}T00:00:00Z"}) for day in days]
    at = {"campaign": campaign, "as_of": made[-1]["position"]}
    report(client, title="unseen", campaigns=[campaign], occurred={"start": "2997-01-01T00:00:00Z"})
    for limit in (1, 2, 3, 50):
        found = [each["facts"]["title"] for each in listed(client, **at, sort="-occurred", limit=limit)]
        assert found == ["2999-01-01", "2998-01-01", "2026-05-02", "2026-05-01"]
    flagged = listed(client, **at, flag="occurred_after_recorded", sort="-occurred")
    assert [each["facts"]["title"] for each in flagged] == ["2999-01-01", "2998-01-01"]
    assert all("occurred_after_recorded" in each["flags"] for each in flagged)


@pytest.mark.parametrize("sort", SORTS)
def test_a_time_stays_one_moment_through_all_pages(client: httpx.Client, sort: str) -> None:
    campaign = unique()
    made = [report(client, campaigns=[campaign], occurred={"start": f"2026-05-0{n}T00:00:00Z"}) for n in (3, 1, 2)]
    # nothing was recorded yet at this moment's end: what comes within it must not turn up on a later page
    path = f"/v1/incidents?campaign={campaign}&sort={sort}&limit=1&as_of={made[-1]['recorded_at']}"
    seen, positions = [], set()
    for answer in walk(client, path):
        seen += answer.json()["items"]
        positions.add((answer.headers["Log-Position"], answer.json()["applied_filters"]["as_of_position"]))
        revise(client, made[0]["id"], {"title": f"after page {len(seen)}"})
        report(client, campaigns=[campaign], occurred={"start": "2026-05-02T12:00:00Z"})
    assert seen == in_order(made, sort)
    assert positions == {(str(made[-1]["position"]),) * 2}


def test_the_cursor_and_not_the_clock_says_where_a_later_page_stands(own_ledger: Ledger) -> None:
    """A time may mean a later position than on the first page: an event may carry a time just before it."""
    with own_ledger.client() as client:
        for _ in range(3):
            last = report(client)
        page = client.get("/v1/incidents", params={"as_of": last["recorded_at"], "limit": 1})
        report(client)
        own_ledger.sql("ALTER TABLE events DISABLE TRIGGER USER")
        own_ledger.sql("UPDATE events SET recorded_at = %s WHERE position = 4", last["recorded_at"])
        fresh = client.get("/v1/incidents", params={"as_of": last["recorded_at"], "limit": 1})
        assert fresh.headers["Log-Position"] == "4"
        assert client.get(str(following(page))).headers["Log-Position"] == "3"


def test_the_position_that_a_time_means_is_told(client: httpx.Client) -> None:
    made = report(client)
    at_time = client.get("/v1/incidents", params={"as_of": made["recorded_at"]}).json()["applied_filters"]
    assert at_time["as_of"] == made["recorded_at"]
    assert at_time["as_of_position"] == str(made["position"])
    at_position = client.get("/v1/incidents", params={"as_of": made["position"]}).json()["applied_filters"]
    assert at_position["as_of"] == at_position["as_of_position"] == str(made["position"])
    assert not {"as_of", "as_of_position"} & client.get("/v1/incidents").json()["applied_filters"].keys()


def test_before_the_first_event_there_was_nothing(client: httpx.Client) -> None:
    report(client)
    for moment in ("0", "2020-01-01T00:00:00Z"):
        answer = client.get("/v1/incidents", params={"as_of": moment, **EVERYTHING})
        assert answer.json()["items"] == []
        assert answer.headers["Log-Position"] == "0"


def test_what_was_just_written_is_waited_for(client: httpx.Client) -> None:
    for _ in range(20):
        made = report(client)
        found = client.get("/v1/incidents", params={"as_of": made["position"], "limit": 1}).json()["items"]
        assert found == [made]


def test_min_position_holds_for_lists_too(client: httpx.Client) -> None:
    made = report(client)
    for params in ({}, {"as_of": made["position"]}):
        answer = client.get("/v1/incidents", params=params, headers={"min-position": str(made["position"])})
        assert answer.status_code == 200
        assert int(answer.headers["Log-Position"]) >= made["position"]
    refusal(client.get("/v1/incidents", headers={"min-position": "x"}), 400, "invalid-request")


@pytest.mark.parametrize("as_of", ["", "x", "-1", "1.5", "9" * 18, "9" * 20, "2999-01-01T00:00:00Z", "2026-01-01"])
def test_a_moment_that_cannot_be_is_refused(client: httpx.Client, as_of: str) -> None:
    answer = client.get("/v1/incidents", params={"as_of": as_of})
    assert pointers(refusal(answer, 400, "invalid-request"), "query") == {"/as_of"}


def test_a_cursor_belongs_to_its_moment(client: httpx.Client) -> None:
    results = batch(client, *[{"command": "report", "facts": {"title": "t", "kind": "other"}}] * 3)
    position = results[-1]["position"]
    cursor = client.get("/v1/incidents", params={"as_of": position, "limit": 1}).json()["next_cursor"]
    assert head(client) >= position
    for other in ({}, {"as_of": position - 1}, {"as_of": position, "sort": "recorded"}):
        answer = client.get("/v1/incidents", params={"limit": 1, "cursor": cursor} | other)
        assert pointers(refusal(answer, 400, "invalid-request"), "query") == {"/cursor"}
