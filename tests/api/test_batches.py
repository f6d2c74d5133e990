"""POST /v1/batches: many commands, each answered in turn, while they are still being sent; or all of them or none."""

import json
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from tests.api.samples import (
    FACTS,
    NDJSON,
    Json,
    Raw,
    batch,
    head,
    nothing_recorded,
    problem,
    refusal,
    report,
    retract,
    unique,
)
from tests.running import Ledger

REPORT: Final[Json] = {"command": "report", "facts": FACTS}


def test_a_result_names_the_event_and_the_incident(client: httpx.Client) -> None:
    before = head(client)
    (result,) = batch(client, REPORT)
    assert {name: result[name] for name in ("line", "status", "revision", "position", "replayed")} == {
        "line": 1, "status": 201, "revision": 1, "position": before + 1, "replayed": False,
    }  # fmt: skip
    document = client.get(f"/v1/incidents/{result['incident']}").json()
    assert (document["facts"], document["position"], document["actor"]) == (FACTS, result["position"], "tester")
    assert client.get(f"/v1/log/{result['position']}").json()["event_id"] == result["event_id"]


def test_each_line_is_decided_on_what_those_before_it_did(client: httpx.Client) -> None:
    key = unique()
    facts = FACTS | {"external_ids": {"ns": key}}
    results = batch(
        client,
        {"command": "report", "facts": facts},
        {"command": "report", "facts": facts},
        {"command": "revise", "external_id": f"ns/{key}", "reason": "r", "patch": {"title": "Two"}},
        {
            "command": "revise",
            "external_id": f"ns/{key}",
            "expected_revision": 1,
            "reason": "r",
            "patch": {"title": "x"},
        },
        {
            "command": "revise",
            "external_id": f"ns/{key}",
            "expected_revision": 2,
            "reason": "r",
            "patch": {"title": "3"},
        },
        {"command": "retract", "external_id": f"ns/{key}", "reason_code": "legal", "reason": "r"},
        {"command": "report", "facts": facts | {"title": "Another"}},
    )
    assert [result["status"] for result in results] == [201, 409, 201, 412, 201, 201, 201]
    first, second, last = results[0], results[1], results[-1]
    assert second["problem"]["incident"] == first["incident"]
    assert results[3]["problem"]["current_revision"] == 2
    assert [result["revision"] for result in results if result["status"] == 201] == [1, 2, 3, 4, 1]
    assert last["incident"] != first["incident"]


def test_a_retracted_incident_is_reported_again_by_its_id(client: httpx.Client) -> None:
    incident = report(client)["id"]
    retract(client, incident)
    (result,) = batch(client, {"command": "report", "incident": incident, "facts": FACTS})
    assert (result["status"], result["incident"], result["revision"]) == (201, incident, 3)


def test_an_idempotency_key_counts_for_its_line(client: httpx.Client) -> None:
    keys = [unique() for _ in range(3)]
    lines = [REPORT | {"idempotency_key": key} for key in keys]
    first = batch(client, *lines)
    with nothing_recorded(client):
        again = batch(client, *reversed(lines))
    assert [result["replayed"] for result in first + again] == [False] * 3 + [True] * 3
    for name in ("incident", "revision", "position", "event_id"):
        assert [result[name] for result in again] == [result[name] for result in reversed(first)]


def test_a_key_twice_in_one_batch_is_recorded_once(client: httpx.Client) -> None:
    line, before = REPORT | {"idempotency_key": unique()}, head(client)
    first, second, third = batch(client, line, line, line | {"facts": FACTS | {"title": "Another"}})
    assert (second["replayed"], second["position"]) == (True, first["position"])
    problem(third["problem"], 422, "idempotency-key-reused")
    assert head(client) == before + 1


def test_blank_lines_are_counted_and_not_answered(client: httpx.Client) -> None:
    line = json.dumps(REPORT).encode()
    results = batch(client, b"", line, b"  \r", line + b"\r", b"")
    assert [(result["line"], result["status"]) for result in results] == [(2, 201), (4, 201)]


