"""The Merkle tree of RFC 9162, section 2.1: hashes, proofs as the ranges whose hashes they are, and their verification."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

SIZE: Final = hashlib.sha256().digest_size
EMPTY: Final = hashlib.sha256().digest()
"""The root of the tree without leaves."""


class Node(NamedTuple):
    """A complete subtree: the leaves from `index` << `level` on, 1 << `level` of them."""

    level: int
    index: int


class Range(NamedTuple):
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int


class NotProven(Exception):
    """A proof does not show what it is said to show; the message says why."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def inclusion(index: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove the leaf `index` of the first `size` (RFC 9162, 2.1.3.1), nearest first."""
    return list(_descent(index, Range(0, size)))[::-1]


def consistency(first: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove that a tree of `size` begins with one of `first` (RFC 9162, 2.1.4.1)."""
    path: list[Range] = []
    start, end = 0, size
    while end != first:
        middle = _split(start, end)
        if first <= middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start = middle
    return ([] if start == 0 else [Range(start, end)]) + path[::-1]


def nodes(leaves: Range) -> Iterator[Node]:
    """Yield the complete subtrees that a range of a tree is made of, from left to right."""
    start, end = leaves
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield Node(level, start >> level)
        start += 1 << level


def range_hash(leaves: Range, hash_of: Callable[[Node], bytes]) -> bytes:
    """Return the hash of a range of a tree: what its complete subtrees come to, from the right."""
    whole = b""
    for node in reversed(list(nodes(leaves))):
        whole = node_hash(hash_of(node), whole) if whole else hash_of(node)
    return whole or EMPTY


def verify_inclusion(index: int, leaves: Range, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """
    Raise NotProven unless the leaf `index` of a log, with the hash `leaf`, is among the `leaves` whose hash is `root`.

    Of a whole tree these are all leaves from 0 on (RFC 9162, 2.1.3.2); of a subtree, those of it
    (draft-ietf-plants-merkle-tree-certs).
    """
    _refuse_other_than_subtrees(leaves)
    if not leaves.start <= index < leaves.end:
        raise NotProven(f"leaf {index} is not one from {leaves.start} to {leaves.end}")
    if len(leaf) != SIZE:
        raise NotProven(f"the hash of a leaf has {SIZE} bytes")
    steps = list(_descent(index, leaves))[::-1]
    if len(proof) != len(steps):
        raise NotProven(f"the proof has {len(proof)} hashes and not {len(steps)}")
    found = leaf
    for sibling, each in zip(steps, proof, strict=True):
        found = node_hash(each, found) if sibling.end <= index else node_hash(found, each)
    if found != root:
        raise NotProven("the proof leads to another root")


def verify_consistency(first: int, size: int, first_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise NotProven unless the tree with `root` begins with the one with `first_root` (RFC 9162, 2.1.4.2)."""
    if first == 0:
        raise NotProven("every tree begins with the empty one: there is nothing to prove")
    verify_subtree(Range(0, first), size, first_root, root, proof)


def verify_subtree(leaves: Range, size: int, subroot: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise NotProven unless `leaves` with `subroot` are a subtree of that with `root` (the draft named above)."""
    _refuse_other_than_subtrees(leaves)
    if leaves.end > size:
        raise NotProven(f"a tree of {size} leaves has no leaf {leaves.end - 1}")
    if leaves.start == leaves.end:
        if proof or subroot != EMPTY:
            raise NotProven("nothing has the hash of nothing, and needs no proof")
        return
    left, right, last = leaves.start, leaves.end - 1, size - 1
    while left != right and (right & 1 or right == last):
        left, right, last = left >> 1, right >> 1, last >> 1
    rest = [subroot, *proof] if left == right else list(proof)
    if not rest:
        raise NotProven("the proof is too short")
    small = large = rest[0]
    for each in rest[1:]:
        if last == 0:
            raise NotProven("the proof is too long")
        if right & 1 or right == last:
            small = node_hash(each, small) if left < right else small
            large = node_hash(each, large)
            while right and not right & 1:
                left, right, last = left >> 1, right >> 1, last >> 1
        else:
            large = node_hash(large, each)
        left, right, last = left >> 1, right >> 1, last >> 1
    if last:
        raise NotProven("the proof is too short")
    if small != subroot:
        raise NotProven("the proof leads to another root of what the tree is to begin with")
    if large != root:
        raise NotProven("the proof leads to another root")


def _refuse_other_than_subtrees(leaves: Range) -> None:
    start, end = leaves
    if not 0 <= start <= end or (start < end and start & ((1 << (end - start - 1).bit_length()) - 1)):
        raise NotProven(f"the leaves from {start} to {end} are no subtree")


def _split(start: int, end: int) -> int:
    """Return where a tree parts: at the largest power of two that is less than its size."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _descent(index: int, leaves: Range) -> Iterator[Range]:
    """Yield the siblings of the nodes from the root down to a leaf."""
    start, end = leaves
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            yield Range(middle, end)
            end = middle
        else:
            yield Range(start, middle)
            start = middle
