"""
Every list, in the form that the client accepts: JSON, NDJSON, CSV, MessagePack and GeoJSON.

A list that `GET /v1/things` answers needs:

    class ThingsQuery(Asked, kw_only=True, forbid_unknown_fields=True):
        ...                                          # its filters; as_of, limit, cursor, fields and count are in Asked
    FORM = Form(item=Thing, page=ThingPage, columns=flat(Thing), geography=Geography(id_of))
    class ThingPage: ...                             # items, next_cursor, applied_filters, count
    Operation(..., query=ThingsQuery, headers=ReadHeaders, answers={200: described(FORM, EXAMPLE_OF_A_PAGE)})

and its handler reads the query and makes one call:

    reading = Reading()
    asked = query_parts(request, ThingsQuery, reading)

    async def page_of(after: Key | None, limit: int, at: int | None) -> Page: ...   # `at`: as of this position
    async def count(at: int | None) -> int: ...

    return await answer(
        request,
        Listing(form=FORM, asked=asked, reading=reading, key=tuple[datetime, UUID], bound=[asked.sort, applied],
                applied=applied, count=count, follower="things"),
        page_of,
    )

or, where the key is one text, `return await answer(request, listing(FORM, asked, reading, "things", count), page_of)`.

`answer` does the rest: Accept, the cursor, `fields`, min-position and as_of, Link, Vary, and it refuses what cannot be
read, together with what `reading` has been told of. `page_of` is not called before all that has been found good.

NDJSON and CSV without `limit` are the whole list, page by page, as it stood when the first page was read: `at` is the
position of the first page for each page after it. No transaction is held; while one page is sent, the next is made.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any, Final, Protocol, get_args

import msgspec
from litestar import Request
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import ASGIApp
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import paging
from service.api.answers import IS_HEAD, REVALIDATE, Reply, negotiate
from service.api.listed import MEDIA, Form, Rendering
from service.api.operation import CSV, JSON, MSGPACK, NDJSON
from service.api.positions import AsOf, settle
from service.api.requests import Reading

_WHOLE: Final = frozenset([NDJSON, CSV])
"""What is sent whole, page by page, unless `limit` asks for one page."""
_LIMIT: Final = 50
_STRETCH: Final = 500

Key = tuple[Any, ...]


Limit = Annotated[
    int,
    Meta(
        ge=1,
        le=_STRETCH,
        description=f"How many at most; if not given, {_LIMIT} a page, and all of them as NDJSON or CSV.",
    ),
]
Cursor = Annotated[
    str, Meta(max_length=500, description="Where the page before ended: `next_cursor`, or as in its Link.")
]
Fields = Annotated[
    str,
    Meta(
        max_length=2000,
        description=(
            "Only these parts of each item: dotted paths, with commas between. What an item does not have "
            "stays absent. As CSV: only these columns of the header row, in this order. The geometry of "
            "GeoJSON stays as it is."
        ),
    ),
]
Count = Annotated[bool, Meta(description="Also count all that the filters match, on every page.")]


class Asked(Struct, kw_only=True, forbid_unknown_fields=True):
    """What can be asked of every list."""

    limit: Limit | UnsetType = UNSET
    cursor: Cursor | UnsetType = UNSET
    fields: Fields | UnsetType = UNSET
    as_of: AsOf | UnsetType = UNSET
    count: Count = False


class Paged(Protocol):
    """A query with all of that, whatever else it has."""

    limit: int | UnsetType
    cursor: str | UnsetType
    fields: str | UnsetType
    as_of: str | UnsetType
    count: bool


_NOT_FILTERS: Final = frozenset(["limit", "cursor", "fields", "count", "sort", "since", "wait", "after", "seconds"])


class Page(Struct, frozen=True):
    """Items of a list, in order."""

    items: bytes
    """The inside of a JSON array."""
    last: Key | None
    """The key to go on after; None on the last page."""
    head: int
    """The position of the log that they reflect."""


PageOf = Callable[[Any, int, int | None], Coroutine[Any, Any, Page]]


class Listing(Struct, frozen=True, kw_only=True):
    """One request for a list."""

    form: Form
    asked: Paged
    reading: Reading
    key: Any
    """The type of the keys that pages go on after."""
    bound: object
    """What a cursor is good for: the filters and the order."""
    applied: Mapping[str, str]
    count: Callable[[int | None], Coroutine[Any, Any, int]]
    follower: str | None
    """The projection that the pages are read from; None: what is written with the log."""


def listing(
    form: Form, asked: Asked, reading: Reading, follower: str, count: Callable[[int | None], Coroutine[Any, Any, int]]
) -> Listing:
    """Return the request for a list that is in the order of one text."""
    applied = filters(asked)
    return Listing(
        form=form, asked=asked, reading=reading, key=tuple[str], bound=applied, applied=applied, count=count,
        follower=follower,
    )  # fmt: skip


def filters(asked: Struct) -> dict[str, str]:
    """Return what was asked for, but for the page."""
    given: dict[str, Any] = msgspec.to_builtins(asked)
    return {name: str(value) for name, value in given.items() if name not in _NOT_FILTERS}


def page(items: Sequence[Struct], last: Key | None, head: int) -> Page:
    """Return a page of items that are yet to be encoded."""
    return Page(msgspec.json.encode(items)[1:-1], last, head)


async def answer(request: Request[Any, Any, Any], listing: Listing, page_of: PageOf) -> ASGIApp:
    """Answer a page of a list, or all of it."""
    media, asked, reading = negotiate(request, *MEDIA), listing.asked, listing.reading
    wanted = None if asked.fields is UNSET else asked.fields
    rendering: Rendering = reading.of(listing.form.rendering, media, wanted)
    after = None
    if asked.cursor is not UNSET:
        after = reading.of(paging.decode, asked.cursor, listing.bound, _key(listing))
    as_of = asked.as_of
    if after is not None and as_of is not UNSET:
        *after, position = after  # `as_of` may be a time near now: later pages show what the first one showed
        as_of = str(position)
    at = await settle(request, reading, listing.follower, as_of)
    whole = media in _WHOLE and asked.limit is UNSET
    size = _STRETCH if whole else asked.limit or _LIMIT
    first = await page_of(after, size, at)
    at = first.head if whole and at is None else at
    count = await listing.count(at) if asked.count else None
    headers = {"Cache-Control": REVALIDATE, "Vary": "Accept"}
    if count is not None and media not in {JSON, MSGPACK}:
        headers["List-Count"] = str(count)
    if whole:
        following = _nothing() if request.scope.get(IS_HEAD) else stretches(first, page_of, size, at, rendering)
        headers["Log-Position"] = str(first.head)
        return ASGIStreamingResponse(iterator=following, media_type=media, headers=headers)
    bound_to = () if asked.as_of is UNSET else (at,)
    cursor = paging.encode(listing.bound, (*first.last, *bound_to)) if first.last is not None else None
    said = listing.applied if asked.as_of is UNSET else {**listing.applied, "as_of_position": str(at)}
    tail = _tail(cursor, said, count)
    headers |= paging.link(request, "cursor", cursor)
    content_type = f"{CSV}; charset=utf-8" if media == CSV else media
    return Reply(rendering.page(first.items, tail), position=first.head, media_type=content_type, headers=headers)


def _key(listing: Listing) -> Any:  # noqa: ANN401  # a type
    """Return the type of what a cursor holds: the key, and with `as_of` the position that it means."""
    return listing.key if listing.asked.as_of is UNSET else tuple[(*get_args(listing.key), paging.Position)]  # type: ignore[misc]


def _tail(cursor: str | None, applied: Mapping[str, str], count: int | None) -> bytes:
    """Return what a page says beside its items, as the rest of a JSON object."""
    said = {"next_cursor": cursor, "applied_filters": applied}
    return msgspec.json.encode(said if count is None else said | {"count": count})[1:]


async def stretches(
    first: Page, page_of: PageOf, size: int, at: int | None, rendering: Rendering
) -> AsyncIterator[bytes]:
    """Yield the whole list; at most one stretch is made ahead, and no transaction waits for a slow reader."""
    ahead: asyncio.Task[Page] | None = None
    here, header = first, True
    try:
        while True:
            ahead = asyncio.create_task(page_of(here.last, size, at)) if here.last is not None else None
            for piece in rendering.pieces(here.items, header=header):
                yield piece
                await asyncio.sleep(0)
            if ahead is None:
                return
            here, header = await ahead, False
    finally:
        if ahead is not None:
            ahead.cancel()


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for each in nothing:
        yield each
