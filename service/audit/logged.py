"""One line of /v1/log: read in one way only, byte for byte, and hashed."""

import hashlib
import re
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from service.domain.merkle import leaf_hash
from service.store.events import Copied

_UUID: Final = rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_ENVELOPE: Final = (
    rb'\{"position":([1-9][0-9]{0,18}),"event_id":"(%b)","incident":"(%b)","revision":([1-9][0-9]{0,9}),"type":"([a-z]+)"'
    rb',"schema_version":([1-9][0-9]{0,4}),"recorded_at":"([0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9](?::[0-5][0-9]){2}\.[0-9]{6}Z)"'
    rb',"actor":"([a-z0-9._-]+)","nonce":' % (_UUID, _UUID)
)
# Not a JSON parser: of a key that comes twice two parsers may see two values, and what is in no parser's value is not
# hashed. Here every byte of the line is either fixed or in a group, and where the data begins cannot be in doubt.
_EVENT: Final = re.compile(
    _ENVELOPE + rb'"((?:[0-9a-f]{2})+)","data_sha256":"([0-9a-f]{64})","data":(\{.*\})\}', re.DOTALL
)
_EXPUNGED: Final = re.compile(
    _ENVELOPE + rb'null,"data_sha256":"([0-9a-f]{64})","data":null,"expunged":(\{.*\})\}', re.DOTALL
)


class Malformed(Exception):
    """It is no event as the log serves them, or its data are not those of its hash; the message says which."""


class Expunged(Struct, frozen=True):
    """When, by whom and why an event's data were taken out of the log."""

    at: str
    actor: str
    reason: str


class Logged(Struct, frozen=True):
    """An event as it was served."""

    position: int
    event_id: bytes
    incident: bytes
    revision: int
    type: str
    schema_version: int
    recorded_at: str
    actor: str
    data_sha256: str
    nonce: str
    """In hexadecimal; "" if the data were expunged."""
    data: bytes | None
    """The very bytes that were hashed; None if they were expunged."""
    envelope: bytes
    """Its leaf in the tree: canonical JSON (RFC 8785)."""
    leaf: bytes
    """The hash of its leaf."""
    expunged: Expunged | None = None


def read(line: bytes) -> Logged:
    """Read a line of the log; raise Malformed."""
    form = _EVENT.fullmatch(line)
    if form is not None:
        nonce, sha256, data = form[9].decode(), form[10].decode(), form[11]
        if hashlib.sha256(bytes.fromhex(nonce) + data).hexdigest() != sha256:
            raise Malformed("its data are not those that were hashed")
        return _logged(form.groups(), sha256, nonce, data, None)
    form = _EXPUNGED.fullmatch(line)
    if form is None:
        raise Malformed("what is served there is no event of the log's form")
    try:
        expunged = msgspec.json.decode(form[10], type=Expunged)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"when, by whom and why it was expunged is not in the log's form: {error}") from error
    return _logged(form.groups(), form[9].decode(), "", None, expunged)


def _logged(
    groups: tuple[bytes, ...], sha256: str, nonce: str, data: bytes | None, expunged: Expunged | None
) -> Logged:
    position, event_id, incident, revision, type_, version, recorded_at, actor = [each.decode() for each in groups[:8]]
    # canonical JSON (RFC 8785), as migrations/V0007__tree.sql has it: nothing in these values needs escaping
    envelope = (
        f'{{"actor":"{actor}","data_sha256":"{sha256}","event_id":"{event_id}","incident":"{incident}"'
        f',"position":{position},"recorded_at":"{recorded_at}","revision":{revision},"schema_version":{version}'
        f',"type":"{type_}"}}'
    ).encode()
    return Logged(
        int(position), bytes.fromhex(event_id.replace("-", "")), bytes.fromhex(incident.replace("-", "")),
        int(revision), type_, int(version), recorded_at, actor, sha256, nonce, data, envelope, leaf_hash(envelope),
        expunged,
    )  # fmt: skip


def copied(event: Logged) -> Copied:
    """Return an event as a copy of the log holds it; of an expunged one the data is missing."""
    return Copied(
        event.position, UUID(bytes=event.event_id), UUID(bytes=event.incident), event.revision, event.type,
        event.schema_version, datetime.fromisoformat(event.recorded_at), event.actor, bytes.fromhex(event.nonce),
        bytes.fromhex(event.data_sha256), (event.data or b"").decode(),
    )  # fmt: skip
