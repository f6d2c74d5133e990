"""Bodies that are not JSON, or not one thing alone: refused by every kind of write, and nothing is recorded."""

import json
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from tests.api.samples import nothing_recorded
from tests.api.writes import LINE, WRITES, Spoil, Targets, Write


def _add(member: bytes) -> Spoil:
    return lambda sound: sound[:-1] + b"," + member + b"}"


def _string(content: bytes) -> Spoil:
    return _add(b'"x":"' + content + b'"')


MALFORMED: Final[Mapping[str, Spoil]] = {
    "truncated": lambda sound: sound[:-1],
    "truncated in a string": lambda sound: sound[:4],
    "only a brace": lambda _: b"{",
    "trailing comma": lambda sound: sound[:-1] + b",}",
    "two documents": lambda sound: sound + sound,
    "text after it": lambda sound: sound + b"x",
    "comment": lambda sound: b"/* */" + sound,
    "single quotes": lambda sound: sound.replace(b'"', b"'"),
    "no quotes round a key": _add(b"x:1"),
    "NaN": _add(b'"x":NaN'),
    "Infinity": _add(b'"x":Infinity'),
    "-Infinity": _add(b'"x":-Infinity'),
    "leading zero": _add(b'"x":01'),
    "plus sign": _add(b'"x":+1'),
    "hexadecimal": _add(b'"x":0x10'),
    "no digit after the point": _add(b'"x":1.'),
    "an integer of 5,000 digits": _add(b'"x":' + b"9" * 5000),
    "every key twice": lambda sound: sound[:-1] + b"," + sound[1:],
    "a key twice, deep inside": _add(b'"x":{"y":[{"a":1,"b":2,"a":3}]}'),
    "a key twice, once in escapes": _add(b'"x":{"a":1,"\\u0061":2}'),
    "depth 1,000 in objects": _add(b'"x":' + b'{"a":' * 1000 + b"1" + b"}" * 1000),
    "depth 1,000 in arrays": _add(b'"x":' + b"[" * 1000 + b"]" * 1000),
    "depth 100,000 and cut off": lambda _: b"[" * 100_000,
    "byte order mark": lambda sound: b"\xef\xbb\xbf" + sound,
    "UTF-16": lambda sound: sound.decode().encode("utf-16"),
    "a byte that is not UTF-8": _string(b"\xff"),
    "overlong UTF-8": _string(b"\xc0\xaf"),
    "UTF-8 cut off": _string(b"\xe2\x82"),
    "a surrogate in UTF-8": _string(b"\xed\xa0\x80"),
    "beyond Unicode in UTF-8": _string(b"\xf4\x90\x80\x80"),
    "a lone high surrogate": _string(b"\\ud800"),
    "a lone low surrogate": _string(b"\\udc00"),
    "surrogates the wrong way round": _string(b"\\udc00\\ud800"),
    "a lone surrogate in a key": _add(b'"\\ud800":1'),
    "a raw NUL": _string(b"\x00"),
    "a raw tab in a string": _string(b"\t"),
    "an escape that is none": _string(b"\\x41"),
}
LINES_OWN: Final[Mapping[str, Spoil]] = {  # in a batch the same bytes are a blank line, or two lines
    "empty": lambda _: b"",
    "white space": lambda _: b" \r\n\t",
    "a raw line feed in a string": _string(b"\n"),
}


@pytest.fixture(scope="module")
def targets(active: str, retracted: str) -> Targets:
    return Targets(active, retracted)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
def test_what_is_not_json_is_refused(client: httpx.Client, targets: Targets, write: Write) -> None:
    wrong = []
    with nothing_recorded(client):
        for name, spoil in (MALFORMED if write is LINE else {**MALFORMED, **LINES_OWN}).items():
            body = spoil(json.dumps(write.sound).encode())
            try:
                found = write.refused(client, targets, body, 400, "malformed-json")
                assert [each["pointer"] for each in found["errors"]] == [""]
            except AssertionError as error:
                wrong.append(f"{name}: {str(error)[:300]}")
    assert not wrong, "\n".join(wrong)


def test_a_key_that_comes_twice_is_named_with_its_place(client: httpx.Client) -> None:
    body = b'{"facts":{"title":"a",\n"title":"b","kind":"sighting"}}'
    answer = client.post("/v1/incidents", content=body, headers={"Content-Type": "application/json"})
    (error,) = answer.json()["errors"]
    assert '"title"' in error["message"]
    assert "line 2" in error["message"]


SHAPELESS: Final[Mapping[str, bytes]] = {
    "null": b"null", "true": b"true", "a number": b"1", "a string": b'"x"', "an array": b"[]", "a list": b"[{}]",
}  # fmt: skip


@pytest.mark.parametrize("write", [write for write in WRITES if write is not LINE], ids=lambda write: write.name)
@pytest.mark.parametrize("body", SHAPELESS.values(), ids=SHAPELESS)
def test_json_that_is_no_object_is_refused(client: httpx.Client, targets: Targets, write: Write, body: bytes) -> None:
    with nothing_recorded(client):
        found = write.refused(client, targets, body, 400, "invalid-request")
    assert [each["pointer"] for each in found["errors"]] == [""]


@pytest.mark.parametrize("body", [*SHAPELESS.values(), b"{}", b'{"command":"delete"}', b'{"command":["report"]}'])
def test_a_batch_line_without_a_command_is_told_which_there_are(
    client: httpx.Client, targets: Targets, body: bytes
) -> None:
    with nothing_recorded(client):
        found = LINE.refused(client, targets, body, 400, "invalid-request")
    (error,) = found["errors"]
    assert error["pointer"] == "/command"
    assert all(name in error["message"] for name in ("report", "revise", "retract"))
