"""Stored events: one of every type and version ever written, read as they were stored and upcast if old."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from service.domain.events import (
    SCHEMA_VERSION,
    UPCASTERS,
    Event,
    Reported,
    Retracted,
    Revised,
    UnreadableEvent,
    decode,
    encode,
    type_of,
)
from service.domain.facts import Claim, Facts

STORED: list[tuple[str, int, bytes, Event]] = [
    (
        "reported",
        1,
        (
            b'{"facts":{"title":"40 UAVs","kind":"interception",'
            b'"claims":{"gov":{"source":"governor","reliability":"B"}}}}'
        ),
        Reported(Facts("40 UAVs", "interception", claims={"gov": Claim("governor", reliability="B")})),
    ),
    (
        "revised",
        1,
        (
            b'{"reason":"More.","patch":{"title":"42 UAVs","claims":{"gov":null}},'
            b'"effective_at":"2026-05-01T00:00:00.000000Z"}'
        ),
        Revised("More.", {"title": "42 UAVs", "claims": {"gov": None}}, "2026-05-01T00:00:00.000000Z"),
    ),
    (
        "retracted",
        1,
        b'{"reason_code":"duplicate","reason":"Same.","replaced_by":"01900000-0000-7000-8000-000000000001"}',
        Retracted("duplicate", "Same.", UUID("01900000-0000-7000-8000-000000000001")),
    ),
]


@pytest.mark.parametrize(("type_", "version", "data", "event"), STORED)
def test_a_stored_event_is_read_as_what_it_is(type_: str, version: int, data: bytes, event: Event) -> None:
    assert decode(type_, version, data) == event
    assert decode(type_, version, data.decode()) == event
    assert type_of(event) == type_


@pytest.mark.parametrize(("data", "event"), [(row[2], row[3]) for row in STORED if row[1] == SCHEMA_VERSION])
def test_an_event_is_written_as_these_bytes(data: bytes, event: Event) -> None:
    assert encode(event) == data


def test_there_is_one_stored_event_of_every_type_and_version() -> None:
    held = [(type_, version) for type_, version, _, _ in STORED]
    types = ("reported", "revised", "retracted")
    assert held == [(type_, version) for version in range(1, SCHEMA_VERSION + 1) for type_ in types]
    assert set(UPCASTERS) <= {(type_, version) for type_, version in held if version < SCHEMA_VERSION}


def test_an_old_event_is_brought_up_step_by_step() -> None:
    def rename(data: dict[str, Any]) -> dict[str, Any]:
        return {"facts": {"title": data["facts"]["headline"], "kind": data["facts"]["sort"]}}

    def spell(data: dict[str, Any]) -> dict[str, Any]:
        return {"facts": data["facts"] | {"kind": data["facts"]["kind"].lower()}}

    steps = {("reported", 1): rename, ("reported", 3): spell}
    old = b'{"facts":{"headline":"40 UAVs","sort":"STRIKE"}}'
    assert decode("reported", 1, old, steps, current=4) == Reported(Facts("40 UAVs", "strike"))
    newer = b'{"facts":{"title":"40 UAVs","kind":"STRIKE"}}'
    assert decode("reported", 2, newer, steps, current=4) == Reported(Facts("40 UAVs", "strike"))
    with pytest.raises(msgspec.ValidationError):
        decode("reported", 4, newer, steps, current=4)


@pytest.mark.parametrize(("type_", "version"), [("reported", SCHEMA_VERSION + 1), ("expunged", 1)])
def test_an_event_of_a_later_release_is_not_guessed_at(type_: str, version: int) -> None:
    with pytest.raises(UnreadableEvent, match=type_):
        decode(type_, version, b"{}")
