"""/health: whether the process is alive, and can do its work."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, get
from msgspec import Meta, Struct

from service.api import examples
from service.api.answers import Reply, negotiate
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.projections.status import ProjectionStatus, status
from service.store import events, publications, tree

TAG: Final = "Health"
_LATE: Final = 10.0
"""Seconds that a projection, or the seal, may be behind."""


class Alive(Struct):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(Struct):
    """The process can do its work: the database answers, and its schema is the one that this release needs."""

    position: Annotated[int, Meta(ge=0, description="The last position of the log.")]
    status: Annotated[
        Literal["ready", "degraded"],
        Meta(
            description="`degraded`: a projection has failed or is far behind, or the seal or NATS is; all else works."
        ),
    ]
    sealed: Annotated[int | None, Meta(description="The last position under a signed checkpoint; null without a key.")]
    published: Annotated[
        int | None,
        Meta(description="The last position that NATS has acknowledged; null if nothing is published there."),
    ]
    projections: list[ProjectionStatus]


@get(
    "/health/live",
    opt=described(
        Operation(
            id="live",
            summary="See whether the process is alive",
            tag=TAG,
            answers={200: Answer(description="It is.", body=Alive, example={"status": "alive"})},
        )
    ),
)
async def live(request: Request[Any, Any, Any]) -> Reply:
    """See whether the process is alive."""
    negotiate(request, JSON)
    return Reply(msgspec.json.encode(Alive()), position=parts(request).db.head)


@get(
    "/health/ready",
    opt=described(
        Operation(
            id="ready",
            summary="See whether the process can do its work",
            tag=TAG,
            answers={200: Answer(description="It can.", body=Ready, example=examples.READY)},
        )
    ),
)
async def ready(request: Request[Any, Any, Any]) -> Reply:
    """See whether the process can do its work."""
    negotiate(request, JSON)
    db = parts(request).db
    projections, position = await status(db)
    signed = await tree.sealed(db)
    well = all(each.state == "following" and each.lag_seconds < _LATE for each in projections)
    sealed = signed.size if signed else None
    stream = parts(request).stream
    published = None if stream is None else await publications.position(db, stream)
    for reached in (sealed, published):
        if reached is not None and reached < position:
            (waits,) = (await events.at(db, [reached + 1])).values()
            well = well and (datetime.now(UTC) - waits.recorded_at).total_seconds() < _LATE
    body = Ready(position, "ready" if well else "degraded", sealed, published, projections)
    return Reply(msgspec.json.encode(body), position=position)
