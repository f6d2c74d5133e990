"""The signed checkpoint, tiles and proofs: everything is recomputed here from what /v1/log says."""

import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Final

import httpx
import pytest
import rfc8785

from service.domain.merkle import Range, leaf_hash, node_hash, verify_consistency, verify_inclusion
from service.notes import Checkpoint, read_checkpoint
from tests.api.samples import FACTS, Json, batch, head, refusal, report, revise
from tests.running import SCOPES, SIGNING_KEY, Ledger, make_database

ENVELOPE: Final = (
    "actor", "data_sha256", "event_id", "incident", "position", "recorded_at", "revision", "schema_version", "type",
)  # fmt: skip
FOR_EVER: Final = "private, max-age=31536000, immutable"
COUNT: Final = 600
"""Events: two full tiles, and one that is not."""


@pytest.fixture(scope="module")
def sealed(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A service with a register of its own, of 600 events, all of them sealed."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        with ledger.client() as client:
            incident = report(client, title="дрон <&> 🛸")["id"]
            revise(client, incident, {"title": "Another"})
            for _ in range(6):
                batch(client, *[{"command": "report", "facts": FACTS}] * 99)
            with ledger.client(ledger.make_key(*SCOPES, actor="news-room_1.x")) as another:
                for _ in range(4):
                    report(another)
            assert head(client) == COUNT
            checkpoint(client, COUNT)
        yield ledger


@pytest.fixture(scope="module")
def reader(sealed: Ledger) -> Iterator[httpx.Client]:
    """A client of it."""
    with sealed.client() as client:
        yield client


@pytest.fixture(scope="module")
def leaves(reader: httpx.Client) -> list[bytes]:
    """The leaves of its log, made by a library from what the log says."""
    logged = [
        json.loads(line) for line in reader.get("/v1/log", headers={"Accept": "application/x-ndjson"}).iter_lines()
    ]
    return [rfc8785.dumps({name: each[name] for name in ENVELOPE}) for each in logged]


@pytest.fixture(scope="module")
def root(leaves: list[bytes]) -> Callable[[int], bytes]:
    """Return the root of a tree of so many leaves."""

    def hashed(size: int) -> bytes:
        row = [leaf_hash(each) for each in leaves[:size]]
        while len(row) > 1:
            odd = row[-1:] if len(row) % 2 else []
            row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)] + odd
        return row[0]

    return hashed


def checkpoint(client: httpx.Client, least: int) -> Checkpoint:
    answer = client.get("/v1/log/checkpoint", headers={"min-position": str(least)})
    assert answer.status_code == 200, answer.text
    found = read_checkpoint(answer.text, SIGNING_KEY.verifier)
    assert int(answer.headers["Log-Position"]) == found.size >= least
    return found


