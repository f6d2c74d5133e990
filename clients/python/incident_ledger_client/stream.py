"""What happens to incidents, as it happens: `/v1/stream`, that comes back by itself after its last id."""

import json
import time
from collections.abc import Generator
from typing import Any, Final, NamedTuple

import httpx
from httpx_sse import SSEError, connect_sse

from incident_ledger_client.connection import passes
from incident_ledger_client.generated import AuthenticatedClient
from incident_ledger_client.problems import ProblemAnswered, check

SILENCE: Final = 40.0
"""Seconds without a word, a heartbeat included, after which the connection is given up: they come every 15."""


class Told(NamedTuple):
    """One event of the stream."""

    position: int
    """In the log: `after` of the next stream, if this one ends."""
    kind: str
    """`incident` or `tombstone`."""
    data: dict[str, Any]
    """The incident, or the tombstone of one that is to be dropped."""


def follow(client: AuthenticatedClient, *, after: int | None = None, **filters: Any) -> Generator[Told, None, None]:
    """
    Yield what happens from now on, or after a position; none left out, none twice, whatever becomes of the connection.

    Ends only when told to (`close()` of the iterator), or by ProblemAnswered where trying again is of no use.
    """
    http, pause = client.get_httpx_client(), 2.0
    while True:
        asked = {**filters, **({} if after is None else {"after": after})}
        try:
            with connect_sse(
                http, "GET", "/v1/stream", params=asked, timeout=httpx.Timeout(SILENCE, connect=10.0)
            ) as source:
                if not source.response.is_success:
                    source.response.read()
                    check(source.response)
                for each in source.iter_sse():
                    pause = pause if each.retry is None else each.retry / 1000
                    if each.id:
                        after = int(each.id)
                    if each.data:
                        yield Told(int(each.id), each.event, json.loads(each.data))
        except (httpx.TransportError, SSEError, ProblemAnswered) as error:
            if not passes(error) and not isinstance(error, SSEError):
                raise
            time.sleep(getattr(error, "retry_after", None) or pause)
