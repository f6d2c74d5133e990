"""/v1/log/proofs: that an event is in the log, and that the log has only grown (RFC 9162)."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, UnsetType

from service.api import examples
from service.api.answers import Reply, negotiate
from service.api.conditional import tagged
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import NotSealed, Pointed, WrongRequest
from service.api.requests import Reading, query_parts
from service.api.tree import TAG, UNCHANGED, Hash, base64_of, latest
from service.db import Database
from service.domain.errors import NotFound
from service.domain.merkle import Node, Range, consistency, inclusion, roots
from service.domain.tiles import hash_in, prove, tiles_of
from service.store import tree
from service.store.tree import Signed

_Position = Annotated[int, Meta(ge=1, le=2**63 - 1, description="The event's position in the log.", examples=[4200])]
_Size = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_Hashes = Annotated[list[Hash], Meta(max_length=64)]


class InclusionQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which event, and in which tree."""

    position: _Position
    size: (
        Annotated[_Size, Meta(description="The tree of so many leaves; that of the latest signed checkpoint.")]
        | UnsetType
    ) = UNSET


class InclusionProof(msgspec.Struct):
    """Shows that an event is the leaf `position` - 1 of a tree (RFC 9162, 2.1.3)."""

    position: _Position
    size: _Size
    leaf_hash: Annotated[Hash, Meta(description="SHA-256 of a zero byte and the event's envelope as canonical JSON.")]
    root_hash: Hash
    hashes: Annotated[_Hashes, Meta(description="From the leaf to the root.")]
    checkpoint: str | None
    """The signed checkpoint of this size, with the cosignatures that it has by now; null where none was signed."""


class ConsistencyQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which two trees."""

    first: Annotated[_Size, Meta(description="The size of the smaller tree.", examples=[4000])]
    second: (
        Annotated[_Size, Meta(description="That of the larger one; of the latest signed checkpoint.")] | UnsetType
    ) = UNSET


class ConsistencyProof(msgspec.Struct):
    """Shows that a tree begins with another one (RFC 9162, 2.1.4)."""

    first: _Size
    second: _Size
    first_root_hash: Hash
    second_root_hash: Hash
    hashes: _Hashes
    checkpoint: str | None
    """The signed checkpoint of the larger tree, with its cosignatures; null where none was signed."""


@get(
    "/v1/log/proofs/inclusion",
    opt=described(
        Operation(
            id="proveInclusion",
            summary="Prove that an event is in the log",
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            query=InclusionQuery,
            answers={
                200: Answer(
                    description="The proof.",
                    body=InclusionProof,
                    headers=("Cache-Control", "ETag"),
                    example=examples.INCLUSION,
                ),
                304: UNCHANGED,
            },
            refusals=(NotFound,),
        )
    ),
)
async def prove_inclusion(request: Request[Any, Any, Any]) -> Reply:
    """Prove that an event is in the log."""
    negotiate(request, JSON)
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, InclusionQuery, reading)
    await settle(request, reading, tree.FOLLOWER)
    sealed = await latest(db)
    size = asked.size or sealed.size
    if size > sealed.size or (asked.size is UNSET and asked.position > size):
        raise NotSealed(f"The tree has {sealed.size} leaves yet.")
    if asked.position > size:
        raise WrongRequest([Pointed("/position", f"A tree of {size} leaves has no such position.", "query")])
    needed = inclusion(asked.position - 1, size)
    leaf = Range(asked.position - 1, asked.position)
    held = await parts(request).tiles.of(tiles_of([*needed, leaf]), size)
    leaf_hash, hashes = hash_in(held, Node(0, leaf.start)), prove(needed, held)
    _, root = roots(leaf, size, leaf_hash, hashes)
    proof = InclusionProof(
        asked.position, size, base64_of(leaf_hash), base64_of(root), _texts(hashes), await _note(db, size, sealed)
    )
    return tagged(request, msgspec.json.encode(proof), sealed.size)


@get(
    "/v1/log/proofs/consistency",
    opt=described(
        Operation(
            id="proveConsistency",
            summary="Prove that the log has only been added to",
            tag=TAG,
            scope="log:read",
            headers=ReadHeaders,
            query=ConsistencyQuery,
            answers={
                200: Answer(
                    description="The proof.",
                    body=ConsistencyProof,
                    headers=("Cache-Control", "ETag"),
                    example=examples.CONSISTENCY,
                ),
                304: UNCHANGED,
            },
            refusals=(NotFound,),
        )
    ),
)
async def prove_consistency(request: Request[Any, Any, Any]) -> Reply:
    """Prove that the log has only been added to."""
    negotiate(request, JSON)
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, ConsistencyQuery, reading)
    await settle(request, reading, tree.FOLLOWER)
    sealed = await latest(db)
    size = asked.second or sealed.size
    if size > sealed.size or (asked.second is UNSET and asked.first > size):
        raise NotSealed(f"The tree has {sealed.size} leaves yet.")
    if asked.first > size:
        raise WrongRequest([Pointed("/first", f"It is larger than the second, {size}.", "query")])
    needed = consistency(asked.first, size)
    first = Range(0, asked.first)
    apart = [] if needed and needed[0].end == first.end else [first]  # the proof begins with it, or leaves it out
    held = await parts(request).tiles.of(tiles_of([*needed, *apart]), size)
    hashes = prove(needed, held)
    first_root, root = roots(first, size, b"".join(prove(apart, held)), hashes)
    proof = ConsistencyProof(
        asked.first, size, base64_of(first_root), base64_of(root), _texts(hashes), await _note(db, size, sealed)
    )
    return tagged(request, msgspec.json.encode(proof), sealed.size)


async def _note(db: Database, size: int, latest: Signed) -> str | None:
    if size == latest.size:
        return latest.note
    found = await tree.checkpoints(db, size - 1, 1)
    return found[0].note if found and found[0].size == size else None


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [base64_of(each) for each in hashes]
