"""The Merkle tree of the log and what was signed of it; nobody else names the tables."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import asyncpg
from msgspec import Struct

from service.db import Database, sql
from service.domain.merkle import SIZE
from service.domain.tiles import Edge, Piece, Tile, edge_tiles, width

FOLLOWER: Final = "tree"
"""What the tree is called among those who follow the log."""
_KEPT: Final = 256
"""Tiles above the leaves' own, 8 KiB each: those of 16 million events."""
_SEALED: Final = sql("tree_sealed")
_COSIGNED: Final = sql("tree_cosigned")
_UNSEALED: Final = sql("tree_unsealed")
_ADD: Final = sql("tree_add")
_SIGN: Final = sql("tree_sign")
_TILES: Final = sql("tree_tiles")
_ENTRIES: Final = sql("tree_entries")
_CHECKPOINTS: Final = sql("tree_checkpoints")


class Signed(Struct, frozen=True):
    """A signed checkpoint; its note has the cosignatures that have come until now."""

    size: int
    root: bytes
    signed_at: datetime
    note: str


class Gap(Exception):
    """The log is not as the append leaves it; the message says where."""


async def sealed(db: Database | asyncpg.Connection) -> Signed | None:
    """Return the latest signed checkpoint; None if there is none yet."""
    row = await db.fetchrow(_SEALED)
    return Signed(*row) if row else None


async def cosigned(db: Database, witnesses: int) -> Signed | None:
    """Return the latest signed checkpoint that so many witnesses have cosigned at least; None if there is none."""
    row = await db.fetchrow(_COSIGNED, witnesses)
    return Signed(*row) if row else None


async def checkpoints(db: Database, after: int, limit: int) -> list[Signed]:
    """Return the signed checkpoints of trees larger than `after`, the smallest first."""
    return [Signed(*row) for row in await db.fetch(_CHECKPOINTS, after, limit)]


async def edge(connection: asyncpg.Connection, size: int) -> Edge:
    """Return the right edge of the tree when it had `size` leaves."""
    wanted = edge_tiles(size)
    found = await tiles(connection, [each for each in wanted if width(each, size)])
    return Edge(size, {each: found.get(each, b"") for each in wanted})


async def unsealed(connection: asyncpg.Connection, after: int, limit: int) -> list[bytes]:
    """Return the hashes of the next leaves; raise Gap if a position between them is not there."""
    row = await connection.fetchrow(_UNSEALED, after, limit)
    if row["last"] != after + row["count"]:
        raise Gap(f"of the positions from {after + 1} to {row['last']} only {row['count']} are there")
    hashes = row["hashes"] or b""
    return [hashes[n : n + SIZE] for n in range(0, len(hashes), SIZE)]


async def add(connection: asyncpg.Connection, pieces: Sequence[Piece]) -> None:
    """Add hashes to the tree."""
    await connection.execute(_ADD, *(list(column) for column in zip(*pieces, strict=True)))


async def sign(connection: asyncpg.Connection, size: int, root: bytes, note: str) -> None:
    """Keep a signed checkpoint; there can be one of a size."""
    await connection.execute(_SIGN, size, root, note)


async def tiles(db: Database | asyncpg.Connection, wanted: Collection[Tile]) -> dict[Tile, bytes]:
    """Return the hashes of tiles, of those that have any."""
    rows = await db.fetch(_TILES, [each.level for each in wanted], [each.number for each in wanted])
    return {Tile(row["level"], row["number"]): row["hashes"] for row in rows}


class Tiles:
    """Tiles for proofs: those above the leaves' own are in the way of one proof after the other, and are kept."""

    def __init__(self, db: Database) -> None:
        self._db: Final = db
        self._kept: Final[dict[Tile, bytes]] = {}

    async def of(self, wanted: Collection[Tile], size: int) -> dict[Tile, bytes]:
        """Return the hashes of tiles, at least those that a tree of `size` leaves has: they never change."""
        held = {
            each: kept
            for each in wanted
            if (kept := self._kept.get(each)) is not None and len(kept) >= width(each, size) * SIZE
        }
        missing = [each for each in wanted if each not in held]
        found = await tiles(self._db, missing) if missing else {}
        self._kept.update((each, hashes) for each, hashes in found.items() if each.level)
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return held | found


async def entries(db: Database, after: int, until: int) -> bytes:
    """Return the leaves of the positions after one up to another, each after its length in two bytes."""
    return (await db.fetchrow(_ENTRIES, after, until))["entries"] or b""
