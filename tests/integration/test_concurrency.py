"""Many writers and readers at once, on two instances of the service: what they may count on all the same."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.running import ROOT, Ledger, make_database

PROCESSES = 8
RACERS = 50
NDJSON = {"Accept": "application/x-ndjson"}
FACTS = {"title": "Drone over the harbour", "kind": "sighting"}


@pytest.fixture(scope="module")
def pair(postgres_url: str, template: str) -> Iterator[tuple[Ledger, Ledger]]:
    """Two instances of the service on one database."""
    with make_database(postgres_url, template) as url, Ledger(url) as first, Ledger(url) as second:
        yield first, second


@dataclass
class Tail:
    """Follows the log from a position on, and counts every event that comes."""

    last: int
    seen: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)
    out_of_order: list[tuple[int, int]] = field(default_factory=list)
    recorded_at: str = ""

    def take(self, event: dict[str, Any]) -> None:
        """Take the next event."""
        position, recorded_at = event["position"], event["recorded_at"]
        if position != self.last + 1 or recorded_at <= self.recorded_at:
            self.out_of_order.append((self.last, position))
        self.last, self.recorded_at = position, recorded_at
        self.seen[position, event["event_id"], event["incident"], event["data"]["facts"]["title"]] += 1

    async def pages(self, client: httpx.AsyncClient, until: asyncio.Future[int]) -> None:
        """Follow the log page by page, to the position that `until` will name."""
        while not until.done() or self.last < until.result():
            answer = (await client.get("/v1/log", params={"after": self.last, "limit": 500})).raise_for_status()
            items = answer.json()["items"]
            for event in items:
                self.take(event)
            assert int(answer.headers["Log-Position"]) >= self.last
            if not items:
                await asyncio.sleep(0.02)

    async def stream(self, client: httpx.AsyncClient, until: asyncio.Future[int]) -> None:
        """Follow the log as one stream after the other."""
        while not until.done() or self.last < until.result():
            async with client.stream("GET", "/v1/log", params={"after": self.last}, headers=NDJSON) as answer:
                head = int(answer.raise_for_status().headers["Log-Position"])
                async for line in answer.aiter_lines():
                    self.take(json.loads(line))
                assert self.last >= head
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("appends", [400, pytest.param(2000, marks=pytest.mark.faults)])
async def test_no_reader_misses_an_event_of_8_writers_on_2_instances(pair: tuple[Ledger, Ledger], appends: int) -> None:
    before = head(pair[0])
    tails = [Tail(before) for _ in range(4)]
    until: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with clients(pair) as (first, second), asyncio.timeout(150), asyncio.TaskGroup() as readers:
        for tail, client in zip(tails[:2], (first, second), strict=True):
            readers.create_task(tail.pages(client, until))
        for tail, client in zip(tails[2:], (first, second), strict=True):
            readers.create_task(tail.stream(client, until))
        acknowledged = await asyncio.to_thread(append_in_processes, pair, appends)
        until.set_result(before + PROCESSES * appends)

    assert head(pair[0]) == head(pair[1]) == before + PROCESSES * appends
    assert len(acknowledged) == len({title for title, *_ in acknowledged}) == PROCESSES * appends
    for tail in tails:
        assert tail.out_of_order == []
        assert set(tail.seen.values()) == {1}
        assert sorted(position for position, *_ in tail.seen) == list(range(before + 1, tail.last + 1))
        assert tail.seen == tails[0].seen
    assert sorted(acknowledged) == sorted((title, inc, position) for position, _, inc, title in tails[0].seen)


def append_in_processes(pair: tuple[Ledger, Ledger], appends: int) -> list[tuple[str, str, int]]:
    """Append from many processes at once and return all that was acknowledged."""
    with ThreadPoolExecutor(PROCESSES) as desks:
        answers = desks.map(lambda n: append_in_process(f"desk-{n}", pair, appends), range(PROCESSES))
        return [acknowledgement for answer in answers for acknowledgement in answer]


def append_in_process(name: str, pair: tuple[Ledger, Ledger], appends: int) -> list[tuple[str, str, int]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.appender", name, str(appends), *(ledger.url for ledger in pair)],
        input=pair[0].key, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=140,
    )  # fmt: skip
    return [(title, incident, position) for title, incident, position in json.loads(done.stdout)]


async def test_of_50_revisions_of_the_same_revision_one_wins(pair: tuple[Ledger, Ledger]) -> None:
    with pair[0].client() as client:
        incident = client.post("/v1/incidents", json={"facts": FACTS}).json()["id"]
    before = head(pair[0])

    async def revise(client: httpx.AsyncClient, n: int) -> httpx.Response:
        body = {"reason": f"Desk {n} knows more.", "patch": {"summary": f"According to desk {n}"}}
        return await client.post(f"/v1/incidents/{incident}/revisions", json=body, headers={"If-Match": '"1"'})

    answers = await race(pair, revise)
    (won,) = (answer for answer in answers if answer.status_code == 201)
    assert {answer.status_code for answer in answers if answer is not won} == {412}
    assert {answer.json()["current_revision"] for answer in answers if answer is not won} == {2}
    assert head(pair[1]) == before + 1
    with pair[1].client() as client:
        assert client.get(f"/v1/incidents/{incident}").content == won.content


async def test_50_revisions_of_whichever_revision_it_is_at_all_count(pair: tuple[Ledger, Ledger]) -> None:
    with pair[0].client() as client:
        incident = client.post("/v1/incidents", json={"facts": FACTS}).json()["id"]

    async def revise(client: httpx.AsyncClient, n: int) -> httpx.Response:
        body = {"reason": f"Desk {n} knows more.", "patch": {"summary": f"According to desk {n}"}}
        return await client.post(f"/v1/incidents/{incident}/revisions", json=body, headers={"If-Match": "*"})

    answers = await race(pair, revise)
    assert Counter(answer.status_code for answer in answers) == {201: RACERS}
    assert sorted(answer.json()["revision"] for answer in answers) == list(range(2, RACERS + 2))


async def test_50_posts_with_one_idempotency_key_are_one_event(pair: tuple[Ledger, Ledger]) -> None:
    before = head(pair[0])

    async def report(client: httpx.AsyncClient, _: int) -> httpx.Response:
        return await client.post("/v1/incidents", json={"facts": FACTS}, headers={"Idempotency-Key": "the-one"})

    answers = await race(pair, report)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotent-Replayed") != "true" for answer in answers) == 1
    assert head(pair[1]) == before + 1


async def test_of_50_posts_with_one_idempotency_key_and_different_bodies_one_wins(pair: tuple[Ledger, Ledger]) -> None:
    before = head(pair[0])

    async def report(client: httpx.AsyncClient, n: int) -> httpx.Response:
        facts = FACTS | {"title": f"Sighting {n}"}
        return await client.post("/v1/incidents", json={"facts": facts}, headers={"Idempotency-Key": "many-bodies"})

    answers = await race(pair, report)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 422: RACERS - 1}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 422} == {
        "/problems/idempotency-key-reused"
    }
    assert head(pair[1]) == before + 1


async def test_of_50_reports_with_one_external_id_one_wins(pair: tuple[Ledger, Ledger]) -> None:
    before = head(pair[0])

    async def report(client: httpx.AsyncClient, n: int) -> httpx.Response:
        facts = FACTS | {"title": f"Sighting {n}", "external_ids": {"feed": "7"}}
        return await client.post("/v1/incidents", json={"facts": facts})

    answers = await race(pair, report)
    (won,) = (answer for answer in answers if answer.status_code == 201)
    assert {answer.status_code for answer in answers if answer is not won} == {409}
    assert {answer.json()["incident"] for answer in answers if answer is not won} == {won.json()["id"]}
    assert head(pair[1]) == before + 1


async def race(pair: tuple[Ledger, Ledger], post: Any) -> list[httpx.Response]:
    """Send all at once, half to each instance."""
    async with clients(pair) as both:
        return list(await asyncio.gather(*(post(both[n % 2], n) for n in range(RACERS))))


@contextlib.asynccontextmanager
async def clients(pair: tuple[Ledger, Ledger]) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A client of each instance, with as many connections as it needs."""
    headers = {"Authorization": f"Bearer {pair[0].key}"}
    options: dict[str, Any] = {"headers": headers, "timeout": 60, "limits": httpx.Limits(max_connections=None)}
    async with (
        httpx.AsyncClient(base_url=pair[0].url, **options) as first,
        httpx.AsyncClient(base_url=pair[1].url, **options) as second,
    ):
        yield first, second


def head(ledger: Ledger) -> int:
    with ledger.client() as client:
        return int(client.get("/v1/head").raise_for_status().json()["position"])
