"""GET /v1/stream: what happens to the incidents that the filters match, as it happens (server-sent events)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import change_tokens, examples, fields, incident_filters
from service.api.answers import IS_HEAD, negotiate
from service.api.fields import Tree
from service.api.incident_filters import Filtered
from service.api.listing import Fields, filters
from service.api.operation import Answer, Media, Operation, described
from service.api.paging import Position
from service.api.parts import parts
from service.api.positions import ReadHeaders, reach, settle
from service.api.refusals import NotYet, Pointed, TooMany, WrongRequest
from service.api.requests import Reading, headers, query_parts
from service.projections import versions
from service.projections.incidents import IncidentDocument
from service.projections.incidents_list import Filters
from service.projections.matching import Concern, concern, tombstone
from service.projections.passing import Passing
from service.store import events
from service.tail import Ending, Render, Subscriber, Tail

EVENTS: Final = "text/event-stream"
HEARTBEAT: Final = 15.0
"""Seconds of silence after which a client is told that there is nothing."""
_RETRY: Final = 2000
"""Milliseconds after which a client is to come back."""
_LONGEST: Final = 3600
"""Seconds after which a client has to come back, and show its key again."""
_AGAIN: Final = 0.05

Deliver = Callable[[bytes], Awaitable[None]]

After = Annotated[Position, Meta(description="Begin after this position, as a Log-Position; without it, from now on.")]


class StreamQuery(Filtered, kw_only=True, forbid_unknown_fields=True):
    """Filters (all must hold), where to begin, and how long to go on."""

    after: After | UnsetType = UNSET
    seconds: Annotated[
        int, Meta(ge=1, le=_LONGEST, description="Seconds after which the stream ends: come back with the last id.")
    ] = _LONGEST
    fields: Fields | UnsetType = UNSET


class StreamHeaders(ReadHeaders, rename={"min_position": "min-position", "last_event_id": "Last-Event-ID"}):
    """Headers of a stream."""

    last_event_id: (
        Annotated[Position, Meta(description="The id that was last received: nothing after it is left out.")]
        | UnsetType
    ) = UNSET


class _Resumed(Struct, rename={"last_event_id": "Last-Event-ID"}):
    last_event_id: Position | UnsetType = UNSET


@get(
    "/v1/stream",
    opt=described(
        Operation(
            id="streamIncidents",
            summary="Be told of incidents as they change",
            description=(
                "Server-sent events, one for each event of the log that concerns the filters, in the order of the log. "
                "`event: incident`, with the document as the event left it, for what the filters match; `event: "
                "tombstone` (as in /v1/changes) for what they matched until then. `id` is the log position: with it as "
                "Last-Event-ID (which browsers send by themselves) nothing is lost and nothing comes twice. In "
                "silence, an `id` alone comes every 15 s. Who does not read is cut off, and can come back."
            ),
            tag="Following",
            scope="incidents:read",
            query=StreamQuery,
            headers=StreamHeaders,
            answers={
                200: Answer(
                    description="Events, until the client leaves.",
                    media={
                        EVENTS: Media(
                            {"type": "string", "description": "As WHATWG HTML, 9.2, has it; `data` is JSON."},
                            examples.STREAM,
                        )
                    },
                    headers=("Cache-Control",),
                )
            },
            refusals=(TooMany,),
        )
    ),
)
async def stream(request: Request[Any, Any, Any]) -> ASGIApp:
    """Be told of incidents as they change."""
    reading, service = Reading(), parts(request)
    query = query_parts(request, StreamQuery, reading)
    wanted = incident_filters.chosen(query, reading, service.codes)
    given = None if query.fields is UNSET else query.fields
    tree = None if given is None else reading.of(fields.read, given, IncidentDocument)
    negotiate(request, EVENTS)
    resumed: _Resumed | None = reading.of(headers, request, _Resumed)
    after, where = query.after, Pointed("/after", "", "query")
    if resumed is not None and resumed.last_event_id is not UNSET:
        after, where = resumed.last_event_id, Pointed("/Last-Event-ID", "", "header")
    await settle(request, reading, None)
    head = (await events.head(service.db))[0]
    if after is not UNSET and after > head:
        raise WrongRequest([msgspec.structs.replace(where, message=f"The log ends at position {head}.")])
    if service.tail.full:
        raise TooMany("Too many clients listen already: ask again later, or ask /v1/changes now and then.")
    try:
        await service.tail.start()
    except Ending as error:
        raise NotYet("This service is about to end.") from error
    begin = head if after is UNSET else after
    if begin < service.tail.position:
        await reach(service.db, versions.PROJECTION.name, service.tail.position)
    form = f"streams {change_tokens.filters((filters(query), given)).hex()}"
    return EventStream(service.tail, form, wanted, _render(tree), begin, query.seconds)


class EventStream:
    """One client's events: first those that are past, then those that come."""

    def __init__(self, tail: Tail, form: str, wanted: Filters, render: Render, after: int, seconds: float) -> None:
        self._tail: Final = tail
        self._form: Final = form
        self._wanted: Final = wanted
        self._render: Final = render
        self._after: Final = after
        self._deadline: Final = time.monotonic() + seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is until the client leaves, does not read, or has to come back."""
        since = self._after
        with self._tail.subscribe(self._form, self._wanted, self._render, since) as subscriber:
            named = [(b"content-type", EVENTS.encode()), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
            named.append((b"log-position", b"%d" % since))
            await send({"type": "http.response.start", "status": 200, "headers": named})
            if not scope.get(IS_HEAD) and not await self._told(subscriber, since, receive, send):
                return  # without an end: the client sees that the connection broke
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _told(self, subscriber: Subscriber, since: int, receive: Receive, send: Send) -> bool:
        """Tell until there is an end; whether the client has been sent all that he was told."""

        async def deliver(body: bytes) -> None:
            subscriber.stop = work.cancel
            await send({"type": "http.response.body", "body": body, "more_body": True})
            subscriber.stop = None

        work = asyncio.create_task(self._tell(subscriber, since, deliver))
        left = asyncio.create_task(_left(receive))
        await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
        for each in (work, left):
            each.cancel()
        outcome, _ = await asyncio.gather(work, left, return_exceptions=True)
        return outcome is None

    async def _tell(self, subscriber: Subscriber, since: int, deliver: Deliver) -> None:
        await deliver(b"retry: %d\nid: %d\n\n" % (_RETRY, since))
        while since < subscriber.since and not subscriber.cut:
            since = await self._tell_past(since, subscriber.since, deliver)
        while not subscriber.cut and (left := self._deadline - time.monotonic()) > 0:
            if await subscriber.wait(min(HEARTBEAT, left)):
                await deliver(subscriber.take())
            else:
                await deliver(b":\nid: %d\n\n" % max(since, self._tail.position))

    async def _tell_past(self, since: int, until: int, deliver: Deliver) -> int:
        """Tell of the next events that are past, and return up to where that is."""
        found = await self._tail.past(since, until)
        if not found:
            await asyncio.sleep(_AGAIN)
            return since
        told = [(each, concern(self._wanted, each)) for each in found]
        messages = [self._render(each, what) for each, what in told if what is not None]
        last = found[-1].position
        await deliver(b"".join(messages) + b"id: %d\n\n" % last)
        return last


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _render(tree: Tree | None) -> Render:
    """Return what makes messages with these parts of the documents."""

    def render(passing: Passing, what: Concern) -> bytes:
        if what == "incident":
            name, data = b"incident", _pruned(passing.after.document.encode(), tree)
        else:
            name, data = b"tombstone", tombstone(passing, what)
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (passing.position, name, data)

    return render


def _pruned(document: bytes, tree: Tree | None) -> bytes:
    if tree is None:
        return document
    return msgspec.json.encode(fields.prune(msgspec.json.decode(document), tree))
