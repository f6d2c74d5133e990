"""The lists of incidents that are served, held to the incidents that the log comes to: all of them, and no others."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw, Struct

from service.audit.asking import Denied, Faulty, Service
from service.audit.folding import KINDS, Folded, document, folded
from service.audit.index import Index
from service.audit.json_difference import difference
from service.audit.verdicts import Different

_PAGE: Final = 500
_STANDING: Final = re.compile(rb'\{"id":"([0-9a-f-]{36})","status":"[a-z]+","revision":[0-9]+,"position":([0-9]+),')


class Page(Struct):
    """A page of a list."""

    items: list[Raw]
    next_cursor: str | None


class Seen(Struct, frozen=True):
    """What a list of incidents as they stand now cannot be held to: it goes on while it is read."""

    missing: list[int]
    """The positions of incidents that are not in it: they must have moved on."""
    moved: list[str]
    """Incidents that have an event after the position of the audit."""
    held: int
    """How many were the same."""


def compare(service: Service, index: Index, made: Folded, kind: int, *, as_of: bool) -> Seen:
    """
    Hold the list of one kind of incidents to those that were made; raise Different.

    `as_of` the last position of the index; or else as they now stand.
    """
    of = "as of then" if as_of else "as they stand now"
    missing: list[int] = []
    moved: list[str] = []
    held, expected = 0, made.after(0, kind)
    for item in _items(service, index, kind, as_of=as_of):
        incident, position = _standing(item, expected or index.size)
        if position > index.size:
            if as_of:
                raise Different(position, f"Incident {incident}: the list {of} has it as it was left at {position}.")
            moved.append(incident)
            continue
        while expected and expected < position:
            missing.append(_missing(index, expected, of, as_of=as_of))
            expected = made.after(expected, kind)
        if position != expected:
            raise _unexpected(index, made, incident, position, kind, of)
        if not made.is_at(position, item):
            raise Different(position, f"{_named(incident, position)}, list {of}: {_told(index, position, item)}")
        held += 1
        expected = made.after(expected, kind)
    while expected:
        missing.append(_missing(index, expected, of, as_of=as_of))
        expected = made.after(expected, kind)
    return Seen(missing, moved, held)


def _items(service: Service, index: Index, kind: int, *, as_of: bool) -> Iterator[bytes]:
    """Yield the items of the list, in the order of their positions, each as the bytes that were served."""
    status, message_status = KINDS[kind - 1]
    asked = {"status": status, "message_status": message_status, "sort": "recorded"}
    if as_of:
        asked["as_of"] = str(index.size)
    limit: int = _PAGE
    while True:
        try:
            answer = service.get("/v1/incidents", None, limit=limit, **asked)
            page = msgspec.json.decode(answer.content, type=Page)
        except (Faulty, msgspec.DecodeError, UnicodeDecodeError) as error:
            if limit > 1:
                limit = 1
                continue
            yield b"%b" % str(error).encode()
            return
        yield from map(bytes, page.items)
        if page.next_cursor is None:
            return
        asked["cursor"] = page.next_cursor


def _standing(item: bytes, expected: int) -> tuple[str, int]:
    form = _STANDING.match(item)
    if form is None:
        told = item[:200].decode(errors="replace")
        raise Different(expected, f"Position {expected}: of its incident the list says what is no incident: {told}")
    return form[1].decode(), int(form[2])


def _missing(index: Index, position: int, of: str, *, as_of: bool) -> int:
    if as_of:
        incident = str(folded(index, position).incident)
        raise Different(position, f"{_named(incident, position)} is missing from the list {of}.")
    return position


def _unexpected(index: Index, made: Folded, incident: str, position: int, kind: int, of: str) -> Different:
    what = ", ".join(KINDS[kind - 1])
    if not 0 < position <= index.size or not made.kinds[position]:
        told = f"{_named(incident, position)} is in the list {of} ({what}), and the log has no such state of one."
    else:
        told = f"{_named(incident, position)} is in the list {of} of those that are {what}, and is none of them."
    return Different(position, told)


def _named(incident: str, position: int) -> str:
    return f"Incident {incident} (position {position})"


def _told(index: Index, position: int, served: bytes) -> str:
    return difference(document(folded(index, position)), served)


def settle(service: Service, index: Index, seen: list[Seen]) -> int:
    """Raise Different of an incident that no list has, and that did not move on; return how many were the same."""
    moved = {incident for each in seen for incident in each.moved}
    for position in sorted(position for each in seen for position in each.missing):
        now = folded(index, position)
        if str(now.incident) in moved:
            continue
        try:
            answer = service.surely(f"/v1/incidents/{now.incident}", None, retracted="include")
            stands = _standing(answer.content, position)[1]
        except Denied:
            stands = 0
        if stands <= index.size:
            told = f"{_named(str(now.incident), position)} is missing from the list as they stand now."
            raise Different(position, told)
    return sum(each.held for each in seen)
