"""What has changed in the incidents that filters match, for somebody who holds what they matched before."""

from typing import Final

from msgspec import Struct

from service.db import Database, NotBuilt, sql
from service.projections.incidents_list import Filters, conditions

_CHANGED: Final = sql("incidents_changed")
_OUTGROWN: Final = sql("incidents_outgrown")
LOOK: Final = 2000
"""How many changed incidents are looked through for one answer; few of them may match."""
_BOUND: Final = 10_000
"""How many are counted, at most, to say which is less: what has changed, or all that there is."""


class Stretch(Struct, frozen=True):
    """
    Positions of the log at which somebody may hold what filters matched.

    Who has been told of everything is at one position. Who is being told, a part at a time, is at `since` for what he
    has not been told of yet, and further on, up to `until`, for what he has.
    """

    since: int
    until: int


class Page(Struct, frozen=True):
    """What is to be told next; both are the inside of a JSON array."""

    documents: bytes
    tombstones: bytes
    until: int
    """Up to where the log has then been told of."""
    more: bool
    head: int


class Behind(Exception):
    """The versions are not yet where they are needed."""


async def page(db: Database, wanted: Filters, held: Stretch, limit: int) -> Page:
    """
    Return the incidents that have changed since a stretch, each once, in the order of the log.

    One that the filters do not match, and have not matched in the stretch, is left out. Raises Behind.
    """
    row = await db.fetchrow(_CHANGED, *conditions(wanted), limit, held.until, held.since, LOOK)
    if row["versions"] is None:
        raise NotBuilt("versions is being built.")
    if row["versions"] < held.until:
        raise Behind
    until, more = row["head"], False
    if row["found"] > limit:
        until, more = row["last_found"], True
    elif row["looked"] == LOOK:
        until, more = row["last"], row["last"] < row["head"]
    return Page(row["documents"], row["tombstones"], until, more, row["head"])


async def outgrown(db: Database, wanted: Filters, since: int) -> bool:
    """Whether more incidents have changed since a position than the filters match, and more than one answer takes."""
    row = await db.fetchrow(_OUTGROWN, *conditions(wanted), since, _BOUND)
    return bool(row["changed"] > LOOK and row["changed"] > row["matching"])
