"""API keys: made, listed, revoked and recognised; only the hash of a secret is kept."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from service.db import Database, sql
from service.domain.bounds import FREE, Bounds

_CREATE: Final = sql("api_keys_create")
_GET: Final = sql("api_keys_get")
_LIST: Final = sql("api_keys_list")
_REVOKE: Final = sql("api_keys_revoke")
_FORM: Final = re.compile(r"ilk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
ACTOR: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_T = TypeVar("_T")
_REMEMBERED_FOR: Final = 5.0
"""Seconds for which a key is not looked up again: a revoked one may still work for so long."""
_REMEMBERED: Final = 10_000
OF_TOKENS: Final = "oidc."
"""What the actors of tokens begin with; no key is made in the name of one."""


class Key(msgspec.Struct, frozen=True):
    """An API key without its secret. `actor` is the name under which its events are recorded."""

    prefix: str
    actor: str
    scopes: tuple[str, ...]
    bounds: Bounds
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def __str__(self) -> str:
        return f"API key {self.prefix}"


class WrongActor(Exception):
    """A name that cannot be an actor's."""


async def create(
    db: Database,
    actor: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    *,
    bounds: Bounds = FREE,
    by: str | None = None,
) -> str:
    """Make a key of 256 random bits and return it: the only time that it can be seen. `by` is who the trail names."""
    if ACTOR.fullmatch(actor) is None or actor.startswith(OF_TOKENS):
        raise WrongActor(
            f"{actor!r} cannot be an actor: use a-z, 0-9, '.', '_' and '-', 64 at most, and not {OF_TOKENS} first."
        )
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).digest()
    within = list(bounds.namespaces), list(bounds.subdivisions)
    await db.execute(_CREATE, prefix, actor, digest, list(scopes), expires_at, *within, by)
    return f"ilk_{prefix}_{secret}"


async def list_all(db: Database) -> list[Key]:
    """Return every key, newest first."""
    return [_key(row) for row in await db.fetch(_LIST)]


async def revoke(db: Database, prefix: str, by: str | None = None) -> bool:
    """Revoke the key with this prefix and say whether there is one."""
    return await db.fetchrow(_REVOKE, prefix, by) is not None


def _key(row: Mapping[str, Any]) -> Key:
    bounds = Bounds(tuple(row["namespaces"]), tuple(row["subdivisions"]))
    times = row["created_at"], row["expires_at"], row["revoked_at"]
    return Key(row["prefix"], row["actor"], tuple(row["scopes"]), bounds, *times)


class Memory(Generic[_T]):
    """What secrets were found to stand for, for a few seconds: a request need not ask for each again."""

    def __init__(self) -> None:
        self._found: Final[dict[str, tuple[float, _T]]] = {}

    def get(self, secret: str) -> _T | None:
        """Return what was kept of it, unless that was too long ago."""
        known = self._found.get(secret)
        return known[1] if known is not None and time.monotonic() - known[0] <= _REMEMBERED_FOR else None

    def keep(self, secret: str, found: _T) -> None:
        """Remember it from now on."""
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        self._found[secret] = (time.monotonic(), found)


class Keyring:
    """Recognises keys; remembers them for a few seconds, so that a request need not ask the database."""

    def __init__(self, db: Database) -> None:
        self._db: Final = db
        self._memory: Final = Memory[Key]()

    async def recognise(self, token: str) -> Key | None:
        """Return the key if it counts now: known, right, not revoked, not expired."""
        key = self._memory.get(token)
        if key is None:
            key = await self._look_up(token)
            if key is None:
                return None
            self._memory.keep(token, key)
        if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
            return None
        return key

    async def _look_up(self, token: str) -> Key | None:
        form = _FORM.fullmatch(token)
        if form is None:
            return None
        row = await self._db.fetchrow(_GET, form[1])
        digest = hashlib.sha256(form[2].encode()).digest()
        if row is None or not hmac.compare_digest(digest, row["secret_sha256"]) or row["revoked_at"] is not None:
            return None
        return _key(row)
