"""An incident's events as the log holds them, each held against its hash, its proof and the signed checkpoint."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, TypeVar
from uuid import UUID

import httpx
import msgspec
import rfc8785
from msgspec import Meta, Struct

from service.domain.events import EventType
from service.domain.merkle import NotProven, Range, leaf_hash, verify_consistency, verify_inclusion
from service.notes import Checkpoint, NotSigned, Verifier, read_checkpoint
from service.remote import Refused, ask

_PAGE: Final = 500
_Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Body = TypeVar("Body")


class NotVerified(Exception):
    """Something is not as the log signed it; the message says what."""


class Expunged(Struct, frozen=True):
    """When, by whom and why an event's data were taken out of the log."""

    at: str
    actor: str
    reason: str


class Logged(Struct, frozen=True):
    """An event of the log; `data` are the very bytes that were hashed, `null` where they were expunged."""

    position: _Number
    event_id: UUID
    incident: UUID
    revision: _Number
    type: EventType
    schema_version: _Number
    recorded_at: str
    actor: str
    nonce: str | None
    data_sha256: str
    data: msgspec.Raw
    expunged: Expunged | None = None

    @property
    def gone(self) -> bool:
        """Whether its data were expunged."""
        return self.expunged is not None and bytes(self.data) == b"null"

    @property
    def leaf(self) -> bytes:
        """Its leaf in the tree: the envelope as canonical JSON (RFC 8785)."""
        return rfc8785.dumps(
            {
                "actor": self.actor, "data_sha256": self.data_sha256, "event_id": str(self.event_id),
                "incident": str(self.incident), "position": self.position, "recorded_at": self.recorded_at,
                "revision": self.revision, "schema_version": self.schema_version, "type": self.type,
            }
        )  # fmt: skip


class Proven(Struct, frozen=True):
    """An event with the hashes that lead from its leaf to the root of the signed checkpoint."""

    event: Logged
    hashes: list[bytes]


class Earlier(Struct, frozen=True):
    """A checkpoint that was signed before, and the hashes that show that the log has only grown since."""

    note: str
    checkpoint: Checkpoint
    hashes: list[bytes]


class Evidence(Struct, frozen=True):
    """Events that are proven to be in the log whose checkpoint was signed with the public key."""

    verifier: Verifier
    note: str
    checkpoint: Checkpoint
    events: list[Proven]
    earlier: list[Earlier]


class _Page(Struct):
    items: list[Logged]
    next_after: int | None


class _Inclusion(Struct):
    leaf_hash: str
    root_hash: str
    hashes: list[str]


class _Consistency(Struct):
    hashes: list[str]


class _Signed(Struct):
    note: str


class _Checkpoints(Struct):
    items: list[_Signed]


def events_of(client: httpx.Client, incident: UUID, until: int | None = None) -> list[Logged]:
    """Return an incident's events in order, as far as a position; raise NotVerified if one is missing or altered."""
    found: list[Logged] = []
    after: int | None = 0
    while after is not None:
        page = asked(client, "/v1/log", _Page, incident=str(incident), after=after, limit=_PAGE)
        found += (each for each in page.items if until is None or each.position <= until)
        after = None if page.items and until is not None and page.items[-1].position >= until else page.next_after
    for number, each in enumerate(found, 1):
        if each.incident != incident or each.revision != number:
            raise NotVerified(f"The service leaves out revision {number} of the incident {incident}, or tells another.")
        check_data(each)
    return found


def check_data(event: Logged) -> None:
    """Raise NotVerified unless the data have the hash that stands in the envelope; expunged data have none to check."""
    if event.gone:
        return
    try:
        nonce = bytes.fromhex(event.nonce or "")
    except ValueError as error:
        raise NotVerified(f"The event at position {event.position} has a nonce that is not hexadecimal.") from error
    if hashlib.sha256(nonce + bytes(event.data)).hexdigest() != event.data_sha256:
        raise NotVerified(f"The data of the event at position {event.position} are not those that were hashed.")


