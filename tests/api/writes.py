"""Every way to write, each with a sound body, so that one table of faults can be tried on all of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from tests.api.samples import ANY_REVISION, FACTS, JSON, NDJSON, Json, problem, refusal


@dataclass(frozen=True)
class Targets:
    """The incidents that changes are tried on."""

    active: str
    retracted: str


@dataclass(frozen=True)
class Write:
    """One way to write."""

    name: str
    path: str
    sound: Json
    """A body that would be recorded."""
    facts_at: str | None = None
    """Where the facts are in the body."""

    def refused(self, client: httpx.Client, targets: Targets, body: Json | bytes, status: int, slug: str) -> Json:
        """Send a body, hold that it is refused so, and return the problem."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if self.path == "/v1/batches":
            answer = client.post(self.path, content=raw + b"\n", headers=NDJSON)
            assert answer.status_code == 200, answer.text[:500]
            (result,) = [json.loads(line) for line in answer.text.splitlines()]
            assert (result["line"], result["status"]) == (1, status), result
            return problem(result["problem"], status, slug)
        path = self.path.format(active=targets.active, retracted=targets.retracted)
        return refusal(client.post(path, content=raw, headers=JSON | ANY_REVISION), status, slug)

    def with_facts(self, facts: Json) -> Json:
        """Return the sound body with other facts."""
        assert self.facts_at is not None
        return self.sound | {self.facts_at.removeprefix("/"): facts}


REPORT: Final = Write("report", "/v1/incidents", {"facts": FACTS}, "/facts")
REVISION: Final = Write(
    "revision", "/v1/incidents/{active}/revisions", {"reason": "r", "patch": {"title": "t"}}, "/patch"
)
RETRACTION: Final = Write("retraction", "/v1/incidents/{active}/retraction", {"reason_code": "legal", "reason": "r"})
REPORTS: Final = Write("reports", "/v1/incidents/{retracted}/reports", {"facts": FACTS}, "/facts")
LINE: Final = Write("batch line", "/v1/batches", {"command": "report", "facts": FACTS}, "/facts")
WRITES: Final = (REPORT, REVISION, RETRACTION, REPORTS, LINE)

Spoil = Callable[[bytes], bytes]
