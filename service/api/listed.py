"""What the items of a list look like in each media type, and how the document of the API describes it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from service.api import columns, fields, geojson
from service.api.columns import Columns
from service.api.fields import Tree
from service.api.geojson import Geography
from service.api.operation import CSV, GEOJSON, JSON, MSGPACK, NDJSON, Answer, Media

MEDIA: Final = (JSON, NDJSON, CSV, MSGPACK, GEOJSON)
"""The media types in which every list is made; the first is what a client gets that does not say."""
_REF: Final = "#/components/schemas/{name}"
_RAW: Final = msgspec.json.Decoder(list[msgspec.Raw])
_PIECE: Final = 50
_LOOSE: Final = msgspec.json.Decoder(list[dict[str, Any]])


class Form(Struct, frozen=True, kw_only=True):
    """The items of a list: their type, the type of a page, their columns, and what they are as features."""

    item: type[Struct]
    page: type[Struct]
    columns: Columns
    geography: Geography

    def rendering(self, media: str, wanted: str | None) -> "Rendering":
        """Return how items are made in a media type, or raise WrongRequest if they have not what is wanted."""
        if wanted is None:
            return Rendering(media, self.columns, self.geography, None)
        if media == CSV:
            return Rendering(media, columns.choose(self.columns, wanted), self.geography, None)
        return Rendering(media, self.columns, self.geography, fields.read(wanted, self.item))


class Rendering(Struct, frozen=True):
    """Makes items in one media type."""

    media: str
    columns: Columns
    geography: Geography
    wanted: Tree | None

    def page(self, items: bytes, tail: bytes) -> bytes:
        """Return a page; `tail` is what it says beside its items, where its form has room for that."""
        if self.media == JSON:
            return b'{"items":[' + self._pruned(items) + b"]," + tail
        if self.media == MSGPACK:
            return as_msgpack(b'{"items":[' + self._pruned(items) + b"]," + tail)
        if self.media == GEOJSON:
            return msgspec.json.encode(geojson.collection(_loose(items), self.geography, self.wanted))
        return self.stretch(items, header=True)

    def stretch(self, items: bytes, *, header: bool) -> bytes:
        """Return lines or rows, the header row before them if there is one and it is wanted."""
        return b"".join(self.pieces(items, header=header))

    def pieces(self, items: bytes, *, header: bool) -> Iterator[bytes]:
        """Yield the same in pieces that are soon made: whoever serves others meanwhile gets a turn between them."""
        whole = _RAW.decode(b"[" + items + b"]")
        if self.media == CSV and header:
            yield columns.rows(self.columns, (), header=True)
        for start in range(0, len(whole), _PIECE):
            some = whole[start : start + _PIECE]
            if self.media == CSV:
                yield columns.rows(self.columns, _loose(b",".join(some)), header=False)
            elif self.wanted is None:
                yield b"\n".join(some) + b"\n"
            else:
                pruned = [fields.prune(each, self.wanted) for each in _loose(b",".join(some))]
                yield msgspec.json.Encoder().encode_lines(pruned)

    def _pruned(self, items: bytes) -> bytes:
        if self.wanted is None:
            return items
        return msgspec.json.encode([fields.prune(each, self.wanted) for each in _loose(items)])[1:-1]


def as_msgpack(json: bytes) -> bytes:
    """Return JSON as MessagePack."""
    return msgspec.msgpack.encode(msgspec.json.decode(json))


def _loose(items: bytes) -> list[dict[str, Any]]:
    return _LOOSE.decode(b"[" + items + b"]")


def described(form: Form, example: Mapping[str, Any]) -> Answer:
    """Describe the answer of a list; the example is a page of it, and is shown in every form."""
    items = msgspec.json.encode(example["items"])[1:-1]
    item = {"anyOf": [_schema(form.item), {"type": "object", "description": "With `fields`, only these."}]}
    page = {"anyOf": [_schema(form.page), _page_with_fields(form.page)]}
    lines = {"type": "string", "description": "JSON, one item a line.", "x-line-schema": item}
    table = {"type": "string", "description": f"RFC 4180 with a header row: {','.join(form.columns.names)}."}
    features = geojson.collection(example["items"], form.geography, None)
    media = {
        JSON: Media(page, example),
        NDJSON: Media(lines, form.rendering(NDJSON, None).stretch(items, header=True).decode()),
        CSV: Media(table, form.rendering(CSV, None).stretch(items, header=True).decode()),
        MSGPACK: Media(page, example),
        GEOJSON: Media(geojson.collection_schema(item), features),
    }
    return Answer(
        description="A page; as NDJSON or CSV without `limit`, all of them.",
        body=form.page,
        media=media,
        headers=("Cache-Control", "Link", "List-Count", "Vary"),
    )


def described_page(page: type[Struct], example: Mapping[str, Any], description: str) -> Answer:
    """Describe an answer that has items, and is made as JSON and MessagePack."""
    schema = {"anyOf": [_schema(page), _page_with_fields(page)]}
    media = {JSON: Media(schema, example), MSGPACK: Media(schema, example)}
    return Answer(description=description, body=page, media=media, headers=("Cache-Control", "Vary"))


def described_one(of: type[Struct], geography: Geography, example: Mapping[str, Any], *headers: str) -> Answer:
    """Describe the answer of one item."""
    one = _schema(of)
    return Answer(
        description="The incident.",
        body=of,
        media={
            JSON: Media(one, example),
            MSGPACK: Media(one, example),
            GEOJSON: Media(geojson.feature_schema(one), geojson.feature(example, geography, None)),
        },
        headers=("Cache-Control", "Vary", *headers),
    )


def _schema(of: type[Struct]) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([of], ref_template=_REF)
    return schema


def _page_with_fields(page: type[Struct]) -> dict[str, Any]:
    schema = msgspec.json.schema_components([page], ref_template=_REF)[1][page.__name__]
    bare = {"type": "array", "items": {"type": "object"}}
    return {
        "description": "With `fields`: only these parts of each item.",
        "type": "object",
        "required": schema["required"],
        "properties": schema["properties"] | {"items": bare},
    }
