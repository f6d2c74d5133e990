"""Clients that stop in the middle: nothing half is recorded, and the service goes on."""

import json
import socket
import struct
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from tests.api.samples import FACTS, Raw, batch, head, report, unique
from tests.running import Ledger

BODY: Final = json.dumps({"facts": FACTS}).encode()


def _request(ledger: Ledger, *headers: bytes, path: bytes = b"/v1/incidents") -> bytes:
    named = (b"Host: ledger", b"Authorization: Bearer " + ledger.key.encode(), *headers)
    return b"POST " + path + b" HTTP/1.1\r\n" + b"\r\n".join(named) + b"\r\n\r\n"


def _reset(raw: Raw) -> None:
    """Close at once, so that the other side sees a reset and not an end."""
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.socket.close()


JSON: Final = b"Content-Type: application/json"
HALVES: Final[Mapping[str, tuple[bytes, bytes]]] = {
    "no byte of the body": (b"Content-Length: %d" % len(BODY), b""),
    "half a body": (b"Content-Length: %d" % len(BODY), BODY[:20]),
    "a whole document, but more announced": (b"Content-Length: %d" % (len(BODY) + 10), BODY),
    "half a chunk": (b"Transfer-Encoding: chunked", b"%x\r\n" % len(BODY) + BODY[:20]),
    "all chunks but the last": (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(BODY), BODY)),
    "a chunk size that is none": (b"Transfer-Encoding: chunked", b"zz\r\n" + BODY),
}


@pytest.mark.parametrize("abrupt", [False, True], ids=["ends", "resets"])
@pytest.mark.parametrize(("length", "sent"), HALVES.values(), ids=HALVES)
def test_a_half_sent_report_is_not_recorded(
    ledger: Ledger, client: httpx.Client, length: bytes, sent: bytes, *, abrupt: bool
) -> None:
    before = head(client)
    with Raw(ledger.port) as raw:
        raw.send(_request(ledger, JSON, length), sent)
        if abrupt:
            _reset(raw)
        else:
            raw.socket.shutdown(socket.SHUT_WR)
    report(client)
    assert head(client) == before + 1


def test_a_batch_that_breaks_off_keeps_what_was_answered_and_takes_no_half_line(
    ledger: Ledger, client: httpx.Client
) -> None:
    campaign = unique()
    line = json.dumps({"command": "report", "facts": FACTS | {"campaigns": [campaign]}}).encode() + b"\n"
    headers = (b"Content-Type: application/x-ndjson", b"Transfer-Encoding: chunked")
    with Raw(ledger.port) as raw:
        raw.send(_request(ledger, *headers, path=b"/v1/batches"), b"%x\r\n%s\r\n" % (len(line), line))
        raw.until(b'"line":1,')
        raw.send(b"%x\r\n%s\r\n" % (20, line[:20]))
        _reset(raw)
    batch(client, line.strip())
    found = client.get("/v1/incidents", params={"campaign": campaign}).json()["items"]
    assert len(found) == 2


def test_an_all_or_none_batch_that_breaks_off_records_nothing(ledger: Ledger, client: httpx.Client) -> None:
    campaign = unique()
    line = json.dumps({"command": "report", "facts": FACTS | {"campaigns": [campaign]}}).encode() + b"\n"
    headers = (b"Content-Type: application/x-ndjson", b"Content-Length: %d" % (len(line) * 3))
    with Raw(ledger.port) as raw:
        raw.send(_request(ledger, *headers, path=b"/v1/batches?atomic=true"), line, line)
        _reset(raw)
    report(client)
    assert client.get("/v1/incidents", params={"campaign": campaign}).json()["items"] == []


@pytest.mark.parametrize(
    "said", [b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 1000, b"GET\r\n\r\n", b"\r\n\r\n", b"PRI *"]
)
def test_what_is_no_http_does_no_harm(ledger: Ledger, client: httpx.Client, said: bytes) -> None:
    with Raw(ledger.port) as raw:
        raw.send(said)
        _reset(raw)
    assert client.get("/health/ready").status_code == 200


def test_a_reader_of_the_log_that_leaves_does_no_harm(client: httpx.Client) -> None:
    with client.stream("GET", "/v1/log", headers={"Accept": "application/x-ndjson"}) as answer:
        next(answer.iter_bytes(10))
    assert client.get("/health/ready").status_code == 200
