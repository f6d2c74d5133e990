"""/v1/campaigns: what the incidents of each campaign come to, and who says that it is one."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import paging
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import AsOf, ReadHeaders, settle
from service.api.regions import EXAMPLE
from service.api.requests import Reading, query_parts
from service.domain import errors
from service.projections import campaigns, campaigns_read
from service.projections.campaigns_read import CampaignSummary
from service.projections.groups_read import NOW

TAG: Final = "Campaigns"


class NoSuchCampaign(errors.NotFound):
    """No incident was ever said to belong to it."""

    detail = "No incident belongs to such a campaign, or none did then: /v1/campaigns lists them."


class CampaignQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The state of the log."""

    as_of: AsOf | UnsetType = UNSET


class CampaignsQuery(CampaignQuery, kw_only=True, forbid_unknown_fields=True):
    """The page."""

    limit: Annotated[int, Meta(ge=1, le=500, description="How many at most.")] = 50
    cursor: Annotated[str, Meta(max_length=500, description="`next_cursor` of the page before.")] | UnsetType = UNSET


class CampaignPage(Struct):
    """A page of campaigns, by slug."""

    items: list[CampaignSummary]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held.")]


_EXAMPLE: Final = {name: value for name, value in EXAMPLE.items() if name not in ("code", "last_incident")} | {
    "slug": "spring-2026",
    "regions": {"RU": 1, "RU-KLU": 1},
    "first_occurred": "2026-04-30T15:00:00.000000Z",
    "last_occurred": "2026-04-30T15:00:00.000000Z",
    "bbox": [36.2, 54.5, 36.3, 54.6],
}
_SAID: Final = {
    "incident": "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01",
    "key": "campaign",
    "kind": "coordination",
    "text": "a coordinated campaign targeting multiple regions across Russia",
    "confidence": None,
    "claims": {"combination": {"attribution": "not_stated", "relayed_by": "urgent-update"}},
}


@get(
    "/v1/campaigns",
    opt=described(
        Operation(
            id="listCampaigns",
            summary="List campaigns",
            description="Whatever campaign an incident is, or was, said to belong to.",
            tag=TAG,
            scope="incidents:read",
            query=CampaignsQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="A page.",
                    body=CampaignPage,
                    headers=("Cache-Control", "Link"),
                    example={"items": [_EXAMPLE], "next_cursor": None, "applied_filters": {}},
                )
            },
        )
    ),
)
async def list_campaigns(request: Request[Any, Any, Any]) -> Reply:
    """List campaigns."""
    negotiate(request, JSON)
    reading = Reading()
    asked = query_parts(request, CampaignsQuery, reading)
    given: dict[str, Any] = msgspec.to_builtins(asked)
    applied = {name: value for name, value in given.items() if name not in ("limit", "cursor")}
    after = reading.of(paging.decode, asked.cursor, applied, tuple[str]) if asked.cursor is not UNSET else None
    position = await settle(request, reading, campaigns.PROJECTION.name, asked.as_of)
    found, more, reached = await campaigns_read.page(
        parts(request).db, NOW if position is None else position, after and after[0], asked.limit
    )
    cursor = paging.encode(applied, (found[-1].slug,)) if more else None
    body = msgspec.json.encode(CampaignPage(found, cursor, applied))
    named = {"Cache-Control": REVALIDATE} | paging.link(request, "cursor", cursor)
    return Reply(body, position=reached if position is None else position, headers=named)


@get(
    "/v1/campaigns/{campaign:str}",
    opt=described(
        Operation(
            id="readCampaign",
            summary="Read a campaign",
            description="An incident may belong to several: its numbers are in the sums of each.",
            tag=TAG,
            scope="incidents:read",
            query=CampaignQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The campaign.",
                    body=campaigns_read.Campaign,
                    headers=("Cache-Control",),
                    example=_EXAMPLE | {"said_by": [_SAID], "left_out": []},
                )
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any], campaign: str) -> Reply:
    """Read a campaign."""
    negotiate(request, JSON)
    reading = Reading()
    asked = query_parts(request, CampaignQuery, reading)
    position = await settle(request, reading, campaigns.PROJECTION.name, asked.as_of)
    found, reached = await campaigns_read.get(parts(request).db, NOW if position is None else position, campaign)
    if found is None:
        raise NoSuchCampaign
    return Reply(
        msgspec.json.encode(found),
        position=reached if position is None else position,
        headers={"Cache-Control": REVALIDATE},
    )
