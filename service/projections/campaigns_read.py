"""How the `campaigns` projection is read."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from service.db import Database, sql
from service.domain import forms, vocabulary
from service.projections import groups_read
from service.projections.closures import Voice
from service.projections.groups_read import MOST_NAMED, Figures, Found, LeftOut, Position, Statements, Time
from service.projections.running import LEFT_OUT_ITEM

_STATEMENTS: Final = Statements(
    "campaigns", sql("campaigns_page"), sql("campaigns_count"), sql("campaigns_get"), sql("campaigns_items")
)


class CampaignSummary(Figures, frozen=True, kw_only=True):
    """What the incidents come to that are said to belong to a campaign."""

    slug: forms.Slug
    position: Position
    regions: Annotated[
        dict[str, int], Meta(description="Of each country and subdivision, how many of its incidents are there.")
    ]
    first_occurred: Annotated[Time, Meta(description="When the first of them began; null: nobody says of any.")]
    last_occurred: Annotated[Time, Meta(description="When the last of them began; null: nobody says of any.")]
    bbox: Annotated[
        tuple[float, float, float, float] | None,
        Meta(description="West, south, east and north of their points, west never above east; null: there are none."),
    ]


class Said(Struct, frozen=True):
    """What somebody concludes from one of its incidents."""

    incident: UUID
    key: forms.EntryId
    kind: vocabulary.AssessmentKind
    text: str
    confidence: Annotated[vocabulary.AssessmentConfidence | None, Meta(description="How sure the assessor says to be.")]
    claims: Annotated[dict[str, Voice], Meta(description="Who says so, by the id of the claim.")]


class Campaign(CampaignSummary, frozen=True, kw_only=True):
    """A campaign, who says that it is one, and what is in no sum."""

    said_by: Annotated[
        list[Said],
        Meta(
            description=(
                "What is concluded of coordination, attribution and pattern in its incidents, what was recorded last "
                f"first, {MOST_NAMED} at most."
            )
        ),
    ]
    left_out: Annotated[
        list[LeftOut], Meta(description=f"What is in none of the sums of `totals`, {MOST_NAMED} at most.")
    ]


_said: Final = msgspec.json.Decoder(Said).decode


async def page(db: Database, position: int, after: str | None, limit: int) -> tuple[list[CampaignSummary], bool, int]:
    """Return the campaigns after a slug as they were at a position, whether there are more, and how far this is."""
    found, more, reached = await groups_read.page(db, _STATEMENTS, position, None, after, limit)
    return [summary(each) for each in found], more, reached


async def count(db: Database, position: int) -> int:
    """Return how many there were at a position."""
    return await groups_read.count(db, _STATEMENTS, position, None)


async def get(db: Database, position: int, slug: str) -> tuple[Campaign | None, int]:
    """Return a campaign as it was at a position, if there was one, and how far this is."""
    found, reached = await groups_read.get(db, _STATEMENTS, position, slug)
    if found is None:
        return None, reached
    # as the log stood then, whatever has come since
    named = await groups_read.items(db, _STATEMENTS, min(position, reached), slug, ("assessment", LEFT_OUT_ITEM))
    campaign = Campaign(
        **msgspec.structs.asdict(summary(found)),
        said_by=[_said(each) for each in named["assessment"]],
        left_out=[groups_read.left_out(each) for each in named[LEFT_OUT_ITEM]],
    )
    return campaign, reached


def summary(found: Found) -> CampaignSummary:
    """Return a campaign as the API serves it."""
    extent = found.running.extent
    return CampaignSummary(
        slug=found.code,
        position=found.position,
        regions=dict(sorted(found.running.places.items())),
        first_occurred=extent.first,
        last_occurred=None if extent.last is None else extent.last[0],
        bbox=extent.box,
        **groups_read.figures(found.running),
    )
