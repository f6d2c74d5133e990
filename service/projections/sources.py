"""The `sources` projection: the record of whoever makes or relays claims."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, Struct

from service.db import sql
from service.domain import vocabulary
from service.domain.events import Revised
from service.domain.facts import Claim
from service.projections.agreement import Pair, agreement
from service.projections.projection import Projection
from service.projections.record import Record
from service.projections.words import reworded
from service.store.changes import Change, Snapshot

_RECORDS: Final = sql("sources_records")
_PAIRS: Final = sql("sources_pairs")
_CLAIMS: Final = sql("sources_claims")
_MARK: Final = sql("sources_mark")
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Record).decode


class Mark(Struct):
    """What the facts do not tell of a claim."""

    recorded_at: datetime
    revised: bool = False
    retracted: bool = False


Marks = dict[tuple[str, str], Mark]
"""Of one incident, by claim and source."""


class Effect(Struct, frozen=True):
    """What an event does to the claims of its incident."""

    change: Change
    was: dict[str, Claim]
    now: dict[str, Claim]
    """The claims, those of a retracted incident too; an exercise or a test has none."""
    agreed: dict[Pair, tuple[int, int]]
    agrees: dict[Pair, tuple[int, int]]

    @property
    def slugs(self) -> set[str]:
        """Return who is named."""
        claims = (*self.was.values(), *self.now.values())
        return {slug for claim in claims for slug in (claim.source, claim.relayed_by) if slug is not UNSET}


def effect(change: Change) -> Effect:
    """Return what an event does."""
    before, after = change.before, change.after
    agreed = {} if before is None else before.made(_agreement)
    return Effect(change, _claims(before), _claims(after), agreed, after.made(_agreement))


def _claims(snapshot: Snapshot | None) -> dict[str, Claim]:
    return snapshot.facts.claims if snapshot is not None and snapshot.facts.message_status == "actual" else {}


def _agreement(snapshot: Snapshot) -> dict[Pair, tuple[int, int]]:
    counts = snapshot.retraction is None and snapshot.facts.message_status == "actual"
    return agreement(snapshot.facts) if counts else {}


class Books:
    """The records that a batch of events is entered in."""

    def __init__(
        self, records: dict[str, Record], pairs: dict[Pair, tuple[int, int]], marks: dict[UUID, Marks]
    ) -> None:
        self._records: Final = records
        self._agreed: Final = pairs
        self._marks: Final = marks
        self._touched: Final[set[str]] = set()
        self.sources: Final[list[tuple[str, int]]] = []
        self.versions: Final[list[tuple[str, int, str | None, str]]] = []
        self.pairs: Final[list[tuple[str, str, int, int, int]]] = []
        self.marked: Final[dict[tuple[UUID, str, str], Mark]] = {}

    def enter(self, event: Effect) -> None:
        """Enter the next event."""
        change, position = event.change, event.change.position
        self._enter_claims(event)
        self._enter_standing(event)
        if change.before is not None and change.before.retraction is None:
            self._enter_corrections(event)
        self._enter_agreement(event)
        for slug in sorted(self._touched):
            record = self._records[slug]
            self.versions.append((slug, position, record.kind, _encode(record).decode()))
        self._touched.clear()

    def _record(self, slug: str, position: int) -> Record:
        self._touched.add(slug)
        record = self._records.get(slug)
        if record is None:
            record = self._records[slug] = Record()
            self.sources.append((slug, position))
        return record

    def _enter_claims(self, event: Effect) -> None:
        after = event.change.after
        marks = self._marks.setdefault(after.incident, {})
        known = {slug for _, slug in marks} | {claim.source for claim in event.was.values()}
        for key in sorted(event.now):
            claim, old = event.now[key], event.was.get(key)
            if claim == old:
                continue
            if (slug := claim.source) is not UNSET:
                record = self._record(slug, after.position)
                if (old is None or old.source != slug) and (key, slug) not in marks:
                    record.made_claim(after.recorded_at)
                    record.incidents += slug not in known
                    known.add(slug)
                    if event.change.before is not None:
                        self._mark(after, key, slug, after.recorded_at)
                record.said(claim)
            if (relay := claim.relayed_by) is not UNSET and (old is None or old.relayed_by != relay):
                self._record(relay, after.position).relayed += 1

    def _mark(self, after: Snapshot, key: str, slug: str, since: datetime) -> Mark:
        mark = self._marks[after.incident].setdefault((key, slug), Mark(since))
        self.marked[after.incident, key, slug] = mark
        return mark

    def _enter_standing(self, event: Effect) -> None:
        before, after = event.change.before, event.change.after
        stood = event.was if before is not None and before.retraction is None else {}
        stands = event.now if after.retraction is None else {}
        for claims, others, by in ((stood, stands, -1), (stands, stood, 1)):
            for key in sorted(claims):
                claim = claims[key]
                if claim.source is not UNSET and others.get(key) != claim:
                    self._record(claim.source, after.position).stands(claim, by)

    def _enter_corrections(self, event: Effect) -> None:
        after, told = event.change.after, event.change.event
        if after.retraction is not None:
            for key in sorted(event.was):
                self._correct(event, key, after.retraction.reason_code)
        elif isinstance(told, Revised) and event.was and event.change.before is not None:
            changed = reworded(event.change.before.facts, after.facts) if event.now else event.was.keys()
            for key in sorted(changed & event.was.keys()):
                self._correct(event, key, None)

    def _correct(self, event: Effect, key: str, reason_code: vocabulary.KeptReasonCode | None) -> None:
        """Enter that a claim was revised, or taken back for a reason."""
        after, slug = event.change.after, event.was[key].source
        if slug is UNSET:
            return
        record, mark = self._record(slug, after.position), self._mark(after, key, slug, after.reported_at)
        if not mark.revised and not mark.retracted:
            record.corrected((after.recorded_at - mark.recorded_at).total_seconds())
        if reason_code is None:
            record.revised += not mark.revised
            mark.revised = True
        elif not mark.retracted:
            record.retracted[reason_code] = record.retracted.get(reason_code, 0) + 1
            mark.retracted = True

    def _enter_agreement(self, event: Effect) -> None:
        position = event.change.position
        for pair in sorted({*event.agreed, *event.agrees}):
            was, now = event.agreed.get(pair, (0, 0)), event.agrees.get(pair, (0, 0))
            if was == now:
                continue
            agree, disagree = now[0] - was[0], now[1] - was[1]
            before = self._agreed.get(pair, (0, 0))
            self._agreed[pair] = before[0] + agree, before[1] + disagree
            for slug, other in (pair, pair[::-1]):
                record = self._record(slug, position)
                record.agree += agree
                record.disagree += disagree
                self.pairs.append((slug, other, position, *self._agreed[pair]))


async def _apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    effects = [effect(change) for change in changes]
    books = await _books(connection, effects)
    for each in effects:
        books.enter(each)
    for table, rows in (("sources", books.sources), ("source_versions", books.versions), ("source_pairs", books.pairs)):
        if rows:
            await connection.copy_records_to_table(table, records=rows)
    if books.marked:
        marks = [(*key, *msgspec.structs.astuple(mark)) for key, mark in books.marked.items()]
        await connection.execute(_MARK, *[list(column) for column in zip(*marks, strict=True)])


async def _books(connection: asyncpg.Connection, effects: Sequence[Effect]) -> Books:
    slugs = sorted({slug for each in effects for slug in each.slugs})
    pairs = sorted({pair for each in effects for pair in (*each.agreed, *each.agrees)})
    changed = sorted({each.change.after.incident for each in effects if each.change.before is not None})
    marks: dict[UUID, Marks] = {}
    for row in await connection.fetch(_CLAIMS, changed) if changed else ():
        marks.setdefault(row["incident"], {})[row["claim"], row["slug"]] = Mark(*list(row)[3:])
    return Books(
        {row["slug"]: _decode(row["record"]) for row in await connection.fetch(_RECORDS, slugs)},
        {(row["slug"], row["other"]): (row["agree"], row["disagree"]) for row in await _latest(connection, pairs)},
        marks,
    )


async def _latest(connection: asyncpg.Connection, pairs: Sequence[Pair]) -> Sequence[Any]:
    if not pairs:
        return ()
    rows: Sequence[Any] = await connection.fetch(_PAIRS, *[list(column) for column in zip(*pairs, strict=True)])
    return rows


TABLES: Final = ("sources", "source_versions", "source_pairs", "source_claims")
PROJECTION: Final = Projection("sources", 1, TABLES, _apply, _agreement)
