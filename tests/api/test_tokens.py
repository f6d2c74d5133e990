"""Access tokens of an OIDC issuer: whose they are, what they allow, and every way in which one is none."""

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.api.asked import NAMED
from tests.api.forged import FORGED, mallorys
from tests.api.issuer import AUDIENCE, DISCOVERY, EC, ED, PSS, RSA, STRANGER, Issuer, Key, issuing, sign
from tests.api.routes import CHALLENGE, EVERY, Asker, let_through
from tests.api.samples import FACTS, Json, nothing_recorded, refusal, report, unique
from tests.cli.processes import eventually
from tests.running import SCOPES, Ledger, command


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer with a key of every sort."""
    with issuing(RSA, PSS, EC, ED) as running:
        yield running


@pytest.fixture(scope="module")
def trusting(ledger: Ledger, issuer: Issuer) -> Iterator[Ledger]:
    """The same register, served so that the issuer's tokens count."""
    with Ledger(ledger.database_url, OIDC_ISSUER=issuer.address, OIDC_AUDIENCE=AUDIENCE) as running:
        yield running


@pytest.fixture(scope="module")
def ask(client: httpx.Client) -> Iterator[Asker]:
    with httpx.Client(timeout=30) as anybody:
        yield Asker(anybody, report(client, **NAMED))


Get = Callable[[str], httpx.Response]


@pytest.fixture(scope="module")
def get(trusting: Ledger) -> Iterator[Get]:
    """Asks for the head of the log with a token."""
    with httpx.Client(timeout=30) as anybody:
        yield lambda token: anybody.get(
            f"{trusting.url}/v1/head", headers={"Authorization": f"Bearer {token}".encode()}
        )


def refused(answer: httpx.Response, why: str) -> None:
    """Hold that a token does not count, and that its holder is told why."""
    found = refusal(answer, 401, "not-authenticated")
    assert why in found["detail"]
    told = answer.headers["WWW-Authenticate"]
    assert told == f'{CHALLENGE}, error="invalid_token", error_description="{found["detail"].removesuffix(".")}"'


@pytest.mark.parametrize("key", [RSA, PSS, EC, ED], ids=lambda key: key.algorithm)
def test_a_token_counts_with_each_algorithm(get: Get, issuer: Issuer, key: Key) -> None:
    assert get(issuer.token(key)).status_code == 200


def test_without_a_key_id_it_is_the_only_key_of_the_sort(get: Get, issuer: Issuer) -> None:
    assert get(issuer.token(Key(None, "EdDSA", ED.private))).status_code == 200


@EVERY
def test_on_every_route_a_token_is_held_to_its_scopes(
    ask: Asker, trusting: Ledger, client: httpx.Client, issuer: Issuer, scope: str, method: str, path: str
) -> None:
    with nothing_recorded(client):
        expired = ask(trusting, method, path, f"Bearer {issuer.token(ED, exp=int(time.time()) - 300)}")
        refused(expired, "expired")
        for other in SCOPES:
            answer = ask(trusting, method, path, f"Bearer {issuer.token(ED, scope=other)}")
            if other == scope:
                let_through(answer, method, path)
            else:
                assert scope in refusal(answer, 403, "not-permitted")["detail"]
                assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]


def test_keys_count_beside_tokens(trusting: Ledger, get: Get) -> None:
    assert get(trusting.key).status_code == 200
    refused(get(trusting.key[:-1] + "-"), "The API key is unknown")


