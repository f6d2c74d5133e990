"""The log, proven event by event and checkpoint by checkpoint, and the first event named that is not the sealed one."""

from collections.abc import Callable, Sequence
from typing import Final

from service.audit import logged
from service.audit.logged import Logged, Malformed
from service.audit.verdicts import Different, Unverified
from service.domain.merkle import Frontier
from service.notes import Checkpoint

Sealed = Callable[[int, int], Sequence[bytes]]
"""Returns the hashes of the leaves from one up to, not including, another, as the service's tiles have them."""


class Chain:
    """Takes lines of the log in order; what it has taken is proven up to `proven`, by a signed checkpoint."""

    def __init__(self, checkpoints: Sequence[Checkpoint], sealed: Sealed, tree: Frontier | None = None) -> None:
        self.tree: Final = tree or Frontier()
        self._left: Final = [each for each in reversed(checkpoints) if each.size > self.tree.size]
        self._sealed: Final = sealed
        self._proven = self.tree.copy()
        self._since: list[bytes] = []

    @property
    def proven(self) -> int:
        """The position up to which every event is the sealed one."""
        return self._proven.size

    @property
    def last(self) -> int:
        """The position that the last checkpoint holds."""
        return self._left[0].size if self._left else self._proven.size

    def take(self, line: bytes) -> Logged:
        """Take the next line; raise Different."""
        position = self.tree.size + 1
        try:
            event = logged.read(line)
        except Malformed as reason:
            raise self.blame(position, f"{reason}") from reason
        if event.position != position:
            raise self.blame(position, f"it is missing: after {position - 1} comes {event.position}")
        self.tree.add(event.leaf)
        self._since.append(event.leaf)
        if self.tree.size == self._left[-1].size:
            self._prove(self._left[-1])
        return event

    def end(self) -> None:
        """Raise Different if the log ends before its last checkpoint."""
        if self._left:
            told = f"it is missing: the log ends before it, and its signed checkpoint holds {self._left[0].size} events"
            raise self.blame(self.tree.size + 1, told)

    def _prove(self, checkpoint: Checkpoint) -> None:
        if self.tree.root() != checkpoint.root:
            raise self.blame(None, "")
        self._left.pop()
        self._proven = self.tree.copy()
        self._since.clear()

    def blame(self, position: int | None, reason: str) -> Different:
        """Return what is to be said of an event that cannot be right, or of one before it since the last proof."""
        start, end = self._proven.size, self._left[-1].size
        sealed = self._authentic(start, end)
        for number, (mine, theirs) in enumerate(zip(self._since, sealed or (), strict=False)):
            if mine != theirs:
                at = start + number + 1
                return Different(at, f"Position {at}: the event that is served is not the one that was sealed.")
        if position is not None:
            return Different(position, f"Position {position}: {reason}.")
        return Different(
            start + 1,
            f"Positions {start + 1} to {end}: the events do not come to the checkpoint of {end} that was signed. Which "
            "of them was changed cannot be told: there are no tiles that come to it either.",
            end,
        )

    def _authentic(self, start: int, end: int) -> Sequence[bytes] | None:
        """Return what was sealed, if the tiles say it and the signed checkpoint bears them out."""
        try:
            hashes = self._sealed(start, end)
        except Unverified:
            return None
        tree = self._proven.copy()
        for each in hashes:
            tree.add(each)
        return hashes if (tree.size, tree.root()) == (end, self._left[-1].root) else None
