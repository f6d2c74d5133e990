"""
A client process: appends reports one by one, over several connections, and prints what was acknowledged.

`python -m tests.integration.appender NAME COUNT URL...`, with the API key on standard input.
"""

import json
import sys
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

CONNECTIONS = 2
"""To each instance: requests go out on all of them, then the answers are read."""


def append(name: str, count: int, urls: list[str], key: str) -> list[tuple[str, str, int]]:
    """Return the title, incident and position of every event that was acknowledged."""
    connections = [HTTPConnection(urlsplit(url).netloc, timeout=60) for url in urls for _ in range(CONNECTIONS)]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    acknowledged: list[tuple[str, str, int]] = []
    for start in range(0, count, len(connections)):
        sent = list(zip(connections, [f"{name}-{n}" for n in range(start, count)], strict=False))
        for connection, title in sent:
            body = {"facts": {"title": title, "kind": "sighting", "summary": "Reported from one of many desks."}}
            connection.request("POST", "/v1/incidents", json.dumps(body), headers | {"Idempotency-Key": title})
        for connection, title in sent:
            document = _document(connection)
            acknowledged.append((title, document["id"], document["position"]))
    return acknowledged


def _document(connection: HTTPConnection) -> Any:
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 201:
        raise SystemExit(f"{answer.status}: {body.decode()}")
    return json.loads(body)


if __name__ == "__main__":
    json.dump(append(sys.argv[1], int(sys.argv[2]), sys.argv[3:], sys.stdin.readline().strip()), sys.stdout)
