"""Answers that carry ready bytes, and say which log position they reflect."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from litestar import Request
from litestar.datastructures.headers import Accept
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED
from litestar.types import Receive, Scope, Send

from service.api.operation import JSON
from service.api.refusals import NotAcceptable

FOR_EVER: Final = "private, max-age=31536000, immutable"
REVALIDATE: Final = "private, no-cache"
IS_HEAD: Final = "ledger.is_head"
"""Set in the scope of a HEAD, which is served as the GET that it is about: nobody reads a long body."""
_WITHOUT_BODY: Final = frozenset([HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED])
_NEVER: Final = re.compile(r";\s*q=0(?:\.0{0,3})?\s*$", re.IGNORECASE)
"""A weight of 0 (RFC 9110, 12.4.2), which Litestar takes for a low one."""


class Reply:
    """
    An answer that reflects the log up to `position`.

    An ASGI application: the bytes are ready, and there is nothing left for the framework to do with them.
    """

    def __init__(
        self,
        body: bytes,
        *,
        position: int,
        status: int = 200,
        media_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._body: Final = body
        self._status: Final = status
        named = [(name.lower().encode(), value.encode()) for name, value in headers.items()] if headers else []
        named.append((b"log-position", b"%d" % position))
        if status not in _WITHOUT_BODY:
            named += [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
        self._headers: Final = named

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's form
        """Send it."""
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


class Duplex:
    """
    Lines that are sent while the request is still being read.

    Litestar's own streams listen for a disconnect as they send, and so swallow the rest of the request.
    """

    def __init__(self, lines: AsyncIterator[bytes], media_type: str, position: int) -> None:
        self._lines: Final = lines
        self._headers: Final = [
            (b"content-type", media_type.encode()),
            (b"log-position", str(position).encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's form
        """Send the answer; the lines have the request to themselves."""
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        async for piece in self._lines:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def negotiate(request: Request[Any, Any, Any], *made: str) -> str:
    """Return the media type, of those made here, that the client likes best; raise NotAcceptable if it likes none."""
    given = request.headers.get("accept")
    if not given or given == "*/*" or given == made[0]:
        return made[0]
    liked = ",".join(each for each in given.split(",") if _NEVER.search(each) is None)
    best = Accept(liked).best_match(list(made)) if liked else None
    if best is None:
        raise NotAcceptable(f"Here is made: {', '.join(made)}.")
    return best
