"""/v1/airports: which are closed, since when and by whose word, and where flights go instead."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from litestar import Request, get
from litestar.types import ASGIApp
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import examples, geojson, listed, listing, paging
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.columns import flat
from service.api.geojson import Geography
from service.api.listed import Form
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import AsOf, ReadHeaders, settle
from service.api.refusals import Pointed
from service.api.requests import Reading, moment, query_parts
from service.db import Database
from service.domain import errors, forms
from service.projections import airports, airports_read
from service.projections.airports_read import NOW, AirportDisruption, Asked, Closed, Page
from service.projections.closures import Role
from service.store import events

TAG: Final = "Airports"
_MOST: Final = 500
_CLOSURES: Final = 100
_Time = Annotated[datetime, Meta(tz=True)]
_ListKey = tuple[_Time, _Time, paging.Position, forms.EntryId, Role]
_HistoryKey = tuple[_Time, paging.Position, forms.EntryId, Role]
"""The time that was asked of, and the key of the last row."""


class NoSuchAirport(errors.NotFound):
    """No airport has the code."""

    detail = "No airport has this ICAO code."


_At = Annotated[
    str,
    Meta(
        max_length=40,
        description="What was so at this time in the world; now, or the time of `as_of`, if it is not given.",
        examples=["2026-05-01T00:00:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]


class AirportQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The time in the world, the state of the log, and the page."""

    at: _At | UnsetType = UNSET
    as_of: AsOf | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=_MOST, description="How many at most.")] = 50
    cursor: Annotated[str, Meta(max_length=500, description="`next_cursor` of the page before.")] | UnsetType = UNSET


class AirportsQuery(listing.Asked, kw_only=True, forbid_unknown_fields=True):
    """The time in the world, filters (all must hold), the state of the log, and the page."""

    at: _At | UnsetType = UNSET
    closed: Annotated[
        Closed,
        Meta(
            description=(
                "`true`: closures that hold at the time; `false`: those that are over by then; `any`: whatever has "
                "begun by then, also what is denied, and airports from which flights are sent away."
            )
        ),
    ] = "true"
    country: Annotated[forms.Country, Meta(description="Where the incident is.")] | UnsetType = UNSET
    subdivision: (
        Annotated[forms.Subdivision, Meta(description="Where the incident is: no airport's own label.")] | UnsetType
    ) = UNSET


class AirportPage(Struct):
    """A page of what is said of airports, latest begun first."""

    items: list[AirportDisruption]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held, the defaults too.")]
    count: Annotated[int, Meta(ge=0, description="With `count=true`: how many there are.")] | UnsetType = UNSET


def _form(points: Mapping[str, tuple[float, float]]) -> Form:
    """Return the form of the list, with where the airports are."""

    def geometry(item: geojson.Json) -> geojson.Geometry:
        return geojson.of_points([points[item["airport"]]] if item["airport"] in points else [])

    geography = Geography(lambda item: f"{item['incident']}/{item['disruption']}", geometry)
    return Form(item=AirportDisruption, page=AirportPage, columns=flat(AirportDisruption), geography=geography)


class Airport(Struct):
    """What is said of one airport at a time, and every word on it."""

    airport: forms.Airport
    at: Annotated[str, Meta(description="The time that was asked of.", extra_json_schema={"format": "date-time"})]
    state: Annotated[
        Literal["closed", "closed_unknown_since", "reopened", "no_report"],
        Meta(
            description=(
                "`closed`: somebody says so, and since when; `closed_unknown_since`: nobody says since when; "
                "`reopened`: it was closed before, and every closure is over; `no_report`: nobody has said that it is "
                "closed, which does not say that it is open."
            )
        ),
    ]
    since: Annotated[
        str | None,
        Meta(
            description="When the first of `closures` began, as far as that is said.",
            extra_json_schema={"format": "date-time"},
        ),
    ]
    reopened_at: Annotated[
        str | None,
        Meta(
            description="Of one that is `reopened`: when. null: nobody says.",
            extra_json_schema={"format": "date-time"},
        ),
    ]
    closures: Annotated[list[AirportDisruption], Meta(description=f"Those that hold, the {_CLOSURES} that began last.")]
    items: Annotated[
        list[AirportDisruption],
        Meta(description="All that is said of it, latest word first, with flights that are sent to it."),
    ]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page of items; null on the last.")]


