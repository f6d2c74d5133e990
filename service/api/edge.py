"""The outermost layer of HTTP: what is on every answer, whoever made it."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, cast
from uuid import uuid4

from litestar import Litestar
from litestar.enums import HttpMethod
from litestar.routes import HTTPRoute
from litestar.status_codes import HTTP_304_NOT_MODIFIED, HTTP_413_REQUEST_ENTITY_TOO_LARGE
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from service.api import encodings
from service.api.answers import IS_HEAD
from service.api.problems import REQUEST_ID
from service.db import Database

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Edge:
    """Wraps the application: Request-Id, Log-Position and coding of every answer, HEAD as GET without the body."""

    def __init__(self, app: Litestar, db: Database) -> None:
        self._app: Final = app
        self._db: Final = db
        self._allow: Final = _methods(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
        else:
            await self._serve(cast("HTTPScope", scope), receive, send)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        given = next((value for name, value in scope["headers"] if name == b"request-id"), b"")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex.encode()
        scope[REQUEST_ID] = request_id.decode()  # type: ignore[typeddict-unknown-key]
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope[IS_HEAD] = True  # type: ignore[typeddict-unknown-key]
            scope["method"] = HttpMethod.GET

        held: list[HTTPResponseStartEvent] = []

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*self._headers(scope, message["headers"]), (b"request-id", request_id)]
                if message["status"] == HTTP_413_REQUEST_ENTITY_TOO_LARGE:  # what is still on its way is not read
                    headers.append((b"connection", b"close"))
                message["headers"] = headers
                if message["status"] == HTTP_304_NOT_MODIFIED and any(name == b"vary" for name, _ in headers):
                    message["headers"] = encodings.varied(headers)  # as of the answer that the client has
                if encodings.worth(headers):
                    held.append(message)  # its length is that of the body that follows
                    return
            elif message["type"] == "http.response.body":
                if held:
                    await send(await _encoded(scope, held.pop(), message))
                if is_head:
                    message["body"] = b""
            await send(message)

        await self._app(scope, receive, send_on)

    def _headers(self, scope: HTTPScope, given: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        position = None
        for name, value in given:
            if name == b"log-position":
                position = int(value)
            yield name, self._allowed(scope, value) if name == b"allow" else value
        if position is None:
            yield b"log-position", str(self._db.head).encode()
        elif position > self._db.head:
            self._db.head = position
        yield b"x-content-type-options", b"nosniff"

    def _allowed(self, scope: HTTPScope, given: bytes) -> bytes:
        """Return what Allow is to say; Litestar's OPTIONS knows one handler of a path, and its 405 no HEAD."""
        known = self._allow.get(scope.get("path_template", ""))
        return known or _listed(given.decode().split(", "))


async def _encoded(
    scope: HTTPScope, start: HTTPResponseStartEvent, whole: HTTPResponseBodyEvent
) -> HTTPResponseStartEvent:
    """Compress the body of an answer in the way that the client likes best, and return how it then starts."""
    headers = encodings.varied(list(start["headers"]))
    accepted = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-encoding"]
    coding = encodings.chosen(",".join(accepted))
    if coding is not None and not whole["more_body"]:
        headers, whole["body"] = await encodings.encoded(coding, headers, whole["body"])
    start["headers"] = headers
    return start


def _listed(methods: Iterable[str]) -> bytes:
    found = set(methods)
    return ", ".join(sorted(found | {"HEAD"} if "GET" in found else found)).encode()


def _methods(app: Litestar) -> dict[str, bytes]:
    return {route.path_format: _listed(route.methods) for route in app.routes if isinstance(route, HTTPRoute)}
