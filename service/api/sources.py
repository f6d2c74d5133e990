"""/v1/sources: who makes claims, how often and how soon they are corrected, and whether others say the same."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import paging
from service.api.answers import REVALIDATE, Reply, negotiate
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


class SourcesQuery(SourceQuery, kw_only=True, forbid_unknown_fields=True):
    """Filters, and the page."""

    kind: Annotated[vocabulary.SourceKind, Meta(description="By the last kind that was given.")] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=500, description="How many at most.")] = 50
    cursor: Annotated[str, Meta(max_length=500, description="`next_cursor` of the page before.")] | UnsetType = UNSET


class SourcePage(Struct):
    """A page of sources, by slug."""

    items: list[SourceRecord]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held.")]


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
                200: Answer(
                    description="A page.",
                    body=SourcePage,
                    headers=("Cache-Control", "Link"),
                    example={"items": [_EXAMPLE], "next_cursor": None, "applied_filters": {"kind": "official"}},
                )
            },
        )
    ),
)
async def list_sources(request: Request[Any, Any, Any]) -> Reply:
    """List sources."""
    negotiate(request, JSON)
    reading = Reading()
    asked = query_parts(request, SourcesQuery, reading)
    given: dict[str, Any] = msgspec.to_builtins(asked)
    applied = {name: value for name, value in given.items() if name not in ("limit", "cursor")}
    after = reading.of(paging.decode, asked.cursor, applied, tuple[forms.Slug]) if asked.cursor is not UNSET else None
    position = await settle(request, reading, sources.PROJECTION.name, asked.as_of)
    found, more, reached = await sources_read.page(
        parts(request).db, _at(position), asked.kind or None, after and after[0], asked.limit
    )
    cursor = paging.encode(applied, (found[-1].slug,)) if more else None
    body = msgspec.json.encode(SourcePage(found, cursor, applied))
    named = {"Cache-Control": REVALIDATE} | paging.link(request, "cursor", cursor)
    return Reply(body, position=reached if position is None else position, headers=named)


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
