"""/problems/{slug}: what a problem's type means, for whoever follows the link."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from msgspec import Struct

from service.api.answers import REVALIDATE, negotiate
from service.api.operation import JSON
from service.api.problems import KINDS
from service.api.refusals import NoSuchPath


class ProblemType(Struct):
    """What is the same for every problem of one type."""

    type: str
    status: int
    title: str
    description: str


@get("/problems/{slug:str}")
async def show(request: Request[Any, Any, Any], slug: str) -> Response[bytes]:
    """Say what a problem's type means."""
    negotiate(request, JSON)
    for kind in KINDS.values():
        if kind.slug == slug:
            described = ProblemType(f"/problems/{slug}", kind.status, kind.title, kind.description)
            return Response(msgspec.json.encode(described), media_type=JSON, headers={"Cache-Control": REVALIDATE})
    raise NoSuchPath
