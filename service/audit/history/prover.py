"""Many events proven to be in one signed tree, with few requests: the proofs are made from the tree's tiles."""

from functools import lru_cache
from typing import Final

import httpx

from service.audit.logged import Logged
from service.audit.verdicts import Different
from service.domain.merkle import SIZE, NotProven, Range, inclusion, verify_inclusion
from service.domain.tiles import HEIGHT, WIDTH, Tile, path, prove, tiles_of, width
from service.notes import Checkpoint
from service.remote import ask

_HELD: Final = 256
"""Tiles that are kept, 8 KiB each: events that stand near each other in the log are proven from the same ones."""


class Prover:
    """Proves events by a signed checkpoint. No tile is taken on trust: what they come to must be the root of that."""

    def __init__(self, client: httpx.Client, checkpoint: Checkpoint) -> None:
        self._client: Final = client
        self._checkpoint: Final = checkpoint
        self._tile: Final = lru_cache(_HELD)(self._fetch)

    def prove(self, event: Logged) -> None:
        """Raise Different unless the event is in the tree, where it says that it is."""
        index, whole = event.position - 1, Range(0, self._checkpoint.size)
        if index >= whole.end:
            told = f"The signed log has {whole.end} events, and none at position {event.position}."
            raise Different(event.position, told)
        needed = inclusion(index, whole.end)
        try:
            hashes = prove(needed, {tile: self._tile(tile) for tile in tiles_of(needed)})
            verify_inclusion(index, whole, event.leaf, self._checkpoint.root, hashes)
        except NotProven as error:
            told = f"The event at position {event.position} is not proven to be in the signed log: {error}."
            raise Different(event.position, told) from error

    def _fetch(self, tile: Tile) -> bytes:
        wide = width(tile, self._checkpoint.size)
        hashes = ask(self._client, "GET", f"/v1/log/tile/{tile.level}/{path(tile.number, wide % WIDTH)}").content
        if len(hashes) != wide * SIZE:
            first = (tile.number * WIDTH << (HEIGHT * tile.level)) + 1
            raise Different(first, f"A tile of the log has {len(hashes)} bytes and not {wide * SIZE}.")
        return hashes