def test_the_actor_is_a_hash_of_issuer_and_subject(trusting: Ledger, client: httpx.Client, issuer: Issuer) -> None:
    expected = "oidc." + hashlib.sha256(f"{issuer.address}\nolena@example.org".encode()).hexdigest()[:32]
    key = {"Idempotency-Key": unique()}
    with trusting.client(issuer.token(ED, sub="olena@example.org")) as writer:
        first = writer.post("/v1/incidents", json={"facts": FACTS}, headers=key)
    assert (first.status_code, first.json()["actor"]) == (201, expected)
    assert client.get(f"/v1/log/{first.json()['position']}").json()["actor"] == expected
    assert [each["position"] for each in client.get(f"/v1/log?actor={expected}").json()["items"]]
    with trusting.client(
        issuer.token(EC, sub="olena@example.org")
    ) as later:  # another token, another key, the same one
        again = later.post("/v1/incidents", json={"facts": FACTS}, headers=key)
        assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    with trusting.client(issuer.token(ED, sub="another")) as other:
        assert other.post("/v1/incidents", json={"facts": FACTS}, headers=key).json()["id"] != first.json()["id"]


def test_no_key_is_made_in_the_name_of_a_subject(ledger: Ledger) -> None:
    done = command("keys", "create", "oidc." + "0" * 32, "--scope", "log:read", environ=ledger.environ, check=False)
    assert (done.returncode, "cannot be an actor" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("claims", "counts"),
    [
        ({"scope": None, "scp": "openid incidents:read"}, True),
        ({"scope": None, "scp": ["openid", "incidents:read", 7]}, True),
        ({"scope": "openid", "scp": ["incidents:read"]}, False),
        ({"scope": None}, False),
        ({"scope": ""}, False),
        ({"scope": "incidents:readx xincidents:read INCIDENTS:READ incidents:read,log:read"}, False),
        ({"scope": {"incidents:read": True}}, False),
        ({"scope": None, "scp": None, "roles": ["incidents:read"]}, False),
    ],
    ids=str,
)
def test_scopes_are_read_from_scope_or_scp(get: Get, issuer: Issuer, claims: Json, counts: bool) -> None:
    answer = get(issuer.token(ED, **claims))
    if counts:
        assert answer.status_code == 200
    else:
        assert "token has no scope incidents:read" in refusal(answer, 403, "not-permitted")["detail"]


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": -45}, {"nbf": 45}, {"iat": 45}, {"nbf": -9_000, "iat": -9_000}, {"exp": 10**9}, {"iat": None},
        {"aud": [AUDIENCE, "another"]}, {"jti": "a", "cnf": {}, "azp": "app", "unknown": [1]}, {"sub": "x" * 255},
    ],
    ids=str,
)  # fmt: skip
def test_a_clock_may_be_a_minute_wrong_and_more_may_be_said(get: Get, issuer: Issuer, claims: Json) -> None:
    """Times are seconds from now on."""
    assert get(issuer.token(ED, **_from_now(claims))).status_code == 200


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": -75}, "expired"),
        ({"exp": None}, "lacks one of the claims"),
        ({"exp": "never"}, "cannot be read"),
        ({"exp": float("nan")}, "cannot be read"),
        ({"exp": float("inf")}, "cannot be read"),
        ({"nbf": 75}, "not valid yet"),
        ({"nbf": "x"}, "cannot be read"),
        ({"iat": 75}, "not valid yet"),
        ({"aud": None}, "lacks one of the claims"),
        ({"aud": "https://other.example"}, "another audience"),
        ({"aud": AUDIENCE + "/"}, "another audience"),
        ({"aud": []}, "lacks one of the claims"),
        ({"aud": [7, AUDIENCE]}, "another audience"),
        ({"iss": None}, "lacks one of the claims"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"iss": "{iss}/"}, "another issuer"),
        ({"iss": ["{iss}"]}, "another issuer"),
        ({"sub": None}, "lacks one of the claims"),
        ({"sub": ""}, "has not 1 to 255"),
        ({"sub": "x" * 256}, "has not 1 to 255"),
        ({"sub": 7}, "cannot be read"),
        ({"jti": 7}, "cannot be read"),
        ({"sub": "x" * 20_000}, "longer than 16384"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_token_with_wrong_claims_is_none(get: Get, issuer: Issuer, claims: Json, why: str) -> None:
    wrong = {name: _named(value, issuer) for name, value in _from_now(claims).items()}
    refused(get(issuer.token(ED, **wrong)), why)


def _from_now(claims: Json) -> Json:
    times = {"exp", "nbf", "iat"}
    return {k: int(time.time()) + v if k in times and isinstance(v, int) else v for k, v in claims.items()}


def _named(value: Any, issuer: Issuer) -> Any:
    if isinstance(value, list):
        return [_named(each, issuer) for each in value]
    return value.replace("{iss}", issuer.address) if isinstance(value, str) else value


@pytest.mark.parametrize(("forge", "why"), FORGED.values(), ids=FORGED)
def test_a_forged_token_is_none(get: Get, issuer: Issuer, forge: Callable[[Issuer], str], why: str) -> None:
    refused(get(forge(issuer)), why)


def test_nothing_was_asked_of_whom_a_token_named(get: Get, issuer: Issuer) -> None:
    get(sign(STRANGER, mallorys(issuer), {"jku": f"{issuer.address}/evil", "x5u": f"{issuer.address}/evil"}))
    assert {path for path in issuer.asked if "evil" in path} == set()


def test_made_up_key_ids_do_not_flood_the_issuer(get: Get, issuer: Issuer) -> None:
    before, begun = issuer.asked.count(DISCOVERY), time.monotonic()
    for number in range(60):
        refused(get(sign(Key(f"unknown-{number}", "EdDSA"), mallorys(issuer))), "does not have")
    assert issuer.asked.count(DISCOVERY) - before <= 1 + (time.monotonic() - begun) / 5


def test_a_token_that_was_just_taken_still_expires(get: Get, issuer: Issuer) -> None:
    token = issuer.token(ED, exp=int(time.time()) - 58)
    assert get(token).status_code == 200
    eventually(lambda: get(token).status_code == 401, 4)


def test_an_outage_of_the_issuer_hurts_unknown_keys_alone(trusting: Ledger, issuer: Issuer, get: Get) -> None:
    """It rotates while it is away: known keys go on, the new one is told to wait, and counts when it is back."""
    new = Key("new", "ES256")
    issuer.status = 500
    issuer.keys.append(new.jwk)
    token = issuer.token(new)
    eventually(lambda: get(token).status_code == 503, 8)
    answer = get(token)
    assert answer.headers["Retry-After"] == "5"
    refusal(answer, 503, "issuer-away")
    assert get(issuer.token(ED, sub="another")).status_code == 200
    assert get(trusting.key).status_code == 200
    issuer.status = 200
    eventually(lambda: get(token).status_code == 200, 8)


def test_without_an_issuer_no_token_counts(ledger: Ledger, issuer: Issuer) -> None:
    with ledger.client(issuer.token(ED)) as client:
        refusal(client.get("/v1/head"), 401, "not-authenticated")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"OIDC_ISSUER": "https://login.example.org"}, "OIDC_ISSUER and OIDC_AUDIENCE go together"),
        ({"OIDC_AUDIENCE": "ledger"}, "OIDC_ISSUER and OIDC_AUDIENCE go together"),
        ({"OIDC_ISSUER": "http://login.example.org", "OIDC_AUDIENCE": "a"}, "OIDC_ISSUER='http"),
        ({"OIDC_ISSUER": "http://127.0.0.1.evil.example", "OIDC_AUDIENCE": "a"}, "OIDC_ISSUER='http"),
        ({"OIDC_ISSUER": "https://login.example.org/?a=b", "OIDC_AUDIENCE": "a"}, "OIDC_ISSUER='http"),
    ],
    ids=str,
)
def test_a_wrong_setting_stops_the_start(ledger: Ledger, given: dict[str, str], told: str) -> None:
    done = command("serve", environ=ledger.environ | {"PORT": "1"} | given, check=False)
    assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (1, True, False), done.stderr
