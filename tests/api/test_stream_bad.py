"""GET /v1/stream: what cannot be is refused, who does not read is cut off, and the service can end."""

import time
from typing import Any, Final

import httpx
import pytest

from tests.api.listener import Listener
from tests.api.samples import Raw, batch, head, pointers, refusal, report, unique
from tests.running import Ledger

LONG: Final = "無人機 " * 1200
"""Much longer in bytes than in letters."""
COUNT: Final = 600


@pytest.mark.parametrize("last", ["", "x", "-1", "1.5", "1e3", "0x1", str(2**63), "9" * 30])
def test_an_id_that_is_none_is_refused(client: httpx.Client, last: str) -> None:
    found = refusal(client.get("/v1/stream", headers={"Last-Event-ID": last}), 400, "invalid-request")
    assert pointers(found, "header") == {"/Last-Event-ID"}


def test_an_id_of_the_future_is_refused(client: httpx.Client) -> None:
    report(client)
    ahead = str(head(client) + 1000)
    found = refusal(client.get("/v1/stream", headers={"Last-Event-ID": ahead}), 400, "invalid-request")
    assert pointers(found, "header") == {"/Last-Event-ID"}
    assert "The log ends at position" in found["errors"][0]["message"]
    found = refusal(client.get("/v1/stream", params={"after": ahead}), 400, "invalid-request")
    assert pointers(found, "query") == {"/after"}


@pytest.mark.parametrize(
    ("params", "pointed"),
    [
        ({"after": "x"}, {"/after"}), ({"seconds": "0"}, {"/seconds"}), ({"seconds": "3601"}, {"/seconds"}),
        ({"fields": "nothing"}, {"/fields"}), ({"since": "x"}, {"/since"}), ({"limit": "1"}, {"/limit"}),
        ({"country": "XX", "bbox": "x", "after": "-1"}, {"/country", "/bbox", "/after"}),
    ],
)  # fmt: skip
def test_every_fault_of_a_query_is_pointed_at(client: httpx.Client, params: dict[str, Any], pointed: set[str]) -> None:
    assert pointers(refusal(client.get("/v1/stream", params=params), 400, "invalid-request"), "query") == pointed


def test_other_forms_are_not_made(client: httpx.Client) -> None:
    refusal(client.get("/v1/stream", headers={"Accept": "application/json"}), 406, "not-acceptable")


def test_a_key_is_needed(ledger: Ledger) -> None:
    refusal(httpx.get(f"{ledger.url}/v1/stream"), 401, "not-authenticated")


def test_a_head_ends(client: httpx.Client) -> None:
    answer = client.head("/v1/stream")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_a_stream_is_not_compressed_and_not_kept(client: httpx.Client) -> None:
    with client.stream("GET", "/v1/stream", headers={"Accept-Encoding": "gzip, br, zstd"}) as answer:
        assert next(answer.iter_lines()) == "retry: 2000"
    assert "content-encoding" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Log-Position"].isdigit()


def test_who_does_not_read_is_cut_off_and_can_come_back(ledger: Ledger, client: httpx.Client) -> None:
    campaign, before = unique(), head(client)
    with Raw(ledger.port) as raw:
        headers = f"Host: x\r\nAuthorization: Bearer {ledger.key}\r\n\r\n"
        raw.send(f"GET /v1/stream?campaign={campaign} HTTP/1.1\r\n{headers}".encode())
        raw.until(b"retry: 2000\n")
        facts = {"title": "t", "kind": "other", "campaigns": [campaign], "summary": LONG}
        for _ in range(2):
            batch(client, *[{"command": "report", "facts": facts}] * (COUNT // 2))
        time.sleep(0.5)
        raw.socket.settimeout(5)
        received = b""
        while piece := raw.socket.recv(1 << 20):
            received += piece
    ids = [int(line[4:]) for line in received.split(b"\n") if line.startswith(b"id: ") and line[4:].isdigit()]
    told = received.count(b"event: incident")
    assert 0 < told < COUNT, "it was cut off before it was told of all"
    with Listener(client, ids[-2], campaign=campaign) as listener:
        rest = listener.until(COUNT - told, 20)
        time.sleep(0.2)
    assert 0 <= len(rest) - (COUNT - told) <= 1, "a message that broke off comes again"
    assert rest[-1].id == head(client) == before + COUNT


def test_a_service_that_ends_ends_its_streams(own_ledger: Ledger) -> None:
    with own_ledger.client() as client, Listener(client) as listener:
        report(client)
        listener.until(1)
        began = time.monotonic()
        try:
            assert own_ledger.stop() == 0
            assert time.monotonic() - began < 5
        finally:
            own_ledger.start()
