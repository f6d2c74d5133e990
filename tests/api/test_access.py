"""Who may do what: keys, scopes, and what is open to everybody."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
import pytest

from tests.api.asked import NAMED
from tests.api.document import OPERATIONS
from tests.api.routes import CHALLENGE, EVERY, REQUESTS, Asker, let_through
from tests.api.samples import FACTS, NDJSON, Json, nothing_recorded, refusal, report
from tests.running import SCOPES, Ledger, command

OPEN: Final = ("/health/live", "/health/ready", "/openapi.json", "/docs", "/problems/not-found")


@pytest.fixture(scope="module")
def keys(ledger: Ledger) -> dict[str, str]:
    """A key with each scope alone."""
    return {scope: ledger.make_key(scope, actor=f"only-{scope.replace(':', '-')}") for scope in SCOPES}


@pytest.fixture(scope="module")
def useless(ledger: Ledger) -> dict[str, str]:
    """What is sent as Authorization and counts nowhere, though a part of it is a key with every scope."""
    revoked, expired = (ledger.make_key(*SCOPES, actor="once") for _ in range(2))
    command("keys", "revoke", revoked.split("_")[1], environ=ledger.environ)
    ledger.sql("UPDATE api_keys SET expires_at = now() - interval '1 s' WHERE prefix = %s", expired.split("_")[1])
    return {
        "garbage": "Bearer hello", "revoked": f"Bearer {revoked}", "expired": f"Bearer {expired}",
        "another secret": f"Bearer {ledger.key[:-43]}{'x' * 43}", "wrong scheme": f"Basic {ledger.key}",
        "token": "Bearer eyJhbGciOiJub25lIn0.e30.",
    }  # fmt: skip


@pytest.fixture(scope="module")
def there(client: httpx.Client) -> Json:
    """An incident with all that the routes ask for."""
    return report(client, **NAMED)


@pytest.fixture(scope="module")
def ask(there: Json) -> Iterator[Asker]:
    with httpx.Client(timeout=30) as anybody:
        yield Asker(anybody, there)


def test_every_route_but_those_of_health_needs_a_scope() -> None:
    free = {name for name, (_, _, operation) in OPERATIONS.items() if not operation["security"]}
    assert free == {"live", "ready"}
    assert {scope for scope, *_ in REQUESTS.values()} == set(SCOPES)


@EVERY
def test_without_a_key_it_is_401(
    ask: Asker, ledger: Ledger, client: httpx.Client, scope: str, method: str, path: str
) -> None:
    with nothing_recorded(client):
        answer = ask(ledger, method, path, None)
    found = refusal(answer, 401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == CHALLENGE
    assert "Bearer ilk_" in found["detail"]
    assert scope in SCOPES
    assert method != "GET" or ask(ledger, "HEAD", path, None).status_code == 401


@EVERY
def test_with_a_key_that_does_not_count_it_is_401(
    ask: Asker, ledger: Ledger, client: httpx.Client, useless: dict[str, str], scope: str, method: str, path: str
) -> None:
    assert scope in SCOPES
    with nothing_recorded(client):
        for what, sent in useless.items():
            answer = ask(ledger, method, path, sent)
            refusal(answer, 401, "not-authenticated")
            told = "" if what == "wrong scheme" else ', error="invalid_token", error_description="The API key is '
            assert answer.headers["WWW-Authenticate"].startswith(CHALLENGE + told), what
            assert ("error" in answer.headers["WWW-Authenticate"]) is bool(told), what


@EVERY
def test_with_every_other_scope_it_is_403_and_the_missing_one_is_named(
    ask: Asker, ledger: Ledger, client: httpx.Client, keys: dict[str, str], scope: str, method: str, path: str
) -> None:
    for other in SCOPES:
        with nothing_recorded(client):
            answer = ask(ledger, method, path, f"Bearer {keys[other]}")
        if other == scope:
            let_through(answer, method, path)
        else:
            assert scope in refusal(answer, 403, "not-permitted")["detail"]
            assert answer.headers["WWW-Authenticate"] == f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
            assert keys[other].split("_", 2)[2] not in answer.text


WRONG: Final[Mapping[str, str | bytes]] = {
    "no scheme": "{key}", "another scheme": "Basic {key}", "empty": "", "scheme alone": "Bearer",
    "two keys": "Bearer {key} {key}", "unknown": "Bearer ilk_0123456789ab_" + "x" * 43,
    "another secret": "Bearer {prefix}_" + "x" * 43, "cut off": "Bearer {cut}", "a letter more": "Bearer {key}x",
    "no key at all": "Bearer hello", "NUL": "Bearer ilk_%00_x", "long": "Bearer " + "x" * 7000,
    "UTF-8": "Bearer ключ".encode(), "no UTF-8": b"Bearer \xff", "SQL": "Bearer ' OR 1=1 --",
    "capitals": "Bearer {capitals}",
}  # fmt: skip


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_a_key_that_is_none_is_401(ask: Asker, ledger: Ledger, given: str | bytes) -> None:
    key = ledger.key
    prefix = "_".join(key.split("_", 2)[:2])
    names = {"key": key, "prefix": prefix, "cut": key[:-1], "capitals": key.upper()}
    sent = given.format(**names) if isinstance(given, str) else given
    answer = ask(ledger, "GET", "/v1/head", sent)
    refusal(answer, 401, "not-authenticated")
    assert "WWW-Authenticate" in answer.headers
    assert ledger.key not in answer.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(ask: Asker, ledger: Ledger, scheme: str) -> None:
    assert ask(ledger, "GET", "/v1/head", f"{scheme} {ledger.key}").status_code == 200


@pytest.mark.parametrize("path", OPEN)
def test_what_everybody_may_see_needs_no_key(ask: Asker, ledger: Ledger, path: str) -> None:
    assert ask(ledger, "GET", path, None).status_code == 200
    assert ask(ledger, "GET", path, "Bearer wrong").status_code == 200


def test_a_path_that_is_not_there_needs_no_key(ask: Asker, ledger: Ledger) -> None:
    refusal(ask(ledger, "GET", "/v1/nothing", None), 404)
    refusal(ask(ledger, "DELETE", "/v1/incidents", None), 405)


def test_the_actor_is_on_every_event_and_document(ledger: Ledger, client: httpx.Client) -> None:
    incident = report(client)["id"]
    with ledger.client(ledger.make_key("incidents:write", actor="desk.1_night-shift")) as other:
        body = {"reason": "r", "patch": {"title": "t"}}
        document = other.post(f"/v1/incidents/{incident}/revisions", json=body, headers={"If-Match": '"1"'}).json()
    assert document["actor"] == "desk.1_night-shift"
    found = client.get(f"/v1/incidents/{incident}/revisions").json()["items"]
    assert [each["actor"] for each in found] == ["tester", "desk.1_night-shift"]
    assert client.get(f"/v1/log/{document['position']}").json()["actor"] == "desk.1_night-shift"


def test_a_revoked_key_is_401(ask: Asker, ledger: Ledger) -> None:
    key = ledger.make_key("incidents:read", actor="short-lived")
    prefix = key.split("_")[1]
    command("keys", "revoke", prefix, environ=ledger.environ)  # before the service has seen it: it remembers for 5 s
    refusal(ask(ledger, "GET", "/v1/head", f"Bearer {key}"), 401)
    assert prefix in command("keys", "list", environ=ledger.environ).stdout


def test_an_expired_key_is_401(ask: Asker, ledger: Ledger) -> None:
    key = ledger.make_key("incidents:read", actor="expired")
    ledger.sql(
        "UPDATE api_keys SET expires_at = %s WHERE prefix = %s",
        datetime.now(UTC) - timedelta(seconds=1),
        key.split("_")[1],
    )
    refusal(ask(ledger, "GET", "/v1/head", f"Bearer {key}"), 401)


def test_only_a_hash_of_the_key_is_stored(ledger: Ledger) -> None:
    prefix, secret = ledger.key.removeprefix("ilk_").split("_", 1)
    (row,) = ledger.sql("SELECT k::text FROM api_keys k WHERE prefix = %s", prefix)
    assert secret not in row[0]
    assert len(secret) == 43


@pytest.fixture(scope="module")
def open_ledger(ledger: Ledger) -> Iterator[Ledger]:
    """The same register, served so that everybody may read incidents."""
    with Ledger(ledger.database_url, ANONYMOUS_READ="1") as running:
        yield running


@EVERY
def test_anonymous_reading_opens_incidents_and_nothing_else(
    ask: Asker, open_ledger: Ledger, client: httpx.Client, scope: str, method: str, path: str
) -> None:
    with nothing_recorded(client):
        answer = ask(open_ledger, method, path, None)
    if scope == "incidents:read":
        assert answer.status_code == 200
    else:
        refusal(answer, 401, "not-authenticated")


def test_anonymous_reading_does_not_take_a_wrong_key_for_none(ask: Asker, open_ledger: Ledger) -> None:
    refusal(ask(open_ledger, "GET", "/v1/head", "Bearer wrong"), 401)
    refusal(ask(open_ledger, "GET", "/v1/head", f"Bearer {open_ledger.make_key('log:read')}"), 403)


def test_a_batch_needs_its_key_before_it_is_read(ledger: Ledger, client: httpx.Client) -> None:
    line = b'{"command":"report","facts":{"title":"t","kind":"other"}}\n'
    with nothing_recorded(client):
        answer = httpx.post(f"{ledger.url}/v1/batches", content=line, headers=NDJSON)
    refusal(answer, 401)


def test_a_wrong_body_without_a_key_is_401_not_400(ledger: Ledger) -> None:
    refusal(httpx.post(f"{ledger.url}/v1/incidents?bogus=1", json={"facts": FACTS | {"kind": "war"}}), 401)
