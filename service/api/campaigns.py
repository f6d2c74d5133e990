"""/v1/campaigns: what the incidents of each campaign come to, and who says that it is one."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from litestar.types import ASGIApp
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import geojson, listed
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.columns import flat
from service.api.geojson import Geography
from service.api.listed import Form
from service.api.listing import Asked, Key, Page, answer, listing, page
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import AsOf, ReadHeaders, settle
from service.api.regions import EXAMPLE
from service.api.requests import Reading, query_parts
from service.domain import errors
from service.projections import campaigns, campaigns_read
from service.projections.campaigns_read import CampaignSummary
from service.projections.groups_read import at_or_now

TAG: Final = "Campaigns"


class NoSuchCampaign(errors.NotFound):
    """No incident was ever said to belong to it."""

    detail = "No incident belongs to such a campaign, or none did then: /v1/campaigns lists them."


class CampaignQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The state of the log."""

    as_of: AsOf | UnsetType = UNSET


class CampaignPage(Struct):
    """A page of campaigns, by slug."""

    items: list[CampaignSummary]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held.")]
    count: Annotated[int, Meta(ge=0, description="With `count=true`: how many there are.")] | UnsetType = UNSET


FORM: Final = Form(
    item=CampaignSummary,
    page=CampaignPage,
    columns=flat(CampaignSummary),
    geography=Geography(lambda item: str(item["slug"]), lambda item: geojson.of_box(item["bbox"])),
)
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
            query=Asked,
            headers=ReadHeaders,
            answers={200: listed.described(FORM, {"items": [_EXAMPLE], "next_cursor": None, "applied_filters": {}})},
        )
    ),
)
async def list_campaigns(request: Request[Any, Any, Any]) -> ASGIApp:
    """List campaigns."""
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, Asked, reading)

    async def page_of(after: Key | None, limit: int, at: int | None) -> Page:
        found, more, reached = await campaigns_read.page(db, at_or_now(at), after[0] if after else None, limit)
        return page(found, (found[-1].slug,) if more else None, reached if at is None else at)

    async def count(at: int | None) -> int:
        return await campaigns_read.count(db, at_or_now(at))

    return await answer(request, listing(FORM, asked, reading, campaigns.PROJECTION.name, count), page_of)


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
    found, reached = await campaigns_read.get(parts(request).db, at_or_now(position), campaign)
    if found is None:
        raise NoSuchCampaign
    return Reply(
        msgspec.json.encode(found),
        position=reached if position is None else position,
        headers={"Cache-Control": REVALIDATE},
    )
