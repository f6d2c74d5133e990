"""Who may do what: the scope that an operation names, against the API key that came with the request."""

from typing import Any, Final

from litestar import Request

from service.api.operation import Operation
from service.api.refusals import NotAuthenticated, NotPermitted
from service.api.requests import no_query
from service.keys import Keyring

ACTOR: Final = "ledger_actor"


class Guard:
    """
    Stands before every route, as Litestar's `before_request`.

    Its own guards get a copy of the route for each request, which costs more than all that is done here.
    """

    def __init__(self, keyring: Keyring, *, anonymous_read: bool) -> None:
        self._keyring: Final = keyring
        self._anonymous: Final = frozenset(["incidents:read"]) if anonymous_read else frozenset[str]()

    async def __call__(self, request: Request[Any, Any, Any]) -> None:
        """Let the request pass, with its actor in the scope; raise NotAuthenticated, NotPermitted or WrongRequest."""
        operation: Operation | None = request.route_handler.opt.get("operation")
        if operation is None:
            return
        if operation.query is None and not request.path_params:  # or its handler tells of the path's faults, too
            no_query(request)
        if operation.scope is None:
            return
        given = request.headers.get("authorization")
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
        request.scope[ACTOR] = key.actor  # type: ignore[typeddict-unknown-key]


def actor_of(request: Request[Any, Any, Any]) -> str:
    """Return the name of the API client; only after the guard has let it pass."""
    return str(request.scope[ACTOR])  # type: ignore[typeddict-item]
