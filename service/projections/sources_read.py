"""How the `sources` projection is read."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from service.db import Database, NotBuilt, sql
from service.domain import forms, vocabulary
from service.projections.record import Record
from service.store.events import instant

_PAGE: Final = sql("sources_page")
_COUNT: Final = sql("sources_count")
_GET: Final = sql("sources_get")
_OTHERS: Final = sql("sources_others")
_OTHERS_SHOWN: Final = 50
NOW: Final = 2**63 - 1
"""The position to read at for how it is now."""
_decode: Final = msgspec.json.Decoder(Record).decode
_Time = Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})]


class ClaimCounts(Struct):
    """Claims, each counted once: by its incident, its id there, and its source."""

    made: Annotated[int, Meta(ge=0, description="All that there ever were, of incidents that are real.")]
    standing: Annotated[int, Meta(ge=0, description="Those that are on record now, of incidents that stand.")]
    revised: Annotated[
        int, Meta(ge=0, description="Those of which a revision changed the claim, an amount or what it supports.")
    ]
    retracted: Annotated[
        dict[vocabulary.KeptReasonCode, int],
        Meta(description="Those that went with a retracted incident, by the reason of the first retraction."),
    ]


class Corrections(Struct):
    """How long claims stood before they were first revised or retracted: rounded up, by a fifth at most."""

    claims: Annotated[int, Meta(ge=0, description="Those that were.")]
    median_seconds: Annotated[float | None, Meta(description="Half of those were, within this time; null: none was.")]
    p90_seconds: Annotated[float | None, Meta(description="Nine in ten of those were, within this time.")]


class Agreement(Struct):
    """Of the numbers for which it and another source both give a range: standing ones, what is denied left out."""

    agree: Annotated[int, Meta(ge=0, description="In how many their ranges meet.")]
    disagree: Annotated[int, Meta(ge=0, description="In how many they do not: one says 40, the other 42.")]


class Other(Agreement):
    """How it agrees with one other source."""

    source: forms.Slug


class SourceRecord(Struct):
    """Who makes claims, and what became of them."""

    slug: forms.Slug
    name: Annotated[str | None, Meta(description="The last that was given; null: none was.")]
    kind: Annotated[vocabulary.SourceKind | None, Meta(description="The last that was given; null: none was.")]
    position: Annotated[int, Meta(ge=1, description="Of the last event that changed its record.")]
    claims: ClaimCounts
    relayed: Annotated[int, Meta(ge=0, description="Claims that it passed on for others, or for nobody who is named.")]
    incidents: Annotated[int, Meta(ge=0, description="Incidents of which it made a claim.")]
    corrections: Corrections
    agreement: Agreement
    confidence: Annotated[
        dict[str, int], Meta(description="Of the standing claims: how the source puts them, or `not_stated`.")
    ]
    reliability: Annotated[
        dict[str, int], Meta(description="Of the standing claims: how the source is judged; F is not judged.")
    ]
    first_stated_at: _Time
    last_stated_at: _Time
    first_recorded_at: _Time
    last_recorded_at: _Time


class Source(SourceRecord):
    """A source, and how it agrees with others."""

    others: Annotated[
        list[Other],
        Meta(description=f"Those with whom it has most numbers in common, {_OTHERS_SHOWN} at most."),
    ]


async def page(
    db: Database, position: int, kind: str | None, after: str | None, limit: int
) -> tuple[list[SourceRecord], bool, int]:
    """Return the sources after a slug as they were at a position, whether there are more, and how far this is."""
    rows = await db.fetch(_PAGE, position, kind, after, limit + 1)
    found = [_shown(row) for row in rows if row["slug"] is not None]
    return found[:limit], len(found) > limit, _reached(rows[0])


async def count(db: Database, position: int, kind: str | None) -> int:
    """Return how many there were at a position."""
    return int((await db.fetchrow(_COUNT, position, kind))["count"])


async def get(db: Database, position: int, slug: str) -> tuple[Source | None, int]:
    """Return a source as it was at a position, and how far this is."""
    row = await db.fetchrow(_GET, position, slug)
    reached = _reached(row)
    if row["slug"] is None:
        return None, reached
    # as the log stood then, whatever has come since
    with_others = await others(db, min(position, reached), slug)
    return Source(**msgspec.structs.asdict(_shown(row)), others=with_others), reached


async def others(db: Database, position: int, slug: str) -> list[Other]:
    """Return how a source agreed with others at a position."""
    rows = await db.fetch(_OTHERS, position, slug, _OTHERS_SHOWN)
    return [Other(agree=row["agree"], disagree=row["disagree"], source=row["slug"]) for row in rows]


def _reached(row: Any) -> int:  # noqa: ANN401  # a Record
    if row["reached"] is None:
        raise NotBuilt("sources is being built.")
    return int(row["reached"])


def _shown(row: Any) -> SourceRecord:  # noqa: ANN401  # a Record
    return shown(row["slug"], row["position"], _decode(row["record"]))


def shown(slug: str, position: int, record: Record) -> SourceRecord:
    """Return a record as the API serves it."""
    return SourceRecord(
        slug=slug,
        name=record.name,
        kind=record.kind,
        position=position,
        claims=ClaimCounts(record.made, record.standing, record.revised, record.retracted),
        relayed=record.relayed,
        incidents=record.incidents,
        corrections=Corrections(sum(record.latencies.values()), record.quantile(0.5), record.quantile(0.9)),
        agreement=Agreement(record.agree, record.disagree),
        confidence=record.confidence,
        reliability=record.reliability,
        first_stated_at=record.first_stated_at,
        last_stated_at=record.last_stated_at,
        first_recorded_at=_instant(record.first_recorded_at),
        last_recorded_at=_instant(record.last_recorded_at),
    )


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)
