"""GET /v1/statistics: nothing counted twice, nothing unknown counted as 0, and the same question at any time."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.samples import NOBODY, pointers, refusal, report, report_again, retract, revise
from tests.api.totals import destroyed, figures, head, part_of, statistics
from tests.running import Ledger, make_database

Json = dict[str, Any]
NIGHT = "2026-04-30T20:30:00Z"
SCOPED = {"scope": {"place": {"subdivision": "RU-KLU", "place": "Obninsk"}}}


@pytest.fixture(scope="module")
def alone(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register for these tests, one after the other."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        yield running


@pytest.fixture
def client(alone: Ledger) -> Iterator[httpx.Client]:
    """A client of a register in which nothing stands."""
    with alone.client() as client:
        for item in client.get("/v1/incidents", params={"message_status": "any", "limit": 500}).json()["items"]:
            retract(client, item["id"])
        yield client


def groups(found: Json, *by: str, of: str = "destroyed") -> dict[Any, Any]:
    """Return a figure by the values of its group."""
    return {tuple(each[name] for name in by) if len(by) > 1 else each[by[0]]: each[of] for each in found["items"]}


def test_sums_say_what_is_not_in_them(client: httpx.Client) -> None:
    destroyed(client, NIGHT, "RU-KLU", a={"value": 40}, b={"value": 42})
    destroyed(client, NIGHT, "RU-MOW", a={"low": 30, "high": 34})
    destroyed(client, NIGHT, "RU-VOR", a={"none_reported": True})
    destroyed(client, NIGHT, "RU-BEL", a={"unknown": True})
    report(client, occurred={"start": NIGHT})
    found = statistics(client, metric="incidents,destroyed,killed", group_by="subdivision")
    assert found["total"]["incidents"] == 5
    assert figures(found["total"]["destroyed"]) == ((70, 70, 76), (2, 1, 2), 1, 0)
    assert figures(found["total"]["killed"]) == ((None, None, None), (0, 0, 5), 0, 0)
    totals = groups(found, "subdivision")
    assert totals.keys() == {"RU-KLU", "RU-MOW", "RU-VOR", "RU-BEL", None}
    assert figures(totals["RU-KLU"]) == ((40, 40, 42), (1, 0, 0), 1, 0)
    assert figures(totals["RU-VOR"]) == ((0, 0, 0), (0, 1, 0), 0, 0)
    assert figures(totals["RU-BEL"]) == figures(totals[None]) == ((None, None, None), (0, 0, 1), 0, 0)


def test_an_open_input_leaves_the_sum_open(client: httpx.Client) -> None:
    destroyed(client, NIGHT, a={"value": 5})
    destroyed(client, NIGHT, a={"at_least": 7})
    destroyed(client, NIGHT, "RU-KLU", a={"at_most": 9}, b={"value": 3}, claims={"b": SCOPED})
    # who says only how many at most vouches for none: but for the three of a part
    assert figures(statistics(client, metric="destroyed")["total"]["destroyed"]) == ((15, 15, None), (3, 0, 0), 0, 0)


def test_a_national_total_and_its_parts_are_never_added_up(client: httpx.Client) -> None:
    nation = destroyed(client, NIGHT, total={"value": 100})
    parts = {
        code: destroyed(client, NIGHT, code, a={"value": number}, claims={"a": part_of(nation, "total")})
        for code, number in (("RU-KLU", 40), ("RU-MOW", 32))
    }
    destroyed(client, NIGHT, "RU-BEL", a={"value": 1})
    found = statistics(client, metric="destroyed", group_by="subdivision")
    assert figures(found["total"]["destroyed"]) == ((101, 101, 101), (2, 0, 0), 0, 2)
    assert found["left_out_count"] == 2
    assert {each["incident"]: (each["best"], each["claim"], each["part_of"]) for each in found["left_out"]} == {
        parts["RU-KLU"]: (40, "a", {"incident": nation, "claim": "total"}),
        parts["RU-MOW"]: (32, "a", {"incident": nation, "claim": "total"}),
    }
    # in its own region each part stands alone: what includes it is not there
    totals = {code: each["best"] for code, each in groups(found, "subdivision").items()}
    assert totals == {"RU-KLU": 40, "RU-MOW": 32, "RU-BEL": 1, None: 100}
    assert all(each["left_out"] == 0 for each in groups(found, "subdivision").values())
    # and when the total is taken back, or is not among what is asked for, the parts count
    assert statistics(client, metric="destroyed", subdivision="RU-KLU")["total"]["destroyed"]["best"] == 40
    before = head(client)
    retract(client, nation)
    assert statistics(client, metric="destroyed")["total"]["destroyed"]["best"] == 73
    assert statistics(client, metric="destroyed", as_of=before)["total"]["destroyed"]["best"] == 101


def test_a_part_of_a_part_is_left_out_also_where_the_part_between_is_not_asked_for(client: httpx.Client) -> None:
    nation = destroyed(client, NIGHT, "RU-MOW", n={"value": 100})
    oblast = destroyed(client, "2025-01-01T00:00:00Z", "RU-MOS", o={"value": 50}, claims={"o": part_of(nation, "n")})
    destroyed(client, NIGHT, "RU-MOW", c={"value": 5}, claims={"c": part_of(oblast, "o")})
    assert figures(statistics(client, metric="destroyed")["total"]["destroyed"]) == ((100,) * 3, (1, 0, 0), 0, 1)


def test_claims_in_a_circle_leave_nobody_out(client: httpx.Client) -> None:
    first = destroyed(client, NIGHT, a={"value": 3})
    second = destroyed(client, NIGHT, b={"value": 4}, claims={"b": part_of(first, "a")})
    revise(client, first, {"claims": {"a": part_of(second, "b")}})
    assert figures(statistics(client, metric="destroyed")["total"]["destroyed"]) == ((7, 7, 7), (2, 0, 0), 0, 0)


def test_groups_overlap_and_the_total_does_not(client: httpx.Client) -> None:
    destroyed(client, NIGHT, "RU-KLU", "UA-30", a={"value": 3})
    destroyed(client, NIGHT, "RU-KLU", a={"value": 4})
    found = statistics(client, metric="incidents,destroyed", group_by="country,subdivision")
    assert found["overlapping"] is True
    assert found["total"]["incidents"] == 2
    assert found["total"]["destroyed"]["best"] == 7
    by_country = statistics(client, metric="destroyed", group_by="country")
    assert {code: each["best"] for code, each in groups(by_country, "country").items()} == {"RU": 7, "UA": 3}
    assert statistics(client, group_by="kind")["overlapping"] is False


def test_objects_count_by_their_type_and_incidents_once_in_each(client: httpx.Client) -> None:
    counts = {"destroyed": {"a": {"value": 2}}}
    objects = {
        "one": {"type": "uav", "counts": counts},
        "two": {"type": "uav", "counts": counts},
        "more": {"type": "missile", "counts": counts},
        "none": {"type": "rocket"},
    }
    killed = {"killed": {"a": {"value": 1}}}
    report(client, occurred={"start": NIGHT}, objects=objects, casualties=killed, claims={"a": {}})
    found = statistics(client, metric="incidents,destroyed,killed", group_by="object_type")
    assert groups(found, "object_type", of="incidents") == {"uav": 1, "missile": 1, "rocket": 1}
    assert {key: each["best"] for key, each in groups(found, "object_type").items()} == {
        "uav": 4, "missile": 2, "rocket": None,
    }  # fmt: skip
    assert [each["killed"]["best"] for each in found["items"]] == [1, 1, 1]
    assert (found["total"]["incidents"], found["total"]["killed"]["best"]) == (1, 1)
    assert figures(found["total"]["destroyed"]) == ((6, 6, 6), (3, 0, 1), 0, 0)
    only = statistics(client, metric="incidents,destroyed,killed", object_type="uav")["total"]
    assert (only["incidents"], only["destroyed"]["best"], only["killed"]["best"]) == (1, 4, 1)


def test_days_are_those_of_the_time_zone(client: httpx.Client) -> None:
    destroyed(client, "2026-04-30T20:59:59Z", a={"value": 1})
    destroyed(client, "2026-04-30T21:00:00Z", a={"value": 2})
    for zone, days in (("UTC", {"2026-04-30": 3}), ("Europe/Moscow", {"2026-04-30": 1, "2026-05-01": 2})):
        found = statistics(client, metric="destroyed", group_by="day", time_zone=zone)
        assert {day: each["best"] for day, each in groups(found, "day").items()} == days
        assert found["applied_filters"]["time_zone"] == zone
    assert groups(statistics(client, group_by="week"), "week", of="incidents") == {"2026-W18": 2}
    months = statistics(client, group_by="month,kind", time_zone="Europe/Moscow")
    assert groups(months, "month", "kind", of="incidents") == {
        ("2026-04", "interception"): 1,
        ("2026-05", "interception"): 1,
    }


def test_the_interval_is_from_its_start_up_to_its_end(client: httpx.Client) -> None:
    for at in ("2026-04-30T00:00:00Z", "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"):
        destroyed(client, at, a={"value": 1})
    destroyed(client, "2026-05-01T05:00:00+05:00", a={"value": 1})
    asked = {"occurred_from": "2026-05-01T00:00:00Z", "occurred_to": "2026-05-02T00:00:00Z"}
    assert statistics(client, **asked)["total"]["incidents"] == 2


def test_the_last_thirty_days_are_the_default_and_say_so(client: httpx.Client) -> None:
    destroyed(client, NIGHT, a={"value": 1})
    answer = client.get("/v1/statistics", headers={"min-position": head(client)})
    applied = answer.json()["applied_filters"]
    assert answer.json()["total"] == {"incidents": 0}
    assert applied["message_status"] == "actual"
    assert applied["rule_version"] == "2"
    start, end = (datetime.fromisoformat(applied[name]) for name in ("occurred_from", "occurred_to"))
    assert end - start == timedelta(days=30)
    assert abs((datetime.now(end.tzinfo) - end).total_seconds()) < 60


def test_what_nobody_dates_is_outside_and_counted(client: httpx.Client) -> None:
    report(client)
    report(client, occurred={"precision": "day"}, kind="strike")
    report(client, occurred={"end": NIGHT})
    assert [statistics(client)[name] for name in ("total", "no_known_time")] == [{"incidents": 1}, 2]
    assert statistics(client, kind="strike")["no_known_time"] == 1
    assert statistics(client, occurred_from="0001-01-01T00:00:00Z", occurred_to="0002-01-01T00:00:00Z")["total"] == {
        "incidents": 0
    }


def test_what_is_no_fact_is_not_counted_unless_it_is_asked_for(client: httpx.Client) -> None:
    for status in ("actual", "exercise", "test"):
        report(client, occurred={"start": NIGHT}, message_status=status)
    taken_back = report(client, occurred={"start": NIGHT})["id"]
    retract(client, taken_back)
    assert statistics(client)["total"]["incidents"] == 1
    assert statistics(client, message_status="exercise")["total"]["incidents"] == 1
    assert statistics(client, message_status="any")["total"]["incidents"] == 3
    report_again(client, taken_back, occurred={"start": NIGHT})
    assert statistics(client)["total"]["incidents"] == 2


@pytest.mark.parametrize(
    ("filters", "incidents"),
    [
        ({"subdivision": "RU-KLU"}, 2), ({"subdivision": "RU-MOW"}, 1), ({"country": "RU"}, 3), ({"country": "UA"}, 0),
        ({"kind": "interception"}, 3), ({"kind": "strike"}, 0), ({"object_type": "uav"}, 3),
        ({"object_type": "missile"}, 0), ({"subdivision": "RU-KLU", "occurred_from": "2026-05-01T00:00:00Z"}, 1),
    ],
    ids=str,
)  # fmt: skip
def test_filters(client: httpx.Client, filters: dict[str, str], incidents: int) -> None:
    destroyed(client, NIGHT, "RU-KLU", a={"value": 1})
    destroyed(client, NIGHT, "RU-MOW", a={"value": 1})
    destroyed(client, "2026-05-01T03:00:00Z", "RU-KLU", a={"value": 1})
    found = statistics(client, **filters)
    assert found["total"]["incidents"] == incidents
    assert filters.items() <= (found["applied_filters"] | filters).items()


def test_an_older_rule_can_be_asked_for(client: httpx.Client) -> None:
    destroyed(client, NIGHT, "RU-KLU", mayor={"value": 12}, governor={"value": 40}, claims={"mayor": SCOPED})
    destroyed(client, NIGHT, "RU-KLU", governor={"value": 5})
    # the mayor's town is a part by its name only where the incident has one
    by_rule = {
        version: figures(statistics(client, metric="destroyed", rule_version=version)["total"]["destroyed"])
        for version in (1, 2)
    }
    assert by_rule == {1: ((45, 17, 45), (2, 0, 0), 1, 0), 2: ((45, 45, 45), (2, 0, 0), 0, 0)}
    assert statistics(client, rule_version=1)["rule_version"] == 1


def test_as_of_is_what_was_known_then(client: httpx.Client) -> None:
    incident = destroyed(client, NIGHT, "RU-KLU", a={"value": 40})
    six = client.get("/v1/head").json()
    revise(client, incident, {
        "objects": {"uavs": {"counts": {"destroyed": {"b": {"value": 42}}}}},
        "claims": {"b": {"confidence": "confirmed"}}, "locations": {"l0": {"subdivision": "RU-MOW"}},
    })  # fmt: skip
    now = statistics(client, metric="destroyed", group_by="subdivision")
    assert {code: figures(each)[0] for code, each in groups(now, "subdivision").items()} == {"RU-MOW": (42, 40, 42)}
    for as_of in (six["recorded_at"], str(six["position"])):
        found = statistics(client, metric="destroyed", group_by="subdivision", as_of=as_of)
        assert {code: figures(each)[0] for code, each in groups(found, "subdivision").items()} == {
            "RU-KLU": (40, 40, 40)
        }
        assert found["position"] == six["position"]
    assert statistics(client, as_of="0")["total"]["incidents"] == 0
    defaults = client.get("/v1/statistics", params={"as_of": six["recorded_at"]}).json()["applied_filters"]
    assert defaults["occurred_to"] == six["recorded_at"]


@pytest.mark.parametrize(
    ("asked", "wrong", "named"),
    [
        ({"metric": "wounded"}, {"/metric"}, "incidents, observed, destroyed"),
        ({"metric": "killed,killed"}, {"/metric"}, "none twice"),
        ({"metric": ""}, {"/metric"}, "incidents"),
        ({"group_by": "city"}, {"/group_by"}, "day, week, month, country, subdivision, kind, object_type"),
        ({"group_by": "day,kind,country,subdivision"}, {"/group_by"}, "one to 3"),
        ({"group_by": "day,week"}, {"/group_by"}, "not day and week"),
        ({"time_zone": "Mars/Olympus"}, {"/time_zone"}, "Europe/Moscow"),
        ({"subdivision": "RU-XXX"}, {"/subdivision"}, "no subdivision RU-XXX"),
        ({"country": "XX"}, {"/country"}, "no country XX"),
        ({"kind": "war"}, {"/kind"}, "interception"),
        ({"object_type": "ufo"}, {"/object_type"}, "uav"),
        ({"message_status": "draft"}, {"/message_status"}, "exercise"),
        ({"rule_version": "3"}, {"/rule_version"}, "2"),
        ({"rule_version": "0"}, {"/rule_version"}, "1"),
        ({"occurred_from": "yesterday"}, {"/occurred_from"}, "time"),
        ({"occurred_from": NIGHT, "occurred_to": NIGHT}, {"/occurred_from"}, "before"),
        ({"occurred_from": "2016-01-01T00:00:00Z", "occurred_to": NIGHT}, {"/occurred_from"}, "five years"),
        ({"as_of": "2999-01-01T00:00:00Z"}, {"/as_of"}, "future"),
        ({"status": "active"}, {"/status"}, "known"),
        ({"metric": "x", "group_by": "y", "country": "XX"}, {"/metric", "/group_by", "/country"}, "XX"),
    ],
    ids=lambda each: json.dumps(each) if isinstance(each, dict) else "",
)  # fmt: skip
def test_what_cannot_be_asked_names_what_can(ledger: Ledger, asked: Json, wrong: set[str], named: str) -> None:
    with ledger.client() as shared:
        found = refusal(shared.get("/v1/statistics", params=asked), 400, "invalid-request")
    assert pointers(found, "query") == wrong
    assert named in json.dumps(found["errors"])


def test_more_groups_than_can_be_answered_are_refused(client: httpx.Client, alone: Ledger) -> None:
    destroyed(client, NIGHT, a={"value": 1})
    statistics(client)
    alone.sql(
        "INSERT INTO serving.measures SELECT m.position, m.until, timestamptz '2022-01-01' + n * interval '1 hour',"
        " gen_random_uuid(), 1, 2, 0, 0, 'actual', 'k' || n, 'uav', '{}', '{}'"
        " FROM (SELECT * FROM serving.measures WHERE until > 1000000 LIMIT 1) m CROSS JOIN generate_series(1, 10001) n"
    )
    asked = {"occurred_from": "2022-01-01T00:00:00Z", "occurred_to": "2026-01-01T00:00:00Z"}
    found = refusal(client.get("/v1/statistics", params=asked | {"group_by": "kind"}), 400)
    assert pointers(found, "query") == {"/group_by"}
    assert len(statistics(client, **asked, group_by="week")["items"]) == 61
    alone.sql("DELETE FROM serving.measures WHERE rule_from = 1 AND incident NOT IN (SELECT incident FROM incidents)")


def test_a_total_is_that_of_the_register_without_what_the_parent_says_nothing_of(client: httpx.Client) -> None:
    nation = report(client, occurred={"start": NIGHT}, claims={"n": {}})["id"]
    destroyed(client, NIGHT, a={"value": 4}, claims={"a": part_of(nation, "n")})
    destroyed(client, NIGHT, a={"value": 5}, claims={"a": part_of(NOBODY, "n")})
    assert figures(statistics(client, metric="destroyed")["total"]["destroyed"]) == ((9, 9, 9), (2, 0, 1), 0, 0)
