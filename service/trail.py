"""The trail: who made and revoked keys and webhooks and took data out of the log. The deeds write it."""

from typing import Final

from msgspec import Struct

from service.db import Database, sql

_PAGE: Final = sql("trail_page")


class Page(Struct, frozen=True):
    """Some entries in order, each as it is served, and the number of the last; if there are none, the one before."""

    entries: tuple[bytes, ...]
    last: int


async def page(db: Database, after: int, limit: int) -> Page:
    """Return the entries after a number, at most `limit` of them."""
    rows = await db.fetch(_PAGE, after, limit)
    return Page(tuple(row["entry"].encode() for row in rows), rows[-1]["number"] if rows else after)
