"""/v1/log and /v1/head: every event, in order, as it was recorded."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import ASGIApp
from msgspec import UNSET, Meta, UnsetType

from service.api import examples, paging
from service.api.answers import FOR_EVER, IS_HEAD, REVALIDATE, Reply, negotiate
from service.api.conditional import tagged
from service.api.operation import JSON, NDJSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import NoSuchPosition
from service.api.requests import Reading, no_query, number, query_parts
from service.domain.events import EventType
from service.store import events
from service.store.events import PAGE_SIZE, Selection
from service.store.expunged import Expunction

TAG: Final = "Log"


class LogQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which events."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1, description="Only events after this position.", examples=[0])] = 0
    limit: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=PAGE_SIZE,
                description=f"How many at most; {PAGE_SIZE} a page, all in a stream, if not given.",
            ),
        ]
        | UnsetType
    ) = UNSET
    incident: Annotated[UUID, Meta(description="Only this incident's.")] | UnsetType = UNSET
    actor: Annotated[str, Meta(max_length=64, description="Only what this actor recorded.")] | UnsetType = UNSET
    type: Annotated[EventType, Meta(description="Only events of this type.")] | UnsetType = UNSET


class LoggedEvent(msgspec.Struct, omit_defaults=True):
    """
    An event as the log holds it. `data_sha256` is the SHA-256 of `nonce` and the very bytes of `data`.

    Of an expunged one both are null; its leaf in the tree stays what it was.
    """

    position: Annotated[int, Meta(ge=1, description="Its number in the whole log: from 1, without gaps.")]
    event_id: UUID
    incident: UUID
    revision: Annotated[int, Meta(ge=1, description="Its number within its incident, from 1.")]
    type: EventType
    schema_version: Annotated[int, Meta(ge=1)]
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    actor: Annotated[str, Meta(description="The API client that recorded it.")]
    nonce: Annotated[Annotated[str, Meta(pattern="^[0-9a-f]+$")] | None, Meta(description="null: it is expunged.")]
    data_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    data: Annotated[dict[str, Any] | None, Meta(description="null: it is expunged.")]
    expunged: Annotated[Expunction, Meta(description="When, by whom and why its data was taken out.")] | UnsetType = (
        UNSET
    )


class LogPage(msgspec.Struct):
    """Events in order; go on with `after=` the last position."""

    items: list[LoggedEvent]
    next_after: int | None
    """The `after` of the next page; null at the head of the log."""


class Head(msgspec.Struct):
    """Where the log ends now."""

    position: Annotated[int, Meta(ge=0)]
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | None


_HELD: Final = Answer(description="The client has it already.", headers=("ETag", "Cache-Control", "Vary"))


@get(
    "/v1/log",
    opt=described(
        Operation(
            id="readLog",
            summary="Replay the log",
            description="A page as JSON; or all, up to the head of now, as a stream (Accept: application/x-ndjson).",
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            query=LogQuery,
            answers={
                200: Answer(
                    description="Events in order.",
                    body=LogPage,
                    lines=(LoggedEvent,),
                    headers=("Cache-Control", "ETag", "Link", "Vary"),
                    example=examples.LOG_PAGE,
                ),
                304: _HELD,
            },
        )
    ),
)
async def replay(request: Request[Any, Any, Any]) -> ASGIApp:
    """Replay the log."""
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, LogQuery, reading)
    await settle(request, reading, None)
    wanted = Selection(incident=asked.incident or None, actor=asked.actor or None, type=asked.type or None)
    if negotiate(request, JSON, NDJSON) == NDJSON:
        head = (await events.head(db))[0]
        until = 0 if request.scope.get(IS_HEAD) else head
        lines = events.lines(db, asked.after, until, wanted, asked.limit or None)
        headers = {"Log-Position": str(head), "Cache-Control": REVALIDATE, "Vary": "Accept"}
        return ASGIStreamingResponse(iterator=lines, media_type=NDJSON, headers=headers)
    limit = asked.limit or PAGE_SIZE
    page = await events.page(db, asked.after, None, wanted, limit)
    full = len(page.lines) == limit
    following = str(page.last) if full else "null"
    body = b"".join((b'{"items":[', b",".join(page.lines), b'],"next_after":', following.encode(), b"}"))
    headers = {"Vary": "Accept"} | (paging.link(request, "after", str(page.last)) if full else {})
    return tagged(request, body, page.head, caching=FOR_EVER if full else REVALIDATE, headers=headers)


@get(
    "/v1/log/{position:str}",
    opt=described(
        Operation(
            id="readEvent",
            summary="Read one event of the log",
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The event.",
                    body=LoggedEvent,
                    headers=("Cache-Control", "ETag"),
                    example=examples.LOGGED_EVENT,
                ),
                304: Answer(description="The client has it already.", headers=("ETag", "Cache-Control")),
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any], position: str) -> Reply:
    """Read one event."""
    negotiate(request, JSON)
    reading = Reading()
    reading.of(no_query, request)
    wanted: int = reading.of(number, "position", position)
    await settle(request, reading, None)
    page = await events.page(parts(request).db, wanted - 1, wanted, Selection(), 1)
    if not page.lines:
        raise NoSuchPosition
    return tagged(request, page.lines[0], page.head, caching=FOR_EVER)


@get(
    "/v1/head",
    opt=described(
        Operation(
            id="readHead",
            summary="See where the log ends: the cheap probe for anything new",
            tag=TAG,
            scope="incidents:read",
            headers=ReadHeaders,
            answers={200: Answer(description="The last position and its time.", body=Head, example=examples.HEAD)},
        )
    ),
)
async def head(request: Request[Any, Any, Any]) -> Reply:
    """See where the log ends."""
    negotiate(request, JSON)
    reading = Reading()
    reading.of(no_query, request)
    await settle(request, reading, None)
    position, recorded_at = await events.head(parts(request).db)
    body = Head(position, events.instant(recorded_at) if position else None)
    return Reply(msgspec.json.encode(body), position=position, headers={"Cache-Control": REVALIDATE})
