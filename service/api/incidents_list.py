"""GET /v1/incidents: the register, filtered, in order, a page at a time."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import Request, get
from litestar.types import ASGIApp
from msgspec import UNSET, Meta, Struct, UnsetType

from service import names
from service.api import examples, incident_filters, incident_forms, listed, paging
from service.api.incident_filters import Filtered
from service.api.listed import Form
from service.api.listing import Key, Listing, Page, answer, filters
from service.api.operation import Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, reach
from service.api.refusals import Pointed, WrongRequest
from service.api.requests import Reading, moment, query_parts
from service.domain import forms, vocabulary
from service.domain.checks import Codes
from service.projections import incidents_list, versions
from service.projections.incidents import IncidentDocument
from service.projections.incidents_list import Filters, Sort

_NUMBER: Final = r"-?[0-9]{1,3}(?:\.[0-9]{1,9})?"
_BBOX: Final = re.compile(",".join([f"({_NUMBER})"] * 4))
_MAX_WORDS: Final = 20


def _time(description: str) -> Any:  # noqa: ANN401  # a type
    return (
        Annotated[
            str,
            Meta(
                max_length=40,
                description=description,
                examples=["2026-05-01T00:00:00Z"],
                extra_json_schema={"format": "date-time"},
            ),
        ]
        | UnsetType
    )


class ListQuery(Filtered, kw_only=True, forbid_unknown_fields=True):
    """Filters (all must hold), order, and page."""

    country: forms.Country | UnsetType = UNSET
    subdivision: forms.Subdivision | UnsetType = UNSET
    kind: vocabulary.Kind | UnsetType = UNSET
    object_type: vocabulary.ObjectType | UnsetType = UNSET
    status: Annotated[Literal["active", "retracted", "any"], Meta(description="Whether the report stands.")] = "active"
    message_status: Annotated[Literal["actual", "exercise", "test", "any"], Meta(description="Whether it is real.")] = (
        "actual"
    )
    campaign: forms.Slug | UnsetType = UNSET
    source: Annotated[forms.Slug, Meta(description="Who makes or relays one of its claims.")] | UnsetType = UNSET
    airport: forms.Airport | UnsetType = UNSET
    external_id: forms.ExternalId | UnsetType = UNSET
    occurred_from: _time("It happened at this time or later; what has no known time is left out.") = UNSET  # type: ignore[valid-type]
    occurred_to: _time("It happened before this time; what has no known time is left out.") = UNSET  # type: ignore[valid-type]
    recorded_from: _time("Its last event was recorded at this time or later.") = UNSET  # type: ignore[valid-type]
    recorded_to: _time("Its last event was recorded before this time.") = UNSET  # type: ignore[valid-type]
    bbox: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="west,south,east,north in degrees: one of its points is inside. West may exceed east.",
                examples=["35.0,53.0,38.5,56.0"],
            ),
        ]
        | UnsetType
    ) = UNSET
    q: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=300,
                description=(
                    "Words, all of which it has, in any order: in its title, summary, places, damage, disruptions and "
                    "source names, or in what its regions and countries are called in English, Russian, Ukrainian and "
                    "German. A word is found in its other forms (Russian, English) and in the other alphabet: "
                    "`Калуге` where it says Kaluga. `oblast`, `край` and the like are passed over beside other words."
                ),
                examples=["fire administrative", "пожар Kaluga oblast"],
            ),
        ]
        | UnsetType
    ) = UNSET
    sort: Annotated[
        Sort,
        Meta(description="`recorded`: by its last event; `occurred`: by when it happened; `-`: latest first."),
    ] = "-recorded"


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
    wanted = chosen(asked, reading, parts(request).codes)

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


_TAGS: Final = (
    "country",
    "subdivision",
    "kind",
    "object_type",
    "campaign",
    "source",
    "airport",
    "external_id",
)


def chosen(asked: ListQuery, reading: Reading, codes: Codes) -> Filters:
    """Return what the filters of a query come to; `reading` is told of those that cannot be."""
    tags = [f"{name}:{value}" for name in _TAGS if (value := getattr(asked, name)) is not UNSET]
    tags += incident_filters.tags(asked)
    in_region: tuple[list[str], list[str] | None] | None = reading.of(incident_filters.within, asked, codes)
    in_all, in_one = in_region or ([], None)
    tags += in_all
    tags += [f"word:{word}" for word in reading.of(_searched, asked.q) or ()]
    reading.of(_check_codes, asked, codes)
    return Filters(
        tags=tags,
        one_of=in_one,
        status=None if asked.status == "any" else asked.status,
        message_status=None if asked.message_status == "any" else asked.message_status,
        occurred_from=reading.of(moment, "occurred_from", asked.occurred_from),
        occurred_to=reading.of(moment, "occurred_to", asked.occurred_to),
        recorded_from=reading.of(moment, "recorded_from", asked.recorded_from),
        recorded_to=reading.of(moment, "recorded_to", asked.recorded_to),
        box=reading.of(_box, asked.bbox),
        early=incident_filters.early(asked),
        near=reading.of(incident_filters.circle, asked.near),
        destroyed=None if asked.min_destroyed is UNSET else asked.min_destroyed,
    )


def _searched(q: str | UnsetType) -> list[str]:
    found = [] if q is UNSET else names.searched(q)
    if q is not UNSET and not 0 < len(found) <= _MAX_WORDS:
        raise WrongRequest([Pointed("/q", f"It needs at least one word, and at most {_MAX_WORDS}.", "query")])
    return found


def _check_codes(asked: ListQuery, codes: Codes) -> None:
    """Refuse a code that does not exist: an empty list would say that nothing happened there."""
    known = (("country", codes.countries), ("subdivision", codes.subdivisions), ("airport", codes.airports))
    faults = [
        Pointed(f"/{name}", f"There is no {name} {given}.", "query")
        for name, there in known
        if (given := getattr(asked, name)) is not UNSET and given not in there
    ]
    if faults:
        raise WrongRequest(faults)


def _box(text: str | UnsetType) -> tuple[float, float, float, float] | None:
    if text is UNSET:
        return None
    form = _BBOX.fullmatch(text)
    if form is None:
        raise WrongRequest(
            [Pointed("/bbox", "It is not west,south,east,north in degrees, as in 35.0,53.0,38.5,56.0.", "query")]
        )
    west, south, east, north = (float(each) for each in form.groups())
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90 or south > north:  # noqa: PLR2004  # degrees
        raise WrongRequest(
            [
                Pointed(
                    "/bbox",
                    "Longitudes are from -180 to 180, latitudes from -90 to 90, south not above north.",
                    "query",
                )
            ]
        )
    return west, south, east, north
