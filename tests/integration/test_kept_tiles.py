"""The tiles that are kept for proofs are those of the tree, however it has grown since."""

from typing import Final

from service.db import Database
from service.domain.tiles import Piece, Tile
from service.store import tree
from service.store.tree import Tiles

TOP: Final = Tile(1, 0)
LOW: Final = Tile(0, 0)
ONE, TWO = b"1" * 32, b"2" * 32


async def test_a_kept_tile_is_read_again_only_where_more_of_it_is_needed(database_url: str) -> None:
    db = Database(database_url, 1)
    await db.open()
    try:
        tiles = Tiles(db)
        async with db.connection() as connection:
            await tree.add(connection, [Piece(1, 0, ONE), Piece(0, 0, ONE)])
        assert await tiles.of([TOP, LOW], 257) == {TOP: ONE, LOW: ONE}
        async with db.connection() as connection:
            await tree.add(connection, [Piece(1, 1, TWO), Piece(0, 1, TWO)])
        assert await tiles.of([TOP, LOW], 511) == {TOP: ONE, LOW: ONE + TWO}
        assert await tiles.of([TOP, LOW], 512) == {TOP: ONE + TWO, LOW: ONE + TWO}
    finally:
        await db.close()
    assert await tiles.of([TOP], 512) == {TOP: ONE + TWO}
