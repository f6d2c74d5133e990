"""What HTTP refuses beyond the domain's own reasons."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from service.domain import errors
from service.domain.errors import Refused

MAX_FAULTS: Final = 100
In = Literal["body", "query", "path", "header"]


class Pointed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault: where in the request it is, and what is wrong with it."""

    pointer: str
    message: str
    where: In = msgspec.field(name="in", default="body")
    line: int | msgspec.UnsetType = msgspec.UNSET
    """The line of an all-or-none batch."""


class WrongRequest(Refused):
    """A parameter, a header or a body that cannot be read; `faults` says where."""

    detail = "The request cannot be understood: correct what `errors` lists and send it again."

    def __init__(self, pointed: Sequence[Pointed]) -> None:
        self.pointed: Final = tuple(pointed)
        super().__init__()


class MalformedJson(WrongRequest):
    """The body is not JSON (RFC 8259), or names a key twice."""


class _Told(Refused):
    """A refusal whose sentence depends on the request."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__()


class NotAuthenticated(_Told):
    """No API key and no token, or none that counts: `wrong` says in ASCII what is wrong with it."""

    def __init__(self, detail: str, wrong: str | None = None) -> None:
        super().__init__(detail)
        self.wrong: Final = wrong


class NotPermitted(_Told):
    """The key or the token lacks a scope."""

    def __init__(self, detail: str, scope: str) -> None:
        super().__init__(detail)
        self.scope: Final = scope


class NoSuchPath(errors.NotFound):
    """No route has this path."""

    detail = "There is no such path; /docs has those that there are."


class NoSuchRevision(errors.NotFound):
    """The incident has not come that far, or not yet by then."""

    detail = "The incident has no such revision, or was not on record then: its revisions are listed at /revisions."


class NoSuchPosition(errors.NotFound):
    """The log is shorter."""

    detail = "The log has no such position yet: /v1/head says where it ends."


class NoSuchTile(errors.NotFound):
    """The path is not the name of a tile."""

    detail = "There is no such tile: they are named as in C2SP tlog-tiles, /v1/log/tile/0/x001/234 or .../000.p/12."


class NotSealed(errors.NotFound):
    """The tree of the log has not grown so far."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__()


class NoSuchMethod(Refused):
    """The path has other methods."""

    detail = "The path has the methods that Allow lists."


class NotAcceptable(_Told):
    """None of the media types that the client accepts is made here."""


class WrongMediaType(_Told):
    """The body is of a type that is not read here."""


class TooLarge(_Told):
    """The body is larger than is read here."""


class RevisionRequired(_Told):
    """A write to an incident without If-Match."""


class NotYet(_Told):
    """What the client wants reflected has not got here."""


class TooMany(_Told):
    """As many clients wait for what comes as one process serves."""


class Withdrawn(Refused):
    """The incident is retracted: who would show it as true is told not to."""

    detail = "The report was taken back; `tombstone` says why. Ask with retracted=include to read it with 200."

    def __init__(self, document: bytes) -> None:
        self.document: Final = document
        super().__init__()
