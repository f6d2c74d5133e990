"""GET /v1/statistics/trend: 'a growing pattern in recent weeks', as a number with its interval."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from service.domain.trend import trend
from tests.api.samples import batch, pointers, refusal
from tests.api.totals import head, part_of
from tests.running import Ledger, make_database

Json = dict[str, Any]
END: Final = datetime.fromisoformat("2026-05-01T00:00:00Z")
QUIET: Final = [3, 5, 4, 4, 6, 3, 5, 4, 3, 4, 5, 4]
LOUD: Final = [9, 12, 10, 11]
A_YEAR_LATER: Final = {"occurred_to": "2027-05-01T00:00:00Z"}


@pytest.fixture(scope="module")
def client(postgres_url: str, template: str) -> Iterator[httpx.Client]:
    """A client of a register in which the last four of sixteen weeks were loud in Kaluga, and all alike in Moscow."""
    with make_database(postgres_url, template) as url, Ledger(url) as running, running.client() as client:
        lines = [
            _line(END - timedelta(days=7 * (16 - week)) + timedelta(hours=number), code)
            for code, weeks in (("RU-KLU", QUIET + LOUD), ("RU-MOW", [4] * 16))
            for week, count in enumerate(weeks)
            for number in range(count)
        ]
        assert {each["status"] for each in batch(client, *lines)} == {201}
        yield client


def _line(at: datetime, code: str) -> Json:
    counts = {"destroyed": {"a": {"value": 2}}}
    facts = {
        "title": "t", "kind": "strike", "occurred": {"start": at.isoformat(), "precision": "hour"}, "claims": {"a": {}},
        "locations": {"l": {"subdivision": code}}, "objects": {"o": {"type": "uav", "counts": counts}},
    }  # fmt: skip
    return {"command": "report", "facts": facts}


def ask(client: httpx.Client, **asked: Any) -> Json:
    params = {"occurred_to": END.isoformat()} | asked
    answer = client.get("/v1/statistics/trend", params=params, headers={"min-position": head(client)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Log-Position"] == str(answer.json()["position"])
    return dict(answer.json())


def test_a_growing_pattern_is_above_its_baseline(client: httpx.Client) -> None:
    found = ask(client, subdivision="RU-KLU")
    expected = trend(LOUD, QUIET)
    assert found["trend"]["verdict"] == expected.verdict == "above"
    shown = [found["trend"][name] for name in ("ratio", "low", "high", "dispersion")]
    assert shown == [expected.ratio, expected.low, expected.high, expected.dispersion]
    assert [week["number"] for week in found["weeks"]] == QUIET + LOUD
    assert [week["recent"] for week in found["weeks"]] == [False] * 12 + [True] * 4
    assert found["weeks"][0]["start"] == "2026-01-09T00:00:00.000000Z"
    assert found["applied_filters"]["occurred_from"] == found["weeks"][0]["start"]


def test_weeks_that_are_all_alike_are_not_told_from_the_baseline(client: httpx.Client) -> None:
    found = ask(client, subdivision="RU-MOW")["trend"]
    assert (found["verdict"], found["ratio"], found["dispersion"]) == ("not_distinguishable", 1, 1)
    assert found["low"] < 1 < found["high"]


def test_nothing_is_said_of_nothing(client: httpx.Client) -> None:
    found = ask(client, subdivision="RU-BEL")
    assert found["trend"]["verdict"] == "not_enough_data"
    assert found["trend"]["ratio"] is None
    assert [week["number"] for week in found["weeks"]] == [0] * 16


def test_a_number_can_be_compared_as_well(client: httpx.Client) -> None:
    found = ask(client, subdivision="RU-KLU", metric="destroyed")
    assert [week["number"] for week in found["weeks"]] == [2 * each for each in QUIET + LOUD]
    assert found["weeks"][-1]["inputs"] == {"counted": LOUD[-1], "none_reported": 0, "unknown": 0}
    assert ask(client, subdivision="RU-KLU", metric="killed")["weeks"][-1] | {"start": ""} == {
        "start": "", "recent": True, "number": 0, "inputs": {"counted": 0, "none_reported": 0, "unknown": LOUD[-1]},
    }  # fmt: skip


def test_the_windows_are_those_that_are_asked_for(client: httpx.Client) -> None:
    found = ask(client, subdivision="RU-KLU", recent_weeks=2, baseline_weeks=3)
    assert [(week["number"], week["recent"]) for week in found["weeks"]] == [
        (QUIET[-1], False), (LOUD[0], False), (LOUD[1], False), (LOUD[2], True), (LOUD[3], True),
    ]  # fmt: skip


def test_as_of_is_what_was_known_then(client: httpx.Client) -> None:
    assert ask(client, as_of="0")["trend"]["verdict"] == "not_enough_data"
    some = [week["number"] for week in ask(client, subdivision="RU-KLU", as_of="10")["weeks"]]
    assert sum(some) == 10
    assert ask(client, as_of="10")["position"] == 10


def test_what_is_part_of_another_number_of_the_week_is_not_added(client: httpx.Client) -> None:
    at = datetime.fromisoformat("2027-04-30T00:00:00Z")
    whole = batch(client, _line(at, "RU-VOR"))[0]["incident"]
    part = _line(at, "RU-VOR")
    part["facts"]["claims"] = {"a": part_of(whole, "a")}
    batch(client, part)
    assert ask(client, metric="destroyed", **A_YEAR_LATER)["weeks"][-1]["number"] == 2


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"metric": "wounded"}, "/metric"), ({"recent_weeks": "0"}, "/recent_weeks"),
        ({"baseline_weeks": "1"}, "/baseline_weeks"), ({"baseline_weeks": "1000"}, "/baseline_weeks"),
        ({"occurred_to": "0001-01-08T00:00:00Z"}, "/occurred_to"), ({"subdivision": "RU-XXX"}, "/subdivision"),
        ({"occurred_from": "2026-01-01T00:00:00Z"}, "/occurred_from"), ({"as_of": "2999-01-01T00:00:00Z"}, "/as_of"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_asked_is_named(client: httpx.Client, asked: Json, wrong: str) -> None:
    assert pointers(refusal(client.get("/v1/statistics/trend", params=asked), 400), "query") == {wrong}
