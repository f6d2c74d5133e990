"""The program that a report carries follows proofs as the service makes them, of trees of every size."""

import pytest

from service.audit.history.recheck import root_of, roots_of
from service.domain.merkle import Node, Range, consistency, inclusion, leaf_hash, node_hash, range_hash

LEAVES = [leaf_hash(bytes([n])) for n in range(40)]


def hash_of(node: Node) -> bytes:
    if not node.level:
        return LEAVES[node.number]
    return node_hash(*(hash_of(Node(node.level - 1, 2 * node.number + side)) for side in (0, 1)))


def hashes(ranges: list[Range]) -> list[bytes]:
    return [range_hash(each, hash_of) for each in ranges]


def root(size: int) -> bytes:
    return range_hash(Range(0, size), hash_of)


@pytest.mark.parametrize("size", range(1, 41))
def test_a_proof_of_inclusion_leads_to_the_root_and_no_other_does(size: int) -> None:
    for index in range(size):
        proof = hashes(inclusion(index, size))
        assert root_of(LEAVES[index], index, size, proof) == root(size)
        assert root_of(LEAVES[index - 1], index, size, proof) != root(size) or size == 1
        assert root_of(LEAVES[index], index, size, proof[:-1]) != root(size) or size == 1
        assert root_of(LEAVES[index], index, size, [*proof, root(1)]) != root(size)


@pytest.mark.parametrize("size", range(1, 41))
def test_a_proof_of_consistency_leads_to_both_roots_and_no_other_does(size: int) -> None:
    for first in range(1, size + 1):
        proof, both = hashes(consistency(first, size)), (root(first), root(size))
        assert roots_of(first, size, root(first), proof) == both
        for position in range(len(proof)):
            altered = [*proof[:position], bytes(32), *proof[position + 1 :]]
            assert roots_of(first, size, root(first), altered) != both
