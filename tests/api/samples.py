"""What the tests of the HTTP surface send, and how they look at what comes back."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self
from uuid import uuid4

import httpx

Json = dict[str, Any]
Pointers = set[str]

FACTS: Final[Json] = {"title": "Drone over the harbour", "kind": "sighting"}
REASON: Final = "The governor gave a number."
JSON: Final = {"Content-Type": "application/json"}
NDJSON: Final = {"Content-Type": "application/x-ndjson"}
ANY_REVISION: Final = {"If-Match": "*"}
NOBODY: Final = "00000000-0000-7000-8000-000000000000"

_INNARDS: Final = re.compile(
    r"Traceback|\.py\b|\bFile \"|\b(?:SELECT|INSERT|UPDATE|DELETE FROM|psycopg|asyncpg|msgspec|litestar|jiter)\b"
    r"|\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b"  # a class name
)


def unique(stem: str = "t") -> str:
    """Return a slug that no other test uses: the register is shared."""
    return f"{stem}-{uuid4().hex[:12]}"


def report(client: httpx.Client, **facts: Any) -> Json:
    """Report an incident and return its document."""
    answer = client.post("/v1/incidents", json={"facts": FACTS | facts})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def revise(client: httpx.Client, incident: str, patch: Json, **more: Any) -> Json:
    """Revise an incident, whichever revision it is at, and return its document."""
    body = {"reason": REASON, "patch": patch, **more}
    answer = client.post(f"/v1/incidents/{incident}/revisions", json=body, headers=ANY_REVISION)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def retract(client: httpx.Client, incident: str, **more: Any) -> Json:
    """Retract an incident, whichever revision it is at, and return its document."""
    body = {"reason_code": "false_report", "reason": "It was a flock of birds.", **more}
    answer = client.post(f"/v1/incidents/{incident}/retraction", json=body, headers=ANY_REVISION)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def report_again(client: httpx.Client, incident: str, **facts: Any) -> Json:
    """Report a retracted incident again and return its document."""
    body = {"facts": FACTS | facts}
    answer = client.post(f"/v1/incidents/{incident}/reports", json=body, headers=ANY_REVISION)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def batch(client: httpx.Client, *lines: Json | bytes, query: str = "") -> list[Json]:
    """Carry out a batch and return the results, a line each."""
    body = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    answer = client.post(f"/v1/batches{query}", content=body, headers=NDJSON)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def following(answer: httpx.Response) -> str | None:
    """Return where the Link of a page leads; None on the last."""
    link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
    return link[1] if link else None


def walk(client: httpx.Client, path: str) -> Iterator[httpx.Response]:
    """Yield a page and those that each Link leads to."""
    seen: set[str] = set()
    here: str | None = path
    while here is not None:
        assert here not in seen, f"the pages go round in a circle at {here}"
        seen.add(here)
        answer = client.get(here)
        assert answer.status_code == 200, answer.text
        yield answer
        here = following(answer)


def head(client: httpx.Client) -> int:
    """Return the last position of the log."""
    return int(client.get("/v1/head").json()["position"])


@contextlib.contextmanager
def nothing_recorded(client: httpx.Client) -> Iterator[None]:
    """Hold that the log ends afterwards where it ended before."""
    before = head(client)
    yield
    assert head(client) == before, "something was recorded"


def refusal(answer: httpx.Response, status: int, slug: str | None = None) -> Json:
    """Hold that the answer is a problem that a client can act on, and return it."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Request-Id"]
    assert answer.headers["Log-Position"].isdigit()
    return problem(answer.json(), status, slug)


def problem(found: Json, status: int, slug: str | None = None) -> Json:
    """Hold that a problem is one that a client can act on, and return it."""
    assert found["status"] == status, found
    assert found["title"]
    assert found["detail"]
    assert found["type"].startswith("/problems/")
    if slug is not None:
        assert found["type"] == f"/problems/{slug}", found
    for each in found.get("errors", []):
        assert each["pointer"] == "" or each["pointer"].startswith("/")
        assert each["message"]
        assert each.get("in", "body") in {"body", "query", "path", "header"}
    innards = _INNARDS.search(json.dumps(found))
    assert innards is None, f"the problem shows innards: {innards and innards[0]}"
    return found


def pointers(found: Json, where: str = "body") -> Pointers:
    """Return what a problem points at in one part of the request."""
    return {each["pointer"] for each in found.get("errors", []) if each.get("in", "body") == where}


class Raw:
    """A connection on which a test says the very bytes."""

    def __init__(self, port: int) -> None:
        self.socket: Final = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        """Send, unless the other side has heard enough: its answer may be there all the same."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(b"".join(pieces))

    def ask(self, line: bytes, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Send one request and return status, headers and body of its answer; the connection is closed after it."""
        named = {"Host": "ledger", "Connection": "close", **headers}
        lines = [f"{name}: {value}\r\n".encode("latin-1") for name, value in named.items()]
        self.send(line, b" HTTP/1.1\r\n", *lines, b"\r\n", body)
        return self.answer()

    def until(self, mark: bytes) -> bytes:
        """Return what comes up to and with `mark`."""
        while mark not in self._rest:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(self._rest)
            self._rest += piece
        found, _, self._rest = self._rest.partition(mark)
        return found + mark

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of an answer that has a Content-Length or ends with the connection."""
        start, *lines = self.until(b"\r\n\r\n").decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = self._rest
        while len(body) < int(headers.get("content-length", 2**31)) and (piece := self.socket.recv(65536)):
            body += piece
        return int(start.split()[1]), headers, body
