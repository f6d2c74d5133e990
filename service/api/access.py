"""Who may do what: the scope that an operation names, against the API key that came with the request."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from service.api.operation import Operation
from service.api.problems import NotAuthenticated, NotPermitted
from service.keys import Keyring

ACTOR: Final = "ledger_actor"


class Guard:
    """A Litestar guard over every route."""

    def __init__(self, keyring: Keyring, *, anonymous_read: bool) -> None:
        self._keyring: Final = keyring
        self._anonymous: Final = frozenset(["incidents:read"]) if anonymous_read else frozenset[str]()

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Let the request pass, with its actor in the scope, or raise NotAuthenticated or NotPermitted."""
        operation: Operation | None = handler.opt.get("operation")
        if operation is None or operation.scope is None:
            return
        given = connection.headers.get("authorization")
        if given is None:
            if operation.scope in self._anonymous:
                return
            raise NotAuthenticated("Send an API key, as in `Authorization: Bearer ilk_...`.")
        scheme, _, token = given.partition(" ")
        key = await self._keyring.recognise(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise NotAuthenticated("The API key is unknown, revoked or expired.")
        if operation.scope not in key.scopes:
            raise NotPermitted(f"The API key {key.prefix} has no scope {operation.scope}.")
        connection.scope[ACTOR] = key.actor  # type: ignore[typeddict-unknown-key]


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the name of the API client; only after the guard has let it pass."""
    return str(connection.scope[ACTOR])  # type: ignore[typeddict-item]
