"""The Merkle tree in tiles of 256 hashes (C2SP tlog-tiles): where each hash is, and how a tree grows on the right."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from service.domain.merkle import SIZE, Node, Range, nodes, range_hash, subtree_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
"""Hashes in a full tile."""
_known: Final = lru_cache(4096)(subtree_hash)
"""For tiles above the leaves' own, which are in the way of one proof after the other: those of a million leaves."""
_PATH: Final = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Tile(NamedTuple):
    """WIDTH hashes of complete subtrees of 1 << (HEIGHT * `level`) leaves, from the one `number` * WIDTH on."""

    level: int
    number: int


class Piece(NamedTuple):
    """Hashes that stand side by side in one tile, from the hash `first` of the `level` on."""

    level: int
    first: int
    hashes: bytes


def width(tile: Tile, size: int) -> int:
    """Return how many hashes the tile has in a tree of `size` leaves: 0 where it has none yet."""
    return min(max((size >> (HEIGHT * tile.level)) - tile.number * WIDTH, 0), WIDTH)


def tiles_of(ranges: Iterable[Range]) -> set[Tile]:
    """Return the tiles that the hashes of these ranges are made from."""
    return {_place(node)[0] for each in ranges for node in nodes(each)}


def hash_in(tiles: Mapping[Tile, bytes], node: Node) -> bytes:
    """Return the hash of a complete subtree; raise KeyError if its tile is not there."""
    tile, start, count = _place(node)
    hashes = tiles[tile][SIZE * start : SIZE * (start + count)]
    return _known(hashes) if tile.level else subtree_hash(hashes)


def prove(ranges: Sequence[Range], tiles: Mapping[Tile, bytes]) -> list[bytes]:
    """Return the hashes of ranges, as they make up a proof."""
    return [range_hash(each, lambda node: hash_in(tiles, node)) for each in ranges]


class Edge:
    """The tiles of a tree that are not full: all that it takes to let it grow, and to tell its root."""

    def __init__(self, size: int = 0, tiles: Mapping[Tile, bytes] | None = None) -> None:
        self.size = size
        self._rows: Final = [_split((tiles or {})[each])[: width(each, size)] for each in edge_tiles(size)]

    def add(self, leaves: Sequence[bytes]) -> list[Piece]:
        """Let the tree grow by the hashes of leaves, and return what its tiles have more than before."""
        pieces = []
        level, more = 0, list(leaves)
        while more:
            if level == len(self._rows):
                self._rows.append([])
            row, first, above = self._rows[level], self.size >> (HEIGHT * level), []
            while more:
                taken, more = more[: WIDTH - len(row)], more[WIDTH - len(row) :]
                pieces.append(Piece(level, first, b"".join(taken)))
                first += len(taken)
                row += taken
                if len(row) == WIDTH:
                    above.append(subtree_hash(b"".join(row)))
                    row.clear()
            level, more = level + 1, above
        self.size += len(leaves)
        return pieces

    def root(self) -> bytes:
        """Return the hash of the tree."""
        return range_hash(Range(0, self.size), self._hash_of)

    def _hash_of(self, node: Node) -> bytes:
        tile, start, count = _place(node)
        return subtree_hash(b"".join(self._rows[tile.level][start : start + count]))


def edge_tiles(size: int) -> list[Tile]:
    """Return the tile of each level that is the first not to be full, some of them without a hash yet."""
    levels = -(-size.bit_length() // HEIGHT)
    return [Tile(level, size >> (HEIGHT * (level + 1))) for level in range(levels)]


def path(number: int, partial: int = 0) -> str:
    """Return how a tile is named below its level: 1234067 is x001/x234/067; `partial`: its width if it is not full."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[n : n + 3] for n in range(0, len(digits), 3)]
    named = "/".join([*(f"x{each}" for each in groups[:-1]), groups[-1]])
    return f"{named}.p/{partial}" if partial else named


def number_of(text: str) -> tuple[int, int] | None:
    """Return the number and the width (WIDTH, if not partial) that `path` would name so; None if there are none."""
    form = _PATH.fullmatch(text)
    if form is None:
        return None
    number, partial = int(form[1].replace("x", "").replace("/", "")), int(form[2] or 0)
    return (number, partial or WIDTH) if partial < WIDTH and path(number, partial) == text else None


def _place(node: Node) -> tuple[Tile, int, int]:
    """Return the tile in which a complete subtree is, and which of its hashes are below it: from where, how many."""
    level, above = divmod(node.level, HEIGHT)
    first = node.number << above
    return Tile(level, first >> HEIGHT), first % WIDTH, 1 << above


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[n : n + SIZE] for n in range(0, len(hashes), SIZE)]
