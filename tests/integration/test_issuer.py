"""The issuer's keys over real HTTP: fetched once for all who ask, withdrawn, kept while it is away, good ones alone."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from jwt.algorithms import ECAlgorithm

from service import issuer as issuing_service
from service.issuer import Issuer
from service.tokens import IssuerAway
from tests.api import issuer as local
from tests.api.issuer import DISCOVERY, JWKS, Key, issuing
from tests.api.samples import Json

EC: Final = Key("ec", "ES256")
ED: Final = Key("ed", "EdDSA")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[local.Issuer]:
    """An issuer, whose keys are fetched again after less time than elsewhere."""
    monkeypatch.setattr(issuing_service, "_PAUSE", 0.2)
    monkeypatch.setattr(issuing_service, "_PATIENCE", 0.6)
    with issuing(EC, ED) as found:
        yield found


async def test_all_who_ask_wait_for_one_fetch(running: local.Issuer) -> None:
    running.delay = 0.1
    asked = Issuer(running.address)
    keys = await asyncio.gather(*(asked.key(kid, alg) for kid, alg in [("ec", "ES256"), ("ed", "EdDSA")] * 50))
    assert all(keys)
    assert await asyncio.gather(*(asked.key(f"unknown-{n}", "ES256") for n in range(50))) == [None] * 50
    assert running.asked in ([DISCOVERY, JWKS], [DISCOVERY, JWKS] * 2)


async def test_a_withdrawn_key_no_longer_counts(running: local.Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing_service, "_FRESH", 0.3)
    asked = Issuer(running.address)
    assert await asked.key("ec", "ES256")
    running.keys = [ED.jwk]
    await asyncio.sleep(0.4)
    deadline = time.monotonic() + 5
    while await asked.key("ec", "ES256") is not None:  # the fetch is not waited for by those whose key is known
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert await asked.key("ed", "EdDSA")


async def test_known_keys_count_while_it_is_away_but_not_for_ever(
    running: local.Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Issuer(running.address)
    assert await asked.key("ec", "ES256")
    running.status = 503
    await asyncio.sleep(0.25)
    with pytest.raises(IssuerAway):
        await asked.key("unknown", "ES256")
    assert await asked.key("ec", "ES256")
    monkeypatch.setattr(issuing_service, "_KEPT", 0.1)
    with pytest.raises(IssuerAway):
        await asked.key("ec", "ES256")


async def test_one_that_hangs_is_waited_for_once_and_not_for_long(running: local.Issuer) -> None:
    running.delay = 3
    asked = Issuer(running.address)
    begun = time.monotonic()
    told = await asyncio.gather(*(asked.key("ec", "ES256") for _ in range(30)), return_exceptions=True)
    assert {type(each) for each in told} == {IssuerAway}
    assert time.monotonic() - begun < 2
    assert running.asked == [DISCOVERY]


AWAY: Final[dict[str, Any]] = {
    "redirects": {"status": 302},
    "fails": {"status": 500},
    "is another": {"discovered": {"issuer": "https://another.example"}},
    "is another, but for a slash": {"discovered": {"issuer": "{issuer}/"}},
    "keys without TLS": {"discovered": {"jwks_uri": "http://keys.example/jwks"}},
    "keys in a file": {"discovered": {"jwks_uri": "file:///etc/passwd"}},
    "keys nowhere": {"discovered": {"jwks_uri": "https://"}},
    "no jwks_uri": {"bodies": {DISCOVERY: b'{"issuer":"x"}'}},
    "no JSON": {"bodies": {DISCOVERY: b"<html>"}},
    "no JSON of keys": {"bodies": {JWKS: b"\xff"}},
    "no list of keys": {"bodies": {JWKS: b'{"keys":{}}'}},
    "no keys": {"bodies": {JWKS: b'{"keys":[]}'}},
    "a mebibyte": {"bodies": {JWKS: b" " * 2**20}},
    "20,000 deep": {"bodies": {JWKS: b'{"keys":' + b"[" * 20_000 + b"]" * 20_000 + b"}"}},
}


@pytest.mark.parametrize("wrong", AWAY.values(), ids=AWAY)
async def test_one_that_answers_something_else_is_away(running: local.Issuer, wrong: Json) -> None:
    for name, value in wrong.items():
        if name == "discovered":
            running.discovered |= {each: text.replace("{issuer}", running.address) for each, text in value.items()}
        else:
            setattr(running, name, value)
    with pytest.raises(IssuerAway):
        await Issuer(running.address).key("ec", "ES256")


async def test_one_that_is_not_there_is_away(running: local.Issuer) -> None:
    with pytest.raises(IssuerAway):
        await Issuer("http://127.0.0.1:9/realm").key("ec", "ES256")
    assert running.asked == []


UNUSABLE: Final[dict[str, Any]] = {
    "for encryption": EC.jwk | {"use": "enc"},
    "to sign with": EC.jwk | {"key_ops": ["sign"]},
    "private": EC.jwk | ECAlgorithm.to_jwk(EC.private, as_dict=True),
    "used for a number": EC.jwk | {"use": 7},
    "secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "ec", "alg": "ES256"},
    "on no curve": EC.jwk | {"x": "AAAA"},
    "of another curve": EC.jwk | {"crv": "P-384"},
    "for another algorithm": EC.jwk | {"alg": "ES512"},
    "of no kind": {"kid": "ec"},
    "with a number as its id": EC.jwk | {"kid": 7},
    "no object": "ec",
    "null": None,
}


@pytest.mark.parametrize("jwk", UNUSABLE.values(), ids=UNUSABLE)
async def test_a_key_that_is_of_no_use_is_left_out(running: local.Issuer, jwk: Any) -> None:
    running.keys = [jwk, ED.jwk]
    asked = Issuer(running.address)
    assert await asked.key("ed", "EdDSA")
    assert await asked.key("ec", "ES256") is None
    assert await asked.key("ec", "HS256") is None


async def test_two_keys_of_one_name_are_none(running: local.Issuer) -> None:
    running.keys = [EC.jwk, Key("ec", "ES256").jwk, ED.jwk]
    asked = Issuer(running.address)
    assert await asked.key("ec", "ES256") is None
    assert await asked.key("ed", "EdDSA")
    assert await asked.key(None, "EdDSA")
