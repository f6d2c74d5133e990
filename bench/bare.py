"""What web framework and server cost by themselves: one handler that returns bytes which it already has."""

import os
from typing import Final

from granian import Granian
from granian.constants import Interfaces, Loops
from litestar import Litestar, Response, get

_DOCUMENT: Final = b'{"document":"%s"}' % (b"x" * (int(os.environ["BARE_BYTES"]) - 15))


@get("/v1/incidents/{incident:str}", sync_to_thread=False)
def show(incident: str) -> Response[bytes]:  # noqa: ARG001  # the path is the service's
    return Response(_DOCUMENT, media_type="application/json")


app = Litestar([show], openapi_config=None)

if __name__ == "__main__":
    # as service/serving.py does it
    Granian(
        "bench.bare:app",
        address=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
    ).serve()
