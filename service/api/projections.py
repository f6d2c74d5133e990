"""GET /v1/projections: how far each read model is, and what stopped those that have stopped."""

from typing import Any

import msgspec
from litestar import Request, get
from msgspec import Struct

from service.api import examples
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.requests import no_query
from service.projections.status import ProjectionStatus, status


class Projections(Struct):
    """Every projection that follows the log."""

    items: list[ProjectionStatus]


@get(
    "/v1/projections",
    opt=described(
        Operation(
            id="listProjections",
            summary="See how far the projections are",
            description="Each read model follows the log on its own; one that fails stops alone.",
            tag="Projections",
            scope="log:read",
            answers={
                200: Answer(
                    description="Every projection.",
                    body=Projections,
                    headers=("Cache-Control",),
                    example=examples.PROJECTIONS,
                )
            },
        )
    ),
)
async def list_projections(request: Request[Any, Any, Any]) -> Reply:
    """See how far the projections are."""
    negotiate(request, JSON)
    no_query(request)
    found, head = await status(parts(request).db)
    return Reply(msgspec.json.encode(Projections(found)), position=head, headers={"Cache-Control": REVALIDATE})
