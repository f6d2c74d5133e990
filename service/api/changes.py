"""GET /v1/changes: what has changed for a client that keeps incidents, since it last asked."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from service.api import change_tokens, examples, incident_filters, incidents_list, positions
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.change_tokens import Token
from service.api.incident_filters import Filtered
from service.api.listed import Rendering, described_page
from service.api.listing import Fields, filters
from service.api.operation import JSON, MSGPACK, Answer, Operation, described
from service.api.parts import Parts, parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import TooMany
from service.api.requests import Reading, query_parts
from service.db import Database
from service.domain.events import Retracted
from service.projections import changed, versions
from service.projections.changed import Behind, Page, Stretch
from service.projections.incidents import IncidentDocument
from service.projections.incidents_list import Filters
from service.projections.incidents_list import page as list_page
from service.projections.matching import Reason
from service.projections.passing import Passing
from service.store import events
from service.store.events import Mark
from service.tail import Ending, TooManySubscribers

_LIMIT: Final = 500
_MOST_WAIT: Final = 60
_FAR: Final = 200
"""Events of no concern after which a client is given a new token all the same: they need not be looked at again."""


class ChangesQuery(Filtered, kw_only=True, forbid_unknown_fields=True):
    """Filters (all must hold), and what the client has."""

    since: (
        Annotated[
            str,
            Meta(
                max_length=200,
                description="`next_since` of the answer that was last taken in. None: the client holds nothing.",
            ),
        ]
        | UnsetType
    ) = UNSET
    wait: Annotated[
        int, Meta(ge=0, le=_MOST_WAIT, description="Seconds to wait for a change, where there is none yet.")
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=_LIMIT, description="How many incidents at most.")] = _LIMIT
    fields: Fields | UnsetType = UNSET


class Tombstone(Struct, omit_defaults=True):
    """An incident that the client is to drop, if it holds it."""

    id: UUID
    reason: Annotated[
        Reason,
        Meta(
            description="`retracted`: the report was taken back. `left_filter`: the filters do not match it any more."
        ),
    ]
    revision: Annotated[int, Meta(ge=1)]
    position: Annotated[int, Meta(ge=1)]
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    retraction: Annotated[Retracted, Meta(description="Why it was taken back, if it was.")] | UnsetType = UNSET


class ChangesPage(Struct):
    """What to do with what one holds: forget all if `reset`, drop `tombstones`, put `items` in, keep `next_since`."""

    items: Annotated[
        list[IncidentDocument], Meta(description="Incidents as they stand: new to the client, or changed.")
    ]
    tombstones: list[Tombstone]
    reset: Annotated[
        bool, Meta(description="Whether the client must forget all that it holds before it takes this in.")
    ]
    more: Annotated[bool, Meta(description="Whether there is more already: ask again at once.")]
    next_since: Annotated[str, Meta(description="The `since` of the next request.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held, the defaults too.")]


class _Told(Struct, frozen=True, kw_only=True):
    """An answer in the making."""

    items: bytes
    tombstones: bytes = b""
    reset: bool = False
    more: bool
    since: int
    told: int
    head: int
    now: Mark


class _Nothing(Struct, frozen=True):
    """There is nothing to be told."""

    head: int


class _Asked(Struct, frozen=True):
    """A request, once it has been found good."""

    wanted: Filters
    limit: int
    rendering: Rendering
    listing: tuple[Mapping[str, str], str | None]
    """What a token is good for."""
    token: Token | None


@get(
    "/v1/changes",
    opt=described(
        Operation(
            id="listChanges",
            summary="Keep incidents in step, by what has changed",
            description=(
                "For clients that hold incidents of their own and are not always connected. Without `since`, all that "
                "the filters match; then, with the token of the last answer, only what has changed: each incident once "
                "an answer, as it stands now. A lost answer is asked for again with the same token; one to any other "
                "token than the one that the client has is to be thrown away. docs/syncing.md has a worked example."
            ),
            tag="Following",
            scope="incidents:read",
            query=ChangesQuery,
            headers=ReadHeaders,
            answers={
                200: described_page(ChangesPage, examples.CHANGES_PAGE, "What has changed."),
                204: Answer(
                    description="Nothing has changed for this client: go on with the same token.",
                    headers=("Cache-Control",),
                ),
            },
            refusals=(TooMany,),
        )
    ),
)
async def list_changes(request: Request[Any, Any, Any]) -> Reply:
    """Keep incidents in step, by what has changed."""
    reading, service = Reading(), parts(request)
    query = query_parts(request, ChangesQuery, reading)
    asked = _read(request, query, reading, service)
    await settle(request, reading, None)
    told = await _answer(service.db, asked)
    if isinstance(told, _Nothing) and query.wait:
        told = await _wait(service, asked, query.wait)
    if isinstance(told, _Nothing):
        return Reply(b"", status=204, position=told.head, headers={"Cache-Control": "no-store"})
    return await _reply(service.db, asked, told)


def _read(request: Request[Any, Any, Any], query: ChangesQuery, reading: Reading, service: Parts) -> _Asked:
    wanted = incident_filters.chosen(query, reading, service.codes)
    fields = None if query.fields is UNSET else query.fields
    media = negotiate(request, JSON, MSGPACK)
    rendering = reading.of(incidents_list.FORM.rendering, media, fields)
    listing = (filters(query), fields)
    token = None if query.since is UNSET else reading.of(change_tokens.decode, query.since, listing)
    return _Asked(wanted, query.limit, rendering, listing, token)


async def _answer(db: Database, asked: _Asked) -> _Told | _Nothing:
    """Return what is to be told now; raise WrongRequest if the token is not of this log."""
    token = asked.token
    mark = await events.mark(db, None if token is None else token.furthest)
    if token is None:
        return await _snapshot(db, asked, mark, mark.head, 0)
    change_tokens.check(token, mark)
    if (token.edition, token.expunged) != (mark.edition, mark.expunged):
        return await _snapshot(db, asked, mark, mark.head, 0)
    if token.told < token.since:
        return await _snapshot(db, asked, mark, token.since, token.told)
    if mark.head == token.told:
        return _Nothing(mark.head)
    if (
        token.told == token.since
        and mark.head - token.told > changed.LOOK
        and await changed.outgrown(db, asked.wanted, token.told)
    ):
        return await _snapshot(db, asked, mark, mark.head, 0)
    return await _delta(db, asked, mark, Stretch(token.since, token.told))


async def _snapshot(db: Database, asked: _Asked, now: Mark, since: int, told: int) -> _Told:
    """
    Tell of what the filters match, as it stands, in the order of the log up to the position where the snapshot began.

    What has been revised since comes after it, with what else has changed.
    """
    mark = await events.mark(db, since)
    if mark.recorded_at is None:  # the log was empty
        return _Told(items=b"", reset=True, more=mark.head > 0, since=0, told=0, head=mark.head, now=now)
    end, given = mark.recorded_at + timedelta(microseconds=1), asked.wanted.recorded_to
    wanted = structs.replace(asked.wanted, recorded_to=end if given is None else min(end, given))
    page = await list_page(db, wanted, "recorded", asked.limit, (told,) if told else None)
    end_of_page = since if page.last is None else int(page.last[0])  # type: ignore[arg-type]
    return _Told(
        items=page.documents, reset=told == 0, since=since, told=end_of_page, head=page.head,
        more=page.last is not None or page.head > since, now=now,
    )  # fmt: skip


async def _delta(db: Database, asked: _Asked, now: Mark, held: Stretch) -> _Told | _Nothing:
    page = await _page(db, asked, held)
    if not page.documents and not page.tombstones and not page.more and page.until - held.until < _FAR:
        return _Nothing(page.head)
    since = held.since if page.more else page.until
    return _Told(
        items=page.documents,
        tombstones=page.tombstones,
        more=page.more,
        since=since,
        told=page.until,
        head=page.head,
        now=now,
    )


async def _page(db: Database, asked: _Asked, held: Stretch) -> Page:
    try:
        return await changed.page(db, asked.wanted, held, asked.limit)
    except Behind:
        await positions.reach(db, versions.PROJECTION.name, held.until)
        return await changed.page(db, asked.wanted, held, asked.limit)


async def _wait(service: Parts, asked: _Asked, seconds: int) -> _Told | _Nothing:
    """Wait until something is to be told, but no longer than was asked for, or than the service goes on."""
    deadline = time.monotonic() + seconds
    try:
        await service.tail.start()
        form = f"waits {change_tokens.filters(asked.listing).hex()}"
        with service.tail.subscribe(form, asked.wanted, _nothing) as subscriber:
            while True:
                subscriber.take()
                told = await _answer(service.db, asked)
                left = deadline - time.monotonic()
                if isinstance(told, _Told) or left <= 0 or subscriber.cut:
                    return told
                await subscriber.wait(left)
    except TooManySubscribers as error:
        raise TooMany("Too many clients wait already: ask again without `wait`, or later.") from error
    except Ending:
        return await _answer(service.db, asked)


def _nothing(_passing: Passing, _what: str) -> bytes:
    return b""


async def _reply(db: Database, asked: _Asked, told: _Told) -> Reply:
    mark = await events.mark(db, max(told.since, told.told))
    token = Token(
        edition=told.now.edition, expunged=told.now.expunged, filters=change_tokens.filters(asked.listing),
        mark=change_tokens.mark_of(mark), since=told.since, told=told.told,
    )  # fmt: skip
    tail = {
        "tombstones": msgspec.Raw(b"[" + told.tombstones + b"]"),
        "reset": told.reset,
        "more": told.more,
        "next_since": change_tokens.encode(token),
        "applied_filters": asked.listing[0],
    }
    body = asked.rendering.page(told.items, msgspec.json.encode(tail)[1:])
    headers = {"Cache-Control": REVALIDATE, "Vary": "Accept"}
    return Reply(body, position=told.head, media_type=asked.rendering.media, headers=headers)
