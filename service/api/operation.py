"""What one operation takes and gives: the source of its decoding, its permission and its OpenAPI."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

Scope = Literal["incidents:read", "incidents:write", "log:read", "webhooks:manage", "admin:read"]
SCOPES: Final[Mapping[Scope, str]] = {
    "incidents:read": "Read incidents and their revisions",
    "incidents:write": "Report, revise and retract incidents",
    "log:read": "Read the log",
    "webhooks:manage": "Be told of incidents by webhooks",
    "admin:read": "Read the trail: who made keys and webhooks, and expunged events",
}
_SCOPES_IN_WORDS: Final = "; ".join(f"`{scope}`: {what.lower()}" for scope, what in SCOPES.items())
SECURITY_SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "ilk_<prefix>_<secret>",
        "description": f"An API key, made by `incident-ledger keys create`. Scopes: {_SCOPES_IN_WORDS}. "
        "An operator may open reading incidents to everybody.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token (RFC 9068) of the issuer that the operator has chosen to trust, if any. Its "
        "`scope`, or `scp`, names the same scopes.",
    },
}
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
MSGPACK: Final = "application/msgpack"


class Media(msgspec.Struct, frozen=True):
    """How an answer looks in one media type."""

    schema: Mapping[str, Any]
    example: Any


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that is not a refusal."""

    description: str
    body: Any = None
    """The type that its body is made of; None for no body."""
    lines: tuple[Any, ...] = ()
    """The types that a line can be of, where it can be had as NDJSON."""
    media: Mapping[str, Media] = msgspec.field(default_factory=dict)
    """By media type, where there are others than JSON and lines of commands and events."""
    headers: tuple[str, ...] = ()
    """Names in response_headers.HEADERS, beside those that every answer has."""
    example: Any = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation, as it works and as it is documented."""

    id: str
    summary: str
    description: str = ""
    tag: str
    scope: Scope | None = None
    """What the API key or token must allow; None: anyone may."""
    query: type[msgspec.Struct] | None = None
    headers: type[msgspec.Struct] | None = None
    body: Any = None
    body_lines: tuple[Any, ...] = ()
    """The types that a line can be of, where the body is NDJSON."""
    body_example: Any = None
    answers: Mapping[int, Answer]
    refusals: tuple[type[Exception], ...] = ()
    """Beside those that every operation of its shape can have."""


def described(operation: Operation) -> dict[str, Any]:
    """Return what a Litestar handler keeps of the operation: `@get(path, opt=described(...))`."""
    return {"operation": operation}
