"""Every route of openapi/v1.json that needs a scope, and how it is asked with whatever stands in a key's place."""

from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from tests.api.document import OPERATIONS
from tests.api.samples import NOBODY, Json
from tests.running import Ledger

REQUESTS: Final[Mapping[str, tuple[str, str, str]]] = {
    name: (scheme["apiKey"][0], method.upper(), path)
    for name, (method, path, operation) in OPERATIONS.items()
    for scheme in operation["security"]
    if "apiKey" in scheme
} | {"dry run": ("incidents:write", "POST", "/v1/incidents?dry_run=true")}
"""Every route of openapi/v1.json that needs a scope."""
THERE: Final = {
    "revision": 1, "position": 1, "level": 0, "tile": "000.p/1", "icao": "UUWW", "slug": "governor", "region": "RU-KLU",
    "campaign": "spring", "webhook": NOBODY,
}  # fmt: skip
NEEDED: Final = {
    "/v1/log/proofs/inclusion": "?position=1", "/v1/log/proofs/consistency": "?first=1", "/v1/stream": "?seconds=1",
}  # fmt: skip
EVERY = pytest.mark.parametrize(("scope", "method", "path"), REQUESTS.values(), ids=REQUESTS)
CHALLENGE: Final = 'Bearer realm="incident-ledger"'


class Asker:
    """Asks without a key, or with whatever stands in its place."""

    def __init__(self, anybody: httpx.Client, there: Json) -> None:
        self._anybody = anybody
        self._there = there

    def __call__(self, ledger: Ledger, method: str, path: str, authorization: str | bytes | None) -> httpx.Response:
        headers = {} if authorization is None else {"Authorization": authorization}
        where = path.format(incident=self._there["id"], **THERE) + NEEDED.get(path, "")
        least = {"min-position": str(self._there["position"])}
        return self._anybody.request(method, f"{ledger.url}{where}", headers=headers | least)  # type: ignore[arg-type]


def let_through(answer: httpx.Response, method: str, path: str) -> None:
    """Hold that a request came past the guard, to where its body is missed, or a webhook that is nobody's."""
    passed = {415} if method in {"POST", "PATCH"} else {200}
    assert answer.status_code in ({*passed, 404} if "{webhook}" in path else passed), answer.text
