"""The Merkle tree: what proves what, by the vectors of others and by trees that are hashed by the book."""

import json
import tarfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.domain.merkle import (
    EMPTY,
    Node,
    NotProven,
    Range,
    consistency,
    inclusion,
    leaf_hash,
    node_hash,
    range_hash,
    verify_consistency,
    verify_inclusion,
    verify_subtree,
)

LEAVES = [leaf_hash(str(n).encode()) for n in range(200)]
VECTORS = "conformance/merkle/testdata/"


def by_the_book(start: int, end: int) -> bytes:
    """Return the hash of a range as RFC 9162, 2.1.1 defines it."""
    if end - start < 2:
        return LEAVES[start] if start < end else EMPTY
    part = 1
    while part * 2 < end - start:
        part *= 2
    return node_hash(by_the_book(start, start + part), by_the_book(start + part, end))


def stored(node: Node) -> bytes:
    """Return the hash of a complete subtree."""
    return by_the_book(node.number << node.level, (node.number + 1) << node.level)


def proof_of(ranges: list[Range]) -> list[bytes]:
    return [range_hash(each, stored) for each in ranges]


def tree_and_part() -> st.SearchStrategy[tuple[int, int]]:
    """Return sizes of a tree and of what it begins with."""
    return st.integers(1, len(LEAVES)).flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size)))


@given(st.integers(0, len(LEAVES)))
def test_a_root_is_that_of_the_rfc(size: int) -> None:
    assert range_hash(Range(0, size), stored) == by_the_book(0, size)


@given(tree_and_part())
def test_every_leaf_is_proven_to_be_where_it_is(sizes: tuple[int, int]) -> None:
    index, size = sizes[0] - 1, sizes[1]
    proof = proof_of(inclusion(index, size))
    assert len(proof) <= (size - 1).bit_length()
    verify_inclusion(index, Range(0, size), LEAVES[index], by_the_book(0, size), proof)


@given(tree_and_part())
def test_every_tree_is_proven_to_begin_with_each_that_it_was(sizes: tuple[int, int]) -> None:
    first, size = sizes
    proof = proof_of(consistency(first, size))
    assert len(proof) <= (size - 1).bit_length() + 1
    verify_consistency(first, size, by_the_book(0, first), by_the_book(0, size), proof)


@given(tree_and_part(), st.data())
def test_a_leaf_of_another_content_or_place_is_not_proven(sizes: tuple[int, int], data: st.DataObject) -> None:
    index, size = sizes[0] - 1, sizes[1]
    proof = proof_of(inclusion(index, size))
    root = by_the_book(0, size)
    with pytest.raises(NotProven):
        verify_inclusion(index, Range(0, size), leaf_hash(b"another"), root, proof)
    elsewhere = data.draw(st.integers(0, size).filter(lambda each: each != index))
    with pytest.raises(NotProven):
        verify_inclusion(elsewhere, Range(0, size), LEAVES[index], root, proof)
    with pytest.raises(NotProven, match=f"leaf {size} is not one from 0 to {size}"):
        verify_inclusion(size, Range(0, size), LEAVES[index], root, proof)


@given(tree_and_part(), st.data())
def test_a_tree_of_which_a_leaf_was_changed_does_not_begin_as_before(
    sizes: tuple[int, int], data: st.DataObject
) -> None:
    first, size = sizes
    changed = data.draw(st.integers(0, first - 1))
    before, LEAVES[changed] = LEAVES[changed], leaf_hash(b"another")
    try:
        root, proof = by_the_book(0, size), proof_of(consistency(first, size))
    finally:
        LEAVES[changed] = before
    with pytest.raises(NotProven):
        verify_consistency(first, size, by_the_book(0, first), root, proof)


@given(tree_and_part(), st.integers(0, 7))
def test_a_subtree_is_proven_to_be_where_it_is_and_no_other(sizes: tuple[int, int], level: int) -> None:
    leaf, size = sizes[0] - 1, sizes[1]
    leaves = Range(leaf >> level << level, (leaf >> level) + 1 << level)
    assume(leaves.end <= size)
    beside = [each for each in inclusion(leaf, size) if each.end <= leaves.start or each.start >= leaves.end]
    root, subroot, proof = by_the_book(0, size), by_the_book(*leaves), proof_of(beside)
    verify_subtree(leaves, size, subroot, root, proof)
    with pytest.raises(NotProven):
        verify_subtree(leaves, size, leaf_hash(b"another"), root, proof)


def test_what_a_tree_does_not_have_is_no_subtree_of_it() -> None:
    with pytest.raises(NotProven, match="has no leaf 4"):
        verify_subtree(Range(4, 5), 4, LEAVES[4], by_the_book(0, 4), [])
    with pytest.raises(NotProven, match="no subtree"):
        verify_subtree(Range(1, 3), 4, by_the_book(1, 3), by_the_book(0, 4), [])


def test_everything_begins_with_nothing_and_that_needs_no_proof() -> None:
    with pytest.raises(NotProven):
        verify_consistency(0, 3, EMPTY, by_the_book(0, 3), [])


def vectors(shared: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the vectors of transparency-dev/merkle, each with its kind."""
    file = shared / "conformance.tar.gz"
    if not file.exists():
        pytest.skip("conformance.tar.gz is not in the shared data")
    with tarfile.open(file) as archive:
        for member in archive:
            if member.name.startswith(VECTORS) and (opened := archive.extractfile(member)):
                yield member.name.removeprefix(VECTORS).partition("/")[0], json.load(opened)


def holds(kind: str, vector: dict[str, Any]) -> bool:
    """Return whether a proof of others is taken."""
    proof = [b64decode(each) for each in vector["proof"] or []]
    hashes = {name: b64decode(vector.get(name) or "") for name in ("leafHash", "root", "root1", "root2")}
    try:
        if kind in {"inclusion", "subtreeinclusion"}:
            leaves = Range(vector.get("start", 0), vector.get("end", vector.get("treeSize")))
            verify_inclusion(vector["leafIdx"], leaves, hashes["leafHash"], hashes["root"], proof)
        elif kind == "consistency":
            verify_consistency(vector["size1"], vector["size2"], hashes["root1"], hashes["root2"], proof)
        else:
            leaves = Range(vector["start"], vector["end"])
            verify_subtree(leaves, vector["size"], hashes["root1"], hashes["root2"], proof)
    except NotProven:
        return False
    return True


def test_the_proofs_of_others_hold_or_are_refused_as_they_say(shared: Path) -> None:
    told = list(vectors(shared))
    wrong = [(kind, each["desc"]) for kind, each in told if holds(kind, each) == each["wantErr"]]
    assert wrong == []
    assert (sum(not each["wantErr"] for _, each in told), sum(each["wantErr"] for _, each in told)) == (36, 482)