def test_the_checkpoint_is_that_of_the_log(reader: httpx.Client, root: Callable[[int], bytes]) -> None:
    answer = reader.get("/v1/log/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert read_checkpoint(answer.text, SIGNING_KEY.verifier) == Checkpoint("ledger.example/v1/log", COUNT, root(COUNT))


def test_an_event_is_sealed_within_a_second(ledger: Ledger) -> None:
    with ledger.client() as client:
        for _ in range(5):
            began = time.monotonic()
            position = int(report(client)["position"])
            checkpoint(client, position)
            assert time.monotonic() - began < 1


def test_every_checkpoint_is_that_of_the_log(reader: httpx.Client, root: Callable[[int], bytes]) -> None:
    found = reader.get("/v1/log/checkpoints").json()
    assert found["next_after"] is None
    sizes = [each["size"] for each in found["items"]]
    assert sizes == sorted(set(sizes))
    assert sizes[0] > 0, "after=0 leaves out the empty tree"
    assert sizes[-1] == COUNT
    for each in found["items"]:
        signed = read_checkpoint(each["note"], SIGNING_KEY.verifier)
        assert (signed.size, signed.root) == (each["size"], b64decode(each["root_hash"]))
        assert signed.root == root(signed.size)
    first = reader.get("/v1/log/checkpoints?limit=1")
    assert first.json()["items"] == found["items"][:1]
    rest = reader.get(f"/v1/log/checkpoints?after={first.json()['next_after']}").json()
    assert rest["items"] == found["items"][1:]


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "checkpoints", "checkpoints?limit=1", "proofs/inclusion?position=1&size=600",
     "proofs/consistency?first=1&second=600"],
)  # fmt: skip
def test_what_a_cosignature_may_be_added_to_is_asked_for_again(reader: httpx.Client, path: str) -> None:
    answer = reader.get(f"/v1/log/{path}")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    tag = answer.headers["ETag"]
    again = reader.get(f"/v1/log/{path}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert reader.get(f"/v1/log/{path}", headers={"If-None-Match": '"another"'}).content == answer.content


@pytest.mark.parametrize("query", ["witnesses=0", "witnesses=16", "witnesses=-1", "witnesses=two", "witness=1"])
def test_a_number_of_witnesses_that_nobody_has_is_refused(reader: httpx.Client, query: str) -> None:
    found = refusal(reader.get(f"/v1/log/checkpoint?{query}"), 400)
    assert [each["pointer"] for each in found["errors"]] == [f"/{query.partition('=')[0]}"]


def test_a_log_without_witnesses_has_no_cosigned_checkpoint(reader: httpx.Client) -> None:
    found = refusal(reader.get("/v1/log/checkpoint?witnesses=1"), 404, "not-found")
    assert "No checkpoint has been cosigned by 1" in found["detail"]


def test_tiles_hold_the_hashes_of_the_leaves(
    reader: httpx.Client, leaves: list[bytes], root: Callable[[int], bytes]
) -> None:
    hashes = b"".join(leaf_hash(each) for each in leaves)
    for path, expected in [
        ("0/000", hashes[: 256 * 32]),
        ("0/001", hashes[256 * 32 : 512 * 32]),
        ("0/002.p/88", hashes[512 * 32 :]),
        ("0/002.p/1", hashes[512 * 32 : 513 * 32]),
        ("1/000.p/1", root(256)),
    ]:
        answer = reader.get(f"/v1/log/tile/{path}")
        assert answer.status_code == 200, answer.text
        assert answer.content == expected
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == FOR_EVER
        again = reader.get(f"/v1/log/tile/{path}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert reader.get("/v1/log/tile/1/000.p/2").content[32:] != root(256)


def test_entries_are_the_leaves(reader: httpx.Client, leaves: list[bytes]) -> None:
    for path, start, end in [("000", 0, 256), ("002.p/88", 512, 600), ("001.p/3", 256, 259)]:
        answer = reader.get(f"/v1/log/tile/entries/{path}")
        assert answer.status_code == 200, answer.text
        assert answer.content == b"".join(len(each).to_bytes(2) + each for each in leaves[start:end])
        assert answer.headers["Cache-Control"] == FOR_EVER


@pytest.mark.parametrize(
    "path",
    ["0/000.p/0", "0/000.p/256", "0/0", "0/x000/000", "8/000", "-1/000", "00/000", "zero/000", "0/%30%30%30x",
     "0/000.p/1/2", "entries/0", "0/002", "0/003", "0/002.p/89", "1/000", "2/000.p/1", "entries/002",
     "entries/x001/000", "0/x999/x999/x999/x999/x999/x999/999"],
)  # fmt: skip
def test_other_tiles_are_not_there(reader: httpx.Client, path: str) -> None:
    answer = reader.get(f"/v1/log/tile/{path}")
    assert answer.status_code == 404, answer.text
    assert answer.json()["type"] == "/problems/not-found"


def b64s(texts: list[str]) -> list[bytes]:
    return [b64decode(each, validate=True) for each in texts]


def prove(client: httpx.Client, kind: str, **asked: int) -> Json:
    answer = client.get(f"/v1/log/proofs/{kind}", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 599, None])
def test_an_event_is_proven_to_be_in_the_log(
    reader: httpx.Client, leaves: list[bytes], root: Callable[[int], bytes], size: int | None
) -> None:
    whole = size or COUNT
    for position in {1, 2, whole // 2 + 1, whole} - {n for n in range(5) if n > whole}:
        proof = prove(reader, "inclusion", position=position, **({"size": size} if size else {}))
        assert (proof["position"], proof["size"]) == (position, whole)
        assert b64decode(proof["leaf_hash"]) == leaf_hash(leaves[position - 1])
        assert b64decode(proof["root_hash"]) == root(whole)
        hashes = b64s(proof["hashes"])
        verify_inclusion(position - 1, Range(0, whole), leaf_hash(leaves[position - 1]), root(whole), hashes)
        if size is None:
            assert read_checkpoint(proof["checkpoint"], SIGNING_KEY.verifier).root == root(whole)


@pytest.mark.parametrize(
    ("first", "second"), [(1, 1), (1, 2), (3, 7), (255, 256), (256, 600), (300, None), (600, None)]
)
def test_the_log_is_proven_to_have_only_grown(
    reader: httpx.Client, root: Callable[[int], bytes], first: int, second: int | None
) -> None:
    whole = second or COUNT
    proof = prove(reader, "consistency", first=first, **({"second": second} if second else {}))
    assert b64decode(proof["first_root_hash"]) == root(first)
    assert b64decode(proof["second_root_hash"]) == root(whole)
    verify_consistency(first, whole, root(first), root(whole), b64s(proof["hashes"]))


@pytest.mark.parametrize(
    ("query", "status", "pointers"),
    [
        ("inclusion", 400, {"query:/position"}),
        ("inclusion?position=0", 400, {"query:/position"}),
        ("inclusion?position=1&size=0", 400, {"query:/size"}),
        ("inclusion?position=7&size=6", 400, {"query:/position"}),
        ("inclusion?position=x&tree=1", 400, {"query:/position", "query:/tree"}),
        ("inclusion?position=601", 404, set()),
        ("inclusion?position=1&size=601", 404, set()),
        ("consistency", 400, {"query:/first"}),
        ("consistency?first=7&second=6", 400, {"query:/first"}),
        ("consistency?first=601", 404, set()),
        ("consistency?first=1&second=99999999999", 404, set()),
    ],
)
def test_what_cannot_be_proven_is_refused(reader: httpx.Client, query: str, status: int, pointers: set[str]) -> None:
    found = refusal(reader.get(f"/v1/log/proofs/{query}"), status)
    assert {f"{each['in']}:{each['pointer']}" for each in found.get("errors", [])} == pointers


def test_an_auditor_needs_the_scope_log_read(sealed: Ledger) -> None:
    with sealed.client(sealed.make_key("incidents:read")) as client:
        for path in ("checkpoint", "checkpoints", "tile/0/000", "tile/entries/000", "proofs/inclusion?position=1"):
            assert client.get(f"/v1/log/{path}").status_code == 403


def test_a_log_without_a_key_is_not_sealed(database_url: str) -> None:
    with Ledger(database_url, SIGNING_KEY="") as ledger, ledger.client() as client:
        report(client)
        for path in ("checkpoint", "tile/0/000.p/1", "proofs/inclusion?position=1"):
            answer = client.get(f"/v1/log/{path}")
            assert answer.status_code == 404
            assert "SIGNING_KEY" in answer.json()["detail"]
        assert client.get("/v1/log/checkpoints").json() == {"items": [], "next_after": None}
