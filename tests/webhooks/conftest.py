"""A service that may send to 127.0.0.1, and somebody who listens there."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.running import Ledger, make_database
from tests.webhooks.receiver import Receiver

Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="package")
def sending(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A service whose webhooks may lead to this machine."""
    with make_database(postgres_url, template) as url, Ledger(url, WEBHOOK_NETWORKS="127.0.0.0/8,::1/128") as running:
        yield running


@pytest.fixture
def client(sending: Ledger) -> Iterator[httpx.Client]:
    """A client of it, with every scope."""
    with sending.client() as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who listens."""
    with Receiver.listening() as listening:
        yield listening


@pytest.fixture
def make(client: httpx.Client, receiver: Receiver) -> Iterator[Make]:
    """Make webhooks that end with the test; each of incidents with a word of its own, if nothing else is said."""
    made: list[str] = []

    def webhook(**given: Any) -> dict[str, Any]:
        answer = client.post("/v1/webhooks", json={"url": receiver.url, **given})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        made.append(found["id"])
        return found

    yield webhook
    for each in made:
        assert client.delete(f"/v1/webhooks/{each}").status_code in {204, 404}
