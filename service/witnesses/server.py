"""Serve a witness over HTTP: `add-checkpoint` of C2SP tlog-witness, and nothing else."""

import asyncio
import logging
import signal
from typing import Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar, Request, Response, post
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_200_OK, HTTP_408_REQUEST_TIMEOUT, HTTP_500_INTERNAL_SERVER_ERROR

from service.witnesses.cosigner import Behind, Cosigner, NotCosigned
from service.witnesses.submission import MOST, PATH, SIZE_TYPE

_PATIENCE: Final = 10.0
"""Seconds in which a submission must have come."""
_log: Final = logging.getLogger(__name__)


def application(cosigner: Cosigner) -> Litestar:
    """Return the application that answers for a witness."""

    @post(f"/{PATH}", status_code=HTTP_200_OK)
    async def add_checkpoint(request: Request[Any, Any, Any]) -> Response[str]:
        async with asyncio.timeout(_PATIENCE):
            raw = await request.body()
        return _said(HTTP_200_OK, await asyncio.to_thread(cosigner.cosign, raw))

    return Litestar(
        route_handlers=[add_checkpoint],
        exception_handlers={Exception: _refuse},
        openapi_config=None,
        request_max_body_size=MOST,
    )


def _refuse(_: Request[Any, Any, Any], error: Exception) -> Response[str]:
    match error:
        case Behind():
            return _said(error.status, f"{error.size}\n", SIZE_TYPE)
        case NotCosigned():
            return _said(error.status, f"{error}\n")
        case HTTPException():
            return _said(error.status_code, f"{error.detail}\n", allow=(error.headers or {}).get("allow"))
        case TimeoutError():
            return _said(HTTP_408_REQUEST_TIMEOUT, "The submission did not come in time.\n")
        case _:
            _log.error("not cosigned", exc_info=error)
            return _said(HTTP_500_INTERNAL_SERVER_ERROR, "It cannot be cosigned now.\n")


def _said(status: int, text: str, kind: str = "text/plain; charset=utf-8", allow: str | None = None) -> Response[str]:
    # as a header: to a media type of text Litestar would add a charset, and text/x.tlog.size has none
    headers = {"Content-Type": kind} | ({"Allow": allow} if allow else {})
    return Response(text, status_code=status, headers=headers)


async def serve(cosigner: Cosigner, address: str, port: int) -> None:
    """Answer for a witness, in this process and no other, until SIGINT or SIGTERM."""
    server = Server(
        application(cosigner), address=address, port=port, interface=Interfaces.ASGI, log_level=LogLevels.error
    )
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, server.stop)
    await server.serve()
