"""What passes by is matched as lists match what is stored."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest

from service import codes
from service.api import incident_filters
from service.api.incidents_list import ListQuery
from service.api.requests import Reading
from service.db import connect
from service.projections import passing
from service.projections.incidents_list import Filters
from service.projections.matching import matches
from service.projections.passing import Passing
from tests.api.samples import Json, report, retract, revise
from tests.api.test_list_filters import SPRING
from tests.running import Ledger, make_database

_COUNTS: Final[list[Json]] = [
    {"destroyed": {"c": {"value": 40}}}, {"destroyed": {"c": {"at_least": 7}}}, {"observed": {"c": {"value": 3}}},
    {"destroyed": {"c": {"value": 4}}, "observed": {"c": {"value": 2}}}, {"destroyed": {"c": {"unknown": True}}},
]  # fmt: skip
ANY: Final = {"status": "any", "message_status": "any"}
QUERIES: Final[list[dict[str, str]]] = [
    {}, ANY, {"status": "retracted"}, {"message_status": "exercise"}, {"country": "RU"}, {"subdivision": "RU-KLU"},
    {"within": "RU"}, {"within": "RU-MOW"}, {"within": "GB-ENG"}, {"kind": "strike"}, {"object_type": "uav"},
    {"source": "governor-kaluga"}, {"airport": "ULLI"}, {"disruption": "airport_closed"}, {"external_id": "ns/sumy"},
    {"flag": "destroyed_exceeds_observed"}, {"flag": "occurred_after_recorded"}, {"q": "forty river"}, {"q": "Калуге"},
    {"campaign": "spring"}, {"campaign": "none"}, {"min_destroyed": "1"}, {"min_destroyed": "7"},
    {"min_destroyed": "41"},
    {"occurred_from": "2026-05-01T20:00:00Z"}, {"occurred_from": "2026-05-02T00:00:00Z"},
    {"occurred_from": "2026-05-03T00:00:00Z"}, {"occurred_to": "2026-05-02T10:00:00Z"},
    {"occurred_to": "2026-05-02T10:00:00.000001Z"}, {"occurred_to": "1999-01-01T00:00:00Z"},
    {"recorded_from": "2026-01-01T00:00:00Z"}, {"recorded_to": "2026-01-01T00:00:00Z"},
    {"bbox": "36,54,37,55"}, {"bbox": "36.26,54.51,36.26,54.51"}, {"bbox": "-180,-90,180,90"},
    {"bbox": "179,-20,-179,-10"}, {"bbox": "179,-20,180,-10"}, {"bbox": "-10,-20,10,-10"},
    {"near": "36.26,54.51,25"}, {"near": "37.6,55.75,1"}, {"near": "180,-17,20"}, {"near": "-179.95,-17,50"},
    {"near": "36,54,170"}, {"near": "36,54,60"}, {"near": "0,90,4500"}, {"near": "0,0,20015"},
]  # fmt: skip


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register of incidents that differ in all that filters look at."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        with ledger.client() as client:
            for title, facts in SPRING.items():
                made = report(client, title=title, campaigns=["spring"], external_ids={"ns": title}, **facts)
                if title == "gone":
                    retract(client, made["id"])
            for counts in _COUNTS:
                made = report(client, objects={"o": {"type": "uav", "counts": counts}}, claims={"c": {"source": "s"}})
                revise(client, made["id"], {"kind": "debris"})
            report(client, title="to come", occurred={"start": "2999-01-01T00:00:00Z"})
            head = client.get("/v1/head").json()["position"]
            for path in ("/v1/incidents?as_of={}", "/v1/airports?at=2026-01-01T00:00:00Z"):  # waits for `versions`
                client.get(path.format(head)).raise_for_status()
        yield ledger


async def _passed(url: str) -> list[Passing]:
    connection = await connect(url)
    try:
        return await passing.read(connection, 0, 10**6, 1000, {})
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def passed(register: Ledger) -> list[Passing]:
    """Every event of the register."""
    return asyncio.run(_passed(register.database_url))


@pytest.fixture(scope="module")
def client(register: Ledger) -> Iterator[httpx.Client]:
    """A client of the register."""
    with register.client() as client:
        yield client


def filters(query: dict[str, str]) -> Filters:
    """Read filters as the service does."""
    reading = Reading()
    found = incident_filters.chosen(msgspec.convert(query, ListQuery, strict=False), reading, codes.load())
    reading.finish()
    return found


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: " ".join(f"{k}={v}" for k, v in query.items()) or "none")
def test_it_is_what_a_list_finds(client: httpx.Client, passed: list[Passing], query: dict[str, str]) -> None:
    wanted = filters(query)
    now = {each.incident: each.after for each in passed}
    listed = client.get("/v1/incidents", params=query | {"limit": "500"}).raise_for_status().json()["items"]
    assert {str(each) for each, version in now.items() if matches(wanted, version)} == {each["id"] for each in listed}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: " ".join(f"{k}={v}" for k, v in query.items()) or "none")
def test_it_is_what_a_list_found_at_the_time(
    client: httpx.Client, passed: list[Passing], query: dict[str, str]
) -> None:
    wanted = filters(query)
    middle = len(passed) - 4
    then = {each.incident: each.after for each in passed if each.position <= middle}
    past: dict[str, Any] = query | {"limit": "500", "as_of": str(middle)}
    listed = client.get("/v1/incidents", params=past).raise_for_status().json()["items"]
    assert {str(each) for each, version in then.items() if matches(wanted, version)} == {each["id"] for each in listed}


def test_each_event_comes_with_what_was_before(passed: list[Passing]) -> None:
    assert [each.position for each in passed] == list(range(1, len(passed) + 1))
    last: dict[Any, Any] = {}
    for each in passed:
        before = last.get(each.incident)
        assert each.before == before
        last[each.incident] = each.after
