"""Leaves are canonical JSON (RFC 8785): its test vectors, and what a line of the log is read as."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from service.audit.logged import Expunged, Malformed, copied, read
from service.domain.merkle import leaf_hash

VECTORS: Final = "conformance/jcs/"
ENVELOPE: Final = (
    "actor", "data_sha256", "event_id", "incident", "position", "recorded_at", "revision", "schema_version", "type",
)  # fmt: skip
ORDER: Final = (
    "position", "event_id", "incident", "revision", "type", "schema_version", "recorded_at", "actor", "nonce",
)  # fmt: skip
events: Final = st.fixed_dictionaries(
    {
        "position": st.integers(1, 2**53 - 1),
        "event_id": st.uuids().map(str),
        "incident": st.uuids().map(str),
        "revision": st.integers(1, 2**31 - 1),
        "type": st.sampled_from(["reported", "revised", "retracted"]),
        "schema_version": st.integers(1, 2**15 - 1),
        "recorded_at": st.datetimes().map(lambda t: t.isoformat(timespec="microseconds") + "Z"),
        "actor": st.text("abcxyz019._-", min_size=1, max_size=64),
        "nonce": st.binary(min_size=16, max_size=16).map(bytes.hex),
        "data": st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    }
)


def line_of(event: dict[str, Any]) -> bytes:
    """Return the line as migrations/V0001__log.sql makes it."""
    data = json.dumps(event["data"], separators=(",", ":"), ensure_ascii=False)
    sha256 = hashlib.sha256(bytes.fromhex(event["nonce"]) + data.encode("utf-8", "replace")).hexdigest()
    head = json.dumps({name: event[name] for name in ORDER}, separators=(",", ":"))
    return f'{head[:-1]},"data_sha256":"{sha256}","data":{data}}}'.encode("utf-8", "replace")


def test_canonical_json_is_as_others_have_it(shared: Path) -> None:
    file = shared / "conformance.tar.gz"
    if not file.exists():
        pytest.skip("conformance.tar.gz is not in the shared data")
    with tarfile.open(file) as archive:
        found = {each.name: archive.extractfile(each) for each in archive if VECTORS in each.name and each.isfile()}
        contents = {name: each.read() for name, each in found.items() if each is not None}
    pairs = [name for name in contents if "/input/" in name and name.replace("/input/", "/output/") in contents]
    assert pairs
    for name in pairs:
        canonical = rfc8785.dumps(json.loads(contents[name]))
        assert canonical == contents[name.replace("/input/", "/output/")], name
        # the same bytes written as hexadecimal: no editor and no checkout can have changed those on the way
        assert canonical == bytes.fromhex(contents[_hexadecimal(name)].decode()), name


def _hexadecimal(name: str) -> str:
    return name.replace("/input/", "/outhex/").removesuffix(".json") + ".txt"


@given(events)
def test_a_leaf_is_canonical_json_of_the_envelope(event: dict[str, Any]) -> None:
    line = line_of(event)
    found = read(line)
    whole = json.loads(line)
    canonical = rfc8785.dumps({name: whole[name] for name in ENVELOPE})
    assert (found.envelope, found.leaf) == (canonical, leaf_hash(canonical))
    assert (found.position, found.revision, found.type) == (event["position"], event["revision"], event["type"])
    copy = copied(found)
    assert (copy.event_id, copy.incident) == (UUID(event["event_id"]), UUID(event["incident"]))
    assert hashlib.sha256(copy.nonce + copy.data.encode()).digest() == copy.data_sha256


LINE: Final = line_of(
    {
        "position": 7, "event_id": "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01",
        "incident": "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c02", "revision": 1, "type": "reported", "schema_version": 1,
        "recorded_at": "2026-05-01T00:00:00.000000Z", "actor": "tester", "nonce": "00ff" * 8, "data": {"a": "b"},
    }
)  # fmt: skip
EXPUNGED: Final = '"nonce":null,"data_sha256":"' + "0" * 64 + '","data":null'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (LINE.replace(b'"data":{', b'"data":{"fake":1},"data":{'), "not those that were hashed"),
        (LINE.replace(b'"a":"b"', b'"a":"c"'), "not those that were hashed"),
        (LINE.replace(b'"actor":"tester"', b'"actor":"te\\u0073ter"'), "no event of the log's form"),
        (LINE.replace(b'{"position":7', b'{"position":8,"position":7'), "no event of the log's form"),
        (LINE.replace(b'"revision":1', b'"revision":01'), "no event of the log's form"),
        (LINE.replace(b'"tester"', b'"te\nster"'), "no event of the log's form"),
        (LINE + b" ", "no event of the log's form"),
        (LINE[:-1], "no event of the log's form"),
        (b"", "no event of the log's form"),
        (b"null", "no event of the log's form"),
    ],
)
def test_a_line_is_read_in_one_way_only(line: bytes, told: str) -> None:
    assert read(LINE).position == 7
    with pytest.raises(Malformed, match=told):
        read(line)


def test_of_an_expunged_event_the_envelope_is_left() -> None:
    head = LINE[: LINE.index(b'"nonce"')].decode()
    line = f'{head}{EXPUNGED},"expunged":{{"at":"2026-05-02T00:00:00.000000Z","actor":"clerk","reason":"court"}}}}'
    found = read(line.encode())
    assert found.data is None
    assert found.actor == "tester"
    with pytest.raises(Malformed):
        read(f"{head}{EXPUNGED}}}".encode())
    assert (copied(found).data, copied(found).data_sha256) == ("", bytes(32))
    assert found.expunged == Expunged("2026-05-02T00:00:00.000000Z", "clerk", "court")
    with pytest.raises(Malformed, match="why it was expunged"):
        read(line.replace('"reason"', '"because"').encode())
