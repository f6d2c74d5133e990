"""Requests with faults in several parts: one answer names them all."""

from typing import Final

import httpx
import pytest

from tests.api.samples import FACTS, Json, nothing_recorded, pointers, refusal

BODY: Final[Json] = {"reason": "", "patch": {"kind": "war"}, "colour": "red"}
AT: Final = {"/reason", "/colour"}


@pytest.mark.parametrize("call", ["revisions", "retraction", "reports"])
def test_faults_of_path_query_headers_and_body_are_named_together(client: httpx.Client, call: str) -> None:
    body: Json = {
        "revisions": BODY,
        "retraction": {"reason_code": "boring", "reason": ""},
        "reports": {"facts": FACTS | {"kind": "war", "locations": {"a": {"country": "XX"}}}},
    }[call]
    with nothing_recorded(client):
        answer = client.post(
            f"/v1/incidents/xyz/{call}?dry_run=maybe&bogus=1",
            json=body,
            headers={"If-Match": "3", "Idempotency-Key": "a b"},
        )
    found = refusal(answer, 400, "invalid-request")
    assert pointers(found, "path") == {"/incident"}
    assert pointers(found, "query") == {"/dry_run", "/bogus"}
    assert pointers(found, "header") == {"/If-Match", "/Idempotency-Key"}
    assert pointers(found) >= {
        "revisions": AT,
        "retraction": {"/reason_code", "/reason"},
        "reports": {"/facts/kind", "/facts/locations/a/country"},
    }[call]  # fmt: skip


def test_a_body_that_is_no_json_does_not_hide_the_rest(client: httpx.Client) -> None:
    with nothing_recorded(client):
        answer = client.post(
            "/v1/incidents?bogus=1",
            content=b"{",
            headers={"Content-Type": "application/json", "Idempotency-Key": "a b"},
        )
    found = refusal(answer, 400)
    assert pointers(found) == {""}
    assert pointers(found, "query") == {"/bogus"}
    assert pointers(found, "header") == {"/Idempotency-Key"}


def test_a_read_names_faults_of_path_and_query_together(client: httpx.Client) -> None:
    for path, at in (("/v1/incidents/xyz", "/incident"), ("/v1/log/x", "/position")):
        found = refusal(client.get(f"{path}?bogus=1"), 400, "invalid-request")
        assert (pointers(found, "path"), pointers(found, "query")) == ({at}, {"/bogus"})
    found = refusal(client.get("/v1/incidents/xyz/revisions/0"), 400)
    assert pointers(found, "path") == {"/incident", "/revision"}
