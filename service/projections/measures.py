"""The `measures` projection: every version of what statistics add up, under every version of the rule."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import asyncpg
from msgspec import UNSET

from service.db import sql
from service.domain.facts import Facts
from service.domain.resolution import RULES, Derived, Number, derive
from service.domain.vocabulary import RULE_VERSION
from service.projections.projection import Projection
from service.store.changes import Change, Snapshot

_END: Final = sql("measures_end")
STANDING: Final = 2**63 - 1
_UNKNOWN_TIME: Final = datetime.min.replace(tzinfo=UTC)
"""What asyncpg writes as -infinity."""
OF_OBJECTS: Final = ("observed", "destroyed", "impacted", "lost_contact")
OF_INCIDENTS: Final = ("killed", "injured")
_COLUMNS: Final = (
    "position", "until", "occurred", "incident", "rule_from", "rule_to", "entry", "repeats", "message_status", "kind",
    "object_type", "countries", "subdivisions", *OF_OBJECTS, *OF_INCIDENTS,
    "best_claims", "part_claims", "part_incidents", "part_of",
)  # fmt: skip
_UNTIL: Final = _COLUMNS.index("until")
_NO_NUMBERS: Final[dict[str, Number]] = {}

Content = list[tuple[Any, ...]]
"""The rows of an incident without position and until."""


class _Batch:
    """What a batch of changes comes to."""

    def __init__(self) -> None:
        self.rows: Final[list[list[Any]]] = []
        self.ended: Final[list[tuple[UUID, int]]] = []
        """Incidents whose rows of earlier batches no longer stand, and from which position on."""
        self._fresh: Final[dict[UUID, list[list[Any]]]] = {}

    def take(self, change: Change) -> None:
        """Take the next change."""
        before = [] if change.before is None else change.before.made(_content)
        after = change.after.made(_content)
        if before == after:
            return
        incident, position = change.after.incident, change.position
        if before:
            fresh = self._fresh.pop(incident, None)
            if fresh is None:
                self.ended.append((incident, position))
            for row in fresh or ():
                row[_UNTIL] = position
        if after:
            self._fresh[incident] = fresh = [[position, STANDING, *each] for each in after]
            self.rows.extend(fresh)


def _content(snapshot: Snapshot) -> Content:
    if snapshot.retraction is not None:
        return []
    facts, rows = snapshot.facts, []
    occurred, (countries, subdivisions) = _began(facts), _regions(facts)
    included = _included(facts)
    # versions of the rule that see the same parts come to the same numbers
    for _, versions in groupby(RULES, lambda version: RULES[version](facts)):
        first, *others = versions
        last = others[-1] if others else first
        derived = snapshot.derived if last == RULE_VERSION else derive(facts, last)
        harm = [_number(derived.casualties.get(name)) for name in OF_INCIDENTS]
        for entry, (repeats, kind, numbers) in enumerate(_entries(facts, derived)):
            row = (
                occurred, snapshot.incident, first, last, entry, repeats, facts.message_status, facts.kind,
                kind, countries, subdivisions, *[_number(numbers.get(name)) for name in OF_OBJECTS], *harm,
            )  # fmt: skip
            claims = [
                _claim(numbers.get(name) or derived.casualties.get(name)) for name in (*OF_OBJECTS, *OF_INCIDENTS)
            ]
            rows.append((*row, claims, *included) if included else (*row, None, None, None, None))
    return rows


def _entries(facts: Facts, derived: Derived) -> Iterator[tuple[int, str | None, dict[str, Number]]]:
    if not facts.objects:
        yield 0, None, _NO_NUMBERS
    seen: set[str] = set()
    for key in sorted(facts.objects):
        kind = facts.objects[key].type
        yield (2 if kind in seen else 1 if seen else 0), kind, derived.objects.get(key, _NO_NUMBERS)
        seen.add(kind)


def _number(number: Number | None) -> tuple[int | None, ...] | None:
    if number is None or number.state == "unknown":
        return None
    none = number.state == "none_reported"
    return number.best, number.low, number.high, int(none), int(number.disputed)


def _claim(number: Number | None) -> str | None:
    return None if number is None or number.claim is UNSET else number.claim


def _began(facts: Facts) -> datetime:
    said = facts.occurred
    if said is UNSET:
        return _UNKNOWN_TIME
    began = said.end if said.start is UNSET else said.start
    return _UNKNOWN_TIME if began is UNSET else datetime.fromisoformat(began)


def _regions(facts: Facts) -> tuple[list[str], list[str]]:
    """Return countries and subdivisions, as lists find them."""
    countries, subdivisions = set(), set()
    for location in facts.locations.values():
        if location.country is not UNSET:
            countries.add(location.country)
        if location.subdivision is not UNSET:
            subdivisions.add(location.subdivision)
            countries.add(location.subdivision[:2])
    return sorted(countries), sorted(subdivisions)


def _included(facts: Facts) -> tuple[list[str], list[UUID], list[str]] | None:
    """Return the claims that are said to be included in another's, and in whose."""
    parts = [
        (key, claim.scope.part_of)
        for key, claim in facts.claims.items()
        if claim.scope is not UNSET and claim.scope.part_of is not UNSET
    ]
    if not parts:
        return None
    parts.sort(key=lambda part: part[0])
    return [key for key, _ in parts], [of.incident for _, of in parts], [of.claim for _, of in parts]


async def _apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    batch = _Batch()
    for change in changes:
        batch.take(change)
    if batch.ended:
        await connection.execute(_END, *[list(column) for column in zip(*batch.ended, strict=True)])
    if batch.rows:
        await connection.copy_records_to_table("measures", records=batch.rows, columns=_COLUMNS)


PROJECTION: Final = Projection("measures", 1, ("measures",), _apply, _content)
