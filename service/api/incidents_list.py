"""GET /v1/incidents: the register, filtered, in order, a page at a time."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, get
from litestar.types import ASGIApp
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import examples, incident_filters, incident_forms, listed, paging
from service.api.incident_filters import Filtered
from service.api.listed import Form
from service.api.listing import Count, Cursor, Fields, Key, Limit, Listing, Page, answer, filters
from service.api.operation import Operation, described
from service.api.parts import parts
from service.api.positions import AsOf, ReadHeaders, reach
from service.api.requests import Reading, query_parts
from service.projections import incidents_list, versions
from service.projections.incidents import IncidentDocument
from service.projections.incidents_list import Sort


class ListQuery(Filtered, kw_only=True, forbid_unknown_fields=True):
    """Filters (all must hold), order, and page."""

    sort: Annotated[
        Sort,
        Meta(description="`recorded`: by its last event; `occurred`: by when it happened; `-`: latest first."),
    ] = "-recorded"
    limit: Limit | UnsetType = UNSET
    cursor: Cursor | UnsetType = UNSET
    fields: Fields | UnsetType = UNSET
    as_of: AsOf | UnsetType = UNSET
    count: Count = False


class IncidentPage(Struct):
    """A page of incidents."""

    items: list[IncidentDocument]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held, the defaults too.")]
    count: Annotated[int, Meta(ge=0, description="With `count=true`: how many there are.")] | UnsetType = UNSET


FORM: Final = Form(
    item=IncidentDocument, page=IncidentPage, columns=incident_forms.COLUMNS, geography=incident_forms.GEOGRAPHY
)


@get(
    "/v1/incidents",
    opt=described(
        Operation(
            id="listIncidents",
            summary="List incidents",
            description="Retracted ones, exercises and tests are left out unless asked for; `applied_filters` says so.",
            tag="Incidents",
            scope="incidents:read",
            query=ListQuery,
            headers=ReadHeaders,
            answers={200: listed.described(FORM, examples.INCIDENT_PAGE)},
        )
    ),
)
async def list_incidents(request: Request[Any, Any, Any]) -> ASGIApp:
    """List incidents."""
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, ListQuery, reading)
    applied = filters(asked)
    wanted = incident_filters.chosen(asked, reading, parts(request).codes)

    async def page_of(after: Key | None, limit: int, at: int | None) -> Page:
        if at is not None and asked.as_of is UNSET:  # a stream goes on as it began, whatever is revised meanwhile
            await reach(db, versions.PROJECTION.name, at)
        found = await incidents_list.page(db, wanted, asked.sort, limit, after, at)
        return Page(found.documents, found.last, found.head)

    async def count(at: int | None) -> int:
        return await incidents_list.count(db, wanted, None if asked.as_of is UNSET else at)

    listing = Listing(
        form=FORM,
        asked=asked,
        reading=reading,
        key=tuple[Annotated[datetime, Meta(tz=True)], UUID] if asked.sort == "-occurred" else tuple[paging.Position],
        bound=[asked.sort, applied],
        applied=applied,
        count=count,
        follower=None if asked.as_of is UNSET else versions.PROJECTION.name,
    )
    return await answer(request, listing, page_of)
