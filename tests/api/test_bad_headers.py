"""Headers that cannot be understood, or ask for what is not there."""

import gzip
import json
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from tests.api.samples import FACTS, JSON, NDJSON, Raw, nothing_recorded, pointers, problem, refusal
from tests.api.writes import LINE, REPORT, RETRACTION, REVISION, WRITES, Targets, Write
from tests.running import Ledger

SOUND: Final = json.dumps({"facts": FACTS}).encode()
SINGLE: Final = [write for write in WRITES if write is not LINE]
BAD_KEYS: Final[Mapping[str, str | bytes]] = {
    "201 characters": "k" * 201, "empty": "", "a space inside": "a b", "latin-1": "é".encode("latin-1"),
    "UTF-8": "é".encode(), "8,000 characters": "k" * 8000, "not UTF-8": b"\xff", "a tab": b"a\tb",
}  # fmt: skip
NO_TAGS: Final[Mapping[str, str | bytes]] = {
    "no quotes": "1", "empty": "", "half quoted": '"1', "a star in a list": '*, "1"', "a comma at the end": '"1",',
    "lower-case w": 'w/"1"', "words": "latest", "not UTF-8": b"\xff",
}  # fmt: skip
OTHER_TAGS: Final[Mapping[str, str | bytes]] = {
    "zero": '"0"', "below zero": '"-1"', "words": '"abc"', "empty": '""', "20 digits": '"99999999999999999999"',
    "another one, weak": 'W/"77"', "a list of others": '"5", W/"6","7"', "UTF-8": '"é"'.encode(), "hex": '"0x1"',
    "a list of 500": ", ".join(f'"{number}"' for number in range(2, 502)),
}  # fmt: skip


@pytest.fixture(scope="module")
def targets(active: str, retracted: str) -> Targets:
    return Targets(active, retracted)


@pytest.mark.parametrize("write", SINGLE, ids=lambda write: write.name)
@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_an_idempotency_key_that_is_none_is_refused(
    client: httpx.Client, targets: Targets, write: Write, key: str | bytes
) -> None:
    path = write.path.format(active=targets.active, retracted=targets.retracted)
    headers = {"If-Match": "*", "Idempotency-Key": key}
    with nothing_recorded(client):
        found = refusal(client.post(path, json=write.sound, headers=headers), 400, "invalid-request")  # type: ignore[arg-type]
    assert pointers(found, "header") == {"/Idempotency-Key"}


def test_an_idempotency_key_that_is_none_is_answered_with_words_not_with_a_pattern(client: httpx.Client) -> None:
    found = refusal(client.post("/v1/incidents", json={"facts": FACTS}, headers={"Idempotency-Key": ""}), 400)
    assert "\\x" not in found["errors"][0]["message"]
    assert "200" in found["errors"][0]["message"]


@pytest.mark.parametrize("write", [REVISION, RETRACTION], ids=lambda write: write.name)
@pytest.mark.parametrize("tag", NO_TAGS.values(), ids=NO_TAGS)
def test_an_if_match_that_is_no_tag_is_refused(
    client: httpx.Client, targets: Targets, write: Write, tag: str | bytes
) -> None:
    path = write.path.format(active=targets.active)
    with nothing_recorded(client):
        answer = client.post(path, json=write.sound, headers={"If-Match": tag})  # type: ignore[dict-item]
    assert pointers(refusal(answer, 400, "invalid-request"), "header") == {"/If-Match"}


@pytest.mark.parametrize("tag", OTHER_TAGS.values(), ids=OTHER_TAGS)
def test_an_if_match_of_another_state_is_412(client: httpx.Client, targets: Targets, tag: str | bytes) -> None:
    path = REVISION.path.format(active=targets.active)
    with nothing_recorded(client):
        answer = client.post(path, json=REVISION.sound, headers={"If-Match": tag})  # type: ignore[dict-item]
    assert refusal(answer, 412, "revision-conflict")["current_revision"] == 1


MEDIA_TYPES: Final = (
    None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", "json",
    "application/merge-patch+json", "application/json, text/plain", "é".encode(), b"\xff",
)  # fmt: skip


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
def test_a_body_of_another_media_type_is_415(client: httpx.Client, targets: Targets, write: Write) -> None:
    path = write.path.format(active=targets.active, retracted=targets.retracted)
    wrong = "application/json" if write is LINE else "application/x-ndjson"
    body = json.dumps(write.sound).encode()
    with nothing_recorded(client):
        for media_type in (*MEDIA_TYPES, wrong):
            headers = {"If-Match": "*"} | ({} if media_type is None else {"Content-Type": media_type})
            answer = client.post(path, content=body, headers=headers)  # type: ignore[arg-type]
            found = refusal(answer, 415, "unsupported-media-type")
            assert ("application/x-ndjson" if write is LINE else "application/json") in found["detail"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;v=1"])
def test_a_media_type_may_be_written_otherwise(client: httpx.Client, media_type: str) -> None:
    answer = client.post("/v1/incidents?dry_run=true", content=SOUND, headers={"Content-Type": media_type})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("path", "headers"), [("/v1/incidents", JSON), ("/v1/batches", NDJSON)])
def test_a_compressed_body_is_refused_as_such(client: httpx.Client, path: str, headers: dict[str, str]) -> None:
    with nothing_recorded(client):
        answer = client.post(path, content=gzip.compress(SOUND), headers=headers | {"Content-Encoding": "gzip"})
    refusal(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/batches"])
def test_a_body_that_none_would_accept_the_answer_to_is_not_recorded(client: httpx.Client, path: str) -> None:
    sound, headers = (SOUND, JSON) if path == REPORT.path else (json.dumps(LINE.sound).encode(), NDJSON)
    with nothing_recorded(client):
        refusal(client.post(path, content=sound, headers={**headers, "Accept": "text/csv"}), 406, "not-acceptable")


TWICE: Final = ("Idempotency-Key", "If-Match", "Content-Type")


@pytest.mark.parametrize("name", TWICE)
def test_a_header_that_comes_twice_gives_no_500(
    ledger: Ledger, client: httpx.Client, targets: Targets, name: str
) -> None:
    path = REVISION.path.format(active=targets.active).encode()
    with nothing_recorded(client), Raw(ledger.port) as raw:
        raw.send(
            b"POST " + path + b" HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\nAuthorization: Bearer ",
            ledger.key.encode(), b"\r\n",
            *[f"{each}: {value}\r\n".encode() for each in TWICE for value in (["a", "b,"] if each == name else ["*"])],
            b"Content-Length: 2\r\n\r\n{}",
        )  # fmt: skip
        status, headers, body = raw.answer()
    assert 400 <= status < 500
    assert headers["content-type"] == "application/problem+json"
    problem(json.loads(body), status)


def test_many_long_headers_give_no_500(client: httpx.Client) -> None:
    answer = client.get("/v1/head", headers={f"X-{number}": "x" * 500 for number in range(50)})
    assert answer.status_code in {200, 431}
