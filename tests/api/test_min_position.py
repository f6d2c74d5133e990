"""`min-position`: an answer reflects what the client has seen, or says that it cannot yet."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.api.samples import Json, report
from tests.running import Ledger


@pytest.fixture
def client(ledger: Ledger) -> Iterator[httpx.Client]:
    """A client; while a test runs, nobody else writes."""
    with ledger.client() as opened:
        yield opened


def read(client: httpx.Client, path: str, position: object) -> httpx.Response:
    """Read with a minimum."""
    return client.get(path, headers={"min-position": str(position)})


@pytest.fixture
def incident(client: httpx.Client) -> Json:
    """An incident."""
    return report(client)


PATHS = ("/v1/head", "/v1/log", "/v1/log/1", "/v1/incidents/{id}", "/v1/incidents/{id}/revisions",
         "/v1/incidents/{id}/revisions/1", "/v1/incidents/{id}/explain", "/v1/airports", "/v1/airports/UUWW",
         "/v1/sources", "/v1/statistics", "/v1/statistics/trend")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_is_reached_is_answered_at_once(client: httpx.Client, incident: Json, path: str) -> None:
    answer = read(client, path.format(**incident), incident["position"])
    assert answer.status_code == 200
    assert int(answer.headers["Log-Position"]) >= incident["position"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_written_meanwhile_is_waited_for(client: httpx.Client, incident: Json, path: str) -> None:
    later = threading.Timer(0.3, report, (client,))
    later.start()
    since = time.monotonic()
    answer = read(client, path.format(**incident), incident["position"] + 1)
    later.join()
    assert time.monotonic() - since > 0.25
    assert answer.status_code == 200
    assert int(answer.headers["Log-Position"]) == incident["position"] + 1


def test_what_is_not_reached_in_five_seconds_is_refused_with_a_time_to_try_again(
    client: httpx.Client, incident: Json
) -> None:
    since = time.monotonic()
    answer = read(client, f"/v1/incidents/{incident['id']}", incident["position"] + 1)
    assert 4 < time.monotonic() - since < 8
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/position-not-reached"
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("given", ["-1", "x", "1.5", "99999999999999999999", ""])
def test_what_is_no_position_is_refused(client: httpx.Client, incident: Json, given: str) -> None:
    answer = read(client, f"/v1/incidents/{incident['id']}", given)
    assert answer.status_code == 400
    assert [(each["pointer"], each["in"]) for each in answer.json()["errors"]] == [("/min-position", "header")]
