"""Tiles: a tree that grew in steps is the tree hashed by the book, and its hashes are where they are sought."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.merkle import (
    Range,
    consistency,
    inclusion,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from service.domain.tiles import (
    WIDTH,
    Edge,
    Piece,
    Tile,
    edge_tiles,
    number_of,
    path,
    prove,
    tiles_of,
    width,
)

COUNT: Final = 70_000
"""The example of C2SP tlog-tiles: 273 full tiles and one of 112, one full and one of 17 above, one of 1 on top."""
LEAVES: Final = [leaf_hash(str(n).encode()) for n in range(COUNT)]


def root_by_the_book(size: int) -> bytes:
    """Hash level by level: a node without a sibling goes up as it is, which is what RFC 9162 comes to."""
    row = LEAVES[:size]
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)] + odd
    return row[0]


def laid_out(pieces: list[Piece]) -> dict[Tile, bytes]:
    """Put the pieces into tiles, as the database does."""
    tiles: dict[Tile, bytes] = {}
    for piece in sorted(pieces):
        tile = Tile(piece.level, piece.first // WIDTH)
        assert len(tiles.get(tile, b"")) == piece.first % WIDTH * 32, "they follow each other without a gap"
        tiles[tile] = tiles.get(tile, b"") + piece.hashes
        assert len(tiles[tile]) <= WIDTH * 32, "a piece lies in one tile"
    return tiles


@pytest.fixture(scope="module")
def tiles() -> dict[Tile, bytes]:
    return laid_out(Edge().add(LEAVES))


def test_the_tiles_are_those_of_the_specification(tiles: dict[Tile, bytes]) -> None:
    widths = [[len(tiles[each]) // 32 for each in sorted(tiles) if each.level == level] for level in range(3)]
    assert widths == [[256] * 273 + [112], [256, 17], [1]]
    assert all(width(each, COUNT) == len(tiles[each]) // 32 for each in tiles)
    assert width(Tile(0, 274), COUNT) == width(Tile(3, 0), COUNT) == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=8))
def test_it_does_not_matter_in_which_steps_it_grew(steps: list[int]) -> None:
    edge, pieces = Edge(), []
    for step in steps:
        pieces += edge.add(LEAVES[edge.size : edge.size + step])
        assert edge.root() == root_by_the_book(edge.size)
        tiles = laid_out(pieces)
        again = Edge(edge.size, {each: tiles.get(each, b"") for each in edge_tiles(edge.size)})
        assert again.root() == edge.root()
    assert laid_out(pieces) == laid_out(Edge().add(LEAVES[: edge.size]))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_proofs_are_made_from_tiles(tiles: dict[Tile, bytes], data: st.DataObject) -> None:
    """Of any size up to the one that was laid out: a tile holds what it held when it was narrower."""
    size = data.draw(st.integers(1, COUNT))
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    root = root_by_the_book(size)
    included, consistent = inclusion(index, size), consistency(first, size)
    held = {each: tiles[each] for each in tiles_of([*included, *consistent])}
    verify_inclusion(index, Range(0, size), LEAVES[index], root, prove(included, held))
    verify_consistency(first, size, root_by_the_book(first), root, prove(consistent, held))
    assert len(held) <= 2 * 2 * 3, "two of a level for each proof"


@pytest.mark.parametrize(
    ("number", "partial", "named"),
    [
        (0, 0, "000"), (7, 0, "007"), (999, 255, "999.p/255"), (1000, 0, "x001/000"),
        (1_234_067, 0, "x001/x234/067"), (1_234_067, 1, "x001/x234/067.p/1"),
    ],
)  # fmt: skip
def test_a_tile_is_named_as_in_the_specification(number: int, partial: int, named: str) -> None:
    assert path(number, partial) == named
    assert number_of(named) == (number, partial or WIDTH)


@pytest.mark.parametrize(
    "named", ["", "0", "00", "0000", "x000/000", "001/000", "x001/x000", "x001", "000.p/0", "000.p/256", "000.p/01",
              "000.p/", "000/", "/000", "-01", "\N{ARABIC-INDIC DIGIT ZERO}00", "000.p/1/"],
)  # fmt: skip
def test_no_other_name_is_taken(named: str) -> None:
    assert number_of(named) is None


@given(st.integers(0, 2**56), st.integers(0, 255))
def test_every_name_is_read_back(number: int, partial: int) -> None:
    assert number_of(path(number, partial)) == (number, partial or WIDTH)
