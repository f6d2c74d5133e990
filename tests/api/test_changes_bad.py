"""GET /v1/changes: tokens and queries that cannot be are refused, and the fault is pointed at."""

import base64
from typing import Any, Final

import httpx
import msgspec
import pytest

from service.api import change_tokens
from tests.api.keeper import Keeper
from tests.api.samples import head, pointers, refusal, report, unique
from tests.running import Ledger

LISTING: Final[Any] = ({"status": "active", "message_status": "actual"}, None)


@pytest.fixture
def token(client: httpx.Client) -> str:
    """A good token, without filters."""
    report(client)
    keeper = Keeper(limit=500)
    keeper.catch_up(client)
    return str(keeper.since)


def refused(client: httpx.Client, **params: Any) -> set[str]:
    """Return what is pointed at in the query."""
    return pointers(refusal(client.get("/v1/changes", params=params), 400, "invalid-request"), "query")


def test_a_good_token_is_taken(client: httpx.Client, token: str) -> None:
    assert client.get("/v1/changes", params={"since": token}).status_code in {200, 204}


@pytest.mark.parametrize("text", ["", "x", "null", "0", "4262", "....", "%00", "A" * 200, "gA", "lgEDxA", "é", "wA=="])
def test_what_is_no_token_is_refused(client: httpx.Client, text: str) -> None:
    assert refused(client, since=text) == {"/since"}


def test_a_token_has_one_form(client: httpx.Client, token: str) -> None:
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    padded = base64.urlsafe_b64encode(raw + b"\x00").decode().rstrip("=")
    for other in (token + "=", f" {token}", f"{token} ", token[:-1], token + "A", padded, token.swapcase()):
        assert refused(client, since=other) == {"/since"}


def test_a_token_is_good_for_its_own_filters_and_fields(client: httpx.Client, token: str) -> None:
    for other in ({"campaign": unique()}, {"status": "any"}, {"fields": "id"}):
        assert refused(client, since=token, **other) == {"/since"}
    assert client.get("/v1/changes", params={"since": token, "status": "active", "limit": 3}).status_code in {200, 204}


def test_a_cursor_of_a_list_is_no_token(client: httpx.Client) -> None:
    for _ in range(2):
        report(client)
    cursor = client.get("/v1/incidents", params={"limit": 1}).json()["next_cursor"]
    assert refused(client, since=cursor) == {"/since"}


@pytest.mark.parametrize(
    "spoilt", [{"mark": b"wrong!"}, {"since": 2**62}, {"told": 2**62}, {"since": 1, "told": 1}, {"since": 0, "told": 0}]
)
def test_a_token_of_another_log_is_recognised(client: httpx.Client, token: str, spoilt: dict[str, Any]) -> None:
    whole = change_tokens.decode(token, LISTING)
    other = change_tokens.encode(msgspec.structs.replace(whole, **spoilt))
    found = refusal(client.get("/v1/changes", params={"since": other}), 400, "invalid-request")
    assert pointers(found, "query") == {"/since"}
    assert "another log" in found["errors"][0]["message"]


def test_a_token_of_another_register_is_recognised(client: httpx.Client, own_ledger: Ledger) -> None:
    with own_ledger.client() as other:
        mine, theirs = Keeper(), Keeper()
        report(other)
        report(client)
        theirs.catch_up(other)
        mine.catch_up(client)
        for keeper, against in ((theirs, client), (mine, other)):
            assert refused(against, **keeper.request()) == {"/since"}


@pytest.mark.parametrize("form", [0, 2, -1])
def test_a_token_of_another_form_is_refused(client: httpx.Client, token: str, form: int) -> None:
    raw = msgspec.msgpack.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    other = base64.urlsafe_b64encode(msgspec.msgpack.encode([form, *raw[1:]])).decode().rstrip("=")
    assert refused(client, since=other) == {"/since"}


@pytest.mark.parametrize(
    ("params", "pointed"),
    [
        ({"wait": "-1"}, {"/wait"}), ({"wait": "61"}, {"/wait"}), ({"wait": "1.5"}, {"/wait"}),
        ({"wait": ""}, {"/wait"}),
        ({"limit": "0"}, {"/limit"}), ({"limit": "501"}, {"/limit"}), ({"fields": "nothing"}, {"/fields"}),
        ({"cursor": "x"}, {"/cursor"}), ({"as_of": "1"}, {"/as_of"}), ({"sort": "recorded"}, {"/sort"}),
        ({"count": "true"}, {"/count"}), ({"country": "XX"}, {"/country"}),
        ({"since": "x", "wait": "x", "limit": "x", "fields": "x", "bbox": "x", "flag": "x"},
         {"/since", "/wait", "/limit", "/fields", "/bbox", "/flag"}),
    ],
)  # fmt: skip
def test_every_fault_of_a_query_is_pointed_at(client: httpx.Client, params: dict[str, str], pointed: set[str]) -> None:
    assert refused(client, **params) == pointed


def test_other_forms_are_not_made(client: httpx.Client) -> None:
    refusal(client.get("/v1/changes", headers={"Accept": "text/csv"}), 406, "not-acceptable")


def test_a_position_that_is_not_reached_is_waited_for_and_then_refused(client: httpx.Client, token: str) -> None:
    position = {"min-position": str(head(client) + 10)}
    refusal(client.get("/v1/changes", params={"since": token}, headers=position), 503, "position-not-reached")
