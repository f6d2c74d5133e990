"""The story's four incidents, reported over HTTP into a register of their own."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest

from service import story
from tests.running import Ledger, make_database

Json = dict[str, Any]

NIGHT: Final = date(2026, 4, 30)


class Newsroom(NamedTuple):
    """A register that a newsroom has reported the story to; `client` reads it, and sees the log."""

    ledger: Ledger
    client: httpx.Client
    ids: dict[str, str]

    def read(self, name: str) -> Json:
        """Return an incident as it is served now."""
        return dict(self.client.get(f"/v1/incidents/{self.ids[name]}").raise_for_status().json())

    def names(self, **filters: str) -> set[str]:
        """Return which of the incidents a list with these filters holds."""
        items = self.client.get("/v1/incidents", params=filters).raise_for_status().json()["items"]
        known = {incident: name for name, incident in self.ids.items()}
        return {known[item["id"]] for item in items}


@pytest.fixture(scope="module")
def newsroom(postgres_url: str, template: str) -> Iterator[Newsroom]:
    """Belgorod first, since the other three follow it."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as reader:
        with ledger.client(ledger.make_key("incidents:write", actor="newsroom")) as writer:
            ids: dict[str, str] = {}
            for name in ("belgorod", "kaluga", "moscow", "voronezh"):
                reports = story.incidents(NIGHT, UUID(ids["belgorod"]) if ids else None)
                answer = writer.post("/v1/incidents", json=msgspec.to_builtins(getattr(reports, name)))
                ids[name] = answer.raise_for_status().json()["id"]
        yield Newsroom(ledger, reader, ids)
