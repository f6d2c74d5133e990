"""What the tests of the HTTP surface share."""

from collections.abc import Iterator

import httpx
import pytest

from tests.api.samples import report, retract
from tests.running import Ledger


@pytest.fixture(scope="session")
def client(ledger: Ledger) -> Iterator[httpx.Client]:
    """A client of the shared service, with every scope."""
    with ledger.client() as client:
        yield client


@pytest.fixture(scope="session")
def active(client: httpx.Client) -> str:
    """The id of an incident that stands, and that no test changes."""
    return str(report(client)["id"])


@pytest.fixture(scope="session")
def retracted(client: httpx.Client) -> str:
    """The id of a retracted incident that no test changes."""
    incident = str(report(client)["id"])
    retract(client, incident)
    return incident
