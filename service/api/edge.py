"""The outermost layer of HTTP: what is on every answer, whoever made it."""

import re
from typing import Final
from uuid import uuid4

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.db import Database

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Edge:
    """Wraps the application: Request-Id and Log-Position on every answer, HEAD as GET without the body."""

    def __init__(self, app: ASGIApp, db: Database) -> None:
        self._app: Final = app
        self._db: Final = db

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"request-id"), b"")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex.encode()
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope["method"] = "GET"  # type: ignore[arg-type]

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (b"request-id", request_id), (b"x-content-type-options", b"nosniff")]
                if not any(name == b"log-position" for name, _ in headers):
                    headers.append((b"log-position", str(self._db.head).encode()))
                message["headers"] = headers
            elif is_head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await self._app(scope, receive, send_on)
