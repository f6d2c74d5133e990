"""/v1/feed.*: what the public's programs poll: the incidents that changed last, as Atom, as CAP and as GeoJSON."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import atom, examples, geojson, incident_filters, incident_forms, paging
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.atom import About
from service.api.conditional import not_modified
from service.api.incident_filters import Near, Within
from service.api.incidents_list import ListQuery
from service.api.incidents_read import ShowHeaders
from service.api.operation import GEOJSON, Answer, Media, Operation, described
from service.api.parts import Publishing, parts
from service.api.positions import settle
from service.api.requests import Reading, query_parts
from service.domain import forms, vocabulary
from service.projections import incidents_list as lists

_LIMIT: Final = 50
_MOST: Final = 100
_FRESH: Final = "public, max-age=15"
"""For how long a shared cache may answer for us, where everybody may read."""
_KEPT: Final = 12
"""Answers that are kept as they were made: many poll, and what they poll seldom changes."""
_ITEMS: Final = msgspec.json.Decoder(list[dict[str, Any]])

Json = dict[str, Any]
Make = Callable[[Sequence[Json], About], bytes]


class FeedQuery(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which incidents: all that is given must hold."""

    within: Within | UnsetType = UNSET
    country: forms.Country | UnsetType = UNSET
    subdivision: forms.Subdivision | UnsetType = UNSET
    near: Near | UnsetType = UNSET
    kind: vocabulary.Kind | UnsetType = UNSET
    object_type: vocabulary.ObjectType | UnsetType = UNSET
    campaign: forms.Slug | UnsetType = UNSET
    message_status: Annotated[
        Literal["actual", "exercise", "test", "any"],
        Meta(description="Whether it is real; what is not is marked in its title."),
    ] = "actual"
    limit: Annotated[int, Meta(ge=1, le=_MOST, description="How many at most.")] = _LIMIT
    cursor: (
        Annotated[str, Meta(max_length=500, description="Where the page before ended, as in its link `next`.")]
        | UnsetType
    ) = UNSET


class Feed(Struct, frozen=True, kw_only=True):
    """One form of the feed."""

    path: str
    media: str
    title: str
    make: Make
    status: Literal["active", "any"]
    """Whether it names what is retracted."""


def _features(items: Sequence[Json], about: About) -> bytes:
    del about  # a FeatureCollection has no place for it
    return msgspec.json.encode(geojson.collection(items, incident_forms.GEOGRAPHY, None))


_ATOM: Final = Feed(
    path="/v1/feed.atom", media=atom.MEDIA, title="Incidents on record", make=atom.incidents, status="any"
)
_CAP: Final = Feed(path="/v1/feed.cap", media=atom.MEDIA, title="CAP messages", make=atom.messages, status="any")
_GEOJSON: Final = Feed(path="/v1/feed.geojson", media=GEOJSON, title="", make=_features, status="active")


_FEATURES: Final = {
    "type": "object",
    "description": "A FeatureCollection, as `/v1/incidents` gives it as application/geo+json.",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "id", "geometry", "properties"],
                "properties": {"properties": {"$ref": "#/components/schemas/IncidentDocument"}},
            },
        },
    },
}
"""Less than the list says of a geometry: schemathesis knows no prefixItems, and does test what is JSON alone."""


def _described(feed: Feed, operation: str, summary: str, description: str) -> dict[str, Any]:
    about = About(feed.title, "ledger.example.org", "https://ledger.example.org", feed.path, feed.path, "")
    made = feed.make([examples.INCIDENT], about)
    example = msgspec.json.decode(made) if feed.media == GEOJSON else made.decode()
    media = Media(_FEATURES if feed.media == GEOJSON else {"type": "string"}, example)
    headers = ("ETag", "Last-Modified", "Cache-Control", "Link", "Vary")
    return described(
        Operation(
            id=operation,
            summary=summary,
            description=f"{description} The last change comes first. Exercises and tests only if asked for.",
            tag="Feeds",
            scope="incidents:read",
            query=FeedQuery,
            headers=ShowHeaders,
            answers={
                200: Answer(description="A page of the feed.", media={feed.media: media}, headers=headers),
                304: Answer(description="The client has it already.", headers=headers),
            },
        )
    )


