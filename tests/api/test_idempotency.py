"""Idempotency-Key: the same request twice is recorded once, and answered as the first time."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx
import pytest

from tests.api.samples import (
    ANY_REVISION,
    FACTS,
    JSON,
    Json,
    batch,
    head,
    nothing_recorded,
    refusal,
    report,
    retract,
    revise,
    unique,
)
from tests.running import SCOPES, Ledger

Prepare = Callable[[httpx.Client], tuple[str, Json]]


def _report(_: httpx.Client) -> tuple[str, Json]:
    return "/v1/incidents", {"facts": FACTS | {"occurred": {"start": "2026-05-01T02:30:00+03:00"}}}


def _revision(client: httpx.Client) -> tuple[str, Json]:
    return f"/v1/incidents/{report(client)['id']}/revisions", {"reason": "r", "patch": {"title": "New"}}


def _retraction(client: httpx.Client) -> tuple[str, Json]:
    return f"/v1/incidents/{report(client)['id']}/retraction", {"reason_code": "legal", "reason": "r"}


def _reports(client: httpx.Client) -> tuple[str, Json]:
    incident = report(client)["id"]
    retract(client, incident)
    return f"/v1/incidents/{incident}/reports", {"facts": FACTS | {"title": "Again"}}


WRITES: Final[Mapping[str, Prepare]] = {
    "report": _report, "revision": _revision, "retraction": _retraction, "report again": _reports,
}  # fmt: skip
EVERY = pytest.mark.parametrize("prepare", WRITES.values(), ids=WRITES)


def send(client: httpx.Client, path: str, body: Json | bytes, key: str, tag: str = "*") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content, headers=JSON | {"If-Match": tag, "Idempotency-Key": key})


@EVERY
def test_the_same_request_is_recorded_once_and_answered_the_same(client: httpx.Client, prepare: Prepare) -> None:
    path, body = prepare(client)
    key = unique()
    first = send(client, path, body, key)
    with nothing_recorded(client):
        again = send(client, path, body, key)
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    for name in ("ETag", "Location", "Content-Type"):
        assert again.headers[name] == first.headers[name]


@EVERY
def test_it_is_answered_the_same_when_the_incident_has_moved_on(client: httpx.Client, prepare: Prepare) -> None:
    path, body = prepare(client)
    key = unique()
    first = send(client, path, body, key)
    incident = first.json()["id"]
    if first.json()["status"] == "active":
        revise(client, incident, {"summary": "Later."})
        retract(client, incident)
    else:
        client.post(f"/v1/incidents/{incident}/reports", json={"facts": FACTS}, headers=ANY_REVISION)
    with nothing_recorded(client):
        again = send(client, path, body, key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


@EVERY
def test_a_repeat_counts_though_its_if_match_is_stale_by_now(client: httpx.Client, prepare: Prepare) -> None:
    path, body = prepare(client)
    key = unique()
    tag = '"2"' if "/reports" in path else '"1"'
    first = send(client, path, body, key, tag)
    assert first.status_code == 201
    assert send(client, path, body, key, tag).content == first.content


@EVERY
def test_the_same_key_with_another_body_is_refused(client: httpx.Client, prepare: Prepare) -> None:
    path, body = prepare(client)
    key = unique()
    send(client, path, body, key)
    other: Json = json.loads(json.dumps(body).replace('"r"', '"s"').replace('"sighting"', '"debris"'))
    assert other != body
    with nothing_recorded(client):
        refusal(send(client, path, other, key), 422, "idempotency-key-reused")


def test_the_same_key_on_another_path_is_refused(client: httpx.Client) -> None:
    key = unique()
    first, second = report(client)["id"], report(client)["id"]
    body = {"reason": "r", "patch": {"title": "New"}}
    assert send(client, f"/v1/incidents/{first}/revisions", body, key).status_code == 201
    with nothing_recorded(client):
        refusal(send(client, f"/v1/incidents/{second}/revisions", body, key), 422, "idempotency-key-reused")
        refusal(send(client, "/v1/incidents", {"facts": FACTS}, key), 422, "idempotency-key-reused")
        retraction = {"reason_code": "legal", "reason": "r"}
        refusal(send(client, f"/v1/incidents/{first}/retraction", retraction, key), 422, "idempotency-key-reused")


def test_the_same_body_written_otherwise_is_the_same(client: httpx.Client) -> None:
    key = unique()
    first = send(client, "/v1/incidents", b'{"facts":{"title":"a","kind":"other","summary":""}}', key)
    again = send(client, "/v1/incidents", b'{ "facts": {"kind":"other", "title":"\\u0061"} }', key)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


def test_without_a_key_the_same_request_is_recorded_twice(client: httpx.Client) -> None:
    before = head(client)
    assert report(client)["id"] != report(client)["id"]
    assert head(client) == before + 2


def test_the_key_of_one_actor_is_not_that_of_another(ledger: Ledger, client: httpx.Client) -> None:
    key = unique()
    path, body = _report(client)
    first = send(client, path, body, key)
    with ledger.client(ledger.make_key(*SCOPES, actor="somebody-else")) as other:
        second = send(other, path, body, key)
    assert second.status_code == 201
    assert "Idempotent-Replayed" not in second.headers
    assert second.json()["id"] != first.json()["id"]


def test_two_keys_of_one_actor_share_what_was_sent(ledger: Ledger, client: httpx.Client) -> None:
    key = unique()
    path, body = _report(client)
    first = send(client, path, body, key)
    with ledger.client(ledger.make_key("incidents:write")) as rotated:
        assert send(rotated, path, body, key).content == first.content


def test_a_request_that_was_refused_leaves_its_key_free(client: httpx.Client, active: str) -> None:
    key = unique()
    for status, path, body, tag in (
        (400, "/v1/incidents", {"facts": {}}, "*"),
        (400, "/v1/incidents", {"facts": FACTS | {"locations": {"a": {"country": "XX"}}}}, "*"),
        (412, f"/v1/incidents/{active}/revisions", {"reason": "r", "patch": {"title": "x"}}, '"7"'),
        (409, f"/v1/incidents/{active}/reports", {"facts": FACTS}, "*"),
    ):
        refusal(send(client, path, body, key, tag), status)
    assert send(client, "/v1/incidents", {"facts": FACTS}, key).status_code == 201


def test_a_dry_run_leaves_its_key_free(client: httpx.Client) -> None:
    key = unique()
    assert send(client, "/v1/incidents?dry_run=true", {"facts": FACTS}, key).status_code == 200
    answer = send(client, "/v1/incidents", {"facts": FACTS | {"title": "Another"}}, key)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


@pytest.mark.parametrize("key", ["k", "!", "~" * 200, '"quoted"', "8e03978e-40d5-43e8-bc93-6894a57f9324", "a,b;c=d"])
def test_any_visible_ascii_is_a_key(client: httpx.Client, key: str) -> None:
    body = {"facts": FACTS | {"title": f"of {key}"[:300]}}
    first = send(client, "/v1/incidents", body, key)
    assert first.status_code == 201
    assert send(client, "/v1/incidents", body, key).content == first.content


@EVERY
def test_of_the_same_request_many_times_at_once_one_is_recorded(
    ledger: Ledger, client: httpx.Client, prepare: Prepare
) -> None:
    path, body = prepare(client)
    key, before = unique(), head(client)

    def write(_: int) -> httpx.Response:
        with ledger.client() as own:
            return send(own, path, body, key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers].count(None) == 1
    assert head(client) == before + 1


def test_a_key_counts_for_requests_and_batch_lines_alike(client: httpx.Client) -> None:
    key = unique()
    first = send(client, "/v1/incidents", {"facts": FACTS}, key).json()
    same = {"command": "report", "facts": FACTS, "idempotency_key": key}
    with nothing_recorded(client):
        again, other = batch(client, same, same | {"facts": FACTS | {"title": "Another"}})
    assert (again["status"], again["incident"], again["position"], again["replayed"]) == (
        201, first["id"], first["position"], True,
    )  # fmt: skip
    assert other["status"] == 422


@pytest.mark.parametrize("query", ["", "?atomic=true"], ids=["each", "all or none"])
def test_the_key_of_a_batch_counts_for_every_line_of_it(client: httpx.Client, query: str) -> None:
    own, key = unique(), unique()
    incident = report(client)["id"]
    line: Json = {"command": "report", "facts": FACTS}
    change: Json = {"command": "revise", "incident": incident, "reason": "r", "patch": {"title": "New"}}
    lines = [line, line | {"idempotency_key": own}, line, change]
    body = b"\n".join(json.dumps(each).encode() for each in lines)

    def write(content: bytes) -> list[Json]:
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": key}
        answer = client.post(f"/v1/batches{query}", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        return [json.loads(result) for result in answer.text.splitlines()]

    first = write(body)
    assert [(result["status"], result["replayed"]) for result in first] == [(201, False)] * 4
    with nothing_recorded(client):
        again = write(body)
    assert again == [result | {"replayed": True} for result in first]
    with nothing_recorded(client):
        (alone,) = batch(client, line | {"idempotency_key": own})
    assert alone["position"] == first[1]["position"]


def test_the_key_of_a_batch_with_other_lines_is_refused_where_they_differ(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": unique()}
    lines = [json.dumps({"command": "report", "facts": FACTS | {"title": title}}).encode() for title in "abc"]
    client.post("/v1/batches", content=b"\n".join(lines), headers=headers)
    with nothing_recorded(client):
        answer = client.post("/v1/batches", content=b"\n".join([lines[0], lines[2]]), headers=headers)
    results = [json.loads(result) for result in answer.text.splitlines()]
    assert [result["status"] for result in results] == [201, 422]
    assert results[0]["replayed"] is True
    assert results[1]["problem"]["type"] == "/problems/idempotency-key-reused"