def test_the_last_line_needs_no_line_feed(client: httpx.Client) -> None:
    answer = client.post("/v1/batches", content=json.dumps(REPORT).encode(), headers=NDJSON)
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [201]


@pytest.mark.parametrize("query", ["", "?atomic=true", "?atomic=false"])
def test_an_empty_batch_is_answered_with_nothing(client: httpx.Client, query: str) -> None:
    with nothing_recorded(client):
        assert batch(client, query=query) == []


def test_10001_lines_are_answered_in_order(client: httpx.Client) -> None:
    def lines() -> Iterator[bytes]:
        for start in range(1, 10_002, 70):
            numbers = range(start, min(start + 70, 10_002))
            yield b"".join((b"{" if each % 1000 == 0 else json.dumps(REPORT).encode()) + b"\n" for each in numbers)

    before = head(client)
    answer = client.post("/v1/batches", content=lines(), headers=NDJSON)
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["line"] for result in results] == list(range(1, 10_002))
    assert [result["line"] for result in results if result["status"] != 201] == list(range(1000, 10_001, 1000))
    positions = [result["position"] for result in results if result["status"] == 201]
    assert positions == list(range(before + 1, before + 9_992))


def test_a_line_is_answered_before_the_next_is_sent(ledger: Ledger) -> None:
    with Raw(ledger.port) as raw:
        raw.send(
            b"POST /v1/batches HTTP/1.1\r\nHost: ledger\r\nContent-Type: application/x-ndjson\r\n"
            b"Transfer-Encoding: chunked\r\nAuthorization: Bearer " + ledger.key.encode() + b"\r\n\r\n"
        )
        for number in range(1, 6):
            line = json.dumps(REPORT).encode() + b"\n"
            raw.send(b"%x\r\n%s\r\n" % (len(line), line))
            raw.until(b'{"line":%d,"status":201' % number)
        half = json.dumps(REPORT).encode()
        raw.send(b"%x\r\n%s\r\n" % (10, half[:10]), b"%x\r\n%s\r\n" % (len(half) - 10, half[10:]), b"0\r\n\r\n")
        raw.until(b'{"line":6,"status":201')
        raw.until(b"\r\n0\r\n\r\n")


def test_lines_that_are_sent_one_by_one_are_decided_in_their_order(client: httpx.Client) -> None:
    key = unique()
    external = {"external_ids": {"ns": key}}
    revise: Json = {"command": "revise", "external_id": f"ns/{key}", "reason": "r"}

    def lines() -> Iterator[bytes]:
        yield json.dumps({"command": "report", "facts": FACTS | external}).encode() + b"\n"
        for number in range(1, 100):
            line = revise | {"expected_revision": number, "patch": {"title": f"{number}"}}
            yield json.dumps(line).encode() + b"\n"
            yield json.dumps(REPORT).encode() + b"\n"

    answer = client.post("/v1/batches", content=lines(), headers=NDJSON)
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert {result["status"] for result in results} == {201}
    assert [result["line"] for result in results] == list(range(1, 200))
    assert [result["position"] for result in results] == sorted(result["position"] for result in results)
    assert [result["revision"] for result in results[1::2]] == list(range(2, 101))


def test_a_slow_sender_is_answered_though_lines_come_in_pieces(client: httpx.Client) -> None:
    body = (json.dumps(REPORT | {"facts": FACTS | {"title": "дрон 🛸"}}, ensure_ascii=False) + "\n").encode() * 3
    answer = client.post("/v1/batches", content=(body[at : at + 7] for at in range(0, len(body), 7)), headers=NDJSON)
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [(result["line"], result["status"]) for result in results] == [(1, 201), (2, 201), (3, 201)]
    assert client.get(f"/v1/incidents/{results[2]['incident']}").json()["facts"]["title"] == "дрон 🛸"


