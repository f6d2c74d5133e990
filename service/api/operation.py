"""What one operation takes and gives: the source of its decoding, its permission and its OpenAPI."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

Scope = Literal["incidents:read", "incidents:write", "log:read", "webhooks:manage"]
SCOPES: Final[Mapping[Scope, str]] = {
    "incidents:read": "Read incidents and their revisions",
    "incidents:write": "Report, revise and retract incidents",
    "log:read": "Read the log",
    "webhooks:manage": "Be told of incidents by webhooks",
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
    """What the API key must allow; None: anyone may."""
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
