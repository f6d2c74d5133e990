"""/v1/log/checkpoint and /tile: the Merkle tree of the log, and what was signed of it (C2SP tlog-tiles)."""

from base64 import b64encode
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, UnsetType

from service.api import examples, paging
from service.api.answers import FOR_EVER, Reply, negotiate
from service.api.conditional import not_modified, tagged
from service.api.operation import JSON, Answer, Media, Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import NoSuchTile, NotSealed
from service.api.requests import Reading, no_query, query_parts
from service.db import Database
from service.domain.errors import NotFound
from service.domain.tiles import WIDTH, Tile, number_of, width
from service.store import events, tree
from service.store.tree import Signed
from service.witnesses.submission import MOST_WITNESSES

TAG: Final = "Log"
TEXT: Final = "text/plain"
BYTES: Final = "application/octet-stream"
UNCHANGED: Final = Answer(description="The client has it already.", headers=("ETag", "Cache-Control"))
_LEVELS: Final = 8
_PAGE: Final = 1000
Hash = Annotated[str, Meta(pattern="^[A-Za-z0-9+/]{43}=$", description="A SHA-256 hash in base64 (RFC 4648).")]


class CheckpointQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which signed checkpoint."""

    witnesses: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=MOST_WITNESSES,
                description="The latest with the cosignatures of so many witnesses at least; the latest, if not given.",
            ),
        ]
        | UnsetType
    ) = UNSET


class CheckpointsQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which signed checkpoints."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1, description="Only those of trees larger than this.")] = 0
    limit: Annotated[int, Meta(ge=1, le=_PAGE, description="How many at most.")] = _PAGE


class SignedCheckpoint(msgspec.Struct):
    """What the log said of its tree at a size; there is one of each size at most."""

    size: Annotated[int, Meta(ge=0, description="The leaves of the tree: the last position that it holds.")]
    root_hash: Hash
    signed_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    note: Annotated[
        str,
        Meta(description="The checkpoint as signed (C2SP tlog-checkpoint), with the cosignatures that it has by now."),
    ]


class Checkpoints(msgspec.Struct):
    """Signed checkpoints, the smallest tree first; go on with `after=` the last size."""

    items: list[SignedCheckpoint]
    next_after: int | None
    """The `after` of the next page; null where the latest one has been told."""


@get(
    "/v1/log/checkpoint",
    opt=described(
        Operation(
            id="readCheckpoint",
            summary="Read the latest signed checkpoint of the log",
            description=(
                "A signed note (C2SP tlog-checkpoint): origin, size and root hash of the Merkle tree, and signatures: "
                "first the log's, then those that its witnesses have given until now (C2SP tlog-cosignature). "
                "The event at position p is the leaf p - 1."
            ),
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            query=CheckpointQuery,
            answers={
                200: Answer(
                    description="The checkpoint.",
                    media={TEXT: Media({"type": "string"}, examples.CHECKPOINT)},
                    headers=("Cache-Control", "ETag"),
                ),
                304: UNCHANGED,
            },
            refusals=(NotFound,),
        )
    ),
)
async def checkpoint(request: Request[Any, Any, Any]) -> Reply:
    """Read the latest signed checkpoint, or the latest that so many witnesses have cosigned."""
    negotiate(request, TEXT)
    reading, db = Reading(), parts(request).db
    many = query_parts(request, CheckpointQuery, reading).witnesses or 0
    await settle(request, reading, partial(_cosigned_up_to, many=many) if many else tree.FOLLOWER)
    signed = await tree.cosigned(db, many) if many else await latest(db)
    if signed is None:
        raise NotSealed(f"No checkpoint has been cosigned by {many} witnesses yet.")
    return tagged(request, signed.note.encode(), signed.size, f"{TEXT}; charset=utf-8")


async def _cosigned_up_to(db: Database, many: int) -> int:
    signed = await tree.cosigned(db, many)
    return 0 if signed is None else signed.size


@get(
    "/v1/log/checkpoints",
    opt=described(
        Operation(
            id="listCheckpoints",
            summary="List every checkpoint that was signed",
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            query=CheckpointsQuery,
            answers={
                200: Answer(
                    description="Checkpoints, the smallest tree first.",
                    body=Checkpoints,
                    headers=("Cache-Control", "ETag", "Link"),
                    example=examples.CHECKPOINTS,
                ),
                304: UNCHANGED,
            },
        )
    ),
)
async def checkpoints(request: Request[Any, Any, Any]) -> Reply:
    """List every signed checkpoint."""
    negotiate(request, JSON)
    reading = Reading()
    asked = query_parts(request, CheckpointsQuery, reading)
    await settle(request, reading, tree.FOLLOWER)
    found = await tree.checkpoints(parts(request).db, asked.after, asked.limit)
    full = len(found) == asked.limit
    items = [SignedCheckpoint(s.size, base64_of(s.root), events.instant(s.signed_at), s.note) for s in found]
    body = Checkpoints(items, found[-1].size if full else None)
    headers = paging.link(request, "after", str(found[-1].size) if full else None)
    position = found[-1].size if found else parts(request).db.head
    return tagged(request, msgspec.json.encode(body), position, headers=headers)


@get(
    "/v1/log/tile/{level:str}/{tile:path}",
    opt=described(
        Operation(
            id="readTile",
            summary="Read a tile of the log's Merkle tree",
            description=(
                "256 SHA-256 hashes one after the other, or fewer of a partial tile (C2SP tlog-tiles): of leaves at "
                "level 0, of full tiles of the level below at the others."
            ),
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The hashes.",
                    media={BYTES: Media({"type": "string", "format": "binary"}, "")},
                    headers=("Cache-Control", "ETag"),
                ),
                304: UNCHANGED,
            },
            refusals=(NotFound,),
        )
    ),
)
async def tile(request: Request[Any, Any, Any], level: str, tile: str) -> Reply:
    """Read a tile."""
    if level not in map(str, range(_LEVELS)):
        raise NoSuchTile
    asked, wide, sealed = await _asked(request, int(level), tile)
    hashes = (await tree.tiles(parts(request).db, [asked]))[asked]
    return _for_ever(request, hashes[: 32 * wide], f'"{level}.{asked.number}.{wide}"', sealed)


@get(
    "/v1/log/tile/entries/{tile:path}",
    opt=described(
        Operation(
            id="readEntries",
            summary="Read the leaves of a tile of level 0",
            description=(
                "An entry bundle (C2SP tlog-tiles): each leaf after its length in two bytes, the first one first. A "
                "leaf is an event's envelope as canonical JSON (RFC 8785), with `data_sha256` and without the data."
            ),
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The leaves.",
                    media={BYTES: Media({"type": "string", "format": "binary"}, "")},
                    headers=("Cache-Control", "ETag"),
                ),
                304: UNCHANGED,
            },
            refusals=(NotFound,),
        )
    ),
)
async def entries(request: Request[Any, Any, Any], tile: str) -> Reply:
    """Read the leaves of a tile."""
    asked, wide, sealed = await _asked(request, 0, tile)
    first = asked.number * WIDTH
    leaves = await tree.entries(parts(request).db, first, first + wide)
    return _for_ever(request, leaves, f'"entries.{asked.number}.{wide}"', sealed)


async def latest(db: Database) -> Signed:
    signed = await tree.sealed(db)
    if signed is None:
        raise NotSealed("The log is not sealed: an operator has to give SIGNING_KEY to a projector.")
    return signed


async def _asked(request: Request[Any, Any, Any], level: int, path: str) -> tuple[Tile, int, Signed]:
    """Return the tile that a path names, how much of it is asked for, and the latest signed checkpoint."""
    negotiate(request, BYTES)
    reading = Reading()
    reading.of(no_query, request)
    await settle(request, reading, tree.FOLLOWER)
    named = number_of(str(path).removeprefix("/"))
    if named is None:
        raise NoSuchTile
    asked, wide = Tile(level, named[0]), named[1]
    sealed = await latest(parts(request).db)
    if width(asked, sealed.size) < wide:
        raise NotSealed(f"The tree has {sealed.size} leaves yet, and no such tile.")
    return asked, wide, sealed


def base64_of(hashed: bytes) -> str:
    return b64encode(hashed).decode()


def _for_ever(request: Request[Any, Any, Any], body: bytes, tag: str, sealed: Signed) -> Reply:
    headers = {"Cache-Control": FOR_EVER, "ETag": tag}
    if not_modified(request, tag):
        return Reply(b"", position=sealed.size, status=304, headers=headers)
    return Reply(body, position=sealed.size, media_type=BYTES, headers=headers)
