"""Opaque keyset cursors, bound to the query that they were made for."""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request
from msgspec import Meta

from service.api.refusals import Pointed, WrongRequest

_MALFORMED: Final = "It is no cursor of this list: use `next_cursor` as it was given, with the same filters and sort."


Position = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the key of its last row, and what was being listed."""

    listing: str
    key: tuple[Any, ...]


def encode(listing: object, key: tuple[Any, ...]) -> str:
    """Return the cursor that goes on after `key` in a listing."""
    raw = msgspec.json.encode(Cursor(digest(listing), key))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str, listing: object, form: type) -> tuple[Any, ...]:
    """Return the key in a cursor of the same listing, which has the given form, or raise WrongRequest."""
    refusal = WrongRequest([Pointed("/cursor", _MALFORMED, "query")])
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=Cursor)
        key: tuple[Any, ...] = msgspec.convert(cursor.key, form)
        key = tuple(part.astimezone(UTC) if isinstance(part, datetime) else part for part in key)
    except (binascii.Error, ValueError, OverflowError) as error:
        raise refusal from error
    if cursor.listing != digest(listing):
        raise refusal
    return key


def link(request: Request[Any, Any, Any], name: str, value: str | None) -> dict[str, str]:
    """Return the Link header (RFC 8288) to the next page, if there is one: the same query but for one parameter."""
    if value is None:
        return {}
    given = {each: values[-1] for each, values in request.query_params.dict().items()} | {name: value}
    return {"Link": f'<{request.url.path}?{urlencode(given)}>; rel="next"'}


def digest(listing: object) -> str:
    """Return a short name for what is listed: its filters and its order."""
    return hashlib.sha256(msgspec.json.encode(listing, order="deterministic")).hexdigest()[:16]
