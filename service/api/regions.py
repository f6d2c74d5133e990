"""/v1/regions: what the incidents of each country and subdivision come to, now or as it was known."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.types import ASGIApp
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import listed
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.columns import flat
from service.api.geojson import Geography
from service.api.listed import Form
from service.api.listing import Asked, Key, Page, answer, listing, page
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import AsOf, ReadHeaders, settle
from service.api.refusals import Pointed
from service.api.requests import Reading, query_parts
from service.domain import errors
from service.projections import regions, regions_read
from service.projections.contribution import DISRUPTIONS, INCIDENTS, SIZE, Extent, kind_at, measure_at
from service.projections.groups_read import at_or_now
from service.projections.regions_read import RegionSummary
from service.projections.running import Running

TAG: Final = "Regions"


class NoSuchRegion(errors.NotFound):
    """No country or subdivision has the code."""

    detail = "No country has this code in ISO 3166-1, and no subdivision in ISO 3166-2."


class RegionQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The state of the log."""

    as_of: AsOf | UnsetType = UNSET


class RegionsQuery(Asked, kw_only=True, forbid_unknown_fields=True):
    """Filter, the state of the log, and the page."""

    within: (
        Annotated[
            str,
            Meta(
                max_length=6,
                description="A country or a subdivision: it, and all that ISO 3166-2 has in it.",
                examples=["RU"],
            ),
        ]
        | UnsetType
    ) = UNSET


class RegionPage(Struct):
    """A page of regions, by code."""

    items: list[RegionSummary]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held.")]
    count: Annotated[int, Meta(ge=0, description="With `count=true`: how many there are.")] | UnsetType = UNSET


FORM: Final = Form(
    item=RegionSummary,
    page=RegionPage,
    columns=flat(RegionSummary),
    geography=Geography(lambda item: str(item["code"])),
)
_INCIDENT: Final = "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01"


def _example() -> RegionSummary:
    figures = [0] * SIZE
    figures[INCIDENTS] = figures[kind_at("interception")] = figures[DISRUPTIONS] = 1
    for measure in range(6):
        figures[measure_at(measure) + 2] = 1
    at = measure_at(1)
    figures[at : at + 10] = [1, 0, 0, 1, 40, 40, 1, 42, 1, 0]
    extent = Extent(last=("2026-04-30T15:00:00.000000Z", str(UUID(_INCIDENT))))
    return regions_read.summary("RU-KLU", 4262, Running(figures, extent))


EXAMPLE: Final[dict[str, Any]] = msgspec.to_builtins(_example())
_DISRUPTION: Final = {
    "incident": _INCIDENT,
    "key": "airports",
    "kind": "airport_closed",
    "area": None,
    "airport": "UUBC",
    "since": None,
}


@get(
    "/v1/regions",
    opt=described(
        Operation(
            id="listRegions",
            summary="List regions",
            description=(
                "Every country and subdivision of which an incident is, or was, on record. An incident in two regions "
                "counts in both, and in the country of each of them once: add up no regions, read their country."
            ),
            tag=TAG,
            scope="incidents:read",
            query=RegionsQuery,
            headers=ReadHeaders,
            answers={
                200: listed.described(
                    FORM, {"items": [EXAMPLE], "next_cursor": None, "applied_filters": {"within": "RU"}}
                )
            },
        )
    ),
)
async def list_regions(request: Request[Any, Any, Any]) -> ASGIApp:
    """List regions."""
    reading, known, db = Reading(), parts(request).codes, parts(request).db
    asked = query_parts(request, RegionsQuery, reading)
    codes = None
    if asked.within is not UNSET:
        codes = known.within(asked.within)
        if not {asked.within} & (known.countries | known.subdivisions):
            reading.tell(Pointed("/within", f"There is no country or subdivision {asked.within}.", "query"))

    async def page_of(after: Key | None, limit: int, at: int | None) -> Page:
        found, more, reached = await regions_read.page(db, at_or_now(at), codes, after[0] if after else None, limit)
        return page(found, (found[-1].code,) if more else None, reached if at is None else at)

    async def count(at: int | None) -> int:
        return await regions_read.count(db, at_or_now(at), codes)

    return await answer(request, listing(FORM, asked, reading, regions.PROJECTION.name, count), page_of)


@get(
    "/v1/regions/{region:str}",
    opt=described(
        Operation(
            id="readRegion",
            summary="Read a region",
            description=(
                "Where nothing is on record, `incidents` is 0 and every sum null: that says nothing of what happened."
            ),
            tag=TAG,
            scope="incidents:read",
            query=RegionQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The region.",
                    body=regions_read.Region,
                    headers=("Cache-Control",),
                    example=EXAMPLE | {"disruptions": [_DISRUPTION], "investigations": [], "left_out": []},
                )
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any], region: str) -> Reply:
    """Read a region."""
    negotiate(request, JSON)
    reading, known = Reading(), parts(request).codes
    asked = query_parts(request, RegionQuery, reading)
    position = await settle(request, reading, regions.PROJECTION.name, asked.as_of)
    if region not in known.countries and region not in known.subdivisions:
        raise NoSuchRegion
    found, reached = await regions_read.get(parts(request).db, at_or_now(position), region)
    return Reply(
        msgspec.json.encode(found),
        position=reached if position is None else position,
        headers={"Cache-Control": REVALIDATE},
    )