@get(
    _ATOM.path,
    opt=_described(
        _ATOM, "readAtomFeed", "Follow the incidents as an Atom feed",
        "RFC 4287, in pages as in RFC 5005. A retracted incident is an `at:deleted-entry` (RFC 6721) with the reason: "
        "a reader takes away the entry that it has.",
    ),
)  # fmt: skip
async def atom_feed(request: Request[Any, Any, Any]) -> Reply:
    """Follow the incidents as Atom."""
    return await _serve(request, _ATOM)


@get(
    _CAP.path,
    opt=_described(
        _CAP, "readCapFeed", "Follow the incidents as CAP messages",
        "An Atom index: of each incident the latest CAP 1.2 message, by the message's identifier, with a link to it. "
        "That of a retracted incident is a Cancel.",
    ),
)  # fmt: skip
async def cap_feed(request: Request[Any, Any, Any]) -> Reply:
    """Follow the incidents as CAP messages."""
    return await _serve(request, _CAP)


@get(
    _GEOJSON.path,
    opt=_described(
        _GEOJSON, "readGeojsonFeed", "Show the incidents on a map",
        "What `/v1/incidents` gives as GeoJSON, for maps that can only be told an address. Without retracted ones.",
    ),
)  # fmt: skip
async def geojson_feed(request: Request[Any, Any, Any]) -> Reply:
    """Show the incidents on a map."""
    return await _serve(request, _GEOJSON)


async def _serve(request: Request[Any, Any, Any], feed: Feed) -> Reply:
    negotiate(request, feed.media)
    reading, there, publishing = Reading(), parts(request), parts(request).publishing
    asked = query_parts(request, FeedQuery, reading)
    given: dict[str, Any] = msgspec.to_builtins(asked)
    filters = {name: value for name, value in given.items() if name not in {"limit", "cursor"}}
    as_list = ListQuery(**{**filters, "message_status": asked.message_status}, status=feed.status)
    wanted = incident_filters.chosen(as_list, reading, there.codes)
    bound, after = [feed.path, filters], None
    if asked.cursor is not UNSET:
        after = reading.of(paging.decode, asked.cursor, bound, tuple[paging.Position])
    await settle(request, reading, None)
    found = await lists.page(there.db, wanted, "-recorded", asked.limit, after)
    following = {} if found.last is None else {**given, "cursor": paging.encode(bound, found.last)}
    about = _about(feed, publishing, filters, given, following)
    made = _made(feed.make, found.documents, about)
    named = {"ETag": made.tag, "Cache-Control": _FRESH if publishing.is_public else REVALIDATE, "Vary": "min-position"}
    named |= {"Last-Modified": made.changed} if made.changed else {}
    named |= {"Link": f'<{about.following}>; rel="next"'} if about.following else {}
    if not_modified(request, made.tag):
        return Reply(b"", position=found.head, status=304, headers=named)
    return Reply(made.body, position=found.head, media_type=feed.media, headers=named)


def _about(feed: Feed, publishing: Publishing, filters: Json, given: Json, following: Json) -> About:
    title = (
        f"{feed.title} ({', '.join(f'{name} {value}' for name, value in filters.items())})" if filters else feed.title
    )
    return About(
        title, publishing.sender, publishing.address, _address(feed.path, filters), _address(feed.path, given),
        _address(feed.path, following) if following else "",
    )  # fmt: skip


def _address(path: str, query: Json) -> str:
    return f"{path}?{urlencode(query)}" if query else path


class _Made(Struct, frozen=True):
    """An answer: its tag is of its bytes, so it changes with whatever they show."""

    body: bytes
    tag: str
    changed: str
    """When the last change in it was recorded, as HTTP has it; empty if there is nothing in it."""


@lru_cache(_KEPT)
def _made(make: Make, documents: bytes, about: About) -> _Made:
    items = _ITEMS.decode(b"[" + documents + b"]")
    body = make(items, about)
    last = max((item["recorded_at"] for item in items), default=None)
    changed = format_datetime(datetime.fromisoformat(last), usegmt=True) if last else ""
    return _Made(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', changed)