@get(
    "/v1/airports",
    opt=described(
        Operation(
            id="listAirports",
            summary="List airport closures",
            description=(
                "One item for each disruption that closes an airport: two incidents may close the same one. Where the "
                "sources do not say which airports they mean, `airport` is null, and the incident's places say where. "
                "Nothing is listed of retracted incidents, exercises and tests. What is not listed is not open: "
                "nobody said that it is closed."
            ),
            tag=TAG,
            scope="incidents:read",
            query=AirportsQuery,
            headers=ReadHeaders,
            answers={
                200: listed.described(_form({}), examples.AIRPORT_PAGE),
            },
        )
    ),
)
async def list_airports(request: Request[Any, Any, Any]) -> ASGIApp:
    """List airport closures."""
    reading, known, db = Reading(), parts(request).codes, parts(request).db
    asked = query_parts(request, AirportsQuery, reading)
    bound = listing.filters(asked)
    applied = dict(bound)
    regions = [code for code in (asked.country, asked.subdivision) if code is not UNSET]
    reading.tell(
        *[
            Pointed(f"/{name}", f"There is no {name} {bound[name]}.", "query")
            for name, there in (("country", known.countries), ("subdivision", known.subdivisions))
            if name in bound and bound[name] not in there
        ]
    )
    time: datetime | None = reading.of(moment, "at", asked.at)

    async def page_of(after: listing.Key | None, limit: int, at: int | None) -> listing.Page:
        nonlocal time
        time, *key = after or (time or await _time_of(db, asked.as_of, at),)  # all pages of a list are of one time
        applied["at"] = events.instant(time)
        found = await airports_read.page(db, wanted(at), limit, cast("airports_read.Key", tuple(key)) if key else None)
        last = None if found.last is None else (time, *found.last)
        return listing.Page(found.documents, last, found.reached if at is None else at)

    def wanted(at: int | None) -> Asked:
        assert time is not None, "page_of comes first"  # noqa: S101
        return Asked(position=NOW if at is None else at, at=time, closed=asked.closed, regions=regions)

    async def count(at: int | None) -> int:
        return await airports_read.count(db, wanted(at))

    pages = listing.Listing(
        form=_form(known.airports), asked=asked, reading=reading, key=_ListKey, bound=bound, applied=applied,
        count=count, follower=airports.PROJECTION.name,
    )  # fmt: skip
    return await listing.answer(request, pages, page_of)


@get(
    "/v1/airports/{icao:str}",
    opt=described(
        Operation(
            id="readAirport",
            summary="Read what is said of an airport",
            description="Whether it is closed, by whose word and since when; then all that is said of it.",
            tag=TAG,
            scope="incidents:read",
            query=AirportQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The airport.",
                    body=Airport,
                    headers=("Cache-Control", "Link"),
                    example=examples.AIRPORT,
                )
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any], icao: str) -> Reply:
    """Read what is said of an airport."""
    negotiate(request, JSON)
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, AirportQuery, reading)
    applied = msgspec.to_builtins(asked) | {"airport": icao}
    bound = {name: value for name, value in applied.items() if name not in ("limit", "cursor")}
    at: datetime | None = reading.of(moment, "at", asked.at)
    after = reading.of(paging.decode, asked.cursor, bound, _HistoryKey) if asked.cursor is not UNSET else None
    settled = await settle(request, reading, airports.PROJECTION.name, asked.as_of)
    if icao not in parts(request).codes.airports:
        raise NoSuchAirport
    at, *key = after or (at or await _time_of(db, asked.as_of, settled),)
    over, reopened_at, reached = await airports_read.reopened(db, icao, NOW if settled is None else settled, at)
    # the rest is read as the log stood then, whatever has come since
    position = reached if settled is None else settled
    holding = Asked(position=position, at=at, closed="true", airport=icao)
    closures = await airports_read.page(db, holding, _CLOSURES, None)
    history = await airports_read.history(
        db, icao, position, at, asked.limit, cast("tuple[int, str, str]", tuple(key)) if key else None
    )
    cursor = None if history.last is None else paging.encode(bound, (at, *history.last))
    head = msgspec.json.encode({"airport": icao, "at": events.instant(at)} | _state(closures, over, reopened_at))
    tail = msgspec.json.encode({"next_cursor": cursor})
    body = head[:-1] + b',"closures":[' + closures.documents + b'],"items":[' + history.documents + b"]," + tail[1:]
    named = {"Cache-Control": REVALIDATE} | paging.link(request, "cursor", cursor)
    return Reply(body, position=position, headers=named)


async def _time_of(db: Database, as_of: str | UnsetType, position: int | None) -> datetime:
    """Return the time that `as_of` means."""
    if position is None:
        return datetime.now(UTC)
    if isinstance(as_of, str) and not as_of.isdigit():
        return cast("datetime", moment("as_of", as_of))
    found = await events.at(db, [position])
    return found[position].recorded_at if position in found else datetime.min.replace(tzinfo=UTC)


def _state(closures: Page, over: bool, reopened_at: str | None) -> dict[str, str | None]:
    if closures.documents:
        state = "closed" if closures.since else "closed_unknown_since"
        return {"state": state, "since": closures.since, "reopened_at": None}
    return {"state": "reopened" if over else "no_report", "since": None, "reopened_at": reopened_at}
