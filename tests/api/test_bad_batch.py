"""Lines of a batch that cannot be carried out: each is answered by itself, and the others are carried out."""

import json
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from tests.api.samples import (
    FACTS,
    NDJSON,
    NOBODY,
    Json,
    Pointers,
    batch,
    head,
    nothing_recorded,
    pointers,
    problem,
    refusal,
)

REPORT: Final[Json] = {"command": "report", "facts": FACTS}
REVISE: Final[Json] = {"command": "revise", "reason": "r", "patch": {"title": "t"}}
RETRACT: Final[Json] = {"command": "retract", "reason_code": "legal", "reason": "r"}
LINES: Final[Mapping[str, tuple[Json, Pointers]]] = {
    "no incident to revise": (REVISE, {"/incident"}),
    "no incident to retract": (RETRACT, {"/incident"}),
    "an incident named twice": (REVISE | {"incident": NOBODY, "external_id": "a/b"}, {"/external_id"}),
    "an id that is none": (RETRACT | {"incident": "x"}, {"/incident"}),
    "a report by external id": (REPORT | {"external_id": "a/b"}, {"/external_id"}),
    "an external id without a namespace": (REVISE | {"external_id": "x"}, {"/external_id"}),
    "an external id with NUL": (REVISE | {"external_id": "a/\0"}, {"/external_id"}),
    "an external id too long": (REVISE | {"external_id": "a/" + "x" * 300}, {"/external_id"}),
    "a revision that is none": (REVISE | {"incident": NOBODY, "expected_revision": 0}, {"/expected_revision"}),
    "a revision of 30 digits": (REVISE | {"incident": NOBODY, "expected_revision": 10**30}, {"/expected_revision"}),
    "a revision as text": (REVISE | {"incident": NOBODY, "expected_revision": "1"}, {"/expected_revision"}),
    "a revision expected of a new incident": (REPORT | {"expected_revision": 1}, {"/expected_revision"}),
    "a key with a space": (REPORT | {"idempotency_key": "a b"}, {"/idempotency_key"}),
    "an empty key": (REPORT | {"idempotency_key": ""}, {"/idempotency_key"}),
    "a key too long": (REPORT | {"idempotency_key": "k" * 201}, {"/idempotency_key"}),
    "a key with NUL": (REPORT | {"idempotency_key": "k\0"}, {"/idempotency_key"}),
    "fields of another command": (REPORT | {"reason": "r", "patch": {}}, {"/reason", "/patch"}),
    "everything": (
        {"command": "retract", "incident": 1, "expected_revision": -1, "idempotency_key": 1, "reason_code": 1, "a": 1},
        {"/incident", "/expected_revision", "/idempotency_key", "/reason_code", "/reason", "/a"},
    ),
    "a time that does not exist": (
        RETRACT | {"incident": "{active}", "effective_at": "2026-02-30T00:00:00Z"}, {"/effective_at"},
    ),
    "an unknown code in a patch": (
        REVISE | {"incident": "{active}", "patch": {"locations": {"a": {"country": "XX"}}}},
        {"/patch/locations/a/country"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("line", "at"), LINES.values(), ids=LINES)
def test_a_wrong_line_is_refused_at_every_fault_and_the_others_are_recorded(
    client: httpx.Client, active: str, line: Json, at: Pointers
) -> None:
    before = head(client)
    wrong = json.dumps(line).replace("{active}", active).encode()
    first, second, third = batch(client, REPORT, wrong, REPORT)
    assert (first["line"], second["line"], third["line"]) == (1, 2, 3)
    assert (first["status"], third["status"]) == (201, 201)
    assert pointers(problem(second["problem"], second["status"], "invalid-request")) == at
    assert second["status"] == 400
    assert head(client) == before + 2


REFUSED: Final[Mapping[str, tuple[Json, int, str]]] = {
    "no such incident": (REVISE | {"incident": NOBODY}, 404, "not-found"),
    "no such external id": (REVISE | {"external_id": "nobody/nothing"}, 404, "not-found"),
    "reported again, never reported": (REPORT | {"incident": NOBODY}, 404, "not-found"),
    "reported again, stands": (REPORT | {"incident": "{active}"}, 409, "not-retracted"),
    "retracted twice": (RETRACT | {"incident": "{retracted}"}, 409, "already-retracted"),
    "revised when retracted": (REVISE | {"incident": "{retracted}"}, 409, "already-retracted"),
    "another revision": (REVISE | {"incident": "{active}", "expected_revision": 9}, 412, "revision-conflict"),
    "nothing changed": (REVISE | {"incident": "{active}", "patch": {"kind": "sighting"}}, 422, "nothing-changed"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "status", "slug"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("atomic", [False, True], ids=["each", "all or none"])
def test_a_line_that_is_refused_has_the_status_of_a_request_of_its_own(
    client: httpx.Client, active: str, retracted: str, line: Json, status: int, slug: str, *, atomic: bool
) -> None:
    raw = json.dumps(line).replace("{active}", active).replace("{retracted}", retracted).encode()
    with nothing_recorded(client):
        if atomic:
            body = json.dumps(REPORT).encode() + b"\n\n" + raw
            found = refusal(
                client.post("/v1/batches?atomic=true", content=body, headers=NDJSON), 422, "batch-not-recorded"
            )
            assert found["line"] == 3
            assert "line 3" in found["detail"]
        else:
            (result,) = batch(client, raw)
            problem(result["problem"], status, slug)
            assert result["status"] == status


@pytest.mark.parametrize(("line", "at"), LINES.values(), ids=LINES)
def test_an_all_or_none_batch_says_what_is_wrong_with_its_line(
    client: httpx.Client, active: str, line: Json, at: Pointers
) -> None:
    wrong = json.dumps(line).replace("{active}", active).encode()
    with nothing_recorded(client):
        body = json.dumps(REPORT).encode() + b"\n" + wrong
        found = refusal(client.post("/v1/batches?atomic=true", content=body, headers=NDJSON), 422, "batch-not-recorded")
    assert found["line"] == 2
    assert pointers(found) == at


@pytest.mark.parametrize("query", ["atomic=maybe", "atomic=", "dry_run=true", "atomic=true&atomic=true"])
def test_a_batch_with_a_wrong_parameter_is_refused_as_a_whole(client: httpx.Client, query: str) -> None:
    with nothing_recorded(client):
        answer = client.post(f"/v1/batches?{query}", content=json.dumps(REPORT).encode(), headers=NDJSON)
    assert pointers(refusal(answer, 400, "invalid-request"), "query") == {f"/{query.partition('=')[0]}"}


@pytest.mark.parametrize("key", ["", "a b", "k" * 201, b"\xff"], ids=["empty", "a space", "too long", "no UTF-8"])
def test_a_batch_with_a_key_that_is_none_is_refused_as_a_whole(client: httpx.Client, key: str | bytes) -> None:
    headers = NDJSON | {"Idempotency-Key": key}
    with nothing_recorded(client):
        answer = client.post("/v1/batches", content=json.dumps(REPORT).encode(), headers=headers)  # type: ignore[arg-type]
    assert pointers(refusal(answer, 400, "invalid-request"), "header") == {"/Idempotency-Key"}
