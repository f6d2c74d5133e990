"""Who may do what: the scope that an operation names, against the API key or the token that came with the request."""

from typing import TYPE_CHECKING, Any, Final

from litestar import Request

from service.api.operation import Operation
from service.api.refusals import NotAuthenticated, NotPermitted
from service.api.requests import no_query
from service.domain.bounds import Bounds
from service.keys import Key, Keyring
from service.tokens import Token, WrongToken

if TYPE_CHECKING:
    from service.jwts import Tokens

_HOLDER: Final = "ledger_holder"
_KEY: Final = "ilk_"
_NO_KEY: Final = "The API key is unknown, revoked or expired"


class Guard:
    """
    Stands before every route, as Litestar's `before_request`.

    Its own guards get a copy of the route for each request, which costs more than all that is done here.
    """

    def __init__(self, keyring: Keyring, tokens: "Tokens | None", *, anonymous_read: bool) -> None:
        self._keyring: Final = keyring
        self._tokens: Final = tokens
        self._anonymous: Final = frozenset(["incidents:read"]) if anonymous_read else frozenset[str]()

    async def __call__(self, request: Request[Any, Any, Any]) -> None:
        """Let the request pass, with who sent it in the scope; raise NotAuthenticated, NotPermitted or WrongRequest."""
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
            raise NotAuthenticated("Send an API key, as in `Authorization: Bearer ilk_...`, or a token.")
        scheme, _, secret = given.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("The scheme is not known here: send `Authorization: Bearer ...`.")
        holder = await self._recognise(secret.strip())
        if operation.scope not in holder.scopes:
            raise NotPermitted(f"The {holder} has no scope {operation.scope}.", operation.scope)
        request.scope[_HOLDER] = holder  # type: ignore[typeddict-unknown-key]

    async def _recognise(self, secret: str) -> Key | Token:
        if self._tokens is not None and not secret.startswith(_KEY):
            try:
                return await self._tokens.recognise(secret)
            except WrongToken as wrong:
                raise NotAuthenticated(f"{wrong}.", str(wrong)) from wrong
        key = await self._keyring.recognise(secret)
        if key is None:
            raise NotAuthenticated(f"{_NO_KEY}.", _NO_KEY)
        return key


def actor_of(request: Request[Any, Any, Any]) -> str:
    """Return the name of the API client; only after the guard has let it pass."""
    return _holder(request).actor


def bounds_of(request: Request[Any, Any, Any]) -> Bounds:
    """Return what the API client may write; only after the guard has let it pass."""
    return _holder(request).bounds


def _holder(request: Request[Any, Any, Any]) -> Key | Token:
    found: Key | Token = request.scope[_HOLDER]  # type: ignore[typeddict-item]
    return found
