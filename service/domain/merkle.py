"""The Merkle tree of RFC 9162, section 2.1: hashes, proofs as the ranges that they are the hashes of, verification."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

SIZE: Final = hashlib.sha256().digest_size
EMPTY: Final = hashlib.sha256().digest()
"""The root of the tree without leaves."""


class Node(NamedTuple):
    """A complete subtree: the leaves from `number` << `level` on, 1 << `level` of them."""

    level: int
    number: int


class Range(NamedTuple):
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int


class Frontier:
    """A tree that grows on the right: the complete subtrees that it is made of, the largest first, and no more."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        self.size = size
        self.nodes: Final = list(nodes)

    def add(self, leaf: bytes) -> None:
        """Let it grow by the hash of a leaf."""
        whole, size = leaf, self.size
        while size & 1:
            whole, size = node_hash(self.nodes.pop(), whole), size >> 1
        self.nodes.append(whole)
        self.size += 1

    def root(self) -> bytes:
        """Return the hash of the tree."""
        whole = b""
        for node in reversed(self.nodes):
            whole = node_hash(node, whole) if whole else node
        return whole or EMPTY

    def copy(self) -> "Frontier":
        """Return one that grows apart from it."""
        return Frontier(self.size, self.nodes)


class NotProven(Exception):
    """A proof does not show what it is said to show; the message says why."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree_hash(hashes: bytes) -> bytes:
    """Return the hash of a complete subtree from those of its nodes at any level, one after the other."""
    sha256 = hashlib.sha256  # most of what a proof takes is in this loop
    while len(hashes) > SIZE:
        pairs = range(0, len(hashes), 2 * SIZE)
        hashes = b"".join([sha256(b"\x01" + hashes[n : n + 2 * SIZE]).digest() for n in pairs])
    return hashes


def inclusion(index: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove the leaf `index` of the first `size` (RFC 9162, 2.1.3.1), nearest first."""
    return subtree(Range(index, index + 1), size)


def consistency(first: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove that a tree of `size` begins with one of `first` (RFC 9162, 2.1.4.1)."""
    return subtree(Range(0, first), size)


def subtree(leaves: Range, size: int) -> list[Range]:
    """Return the ranges whose hashes prove `leaves` to be a subtree of `size` (draft-ietf-plants-merkle-tree-certs)."""
    path: list[Range] = []
    start, end = 0, size
    while end != leaves.end or start < leaves.start:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if leaves.end <= middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start = middle
    return ([] if start == leaves.start else [Range(start, end)]) + path[::-1]


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
    verify_subtree(Range(index - leaves.start, index - leaves.start + 1), leaves.end - leaves.start, leaf, root, proof)


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
    parts = subtree(leaves, size)
    if len(proof) != len(parts):
        raise NotProven(f"the proof has {len(proof)} hashes and not {len(parts)}")
    found, whole = _roots(leaves, subroot, list(zip(parts, proof, strict=True)))
    if found != subroot:
        raise NotProven("the proof leads to another root of what the tree is to begin with")
    if whole != root:
        raise NotProven("the proof leads to another root")


def roots(leaves: Range, size: int, subroot: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the hash of the leaves and that of the tree of `size`, as a proof makes them from `subroot`."""
    return _roots(leaves, subroot, list(zip(subtree(leaves, size), proof, strict=True)))


def _roots(leaves: Range, subroot: bytes, given: list[tuple[Range, bytes]]) -> tuple[bytes, bytes]:
    """Return the hash of the leaves and that of the whole tree as the hashes given make them."""
    found = whole = subroot
    if given and given[0][0].end == leaves.end:  # the leaves are no single node, and this is the last one of them
        found = whole = given.pop(0)[1]
    for part, each in given:
        if part.start >= leaves.end:
            whole = node_hash(whole, each)
        else:
            whole = node_hash(each, whole)
            if part.start >= leaves.start:
                found = node_hash(each, found)
    return found, whole


def _refuse_other_than_subtrees(leaves: Range) -> None:
    start, end = leaves
    if not 0 <= start <= end or (start < end and start & ((1 << (end - start - 1).bit_length()) - 1)):
        raise NotProven(f"the leaves from {start} to {end} are no subtree")
