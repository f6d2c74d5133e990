"""What the write side is asked for, what it gives for it, and what it refuses beyond the domain's own reasons."""

from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec import Struct

from service.domain.bounds import FREE, Bounds
from service.domain.commands import Command
from service.domain.errors import Fault, Refused


class ExternalIdTaken(Refused):
    """An external id belongs to another active incident."""

    def __init__(self, holder: UUID | None) -> None:
        self.holder = holder
        self.detail = f"Incident {holder} has one of the external ids: revise that one, or retract it first."
        super().__init__()


class IdempotencyKeyReused(Refused):
    """The same key came with another request before."""

    detail = "The key stands for another request: use a new one. Nothing was recorded."


class OutOfBounds(Refused):
    """
    The key may not write this.

    The pointers of `faults` lead into the body; `of_target` is wrong with the incident, which `target` names there, or
    in the path.
    """

    def __init__(
        self, bounds: Bounds, faults: Sequence[Fault], of_target: str | None = None, target: str = "incident"
    ) -> None:
        self.faults = tuple(faults)
        self.of_target = of_target
        self.target = target
        self.detail = f"This key may write {bounds} alone: `errors` says what is beyond that. Nothing was recorded."
        super().__init__()


class NotRecorded(Refused):
    """An all-or-none batch has lines that cannot be recorded."""

    def __init__(self, because: Sequence[tuple[int, Refused]]) -> None:
        """Name the lines, or the places from 0 in what was to be carried out, and why."""
        self.because = tuple(because)
        number, first = self.because[0]
        others = f", and {len(self.because) - 1} more" if len(self.because) > 1 else ""
        self.detail = f"Nothing was recorded, because of line {number}{others}: {first}"
        super().__init__()


class Order(Struct, frozen=True):
    """A command, and what it is to be carried out on."""

    command: Command
    incident: UUID | None = None
    external_id: str | None = None
    """Names the incident instead of its id. With neither: an incident that is not in the register yet."""
    expected: frozenset[int] | None = None
    """The revisions that the client may have seen; None: whichever it is at."""
    key: str | None = None
    """The Idempotency-Key."""
    bounds: Bounds = FREE
    """What whoever gives it may write."""

    @property
    def is_new(self) -> bool:
        return self.incident is None and self.external_id is None


class Receipt(Struct, frozen=True):
    """What was recorded: now, or when the same order came first."""

    incident: UUID
    revision: int
    position: int
    event_id: UUID
    replayed: bool
    document: Callable[[], bytes]
    """Renders the incident as it stood after the event."""
