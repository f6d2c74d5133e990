"""The headers of answers, as OpenAPI describes them."""

from collections.abc import Mapping
from typing import Any, Final

HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Log-Position": {
        "description": "The position of the log that the answer reflects; of a refusal, the last seen here.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 4262,
    },
    "Request-Id": {
        "description": "The request's own Request-Id, or one made here.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "ETag": {
        "description": (
            "Of an incident its revision, with the form if it is not JSON: what If-Match wants; weak where the body is "
            "compressed. Of anything else it says no more than that the bytes are the same."
        ),
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "Vary": {
        "description": "The request headers that chose this form of the answer (RFC 9110).",
        "schema": {
            "type": "string",
            "enum": [
                "Accept",
                "Accept, Accept-Encoding",
                "Accept-Encoding",
                "min-position",
                "min-position, Accept-Encoding",
            ],
        },
    },
    "Content-Encoding": {
        "description": "How the body is compressed: a whole answer of 1 KiB or more, for whom accepts it.",
        "schema": {"type": "string", "enum": ["zstd", "br", "gzip"]},
    },
    "List-Count": {
        "description": "With `count=true`, where the body has no `count`: how many the filters match, on all pages.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1042,
    },
    "Location": {"description": "Where to read it.", "schema": {"type": "string", "format": "uri-reference"}},
    "Link": {"description": "`rel=next`: the next page (RFC 8288).", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long it may be kept (RFC 9111).", "schema": {"type": "string"}},
    "Last-Modified": {
        "description": "When the last change that is shown was recorded; the ETag is the exact one.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true` when the Idempotency-Key had been used: this is the first answer again.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "How to authenticate (RFC 6750).", "schema": {"type": "string"}},
    "Allow": {"description": "The methods that there are.", "schema": {"type": "string"}},
}
EVERYWHERE: Final = ("Log-Position", "Request-Id", "Vary", "Content-Encoding")
WITH_STATUS: Final = {
    401: ("WWW-Authenticate",), 403: ("WWW-Authenticate",), 405: ("Allow",), 503: ("Retry-After",),
}  # fmt: skip
