"""PostgreSQL goes away while the service runs: it says so, and works again by itself when PostgreSQL is back."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from tests.faults.postgres import Postgres, mortal_postgres
from tests.running import SCOPES, Ledger, make_database, migrated

Asked = tuple[str, str, dict[str, Any]]
SOON = 15
"""Seconds: a write is tried for five, one that comes meanwhile for five more, and the machine may be busy."""
NOTICED = 20
"""Seconds: an answer is waited for, for ten, before its connection is given up; then a new one, for five."""
FACTS = {"title": "Drone over the harbour", "kind": "sighting"}
LINE = json.dumps({"command": "report", "facts": FACTS}) + "\n"
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def mortal() -> Iterator[Postgres]:
    """A PostgreSQL that may go away."""
    with mortal_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def served(mortal: Postgres) -> Iterator[Ledger]:
    with make_database(mortal.url, migrated(mortal.url)) as url, Ledger(url) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def incident(served: Ledger) -> str:
    """An incident from before."""
    with served.client() as client:
        return str(client.post("/v1/incidents", json={"facts": FACTS}).raise_for_status().json()["id"])


@contextlib.contextmanager
def gone(mortal: Postgres) -> Iterator[None]:
    mortal.stop()
    try:
        yield
    finally:
        mortal.start()


@contextlib.contextmanager
def silent(mortal: Postgres) -> Iterator[None]:
    """Connections stay open, and nobody answers: as behind a broken network."""
    mortal.freeze()
    try:
        yield
    finally:
        mortal.thaw()


@contextlib.contextmanager
def known(ledger: Ledger) -> Iterator[httpx.Client]:
    """A client whose key was looked up just now, and is remembered for five seconds."""
    with ledger.client() as client:
        client.get("/v1/head").raise_for_status()
        yield client


def requests(incident: str) -> list[Asked]:
    at = f"/v1/incidents/{incident}"
    patch = {"reason": "More is known.", "patch": {"summary": "Two."}}
    return [
        ("POST", "/v1/incidents", {"json": {"facts": FACTS}}),
        ("POST", "/v1/incidents", {"json": {"facts": FACTS}, "params": {"dry_run": "true"}}),
        ("POST", f"{at}/revisions", {"json": patch, "headers": {"If-Match": '"1"'}}),
        ("POST", "/v1/batches", {"content": LINE, "params": {"atomic": "true"}, "headers": NDJSON}),
        ("GET", at, {}),
        ("GET", f"{at}/revisions", {}),
        ("GET", at, {"params": {"revision": "1"}}),
        ("GET", "/v1/incidents", {}),
        ("GET", "/v1/log", {}),
        ("GET", "/v1/log", {"headers": {"Accept": "application/x-ndjson"}}),
        ("GET", "/v1/log/1", {}),
        ("GET", "/v1/head", {}),
        ("GET", "/health/ready", {}),
    ]


@pytest.mark.parametrize(("away", "limit"), [(gone, SOON), (silent, NOTICED)])
def test_every_call_that_needs_the_database_is_answered_503_soon(
    mortal: Postgres, served: Ledger, incident: str, away: Any, limit: int
) -> None:
    with known(served), away(mortal):
        for (method, path, _), (answer, seconds) in ask_all(served, requests(incident)):
            assert answer.status_code == 503, (method, path, answer.text)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["type"] == "/problems/database-away"
            assert int(answer.headers["Retry-After"]) >= 1
            assert seconds < limit, (method, path)
    served.wait_until_ready()


def test_a_key_that_cannot_be_looked_up_is_not_called_wrong(mortal: Postgres, served: Ledger, incident: str) -> None:
    fresh = served.make_key(*SCOPES)
    with gone(mortal), served.client(fresh) as client:
        assert client.get(f"/v1/incidents/{incident}").status_code == 503
    served.wait_until_ready()
    with served.client(fresh) as client:
        assert client.get(f"/v1/incidents/{incident}").status_code == 200


def test_each_line_of_a_batch_is_answered_503(mortal: Postgres, served: Ledger) -> None:
    with known(served) as client, gone(mortal):
        answer = client.post("/v1/batches", content=LINE * 3, headers=NDJSON)
    assert answer.status_code == 200
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [(result["line"], result["status"]) for result in results] == [(1, 503), (2, 503), (3, 503)]
    assert {result["problem"]["type"] for result in results} == {"/problems/database-away"}
    served.wait_until_ready()


@pytest.mark.parametrize("away", [gone, silent])
def test_what_needs_no_database_goes_on(mortal: Postgres, served: Ledger, away: Any) -> None:
    with served.client() as client, away(mortal):
        for path in ("/health/live", "/openapi.json", "/docs"):
            assert client.get(path).status_code == 200


async def test_hundreds_of_writers_hear_of_it_together(mortal: Postgres, served: Ledger) -> None:
    async def report(client: httpx.AsyncClient) -> tuple[int, float]:
        begun = time.monotonic()
        answer = await client.post("/v1/incidents", json={"facts": FACTS})
        return answer.status_code, time.monotonic() - begun

    with known(served):
        pass
    options: dict[str, Any] = {"timeout": 60, "limits": httpx.Limits(max_connections=None)}
    headers = {"Authorization": f"Bearer {served.key}"}
    with gone(mortal):
        async with httpx.AsyncClient(base_url=served.url, headers=headers, **options) as client:
            answers = await asyncio.gather(*(report(client) for _ in range(500)))
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < SOON
    served.wait_until_ready()


def test_it_works_again_by_itself(mortal: Postgres, served: Ledger, incident: str) -> None:
    assert served.process is not None
    workers = psutil.Process(served.process.pid).children()
    once: dict[str, Any] = {"headers": {"Idempotency-Key": "while-it-was-away"}, "json": {"facts": FACTS}}
    with known(served) as client:
        with gone(mortal):
            assert client.post("/v1/incidents", **once).status_code == 503
            assert client.get("/health/ready").status_code == 503
        served.wait_until_ready()
        first, again = (client.post("/v1/incidents", **once) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert client.get(first.headers["Location"]).content == first.content == again.content
        assert again.headers["Idempotent-Replayed"] == "true"
        assert client.get(f"/v1/incidents/{incident}").status_code == 200
    assert psutil.Process(served.process.pid).children() == workers


def test_a_write_waits_out_a_short_absence(mortal: Postgres, served: Ledger) -> None:
    with served.client() as client:
        with silent(mortal):
            late = ask_in_background(served)
            time.sleep(2)
        assert late.result().status_code == 201
        assert client.get(late.result().headers["Location"]).status_code == 200


def ask_in_background(ledger: Ledger) -> Future[httpx.Response]:
    threads = ThreadPoolExecutor(1)
    try:
        return threads.submit(lambda: ask(ledger, "POST", "/v1/incidents", {"json": {"facts": FACTS}})[0])
    finally:
        threads.shutdown(wait=False)


def ask(ledger: Ledger, method: str, path: str, options: dict[str, Any]) -> tuple[httpx.Response, float]:
    """Send a request, and say how long its answer took."""
    with httpx.Client(base_url=ledger.url, headers={"Authorization": f"Bearer {ledger.key}"}, timeout=60) as client:
        begun = time.monotonic()
        answer = client.request(method, path, **options)
        return answer, time.monotonic() - begun


def ask_all(ledger: Ledger, wanted: list[Asked]) -> list[tuple[Asked, tuple[httpx.Response, float]]]:
    """Send all at once."""
    with ThreadPoolExecutor(len(wanted)) as threads:
        return list(zip(wanted, threads.map(lambda each: ask(ledger, *each), wanted), strict=True))
