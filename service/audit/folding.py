"""Every incident, made from its events by the code that the service makes it with."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from service.audit import logged
from service.audit.index import Index, Stored
from service.audit.verdicts import Different
from service.domain.events import UnreadableEvent
from service.projections import incidents
from service.store.changes import Snapshot, change
from service.store.events import Recorded, instant

DIGEST: Final = 16
"""Bytes of a SHA-256 that are kept of a document."""
STATUSES: Final = ("active", "retracted")
MESSAGES: Final = ("actual", "exercise", "test")
KINDS: Final = tuple((status, message) for status in STATUSES for message in MESSAGES)
"""What an incident can be; they are numbered from 1."""
_KINDS: Final = "kinds"
_DIGESTS: Final = "digests"


def fold(index: Index, start: int, end: int) -> tuple[bytes, bytes]:
    """
    Fold the incidents whose last event is at a position from one up to, not including, another.

    Returns for each position the kind of its incident, 0 if it is not the last event of one; and the digest of its
    document, zeros if it is not.
    """
    kinds, digests = bytearray(), bytearray()
    for position in range(start, end):
        if not index.is_last(position):
            kinds.append(0)
            digests += bytes(DIGEST)
            continue
        now = folded(index, position)
        kinds.append(KINDS.index((now.status, now.facts.message_status)) + 1)
        digests += digest(document(now))
    return bytes(kinds), bytes(digests)


def folded(index: Index, position: int) -> Snapshot:
    """Return an incident as one of its events left it; raise Different."""
    now: Snapshot | None = None
    for line in index.history(position):
        event = logged.read(line)
        recorded = Recorded(
            event.position, UUID(bytes=event.event_id), UUID(bytes=event.incident), event.revision, event.type,
            event.schema_version, datetime.fromisoformat(event.recorded_at), event.actor,
            None if event.data is None else event.data.decode(),
        )  # fmt: skip
        try:
            now = change(recorded, now, 0).after
        except (UnreadableEvent, msgspec.MsgspecError, ValueError) as error:
            told = f"Position {event.position} is as it was sealed, but it cannot be folded: {error}."
            raise Different(event.position, told) from error
    assert now is not None, "an incident has one event at least"  # noqa: S101
    return now


def document(now: Snapshot) -> bytes:
    """Return an incident as it is to be served."""
    seen = incidents.shown(now.facts, now.facts_json, now.retraction, now.expunged)
    return incidents.document(
        now.incident, now.revision, now.position, instant(now.recorded_at), instant(now.reported_at), now.actor, seen
    )


def digest(content: bytes) -> bytes:
    """Return what is kept of a document."""
    return hashlib.sha256(content).digest()[:DIGEST]


class Folded:
    """The kinds and the digests of all incidents, as any process has kept its part of them in a directory."""

    def __init__(self, folder: Path) -> None:
        self.kinds: Final = (folder / _KINDS).read_bytes()
        self._digests: Final = Stored(folder / _DIGESTS)

    def after(self, position: int, kind: int) -> int:
        """Return the next position at which the last event of an incident of a kind is; 0 if there is none."""
        return max(self.kinds.find(kind, position + 1), 0)

    def is_at(self, position: int, found: bytes) -> bool:
        """Whether the document whose last event is at a position is this one."""
        return self._digests[position * DIGEST : (position + 1) * DIGEST] == digest(found)

    def close(self) -> None:
        """Close its files."""
        self._digests.close()


def keep(folder: Path, start: int, kinds: bytes, digests: bytes) -> None:
    """Keep what was folded from a position on."""
    for name, content, at in ((_KINDS, kinds, start), (_DIGESTS, digests, start * DIGEST)):
        path = folder / name
        path.touch()
        with path.open("r+b") as file:
            file.seek(at)
            file.write(content)