def gather(client: httpx.Client, events: Sequence[Logged], verifier: Verifier, kept: str | None) -> Evidence:
    """
    Return the events with every proof; raise NotVerified unless all of it holds.

    Proven as well: that the log begins with the first checkpoint signed after the first event, and with the one `kept`.
    """
    note, checkpoint = latest(client, verifier, events[-1].position)
    proven = list(prove(client, events, checkpoint))
    notes = [] if kept is None else [kept]
    first = asked(client, "/v1/log/checkpoints", _Checkpoints, after=events[0].position - 1, limit=1)
    notes += [each.note for each in first.items]
    earlier = [_earlier(client, each, verifier, checkpoint) for each in dict.fromkeys(notes) if each != note]
    return Evidence(verifier, note, checkpoint, proven, earlier)


def prove(client: httpx.Client, events: Sequence[Logged], checkpoint: Checkpoint) -> Iterator[Proven]:
    """Yield the events with their proofs of inclusion; raise NotVerified at the first that is not in the log."""
    for event in events:
        where = {"position": event.position, "size": checkpoint.size}
        told = asked(client, "/v1/log/proofs/inclusion", _Inclusion, **where)
        hashes, index, leaf = _bytes(told.hashes), event.position - 1, leaf_hash(event.leaf)
        try:
            verify_inclusion(index, Range(0, checkpoint.size), leaf, checkpoint.root, hashes)
        except NotProven as error:
            raise NotVerified(
                f"The event at position {event.position} is not proven to be in the signed log: {error}."
            ) from error
        if _bytes([told.leaf_hash, told.root_hash]) != [leaf, checkpoint.root]:
            raise NotVerified(f"The service tells other hashes of the event at position {event.position} than it has.")
        yield Proven(event, hashes)


def latest(client: httpx.Client, verifier: Verifier, least: int) -> tuple[str, Checkpoint]:
    """Return the latest signed checkpoint as a note and as read; raise NotVerified unless it holds a position."""
    # the sealer is at most a second behind, and the service waits for it
    note = ask(client, "GET", "/v1/log/checkpoint", headers={"min-position": str(least)}).text
    checkpoint = _read(note, verifier, "The log's signed checkpoint")
    if checkpoint.size < least:
        raise NotVerified(f"The signed checkpoint ends at position {checkpoint.size}, before the event at {least}.")
    return note, checkpoint


def _earlier(client: httpx.Client, note: str, verifier: Verifier, now: Checkpoint) -> Earlier:
    before = _read(note, verifier, "An earlier checkpoint")
    if before.size > now.size:
        raise NotVerified(f"The log has lost events: it was signed with {before.size} and now has {now.size}.")
    sizes = {"first": before.size, "second": now.size}
    hashes = _bytes(asked(client, "/v1/log/proofs/consistency", _Consistency, **sizes).hashes) if before.size else []
    try:
        if before.size:
            verify_consistency(before.size, now.size, before.root, now.root, hashes)
    except NotProven as error:
        told = f"The log is not proven to begin as it was signed at size {before.size}: {error}."
        raise NotVerified(told) from error
    return Earlier(note, before, hashes)


def _read(note: str, verifier: Verifier, what: str) -> Checkpoint:
    try:
        checkpoint = read_checkpoint(note, verifier)
    except NotSigned as error:
        raise NotVerified(f"{what} cannot be trusted: {error}. Is it the public key of this log?") from error
    if checkpoint.origin != verifier.name:
        raise NotVerified(f"{what} is of the log {checkpoint.origin}, and the public key of {verifier.name}.")
    return checkpoint


def asked(client: httpx.Client, path: str, kind: type[Body], **query: str | int) -> Body:
    """Return what the service answers; raise Refused if it is of another form."""
    answer = ask(client, "GET", path, params=query)
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise Refused(f"{path} is answered with something else than expected ({error}): is it the ledger?") from error


def _bytes(texts: Sequence[str]) -> list[bytes]:
    try:
        return [b64decode(each, validate=True) for each in texts]
    except ValueError as error:
        raise NotVerified("A proof holds a hash that is not base64.") from error


def base64_of(hashed: bytes) -> str:
    return b64encode(hashed).decode()
