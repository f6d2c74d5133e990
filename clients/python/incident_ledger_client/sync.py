"""Incidents kept in step with the ledger, over any connection: what `/v1/changes` is made for (docs/syncing.md)."""

from collections.abc import Mapping
from typing import Any

import httpx

from incident_ledger_client.connection import trying
from incident_ledger_client.generated import AuthenticatedClient
from incident_ledger_client.problems import check


class Held:
    """
    The incidents that some filters match, as the ledger has them.

    Keep `incidents` and `token` together, and give both to the next one: it goes on from there. Filters are those of
    `GET /v1/changes`, by name; with others, begin with neither.
    """

    def __init__(
        self, client: AuthenticatedClient, *, incidents: Mapping[str, dict[str, Any]] | None = None,
        token: str | None = None, **filters: Any,
    ) -> None:  # fmt: skip
        self.incidents: dict[str, dict[str, Any]] = dict(incidents or {})
        """Documents, by the incident's id."""
        self.token = token
        self._http: httpx.Client = client.get_httpx_client()
        self._filters = filters
        self._ask = trying()(self._asked)

    def step(self, wait: int = 0) -> bool:
        """
        Take the next changes; whether there may be more at once.

        With `wait`, up to so many seconds (30 at most) for something to happen. Raises ProblemAnswered or
        httpx.TransportError when trying again for a minute was in vain: what is held stays as it was.
        """
        answer: httpx.Response = self._ask(wait)
        if answer.status_code == httpx.codes.NO_CONTENT:
            return False
        page = answer.json()
        if page["reset"]:
            self.incidents.clear()
        for each in page["tombstones"]:
            self.incidents.pop(each["id"], None)
        for each in page["items"]:
            self.incidents[each["id"]] = each
        self.token = page["next_since"]
        return bool(page["more"])

    def catch_up(self) -> None:
        """Take all that there is."""
        while self.step():
            pass

    def _asked(self, wait: int) -> httpx.Response:
        query = {**self._filters, **({"since": self.token} if self.token else {}), **({"wait": wait} if wait else {})}
        answer = self._http.get("/v1/changes", params=query)
        check(answer)
        return answer
