"""API keys: made, listed, revoked and recognised; only the hash of a secret is kept."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from service.db import Database, sql

_CREATE: Final = sql("api_keys_create")
_GET: Final = sql("api_keys_get")
_LIST: Final = sql("api_keys_list")
_REVOKE: Final = sql("api_keys_revoke")
_FORM: Final = re.compile(r"ilk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
ACTOR: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_REMEMBERED_FOR: Final = 5.0
"""Seconds for which a key is not looked up again: a revoked one may still work for so long."""
_REMEMBERED: Final = 10_000


class Key(msgspec.Struct, frozen=True):
    """An API key without its secret. `actor` is the name under which its events are recorded."""

    prefix: str
    actor: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class WrongActor(Exception):
    """A name that cannot be an actor's."""


async def create(db: Database, actor: str, scopes: Sequence[str], expires_at: datetime | None) -> str:
    """Make a key of 256 random bits and return it: the only time that it can be seen."""
    if ACTOR.fullmatch(actor) is None:
        raise WrongActor(f"{actor!r} cannot be an actor: use a-z, 0-9, '.', '_' and '-', 64 at most.")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    await db.execute(_CREATE, prefix, actor, hashlib.sha256(secret.encode()).digest(), list(scopes), expires_at)
    return f"ilk_{prefix}_{secret}"


async def list_all(db: Database) -> list[Key]:
    """Return every key, newest first."""
    return [Key(row[0], row[1], tuple(row[2]), row[3], row[4], row[5]) for row in await db.fetch(_LIST)]


async def revoke(db: Database, prefix: str) -> bool:
    """Revoke the key with this prefix and say whether there is one."""
    return await db.fetchrow(_REVOKE, prefix) is not None


class Keyring:
    """Recognises keys; remembers them for a few seconds, so that a request need not ask the database."""

    def __init__(self, db: Database) -> None:
        self._db: Final = db
        self._remembered: dict[str, tuple[float, Key]] = {}

    async def recognise(self, token: str) -> Key | None:
        """Return the key if it counts now: known, right, not revoked, not expired."""
        known = self._remembered.get(token)
        if known is None or time.monotonic() - known[0] > _REMEMBERED_FOR:
            key = await self._look_up(token)
            if key is None:
                self._remembered.pop(token, None)
                return None
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[token] = (time.monotonic(), key)
        else:
            key = known[1]
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
        return Key(row["prefix"], row["actor"], tuple(row["scopes"]), row["created_at"], row["expires_at"], None)
