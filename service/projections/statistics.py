"""Statistics as they are answered: totals of groups, and of all incidents of an interval."""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from service.db import Database
from service.projections import sums
from service.projections.periods import UNITS, Periods, periods
from service.projections.sums import (
    DIMENSIONS,
    MOST_UNDATED,
    NO_KEY,
    NOTHING,
    Asked,
    Dimension,
    Key,
    LeftOutOfSum,
    Metric,
)
from service.projections.totals import Total

MOST_NAMED: Final = 100
_SEVERAL: Final = frozenset(["country", "subdivision", "object_type"])
"""Of which one incident may have several."""


class Figures(Struct, omit_defaults=True):
    """What was asked for of some incidents, after the values that they have in common; null: they say none."""

    day: Annotated[str, Meta(examples=["2026-04-30"])] | UnsetType = UNSET
    week: Annotated[str, Meta(examples=["2026-W18"])] | UnsetType = UNSET
    month: Annotated[str, Meta(examples=["2026-04"])] | UnsetType = UNSET
    country: str | UnsetType | None = UNSET
    subdivision: str | UnsetType | None = UNSET
    kind: str | UnsetType = UNSET
    object_type: str | UnsetType | None = UNSET
    incidents: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    observed: Total | UnsetType = UNSET
    destroyed: Total | UnsetType = UNSET
    impacted: Total | UnsetType = UNSET
    lost_contact: Total | UnsetType = UNSET
    killed: Total | UnsetType = UNSET
    injured: Total | UnsetType = UNSET


class Statistics(Struct):
    """Totals of groups, and of all."""

    items: Annotated[list[Figures], Meta(description="A group that is not here has no incidents.")]
    total: Annotated[Figures, Meta(description="Of all together: each incident counts once.")]
    overlapping: Annotated[
        bool, Meta(description="Whether an incident can be in several groups, which then come to more than `total`.")
    ]
    left_out: Annotated[
        list[LeftOutOfSum],
        Meta(description=f"What `total` does not add, since another number in it includes it; {MOST_NAMED} at most."),
    ]
    left_out_count: int
    no_known_time: Annotated[
        int,
        Meta(description=f"Incidents outside, since nobody says when they were; {MOST_UNDATED}: or more than that."),
    ]
    rule_version: int
    position: Annotated[int, Meta(ge=0, description="The position of the log that it reflects.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held, the defaults too.")]


async def read(db: Database, asked: Asked, metrics: Sequence[Metric], by: Sequence[str], zone: str) -> Statistics:
    """Return the totals; `by` has units of time and other dimensions. Raise TooManyGroups."""
    source = await sums.source(db, asked)
    unit = next((each for each in UNITS if each in by), None)
    cut = Periods([], []) if unit is None else periods(unit, zone, asked.start, asked.end)
    dimensions: list[Dimension] = ["period" if each in UNITS else each for each in by]  # type: ignore[misc]  # the others
    groups: dict[Key, Figures] = {}
    total = Figures()
    outside: list[LeftOutOfSum] = []
    for metric in metrics:
        apart = (await sums.sums(db, asked, source, metric, dimensions, cut.starts)).totals if by else {}
        for key, each in apart.items():
            _set(groups.setdefault(key, _group(key, by, cut)), metric, each)
        together = await sums.sums(db, asked, source, metric, ())
        _set(total, metric, together.totals.get(NO_KEY, NOTHING))
        outside += together.left_out
    return Statistics(
        items=list(groups.values()),
        total=total,
        overlapping=not _SEVERAL.isdisjoint(by),
        left_out=outside[:MOST_NAMED],
        left_out_count=len(outside),
        no_known_time=await sums.undated(db, asked, source.position),
        rule_version=asked.rule_version,
        position=source.position,
        applied_filters={},
    )


def _group(key: Key, by: Sequence[str], cut: Periods) -> Figures:
    group = Figures()
    for name, value in zip(DIMENSIONS, key, strict=True):
        if isinstance(value, int):
            setattr(group, next(each for each in UNITS if each in by), cut.names[value - 1])
        elif name in by:
            setattr(group, name, value)
    return group


def _set(figures: Figures, metric: Metric, total: Total) -> None:
    setattr(figures, metric, incidents_of(total) if metric == "incidents" else total)


def incidents_of(total: Total) -> int:
    """Return how many incidents a total of `incidents` is of."""
    return total.inputs.unknown
