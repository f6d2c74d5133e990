"""The `versions` projection: each incident as each of its events left it, as `incidents` would have held it then."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from service.db import sql
from service.projections.projection import Projection
from service.projections.remake import row
from service.store.changes import Change

_ADD: Final = sql("versions_add")
_END: Final = sql("versions_end")
_STANDING: Final = 2**63 - 1


async def _apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    following: dict[UUID, int] = {}
    rows, ended = [], {}
    for each in reversed(changes):
        now = each.after
        rows.append((*now.made(row), following.get(now.incident, _STANDING)))
        following[now.incident] = now.position
        ended[now.incident] = (now.incident, now.revision - 1, now.position)
    if before := [each for each in ended.values() if each[1]]:
        await connection.execute(_END, *zip(*before, strict=True))
    await connection.execute(_ADD, *zip(*reversed(rows), strict=True))


PROJECTION: Final = Projection("versions", 2, ("incident_versions",), _apply, row)
