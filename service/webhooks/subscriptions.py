"""Webhooks as their owners know them: made, changed, given new secrets, forgotten."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from uuid_utils.compat import uuid7

from service.db import Database, sql
from service.domain.errors import Refused
from service.projections.incidents_list import Filters

MOST: Final = 100
"""Webhooks of one actor."""
OVERLAP: Final = timedelta(hours=24)
"""For which an old secret signs beside the new one."""
_SECRET_BYTES: Final = 32
_CREATE: Final = sql("webhooks_create")
_GET: Final = sql("webhooks_get")
_CHANGE: Final = sql("webhooks_change")
_DELETE: Final = sql("webhooks_delete")
_ROTATE: Final = sql("webhooks_rotate")


class TooManyWebhooks(Refused):
    """The actor has as many as one may have."""

    detail = f"One client has {MOST} webhooks at most: delete one that is of no use any more."


class Kept(Struct, frozen=True):
    """A webhook."""

    webhook: UUID
    url: str
    description: str
    events: list[str]
    filters: str
    """As they were given, as JSON."""
    status: str
    reason: str
    created_at: datetime
    position: int
    pending: int
    dead: int


class Wish(Struct, frozen=True, kw_only=True):
    """What a webhook is to be; None leaves a part as it is."""

    url: str | None = None
    description: str | None = None
    events: Sequence[str] | None = None
    filters: str | None = None
    wanted: Filters | None = None
    """What `filters` come to."""
    status: str | None = None


async def create(db: Database, actor: str, wish: Wish) -> tuple[UUID, str]:
    """Make a webhook and return its id and its secret, which is not told again; raise TooManyWebhooks."""
    webhook, secret = uuid7(), _secret()
    row = await db.fetchrow(
        _CREATE, webhook, actor, wish.url, wish.description, wish.events, wish.filters, _matched(wish), secret, MOST
    )
    if row is None:
        raise TooManyWebhooks
    return webhook, secret


async def of_actor(db: Database, actor: str, webhook: UUID | None = None) -> list[Kept]:
    """Return an actor's webhooks, the oldest first; or the one, if it is theirs."""
    return [Kept(*row) for row in await db.fetch(_GET, actor, webhook)]


async def change(db: Database, actor: str, webhook: UUID, wish: Wish) -> bool:
    """Change an actor's webhook; False if there is none."""
    args = (wish.url, wish.description, wish.events, wish.filters, _matched(wish), wish.status)
    return await db.fetchrow(_CHANGE, actor, webhook, *args) is not None


async def delete(db: Database, actor: str, webhook: UUID) -> bool:
    """Forget an actor's webhook, with all that was still to be sent; False if there is none."""
    return await db.fetchrow(_DELETE, actor, webhook) is not None


async def rotate(db: Database, actor: str, webhook: UUID) -> str | None:
    """Return a new secret for an actor's webhook, beside which the old ones sign for a day; None if there is none."""
    secret = _secret()
    return None if await db.fetchrow(_ROTATE, actor, webhook, secret, OVERLAP) is None else secret


def _matched(wish: Wish) -> str | None:
    return None if wish.wanted is None else msgspec.json.encode(wish.wanted).decode()


def _secret() -> str:
    """Return 256 random bits, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
