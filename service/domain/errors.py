"""
Every reason for which the domain refuses, each with a sentence that a person can act on.

Refused
├── Invalid            the form or a code is wrong; lists every fault found
├── NotFound           there is no such incident
├── AlreadyReported    report, while the incident stands
├── AlreadyRetracted   revise or retract, while the incident is retracted
├── RevisionConflict   the incident has moved on since the client read it
└── NothingChanged     revise, and the facts stay as they are
"""

from collections.abc import Sequence

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One thing that is wrong, and where (RFC 6901)."""

    pointer: str
    message: str


class Refused(Exception):
    """A command that leads to no event."""

    detail = "The request is refused."

    def __init__(self) -> None:
        super().__init__(self.detail)


class Invalid(Refused):
    """The pointers of `faults` lead into the body of the request."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        places = "1 place" if len(self.faults) == 1 else f"{len(self.faults)} places"
        self.detail = f"The request is wrong in {places}: correct what `errors` lists and send it again."
        super().__init__()


class NotFound(Refused):
    detail = "There is no such incident: check the id, or report the incident first."


class AlreadyReported(Refused):
    detail = "The incident is on record and stands: revise it, or retract it before you report it again."


class AlreadyRetracted(Refused):
    detail = "The incident is retracted: report it again before you change it."


class RevisionConflict(Refused):
    def __init__(self, current: int) -> None:
        self.current = current
        self.detail = f"The incident is at revision {current}: read it, and send the change again for that."
        super().__init__()


class NothingChanged(Refused):
    detail = "The patch changes nothing: the facts already say so."