def test_all_or_none_records_all(client: httpx.Client) -> None:
    before = head(client)
    results = batch(client, *[REPORT] * 1000, query="?atomic=true")
    assert [result["position"] for result in results] == list(range(before + 1, before + 1001))
    assert [result["line"] for result in results] == list(range(1, 1001))


def test_all_or_none_builds_on_its_own_lines(client: httpx.Client) -> None:
    key = unique()
    results = batch(
        client,
        {"command": "report", "facts": FACTS | {"external_ids": {"ns": key}}},
        {
            "command": "revise",
            "external_id": f"ns/{key}",
            "expected_revision": 1,
            "reason": "r",
            "patch": {"title": "x"},
        },
        query="?atomic=true",
    )
    assert [result["revision"] for result in results] == [1, 2]
    assert results[0]["incident"] == results[1]["incident"]


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ([b"{"], 3),
        ([b"", b"", b"{"], 5),
        ([{"command": "report", "facts": FACTS | {"locations": {"a": {"country": "XX"}}}}], 3),
        ([{"command": "revise", "external_id": "nobody/nothing", "reason": "r", "patch": {"title": "x"}}], 3),
    ],
    ids=["malformed", "after blank lines", "unknown code", "no such incident"],
)
def test_all_or_none_records_none_and_names_the_line(
    client: httpx.Client, wrong: list[Json | bytes], line: int
) -> None:
    key = unique()
    lines = [REPORT | {"idempotency_key": key}, REPORT, *wrong, REPORT]
    content = b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines)
    with nothing_recorded(client):
        found = refusal(
            client.post("/v1/batches?atomic=true", content=content, headers=NDJSON), 422, "batch-not-recorded"
        )
    assert found["line"] == line
    (first,) = batch(client, REPORT | {"idempotency_key": key})
    assert first["replayed"] is False


def test_all_or_none_names_every_fault_of_every_line(client: httpx.Client, active: str) -> None:
    lines = [
        REPORT,
        {"command": "report", "facts": {"title": "", "kind": "war"}},
        REPORT,
        {"command": "retract", "incident": active, "reason_code": "boring", "reason": "r"},
    ]
    with nothing_recorded(client):
        content = b"\n".join(json.dumps(line).encode() for line in lines)
        found = refusal(client.post("/v1/batches?atomic=true", content=content, headers=NDJSON), 422)
    assert found["line"] == 2
    assert {(error["line"], error["pointer"]) for error in found["errors"]} == {
        (2, "/facts/title"), (2, "/facts/kind"), (4, "/reason_code"),
    }  # fmt: skip


def test_all_or_none_sees_an_external_id_that_is_taken(client: httpx.Client) -> None:
    key = unique()
    report(client, external_ids={"ns": key})
    lines = [REPORT, {"command": "report", "facts": FACTS | {"external_ids": {"ns": key}}}]
    with nothing_recorded(client):
        content = b"\n".join(json.dumps(line).encode() for line in lines)
        found = refusal(client.post("/v1/batches?atomic=true", content=content, headers=NDJSON), 422)
    assert found["line"] == 2


def test_all_or_none_again_with_its_keys_is_answered_the_same(client: httpx.Client) -> None:
    lines = [REPORT | {"idempotency_key": unique()} for _ in range(3)]
    first = batch(client, *lines, query="?atomic=true")
    with nothing_recorded(client):
        again = batch(client, *lines, query="?atomic=true")
    assert [result["position"] for result in again] == [result["position"] for result in first]
    assert {result["replayed"] for result in again} == {True}


def test_a_replayed_report_takes_its_old_external_id_from_nobody(client: httpx.Client) -> None:
    external_ids = {"ns": unique()}
    first = {"command": "report", "idempotency_key": unique(), "facts": FACTS | {"external_ids": external_ids}}
    (recorded,) = batch(client, first)
    retract(client, recorded["incident"])
    again, another = batch(client, first, {"command": "report", "facts": FACTS | {"external_ids": external_ids}})
    assert (again["status"], again["replayed"], again["incident"]) == (201, True, recorded["incident"])
    assert (another["status"], another["replayed"]) == (201, False)
