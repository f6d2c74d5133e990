"""How the `regions` projection is read."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from service.db import Database, sql
from service.domain import forms, vocabulary
from service.projections import groups_read
from service.projections.groups_read import MOST_NAMED, Figures, Found, LastIncident, LeftOut, Statements, Time
from service.projections.running import LEFT_OUT_ITEM, Running

_STATEMENTS: Final = Statements(
    "regions", sql("regions_page"), sql("regions_count"), sql("regions_get"), sql("regions_items")
)
_SORTS: Final = ("disruption", "investigation", LEFT_OUT_ITEM)


class RegionSummary(Figures, frozen=True, kw_only=True):
    """What the incidents of a country or a subdivision come to."""

    code: Annotated[str, Meta(description="ISO 3166-1 or 3166-2.", examples=["RU-KLU"])]
    position: Annotated[
        int | None, Meta(description="Of the last event that changed any of this; null: there is none.")
    ]
    last_incident: Annotated[
        LastIncident | None, Meta(description="The one that began last; null: nobody says when any of them began.")
    ]


class OpenDisruption(Struct, frozen=True):
    """A disruption that nobody says is over."""

    incident: UUID
    key: forms.EntryId
    kind: vocabulary.DisruptionKind
    area: str | None
    airport: str | None
    since: Time


class OpenInvestigation(Struct, frozen=True):
    """An investigation that nobody says is completed."""

    incident: UUID
    key: forms.EntryId
    by: str | None
    status: vocabulary.ResponseStatus | None
    since: Time


class Region(RegionSummary, frozen=True, kw_only=True):
    """A region, and what can be named of its incidents: of each sort what was recorded last, first."""

    disruptions: Annotated[list[OpenDisruption], Meta(description=f"Of `open_disruptions`, {MOST_NAMED} at most.")]
    investigations: Annotated[
        list[OpenInvestigation], Meta(description=f"Of `open_investigations`, {MOST_NAMED} at most.")
    ]
    left_out: Annotated[
        list[LeftOut], Meta(description=f"What is in none of the sums of `totals`, {MOST_NAMED} at most.")
    ]


_disruption: Final = msgspec.json.Decoder(OpenDisruption).decode
_investigation: Final = msgspec.json.Decoder(OpenInvestigation).decode


async def page(
    db: Database, position: int, codes: Sequence[str] | None, after: str | None, limit: int
) -> tuple[list[RegionSummary], bool, int]:
    """Return the regions after a code as they were at a position, whether there are more, and how far this is."""
    found, more, reached = await groups_read.page(db, _STATEMENTS, position, codes, after, limit)
    return [summary(each.code, each.position, each.running) for each in found], more, reached


async def count(db: Database, position: int, codes: Sequence[str] | None) -> int:
    """Return how many there were at a position."""
    return await groups_read.count(db, _STATEMENTS, position, codes)


async def get(db: Database, position: int, code: str) -> tuple[Region, int]:
    """Return a region as it was at a position, and how far this is."""
    found, reached = await groups_read.get(db, _STATEMENTS, position, code)
    shown = _shown(found) if found is not None else summary(code, None, Running())
    # as the log stood then, whatever has come since
    named = await groups_read.items(db, _STATEMENTS, min(position, reached), code, _SORTS)
    region = Region(
        **msgspec.structs.asdict(shown),
        disruptions=[_disruption(each) for each in named["disruption"]],
        investigations=[_investigation(each) for each in named["investigation"]],
        left_out=[groups_read.left_out(each) for each in named[LEFT_OUT_ITEM]],
    )
    return region, reached


def _shown(found: Found) -> RegionSummary:
    return summary(found.code, found.position, found.running)


def summary(code: str, position: int | None, running: Running) -> RegionSummary:
    """Return a region as the API serves it."""
    last = running.extent.last
    return RegionSummary(
        code=code,
        position=position,
        last_incident=None if last is None else LastIncident(UUID(last[1]), last[0]),
        **groups_read.figures(running),
    )
