"""Content codings: large answers are compressed as the client accepts it, and mean the same."""

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import brotli
import httpx
import msgspec
import pytest
import zstandard

from service.api.encodings import LEAST, chosen
from tests.api.samples import Raw, report, retract
from tests.running import Ledger

DECODE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}
LONG: Final = {"summary": "Drones over the harbour, and sirens. " * 60}


@pytest.fixture(scope="module")
def large(client: httpx.Client) -> str:
    """The path of an incident whose document is worth compressing."""
    return f"/v1/incidents/{report(client, **LONG)['id']}"


def fetched(ledger: Ledger, path: str, method: bytes = b"GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask for the very bytes."""
    with Raw(ledger.port) as raw:
        key = {"Authorization": f"Bearer {ledger.key}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return raw.ask(method + b" " + path.encode(), key | named)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "br"),
        ("gzip;q=1, br;q=0.5", "gzip"), ("zstd;q=0, br;q=0.001", "br"), ("GZIP", "gzip"), ("*", "gzip"),
        ("*;q=0", None), ("identity", None), ("identity, gzip;q=0.5", None), ("deflate", None), ("", None),
        ("gzip;q=0", None), ("br;q=2, gzip", "gzip"), (";;,=,", None),
    ],
)  # fmt: skip
def test_the_coding_is_the_one_that_the_client_likes_best(accepted: str, coding: str | None) -> None:
    assert chosen(accepted) == coding


@pytest.mark.parametrize("coding", DECODE)
@pytest.mark.parametrize("media", ["application/json", "application/msgpack", "application/geo+json"])
def test_a_compressed_answer_says_the_same(ledger: Ledger, large: str, coding: str, media: str) -> None:
    _, plain, body = fetched(ledger, large, Accept=media)
    status, headers, packed = fetched(ledger, large, Accept=media, Accept_Encoding=coding)
    assert status == 200
    assert DECODE[coding](packed) == body
    assert headers["content-encoding"] == coding
    assert "content-encoding" not in plain
    assert int(headers["content-length"]) == len(packed) < len(body) / 2
    assert headers["vary"] == plain["vary"] == "Accept, Accept-Encoding"
    assert headers["etag"] == f"W/{plain['etag']}", "other bytes, so no strong tag of the same name"


def test_a_small_answer_stays_as_it_is(ledger: Ledger) -> None:
    _, headers, body = fetched(ledger, "/v1/head", Accept_Encoding="gzip")
    assert len(body) < LEAST
    assert not {"content-encoding", "vary"} & headers.keys()
    assert json.loads(body)["position"] >= 0


def test_the_tag_of_a_compressed_answer_is_good_for_everything(client: httpx.Client) -> None:
    path = f"/v1/incidents/{report(client, **LONG)['id']}"
    tag = client.get(path, headers={"Accept-Encoding": "br"}).headers["ETag"]
    assert tag == 'W/"1"'
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    body = {"reason": "r", "patch": {"title": "another"}}
    assert client.post(f"{path}/revisions", json=body, headers={"If-Match": tag}).status_code == 201
    assert client.post(f"{path}/revisions", json=body, headers={"If-Match": tag}).status_code == 412


def test_a_head_has_the_headers_of_its_get(ledger: Ledger, large: str) -> None:
    _, got, _ = fetched(ledger, large, Accept_Encoding="br")
    status, head, body = fetched(ledger, large, b"HEAD", Accept_Encoding="br")
    assert (status, body) == (200, b"")
    same = ("content-encoding", "content-length", "etag", "vary")
    assert [head[name] for name in same] == [got[name] for name in same]


@pytest.mark.parametrize("path", ["/openapi.json", "/v1/incidents?limit=20"])
@pytest.mark.parametrize("coding", DECODE)
def test_whatever_is_large_is_compressed(ledger: Ledger, large: str, path: str, coding: str) -> None:
    assert large
    _, headers, body = fetched(ledger, path, Accept_Encoding=coding)
    assert headers["content-encoding"] == coding
    assert len(DECODE[coding](body)) > len(body)


def test_refusals_are_compressed_too(ledger: Ledger, client: httpx.Client) -> None:
    incident = report(client, **LONG)["id"]
    retract(client, incident)
    status, headers, body = fetched(ledger, f"/v1/incidents/{incident}", Accept_Encoding="gzip")
    assert (status, headers["content-encoding"]) == (410, "gzip")
    problem: dict[str, Any] = msgspec.json.decode(gzip.decompress(body))
    assert problem["tombstone"]["id"] == incident


def test_a_stream_is_not_held_back(ledger: Ledger, large: str) -> None:
    assert large
    _, headers, body = fetched(ledger, "/v1/log", Accept="application/x-ndjson", Accept_Encoding="gzip, br, zstd")
    assert "content-encoding" not in headers
    assert b'"position":1,' in body
