"""The trail over HTTP: an entry for each deed, in order and without gaps, for those alone who may read it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from service.domain.bounds import Bounds
from tests.api.samples import following, refusal, report, walk
from tests.cli.processes import eventually
from tests.running import Ledger, command


def entries(client: httpx.Client, **asked: int) -> list[dict[str, Any]]:
    """Return all entries."""
    query = "&".join(f"{name}={value}" for name, value in ({"limit": 1000} | asked).items())
    return [each for page in walk(client, f"/v1/trail?{query}") for each in page.json()["items"]]


def test_a_key_is_in_the_trail_from_when_it_is_made_until_it_is_revoked(ledger: Ledger, client: httpx.Client) -> None:
    key = ledger.make_key("log:read", "admin:read", actor="short", bounds=Bounds(("uaaf",), ("RU-KLU",)))
    prefix, secret = key.split("_", 2)[1:]
    command("keys", "revoke", prefix, environ=ledger.environ)
    command("keys", "revoke", prefix, environ=ledger.environ)  # which changes nothing, and so is no deed
    made, revoked = (each for each in entries(client) if each["subject"] == prefix)
    (login,) = ledger.sql("SELECT session_user::text")
    assert made == {
        "number": made["number"], "at": made["at"], "deed": "key_made", "by": "the tests", "login": login[0],
        "subject": prefix,
        "details": {
            "actor": "short", "scopes": ["log:read", "admin:read"], "namespaces": ["uaaf"], "subdivisions": ["RU-KLU"],
            "expires_at": None,
        },
    }  # fmt: skip
    assert (revoked["deed"], revoked["details"], revoked["login"]) == ("key_revoked", {"actor": "short"}, login[0])
    assert revoked["by"]
    assert made["number"] < revoked["number"]
    assert made["at"] < revoked["at"]
    assert secret not in client.get("/v1/trail?limit=1000").text


def test_an_expunging_is_one_entry_for_all_its_events(ledger: Ledger, client: httpx.Client) -> None:
    positions = [report(client)["position"] for _ in range(2)]
    before = entries(client)[-1]["number"]
    told = ("--actor", "Data Protection Officer", "--reason", "Art. 17", "--yes")
    command("expunge", *map(str, positions), *told, environ=ledger.environ)
    command("expunge", *map(str, positions), *told, environ=ledger.environ)  # again: nothing is left to take out
    (entry,) = entries(client, after=before)
    assert (entry["deed"], entry["by"]) == ("events_expunged", "Data Protection Officer")
    assert entry["details"] == {"positions": positions, "reason": "Art. 17"}
    assert entry["subject"] == " ".join(map(str, positions))


def test_a_webhook_is_there_with_the_origin_of_its_address_alone(client: httpx.Client) -> None:
    before = entries(client)[-1]["number"]
    made = client.post("/v1/webhooks", json={"url": "https://hooks.example/T0/s3cret?k=s3cret"})
    assert made.status_code == 201, made.text
    at = f"/v1/webhooks/{made.json()['id']}"
    for change in ({"description": "no move"}, {"url": "https://other.example:8443/s3cret"}):
        assert client.patch(at, json=change).status_code == 200
    assert client.delete(at).status_code == 204
    found = [each for each in entries(client, after=before) if each["subject"] == made.json()["id"]]
    assert [(each["deed"], each["by"], each["details"]) for each in found] == [
        ("webhook_made", "tester", {"actor": "tester", "origin": "https://hooks.example"}),
        ("webhook_moved", "tester", {"actor": "tester", "origin": "https://other.example:8443"}),
        ("webhook_deleted", "tester", {"actor": "tester", "origin": "https://other.example:8443"}),
    ]
    assert "s3cret" not in client.get(f"/v1/trail?after={before}").text


def test_what_is_done_by_hand_in_the_database_is_there_too(ledger: Ledger, client: httpx.Client) -> None:
    prefix = ledger.make_key("log:read").split("_")[1]
    before = entries(client)[-1]["number"]
    ledger.sql("UPDATE api_keys SET revoked_at = now() WHERE prefix = %s", prefix)
    (entry,) = entries(client, after=before)
    assert (entry["deed"], entry["by"], entry["subject"]) == ("key_revoked", None, prefix)


def test_a_deed_that_is_undone_leaves_no_entry_and_no_gap(ledger: Ledger, client: httpx.Client) -> None:
    before = entries(client)
    with psycopg.connect(ledger.database_url) as connection:
        connection.execute("UPDATE api_keys SET revoked_at = now() WHERE revoked_at IS NULL")
        connection.rollback()
    ledger.make_key("log:read")
    after = entries(client)
    assert after[: len(before)] == before
    assert [each["number"] for each in after] == list(range(1, len(before) + 2))


def test_who_reads_number_n_has_been_able_to_read_all_before_it(ledger: Ledger, client: httpx.Client) -> None:
    """One is being made and not yet committed: another waits for it, and is not numbered before it."""
    insert = "INSERT INTO api_keys (prefix, actor, secret_sha256, scopes) VALUES (%s, 'a', sha256('x'), '{}')"
    with psycopg.connect(ledger.database_url) as slow, ThreadPoolExecutor(1) as beside:
        slow.execute(insert, [slow_one := f"slow{slow.info.backend_pid}"])
        quick = beside.submit(ledger.make_key, "log:read")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objsubid = 1"
        eventually(lambda: ledger.sql(waiting)[0][0] >= 1)
        seen = entries(client)[-1]["number"]
        slow.commit()
        last = quick.result(20).split("_")[1]
    assert [each["subject"] for each in entries(client, after=seen)] == [slow_one, last]


def test_pages_lead_to_one_another(client: httpx.Client) -> None:
    first = client.get("/v1/trail?limit=2")
    assert [each["number"] for each in first.json()["items"]] == [1, 2]
    assert first.json()["next_after"] == 2
    assert following(first) == "/v1/trail?limit=2&after=2"
    end = client.get("/v1/trail?after=9223372036854775807").json()
    assert end == {"items": [], "next_after": None}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001", "before=1", "after=1&after=2"])
def test_a_wrong_query_is_400(client: httpx.Client, query: str) -> None:
    refusal(client.get(f"/v1/trail?{query}"), 400, "invalid-request")
