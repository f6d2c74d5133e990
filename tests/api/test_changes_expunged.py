"""GET /v1/changes: whoever holds what has been expunged is told to forget it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.api.keeper import Keeper, served
from tests.api.samples import report, revise
from tests.running import Ledger, command, make_database

NAME = "Ivan Ivanovich Ivanov"


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register of its own."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def client(register: Ledger) -> Iterator[httpx.Client]:
    """A client of it."""
    with register.client() as client:
        yield client


def test_whoever_holds_what_is_expunged_begins_anew(register: Ledger, client: httpx.Client) -> None:
    named = report(client)
    revised = revise(client, named["id"], {"summary": f"{NAME} was hurt."})
    for _ in range(3):
        report(client)
    whole, between = Keeper(), Keeper(limit=1)
    whole.catch_up(client)
    for _ in range(2):
        between.ask(client)
    assert NAME in str(whole.documents)
    said = ("--actor", "officer", "--reason", "Art. 17 GDPR", "--yes")
    command("expunge", str(revised["position"]), *said, environ=register.environ)
    for keeper in (whole, between):
        keeper.catch_up(client)
        assert keeper.resets == 2
        assert NAME not in str(keeper.documents)
        assert keeper.documents == served(client)
    assert whole.ask(client).status_code == 204, "once is enough"
