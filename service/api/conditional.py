"""
Entity tags: an incident's tag is its revision, in quotes; in another form than JSON, the form comes after it.

Where data of its events has been expunged, how often that was comes between: the revision is then not what it was.

Two forms of one revision are not the same bytes, so their strong tags differ (RFC 9110, 8.8.3.3); If-Match takes
each of them for the revision that it names. What has no revision is tagged with a hash of its bytes.
"""

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from litestar import Request

from service.api.answers import REVALIDATE, Reply
from service.api.operation import JSON
from service.api.refusals import Pointed, RevisionRequired, WrongRequest
from service.projections.incidents import expunged

_TAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:\.[0-9]+)?(?:;[a-z]+)?"')
_LIST: Final = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')


def etag(revision: int, document: bytes, form: str = "") -> str:
    """Return the tag of an incident at a revision, in a form; `document` is the incident as JSON."""
    gone = expunged(document)
    return f'"{revision}{f".{gone}" if gone else ""}{f";{form}" if form else ""}"'


def tag_of(body: bytes) -> str:
    """Return the tag of these very bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def expected_revisions(request: Request[Any, Any, Any]) -> frozenset[int] | None:
    """
    Read If-Match: the revisions that the client may mean, or None for `*` (whichever it is at).

    `W/` is accepted: a proxy that compresses answers weakens their tags. Raises RevisionRequired without the header.
    """
    given = request.headers.get("if-match")
    if given is None:
        raise RevisionRequired('Send the ETag of the revision that you have seen, as in If-Match: "3".')
    if given.strip() == "*":
        return None
    if _LIST.fullmatch(given) is None:
        raise WrongRequest([Pointed("/If-Match", 'It is no entity tag: a revision in quotes, as in "3".', "header")])
    return frozenset(int(revision) for revision in _TAG.findall(given))


def not_modified(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether the client has the representation already (If-None-Match, compared weakly: RFC 9110, 13.1.2)."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return given.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in given.split(","))


def tagged(
    request: Request[Any, Any, Any],
    body: bytes,
    position: int,
    media_type: str = JSON,
    *,
    caching: str = REVALIDATE,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Reply:
    """Return a body with the hash of its bytes as its tag; 304 to a client that has it."""
    tag = tag_of(body)
    named = {"Cache-Control": caching, "ETag": tag}
    if not_modified(request, tag):
        kept = {name: value for name, value in headers.items() if name == "Vary"}
        return Reply(b"", position=position, status=304, headers={**named, **kept})
    return Reply(body, position=position, media_type=media_type, headers={**named, **headers})
