"""The issuer of tokens: found by OIDC discovery, its public keys kept, and fetched anew as they may have changed."""

import asyncio
import logging
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import msgspec
from jwt import PyJWK, PyJWTError
from msgspec import Struct

from service.tokens import IssuerAway

_KINDS: Final[Mapping[str, tuple[str, str | None]]] = {
    "RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519"),
}  # fmt: skip
ALGORITHMS: Final = tuple(_KINDS)
"""With which a token may be signed: by a private key, of which only the public one is here (RFC 7518, RFC 8037)."""
_JWKS_ADDRESS: Final = re.compile(r"https://[^\s#@]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s#]*)?")
_PATIENCE: Final = 5.0
"""Seconds that a fetch may take."""
_PAUSE: Final = 5.0
"""Seconds between two fetches, whatever key ids come."""
_FRESH: Final = 300.0
"""Seconds after which the keys are fetched anew: for so long, one that the issuer has withdrawn may count."""
_KEPT: Final = 86_400.0
"""Seconds for which the keys count while the issuer does not answer."""
_MOST: Final = 256 * 1024
"""Bytes that an answer may have."""
_log: Final = logging.getLogger(__name__)


class _Unheard(Exception):
    """An answer that is none."""


class _Discovered(Struct):
    issuer: str
    jwks_uri: str


class _KeySet(Struct):
    keys: list[Any]


class Issuer:
    """
    Finds the key that a token is signed with.

    Keys that are known go on to count for a day while the issuer is away. An unknown key id leads to a fetch, but never
    to more than one in five seconds; all who ask meanwhile wait for the same one.
    """

    def __init__(self, address: str) -> None:
        self.address: Final = address
        self._tls: Final = httpx.create_ssl_context()  # takes 30 ms: once
        self._keys: dict[tuple[str | None, str], PyJWK | None] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._away = False
        self._fetch: asyncio.Task[None] | None = None

    async def key(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """Return the public key; None if the issuer has no single such key. Raise IssuerAway if that is not known."""
        now = time.monotonic()
        if now - self._fetched_at > _FRESH:
            self._begin()
        found = self._keys.get((key_id, algorithm)) if now - self._fetched_at <= _KEPT else None
        if found is not None:
            return found
        self._begin()
        if self._fetch is not None:
            await asyncio.shield(self._fetch)
        if self._away:
            raise IssuerAway
        return self._keys.get((key_id, algorithm))

    def _begin(self) -> None:
        """Start a fetch, unless one is under way or was just now."""
        now = time.monotonic()
        if self._fetch is None and now - self._tried_at >= _PAUSE:
            self._tried_at = now
            self._fetch = asyncio.create_task(self._fetch_keys(), name="issuer")

    async def _fetch_keys(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE), httpx.AsyncClient(verify=self._tls, timeout=_PATIENCE) as client:
                keys = await self._discovered(client)
        except Exception as error:  # noqa: BLE001  # whatever an issuer answers, those whose key is known are served
            self._away = True
            _log.warning("the keys of %s cannot be had: %s", self.address, str(error) or type(error).__name__)
        else:
            self._keys, self._fetched_at, self._away = keys, time.monotonic(), False
        finally:
            self._fetch = None

    async def _discovered(self, client: httpx.AsyncClient) -> dict[tuple[str | None, str], PyJWK | None]:
        where = f"{self.address.rstrip('/')}/.well-known/openid-configuration"
        found = msgspec.json.decode(await _get(client, where), type=_Discovered)
        if found.issuer != self.address:
            raise _Unheard(f"it says that it is {found.issuer!r}")
        if _JWKS_ADDRESS.fullmatch(found.jwks_uri) is None:
            raise _Unheard(f"its jwks_uri is {found.jwks_uri!r}")
        keys = _indexed(msgspec.json.decode(await _get(client, found.jwks_uri), type=_KeySet).keys)
        if not keys:
            raise _Unheard("it has no key that is of use here")
        return keys


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    body = b""
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
        if answer.status_code != httpx.codes.OK:
            raise _Unheard(f"{url} answers {answer.status_code}")
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _MOST:
                raise _Unheard(f"{url} answers with more than {_MOST} bytes")
    return body


def _indexed(keys: list[Any]) -> dict[tuple[str | None, str], PyJWK | None]:
    """Return the keys by id and algorithm, and by algorithm alone (id None); None where there are several."""
    found: dict[tuple[str | None, str], PyJWK | None] = {}
    for jwk in keys:
        for algorithm, key in _usable(jwk):
            for name in {jwk.get("kid"), None}:
                found[name, algorithm] = None if (name, algorithm) in found else key
    return found


def _usable(jwk: Any) -> Iterator[tuple[str, PyJWK]]:  # noqa: ANN401  # any JSON
    """Yield a public key for signatures with each algorithm that it is for; secret and private ones are not taken."""
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid", ""), str) or "d" in jwk:
        return
    uses = jwk.get("key_ops")
    if jwk.get("use", "sig") != "sig" or (isinstance(uses, list) and "verify" not in uses):
        return
    for algorithm, (kind, curve) in _KINDS.items():
        if (jwk.get("kty"), jwk.get("crv")) == (kind, curve) and jwk.get("alg", algorithm) == algorithm:
            try:
                yield algorithm, PyJWK(jwk, algorithm)
            except (PyJWTError, ValueError, TypeError):
                _log.warning("a key of the issuer is left out: it cannot be read")
