"""What the incidents of an interval come to, group by group, with no number counted twice."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from service.db import Database, NotBuilt, sql
from service.domain import forms
from service.domain.facts import PartOf
from service.projections.inclusion import Edges, left_out
from service.projections.measures import OF_OBJECTS
from service.projections.totals import Inputs, Total

_PARTS: Final = sql("statistics_parts")
_SUMS: Final = sql("statistics_sums")
_UNDATED: Final = sql("statistics_undated")
MOST_UNDATED: Final = 10_000
MOST_GROUPS: Final = 10_000

Metric = Literal["incidents", "observed", "destroyed", "impacted", "lost_contact", "killed", "injured"]
Dimension = Literal["period", "country", "subdivision", "kind", "object_type"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("period", "country", "subdivision", "kind", "object_type")
Key = tuple[int | str | None, ...]
"""The value of each dimension, None where it is not asked for or not said; a period is its number, from 1."""


NO_KEY: Final[Key] = (None,) * len(DIMENSIONS)
NOTHING: Final = Total(None, None, None, Inputs(0, 0, 0), 0, 0)


class TooManyGroups(Exception):
    """More than can be answered at once."""


class Asked(Struct, frozen=True, kw_only=True):
    """Which incidents, by which rule; None asks for nothing."""

    position: int | None
    rule_version: int
    start: datetime
    end: datetime
    message_status: str | None = None
    kind: str | None = None
    country: str | None = None
    subdivision: str | None = None
    object_type: str | None = None


class Source(Struct, frozen=True):
    """What the sums are read from: the log up to a position, and whose claims are included in whose."""

    position: int
    reached: int
    edges: Edges

    @property
    def alone(self) -> list[UUID]:
        """Incidents that come out one by one."""
        return sorted({each for (one, _), (other, _) in self.edges.items() for each in (one, other)})


class LeftOutOfSum(Struct, frozen=True):
    """A number that is not added, since another one here includes it."""

    metric: Metric
    incident: UUID
    claim: forms.ClaimId
    best: int | None
    part_of: Annotated[PartOf, Meta(description="The claim that it is part of.")]


class Sums(Struct, frozen=True):
    """One metric: the total of each group, and what was left out of them."""

    totals: dict[Key, Total]
    left_out: list[LeftOutOfSum]
    """Of all groups; whoever asks for no dimension has one group."""


async def source(db: Database, asked: Asked) -> Source:
    """Return what to read, all of it at one position."""
    rows = await db.fetch(_PARTS, asked.position, asked.rule_version, asked.start, asked.end, asked.message_status)
    if not rows or rows[0]["reached"] is None:
        raise NotBuilt("measures is being built.")
    edges = {
        (row["incident"], row["claim"]): (row["in_incident"], row["in_claim"])
        for row in rows
        if row["incident"] is not None
    }
    return Source(rows[0]["position"], rows[0]["reached"], edges)


async def undated(db: Database, asked: Asked, position: int) -> int:
    """Return how many incidents have no known time; more than MOST_UNDATED are not counted."""
    row = await db.fetchrow(
        _UNDATED, position, asked.rule_version, asked.message_status, asked.kind, asked.country, asked.subdivision,
        asked.object_type, MOST_UNDATED,
    )  # fmt: skip
    return int(row["incidents"])


async def sums(
    db: Database, asked: Asked, of: Source, metric: Metric, by: Sequence[Dimension], starts: Sequence[datetime] = ()
) -> Sums:
    """Return the totals of one metric; raise TooManyGroups."""
    typed = "object_type" in by or asked.object_type is not None
    repeats = 3 if metric in OF_OBJECTS else 2 if typed else 1
    rows = await db.fetch(
        _SUMS, of.position, asked.rule_version, asked.start, asked.end, asked.message_status, asked.kind,
        asked.country, asked.subdivision, asked.object_type, metric, repeats, list(by), list(starts), of.alone,
        MOST_GROUPS + 1,
    )  # fmt: skip
    if len(rows) > MOST_GROUPS:
        raise TooManyGroups
    totals: dict[Key, Total] = {}
    named: list[LeftOutOfSum] = []
    for key, group in groupby(rows, lambda row: tuple(row[name] for name in DIMENSIONS)):
        inputs = list(group)
        outside = [] if metric == "incidents" else left_out(of.edges, inputs)
        named += [_named(metric, row, of.edges) for row in outside]
        totals[key] = _total([row for row in inputs if row not in outside], len(outside))
    return Sums(totals, named)


def _named(metric: Metric, row: Any, edges: Edges) -> LeftOutOfSum:  # noqa: ANN401  # a Record
    best = None if row["vouched"] == 0 else row["best"]
    return LeftOutOfSum(metric, row["incident"], row["claim"], best, PartOf(*edges[row["incident"], row["claim"]]))


def _total(rows: Sequence[Any], outside: int) -> Total:
    """Add up rows of which each is a sum itself."""
    inputs, known, none, vouched, closed, disputed = (
        sum(row[name] for row in rows) for name in ("inputs", "known", "none_reported", "vouched", "closed", "disputed")
    )
    best, low, high = (sum(row[name] or 0 for row in rows) for name in ("best", "low", "high"))
    return Total(
        best=best if vouched else None,
        low=low if known else None,
        high=high if known and closed == known else None,
        inputs=Inputs(known - none, none, inputs - known),
        disputed=disputed,
        left_out=outside,
    )
