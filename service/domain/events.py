"""What has happened to an incident, and how each event is written to and read from the log."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.domain import forms, vocabulary
from service.domain.facts import Facts

SCHEMA_VERSION: Final = 1
"""The version in which events are written today."""

EventType = Literal["reported", "revised", "retracted"]


class Reported(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The incident is on record, with these facts and no others."""

    facts: Facts


class Revised(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The facts changed by exactly `patch`."""

    reason: forms.Reason
    patch: dict[str, Any]
    effective_at: forms.Instant | UnsetType = UNSET


class Retracted(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The report was taken back."""

    reason_code: vocabulary.KeptReasonCode
    reason: forms.Reason
    replaced_by: UUID | UnsetType = UNSET
    effective_at: forms.Instant | UnsetType = UNSET


class Expunged(Struct, frozen=True):
    """An event whose data is gone: what is left is that there was one of this type."""

    type: EventType


Event = Reported | Revised | Retracted
Logged = Event | Expunged
"""An event as it is read from the log; `Expunged` is no type of its own, and nothing leads to one."""
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = {}
"""Of an event type and a schema version: what makes data of that version into data of the next."""

_TYPES: Final[Mapping[type[Event], EventType]] = {
    Reported: "reported",
    Revised: "revised",
    Retracted: "retracted",
}
_GONE: Final[Mapping[str, Expunged]] = {name: Expunged(name) for name in _TYPES.values()}
_CLASSES: Final[Mapping[str, type[Event]]] = {name: event for event, name in _TYPES.items()}
_DECODERS: Final = {name: msgspec.json.Decoder(event) for name, event in _CLASSES.items()}
_ENCODER: Final = msgspec.json.Encoder()


class UnreadableEvent(Exception):
    """The log holds an event that this release does not know."""


def type_of(event: Logged) -> EventType:
    return event.type if isinstance(event, Expunged) else _TYPES[type(event)]


def encode(event: Event) -> bytes:
    """Return the exact bytes that are hashed, stored and served."""
    return _ENCODER.encode(event)


def decode(
    type_: str,
    schema_version: int,
    data: bytes | str | None,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    current: int = SCHEMA_VERSION,
) -> Logged:
    """Return the event, brought up to the `current` version if it is of an older one; without data, it is Expunged."""
    decoder = _DECODERS.get(type_)
    if decoder is None or schema_version > current:
        raise UnreadableEvent(f"no reader for {type_!r} of schema version {schema_version}")
    if data is None:
        return _GONE[type_]
    if schema_version == current:
        return decoder.decode(data)
    value = msgspec.json.decode(data)
    for version in range(schema_version, current):
        step = upcasters.get((type_, version))
        value = value if step is None else step(value)
    return msgspec.convert(value, _CLASSES[type_])
