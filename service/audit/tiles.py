"""The tiles and the proofs that the service serves, held to the tree that its events come to."""

from collections.abc import Sequence
from itertools import pairwise
from random import SystemRandom
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from service.audit.asking import Denied, Faulty, Service, named
from service.audit.index import Index, Stored
from service.audit.verdicts import Different
from service.domain.merkle import SIZE, Frontier, NotProven, Range, leaf_hash, verify_consistency, verify_inclusion
from service.domain.tiles import HEIGHT, WIDTH
from service.notes import Checkpoint

_T = TypeVar("_T")
Hashes = bytes | Stored
SAMPLE: Final = 100
"""Proofs of each kind that are asked for, at most."""


class _Inclusion(Struct):
    position: int
    size: int
    leaf_hash: bytes
    root_hash: bytes
    hashes: list[bytes]


class _Consistency(Struct):
    first_root_hash: bytes
    second_root_hash: bytes
    hashes: list[bytes]


def rows(index: Index) -> list[Hashes]:
    """Return the hashes of each level of tiles, one after the other: those of the leaves first."""
    found: list[Hashes] = [index.leaves]
    while len(found[-1]) >= WIDTH * SIZE:
        below = found[-1]
        full = range(0, len(below) - WIDTH * SIZE + 1, WIDTH * SIZE)
        found.append(b"".join(_root(below[n : n + WIDTH * SIZE]) for n in full))
    return found


def _root(hashes: bytes) -> bytes:
    tree = Frontier()
    for n in range(0, len(hashes), SIZE):
        tree.add(hashes[n : n + SIZE])
    return tree.root()


def numbers(row: Hashes) -> int:
    """Return how many tiles there are of a level."""
    return -(-len(row) // (WIDTH * SIZE))


def compare_tiles(service: Service, level: int, row: Hashes, start: int, end: int) -> None:
    """Hold tiles of a level to its hashes, and of the lowest level the entries, too; raise Different."""
    for number in range(start, end):
        expected = row[number * WIDTH * SIZE : (number + 1) * WIDTH * SIZE]
        name = named(number, len(expected) // SIZE)
        first = (number * WIDTH << (HEIGHT * level)) + 1
        served = _fetch(service, f"/v1/log/tile/{level}/{name}", first)
        if served != expected:
            at = ((number * WIDTH + _first(expected, served)) << (HEIGHT * level)) + 1
            raise Different(at, f"Position {at}: the tile {level}/{name} has another hash of it than its event.")
        if not level:
            _compare_entries(name, first, expected, _fetch(service, f"/v1/log/tile/entries/{name}", first))


def _fetch(service: Service, path: str, position: int) -> bytes:
    try:
        return service.get(path).content
    except (Faulty, Denied) as error:
        raise Different(position, f"Position {position}: {error}") from error


def _first(expected: bytes, served: bytes) -> int:
    return next((n // SIZE for n in range(0, len(expected), SIZE) if expected[n : n + SIZE] != served[n : n + SIZE]), 0)


def _compare_entries(name: str, first: int, expected: bytes, served: bytes) -> None:
    at = 0
    for number in range(len(expected) // SIZE):
        length = int.from_bytes(served[at : at + 2])
        leaf = served[at + 2 : at + 2 + length]
        if leaf_hash(leaf) != expected[number * SIZE : (number + 1) * SIZE]:
            raise Different(
                first + number, f"Position {first + number}: the entries {name} have another leaf of it than its event."
            )
        at += 2 + length
    if at != len(served):
        raise Different(first, f"Position {first}: the entries {name} are more than their tile.")


def compare_proofs(service: Service, index: Index, checkpoints: Sequence[Checkpoint]) -> tuple[int, int]:
    """Ask for proofs, of some drawn at random where there are many; return how many of each kind; raise Different."""
    dice, latest = SystemRandom(), checkpoints[-1]
    positions = sorted({1, index.size, *(dice.randint(1, index.size) for _ in range(min(SAMPLE, index.size)))})
    for position in positions:
        _included(service, index, position, latest)
    pairs = [*pairwise(checkpoints), (checkpoints[0], latest)]
    drawn = pairs if len(pairs) <= SAMPLE else dice.sample(pairs, SAMPLE)
    for one, other in drawn:
        _grown(service, one, other)
    return len(positions), len(drawn)


def _included(service: Service, index: Index, position: int, latest: Checkpoint) -> None:
    leaf = index.leaves[(position - 1) * SIZE : position * SIZE]
    try:
        proof = _ask(service, _Inclusion, "inclusion", position=position, size=latest.size)
        of = (proof.position, proof.size, proof.leaf_hash, proof.root_hash)
        _refuse_others(of, (position, latest.size, leaf, latest.root))
        verify_inclusion(position - 1, Range(0, latest.size), leaf, latest.root, proof.hashes)
    except NotProven as error:
        told = f"Position {position}: the proof that it is in the log does not hold: {error}."
        raise Different(position, told) from error


def _grown(service: Service, one: Checkpoint, other: Checkpoint) -> None:
    try:
        proof = _ask(service, _Consistency, "consistency", first=one.size, second=other.size)
        _refuse_others((proof.first_root_hash, proof.second_root_hash), (one.root, other.root))
        verify_consistency(one.size, other.size, one.root, other.root, proof.hashes)
    except NotProven as error:
        told = f"Position {one.size + 1}: the proof that the log grew from {one.size} to {other.size} does not hold: "
        raise Different(one.size + 1, f"{told}{error}.") from error


def _refuse_others(of: tuple[object, ...], wanted: tuple[object, ...]) -> None:
    if of != wanted:
        raise NotProven("it is of something else")


def _ask(service: Service, type_: type[_T], kind: str, **asked: int) -> _T:
    try:
        return msgspec.json.decode(service.get(f"/v1/log/proofs/{kind}", None, **asked).content, type=type_)
    except (Faulty, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotProven(str(error)) from error
