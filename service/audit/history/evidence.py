"""An incident's events as the log holds them, each held against its hash, its proof and the signed checkpoint."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from service.audit.logged import Logged, Malformed, read
from service.audit.verdicts import Different, Unverified
from service.domain.merkle import NotProven, Range, verify_consistency, verify_inclusion
from service.notes import Checkpoint, NotSigned, Verifier, read_checkpoint
from service.remote import NDJSON, Refused, ask

_PAGE: Final = 500
Body = TypeVar("Body")


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
    """Return an incident's events in order, as far as a position; raise Different if one is missing or altered."""
    found: list[Logged] = []
    lines = [b""] * _PAGE
    while len(lines) == _PAGE:
        after = found[-1].position if found else 0
        lines = _lines(client, incident, after)
        for line in lines:
            event = _event(line, incident, after, len(found) + 1)
            if until is not None and event.position > until:
                return found
            found.append(event)
    return found


def _lines(client: httpx.Client, incident: UUID, after: int) -> list[bytes]:
    asked = {"incident": str(incident), "after": after, "limit": _PAGE}
    answer = ask(client, "GET", "/v1/log", headers={"Accept": NDJSON}, params=asked)
    if not answer.headers.get("Content-Type", "").startswith(NDJSON):
        raise Refused("/v1/log is answered with something else than expected: is it the ledger?")
    return answer.content.removesuffix(b"\n").split(b"\n") if answer.content else []


def _event(line: bytes, incident: UUID, after: int, revision: int) -> Logged:
    try:
        event = read(line)
    except Malformed as reason:
        raise Different(after + 1, f"Revision {revision} of the incident {incident}: {reason}.") from reason
    if event.incident != incident.bytes or event.revision != revision:
        told = f"The service leaves out revision {revision} of the incident {incident}, or tells another."
        raise Different(event.position, told)
    return event


def gather(client: httpx.Client, events: Sequence[Logged], verifier: Verifier, kept: str | None) -> Evidence:
    """
    Return the events with every proof; raise Different or Unverified unless all of it holds.

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
    """Yield the events with their proofs of inclusion; raise Different at the first that is not in the log."""
    for event in events:
        where = {"position": event.position, "size": checkpoint.size}
        told = asked(client, "/v1/log/proofs/inclusion", _Inclusion, **where)
        hashes, index, leaf = _bytes(event.position, told.hashes), event.position - 1, event.leaf
        try:
            verify_inclusion(index, Range(0, checkpoint.size), leaf, checkpoint.root, hashes)
        except NotProven as error:
            said = f"The event at position {event.position} is not proven to be in the signed log: {error}."
            raise Different(event.position, said) from error
        if _bytes(event.position, [told.leaf_hash, told.root_hash]) != [leaf, checkpoint.root]:
            said = f"The service tells other hashes of the event at position {event.position} than it has."
            raise Different(event.position, said)
        yield Proven(event, hashes)


def latest(client: httpx.Client, verifier: Verifier, least: int) -> tuple[str, Checkpoint]:
    """Return the latest signed checkpoint as a note and as read; raise Unverified unless it holds a position."""
    # the sealer is at most a second behind, and the service waits for it
    note = ask(client, "GET", "/v1/log/checkpoint", headers={"min-position": str(least)}).text
    checkpoint = _read(note, verifier, "The log's signed checkpoint")
    if checkpoint.size < least:
        raise Unverified(f"The signed checkpoint ends at position {checkpoint.size}, before the event at {least}.")
    return note, checkpoint


def _earlier(client: httpx.Client, note: str, verifier: Verifier, now: Checkpoint) -> Earlier:
    before = _read(note, verifier, "An earlier checkpoint")
    if before.size > now.size:
        told = f"The log has lost events: it was signed with {before.size} and now has {now.size}."
        raise Different(now.size + 1, told)
    if not before.size:
        return Earlier(note, before, [])
    sizes = {"first": before.size, "second": now.size}
    hashes = _bytes(before.size, asked(client, "/v1/log/proofs/consistency", _Consistency, **sizes).hashes)
    try:
        verify_consistency(before.size, now.size, before.root, now.root, hashes)
    except NotProven as error:
        told = f"The log is not proven to begin as it was signed at size {before.size}: {error}."
        raise Different(before.size, told) from error
    return Earlier(note, before, hashes)


def _read(note: str, verifier: Verifier, what: str) -> Checkpoint:
    try:
        checkpoint = read_checkpoint(note, verifier)
    except NotSigned as error:
        raise Unverified(f"{what} cannot be trusted: {error}. Is it the public key of this log?") from error
    if checkpoint.origin != verifier.name:
        raise Unverified(f"{what} is of the log {checkpoint.origin}, and the public key of {verifier.name}.")
    return checkpoint


def asked(client: httpx.Client, path: str, kind: type[Body], **query: str | int) -> Body:
    """Return what the service answers; raise Refused if it is of another form."""
    answer = ask(client, "GET", path, params=query)
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise Refused(f"{path} is answered with something else than expected ({error}): is it the ledger?") from error


def _bytes(position: int, texts: Sequence[str]) -> list[bytes]:
    try:
        return [b64decode(each, validate=True) for each in texts]
    except ValueError as error:
        raise Different(position, f"The proof for position {position} holds a hash that is not base64.") from error


def base64_of(hashed: bytes) -> str:
    return b64encode(hashed).decode()
