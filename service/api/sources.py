"""/v1/sources: who makes claims, how often and how soon they are corrected, and whether others say the same."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

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
from service.api.requests import Reading, query_parts
from service.domain import errors, forms, vocabulary
from service.projections import sources, sources_read
from service.projections.record import Record
from service.projections.sources_read import NOW, Other, Source, SourceRecord

TAG: Final = "Sources"
_SLUG: Final = re.compile(forms.ENTRY_ID_PATTERN)


class NoSuchSource(errors.NotFound):
    """Nobody has been named so."""

    detail = "No claim names such a source, or none did then: /v1/sources lists them."


class SourceQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The state of the log."""

    as_of: AsOf | UnsetType = UNSET


class SourcesQuery(Asked, kw_only=True, forbid_unknown_fields=True):
    """Filter, the state of the log, and the page."""

    kind: Annotated[vocabulary.SourceKind, Meta(description="By the last kind that was given.")] | UnsetType = UNSET


class SourcePage(Struct):
    """A page of sources, by slug."""

    items: list[SourceRecord]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held.")]
    count: Annotated[int, Meta(ge=0, description="With `count=true`: how many there are.")] | UnsetType = UNSET


FORM: Final = Form(
    item=SourceRecord, page=SourcePage, columns=flat(SourceRecord), geography=Geography(lambda item: str(item["slug"]))
)


def _example() -> SourceRecord:
    record = Record(
        name="Governor of Kaluga Oblast", kind="official", made=41, standing=38, revised=4,
        retracted={"false_report": 1}, incidents=29, agree=12, disagree=3, latencies={37: 3, 52: 2},
        confidence={"confirmed": 30, "not_stated": 8}, reliability={"B": 38},
        first_stated_at="2026-02-11T05:30:00.000000Z", last_stated_at="2026-05-01T03:00:00.000000Z",
        first_recorded_at=datetime(2026, 2, 11, 5, 42, 10, tzinfo=UTC),
        last_recorded_at=datetime(2026, 5, 1, 3, 12, 44, tzinfo=UTC),
    )  # fmt: skip
    return sources_read.shown("governor-of-kaluga-oblast", 4262, record)


_EXAMPLE: Final = msgspec.to_builtins(_example())
_OTHER: Final = msgspec.to_builtins(Other(agree=9, disagree=2, source="ministry-of-defence"))


@get(
    "/v1/sources",
    opt=described(
        Operation(
            id="listSources",
            summary="List sources",
            description=(
                "Whoever a claim names by a slug, as its source or as the one who relays it. Claims of exercises "
                "and tests are not counted, and a claim whose source has no slug is in nobody's record."
            ),
            tag=TAG,
            scope="incidents:read",
            query=SourcesQuery,
            headers=ReadHeaders,
            answers={
                200: listed.described(
                    FORM, {"items": [_EXAMPLE], "next_cursor": None, "applied_filters": {"kind": "official"}}
                )
            },
        )
    ),
)
async def list_sources(request: Request[Any, Any, Any]) -> ASGIApp:
    """List sources."""
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, SourcesQuery, reading)
    kind = asked.kind or None

    async def page_of(after: Key | None, limit: int, at: int | None) -> Page:
        found, more, reached = await sources_read.page(db, _at(at), kind, after[0] if after else None, limit)
        return page(found, (found[-1].slug,) if more else None, reached if at is None else at)

    async def count(at: int | None) -> int:
        return await sources_read.count(db, _at(at), kind)

    return await answer(request, listing(FORM, asked, reading, sources.PROJECTION.name, count), page_of)


@get(
    "/v1/sources/{slug:str}",
    opt=described(
        Operation(
            id="readSource",
            summary="Read a source",
            tag=TAG,
            scope="incidents:read",
            query=SourceQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The source.",
                    body=Source,
                    headers=("Cache-Control",),
                    example=_EXAMPLE | {"others": [_OTHER]},
                )
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any], slug: str) -> Reply:
    """Read a source."""
    negotiate(request, JSON)
    reading = Reading()
    asked = query_parts(request, SourceQuery, reading)
    position = await settle(request, reading, sources.PROJECTION.name, asked.as_of)
    if _SLUG.fullmatch(slug) is None:
        raise NoSuchSource
    found, reached = await sources_read.get(parts(request).db, _at(position), slug)
    if found is None:
        raise NoSuchSource
    body = msgspec.json.encode(found)
    return Reply(body, position=reached if position is None else position, headers={"Cache-Control": REVALIDATE})


def _at(position: int | None) -> int:
    return NOW if position is None else position
