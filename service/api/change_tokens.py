"""
Tokens: what a client holds of the incidents that its filters match, in one opaque word.

Nothing in it is secret, and nobody gains by making one up; but one of other filters, or of another log, is recognised.
"""

import base64
import binascii
import hashlib
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from service.api import paging
from service.api.refusals import Pointed, WrongRequest
from service.store.events import Mark, instant

_FORM: Final = 1
_MARK_BYTES: Final = 6
_MALFORMED: Final = "It is no token of this service: use `next_since` as it was given, or none to begin anew."
_OTHER_FILTERS: Final = "It is of other filters or `fields`: keep a token for each, or use none to begin anew."
_OTHER_LOG: Final = "It is of another log, or of events that this one does not have: use none to begin anew."


class Token(Struct, frozen=True, array_like=True, kw_only=True, forbid_unknown_fields=True):
    """
    Where a client is.

    While `told` < `since`, it is being sent the snapshot of position `since`, in the order of the log, and has come to
    `told`. After that it holds what the filters matched at `since`, and of what has changed after that it has been
    told up to `told`.
    """

    form: Annotated[int, Meta(ge=_FORM, le=_FORM)] = _FORM
    edition: Annotated[int, Meta(ge=0, le=2**31)]
    """In which form the documents are that it holds."""
    expunged: paging.Position
    """How many events had been expunged before it was sent what it holds."""
    filters: Annotated[bytes, Meta(min_length=8, max_length=8)]
    mark: Annotated[bytes, Meta(max_length=_MARK_BYTES)]
    """Of the event at the furthest of the two positions, by which the log is known again."""
    since: paging.Position
    told: paging.Position

    @property
    def furthest(self) -> int:
        """The position that the log must have."""
        return max(self.since, self.told)


_decoder: Final = msgspec.msgpack.Decoder(Token)


def encode(token: Token) -> str:
    """Return the word for a token; there is only one."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(token)).decode().rstrip("=")


def decode(text: str, listing: object) -> Token:
    """Read a token of the same filters, or raise WrongRequest."""
    try:
        token = _decoder.decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise refusal(_MALFORMED) from error
    if encode(token) != text:
        raise refusal(_MALFORMED)
    if token.filters != filters(listing):
        raise refusal(_OTHER_FILTERS)
    return token


def check(token: Token, mark: Mark) -> None:
    """Raise WrongRequest unless the log has the event that the token goes by."""
    if token.mark != mark_of(mark) or (mark.position or 0) != token.furthest:
        raise refusal(_OTHER_LOG)


def filters(listing: object) -> bytes:
    """Return a short name for filters and fields."""
    return bytes.fromhex(paging.digest(listing))


def mark_of(mark: Mark) -> bytes:
    """Return a short name for an event; of an empty log, nothing."""
    if mark.event_id is None or mark.recorded_at is None:
        return b""
    # with its time: in a log that was imported anew, the same request has the same id
    return hashlib.sha256(mark.event_id.bytes + instant(mark.recorded_at).encode()).digest()[:_MARK_BYTES]


def refusal(message: str) -> WrongRequest:
    """Return what refuses a token."""
    return WrongRequest([Pointed("/since", message, "query")])
