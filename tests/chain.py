"""A log that is nothing but hashes and a key: what it says to witnesses, true or not."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Final

from service.domain.merkle import Node, Range, consistency, leaf_hash, node_hash, range_hash
from service.notes import Signer
from tests.running import SIGNING_KEY


class Chain:
    """A log with these leaves, signed by a key."""

    def __init__(self, leaves: Sequence[str], key: Signer = SIGNING_KEY) -> None:
        self.key: Final = key
        self._hashes: Final = {Node(0, n): leaf_hash(each.encode()) for n, each in enumerate(leaves)}

    def root(self, size: int) -> bytes:
        """Return the root of the first leaves."""
        return self._hash(Range(0, size))

    def body(self, size: int, more: str = "") -> str:
        """Return what is signed of a tree of so many leaves."""
        return f"{self.key.name}\n{size}\n{b64encode(self.root(size)).decode()}\n{more}"

    def note(self, size: int, more: str = "") -> str:
        """Return its signed checkpoint."""
        return f"{self.body(size, more)}\n{self.key.sign(self.body(size, more))}"

    def proof(self, old: int, size: int) -> str:
        """Return the lines that prove that a tree goes on from another one."""
        ranges = consistency(old, size) if 0 < old < size else []
        return "".join(f"{b64encode(self._hash(each)).decode()}\n" for each in ranges)

    def submission(self, old: int, size: int, more: str = "") -> str:
        """Return what a witness is sent."""
        return f"old {old}\n{self.proof(old, size)}\n{self.note(size, more)}"

    def _hash(self, leaves: Range) -> bytes:
        return range_hash(leaves, self._of)

    def _of(self, node: Node) -> bytes:
        if node not in self._hashes:
            below = node.level - 1
            left, right = self._of(Node(below, 2 * node.number)), self._of(Node(below, 2 * node.number + 1))
            self._hashes[node] = node_hash(left, right)
        return self._hashes[node]


def forked(at: int, size: int) -> tuple[Chain, Chain]:
    """Return two logs of one name and key that begin alike."""
    begun = [f"leaf {n}" for n in range(at)]
    return Chain([*begun, *(f"here {n}" for n in range(size))]), Chain([*begun, *(f"there {n}" for n in range(size))])
