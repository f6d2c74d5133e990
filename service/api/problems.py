"""Every refusal as an RFC 9457 problem: one table from reason to status, type and title."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_401_UNAUTHORIZED, HTTP_403_FORBIDDEN, HTTP_500_INTERNAL_SERVER_ERROR

from service.api.refusals import (
    MAX_FAULTS,
    MalformedJson,
    NoSuchMethod,
    NoSuchPath,
    NotAcceptable,
    NotAuthenticated,
    NotPermitted,
    NotYet,
    Pointed,
    RevisionRequired,
    TooLarge,
    TooMany,
    Withdrawn,
    WrongMediaType,
    WrongRequest,
)
from service.db import DatabaseAway, NotBuilt
from service.domain import errors
from service.domain.errors import Fault
from service.orders import ExternalIdTaken, IdempotencyKeyReused, NotRecorded, OutOfBounds
from service.store.writer import QueueFull
from service.tokens import IssuerAway
from service.webhooks.subscriptions import TooManyWebhooks

PROBLEM_JSON: Final = "application/problem+json"
REQUEST_ID: Final = "ledger_request_id"
"""Where in the scope the Request-Id is."""
_log: Final = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem. `type` never changes; a client may switch on it."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Pointed, ...] = ()
    """Every fault found, each by a JSON Pointer (RFC 6901) into the part of the request that `in` names."""
    current_revision: int | msgspec.UnsetType = msgspec.UNSET
    """The revision that the incident is at, where the wrong one was expected."""
    incident: str | msgspec.UnsetType = msgspec.UNSET
    """The incident that the problem is about, where it is not the one asked for."""
    line: int | msgspec.UnsetType = msgspec.UNSET
    """The first line of an all-or-none batch that cannot be recorded; `errors` names all of them."""
    tombstone: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    """The retracted incident, with its retraction."""


class Kind(msgspec.Struct, frozen=True):
    """What is the same for every problem of one type."""

    status: int
    slug: str
    title: str
    description: str
    """What to do about it."""
    retry_after: int | None = None


_INVALID: Final = Kind(
    400,
    "invalid-request",
    "The request has faults",
    "`errors` has every fault: `in` says in which part of the request, `pointer` where in it, `message` what is wrong.",
)
KINDS: Final[Mapping[type[Exception], Kind]] = {
    MalformedJson: Kind(
        400, "malformed-json", "The body is not well-formed JSON",
        "RFC 8259 says what JSON is; a key that comes twice, NaN and infinities are refused too.",
    ),
    WrongRequest: _INVALID,
    errors.Invalid: _INVALID,
    NotAuthenticated: Kind(
        401, "not-authenticated", "An API key or a token is needed",
        "Send `Authorization: Bearer ...` with an API key that is neither revoked nor expired (an operator makes "
        "them), or with an access token of the issuer that the service trusts. `WWW-Authenticate` says what is wrong.",
    ),
    NotPermitted: Kind(
        403, "not-permitted", "The API key or token lacks a scope", "Ask for one with the scope that `detail` names."
    ),
    OutOfBounds: Kind(
        403, "out-of-bounds", "The API key may not write this",
        "It is bound to namespaces of external ids or to subdivisions: `detail` names them, `errors` what is beyond.",
    ),
    errors.NotFound: Kind(
        404, "not-found", "There is nothing here", "Check the path and the id; `detail` says what was looked for."
    ),
    NoSuchMethod: Kind(
        405, "method-not-allowed", "The resource has no such method", "Use one of the methods that `Allow` lists."
    ),
    NotAcceptable: Kind(
        406, "not-acceptable", "No media type that the client accepts is made here",
        "Send no `Accept`, or one with a type that `detail` names.",
    ),
    errors.AlreadyReported: Kind(
        409, "not-retracted", "The incident stands: only a retracted one can be reported again",
        "Revise the incident instead, or retract it first.",
    ),
    errors.AlreadyRetracted: Kind(
        409, "already-retracted", "The incident is retracted already",
        "Read it with `retracted=include`; report it again if the retraction was wrong.",
    ),
    TooManyWebhooks: Kind(
        409, "too-many-webhooks", "The client has as many webhooks as one may have",
        "Delete one that is of no use any more; one webhook can be told of whatever its filters match.",
    ),
    ExternalIdTaken: Kind(
        409, "external-id-taken", "An external id belongs to another incident",
        "`incident` is the one that has it: revise that one, or retract it, which frees its external ids.",
    ),
    Withdrawn: Kind(
        410, "retracted", "The incident was retracted",
        "Do not show it as true. `tombstone` is it, with its retraction; `retracted=include` reads it with 200.",
    ),
    errors.RevisionConflict: Kind(
        412, "revision-conflict", "The incident has moved on",
        "Read it again, look at what changed up to `current_revision`, and send the change with the new ETag.",
    ),
    TooLarge: Kind(413, "too-large", "The body is too large", "Send less at once; /v1/batches takes many commands."),
    WrongMediaType: Kind(
        415, "unsupported-media-type", "The body is of a type that is not read here",
        "Send the `Content-Type` that `detail` names, and no `Content-Encoding`.",
    ),
    errors.NothingChanged: Kind(
        422, "nothing-changed", "The revision changes nothing", "The facts say so already: there is nothing to do."
    ),
    IdempotencyKeyReused: Kind(
        422, "idempotency-key-reused", "The Idempotency-Key was used for another request",
        "Use a new key for a new request; repeat a request with the very same body.",
    ),
    NotRecorded: Kind(
        422, "batch-not-recorded", "The batch was not recorded",
        "Nothing of it was. `errors` names each line that cannot be, and why: correct them, send all again.",
    ),
    RevisionRequired: Kind(
        428, "revision-required", "If-Match is needed",
        "Send the ETag of the revision that you have seen, so that you overwrite nothing that you have not.",
    ),
    IssuerAway: Kind(
        503, "issuer-away", "Whether the token is good cannot be found out now",
        "The issuer of tokens does not answer, and this one is signed with a key that is not known here. Keep the "
        "token, and send the same request again after `Retry-After`.", 5,
    ),
    QueueFull: Kind(
        503, "overloaded", "Too many commands wait", "Nothing was recorded. Send it again after `Retry-After`.", 1
    ),
    TooMany: Kind(
        503, "too-many-subscribers", "Too many clients wait for what comes",
        "Try again after `Retry-After`, or ask without waiting.", 5,
    ),
    NotYet: Kind(
        503, "position-not-reached", "The position asked for is not reached yet",
        "Nothing older was passed off as fresh. Send it again after `Retry-After`, or without `min-position`.", 1,
    ),
    NotBuilt: Kind(
        503, "being-built", "What is asked for is being built from the log",
        "Send it again after `Retry-After`; /v1/projections says how far it is.", 2,
    ),
    DatabaseAway: Kind(
        503, "database-away", "The database cannot be reached",
        "Send the same request again after `Retry-After` seconds, with the same Idempotency-Key if it was a write.", 2,
    ),
    Exception: Kind(
        500, "internal-error", "Something went wrong here",
        "It is not your request's fault. Tell the operator the Request-Id of the answer, under which it was logged.",
    ),
}  # fmt: skip
"""In the order of their status; the first that the exception is an instance of counts."""

_SAYS: Final[Mapping[type[Exception], str]] = {
    NotBuilt: "It is made from the log, and will be there when that is done.",
    QueueFull: "Nothing was recorded. Try again in a second.",
    DatabaseAway: "If this was a write, nobody knows whether it was recorded: repeat it with the same Idempotency-Key.",
    IssuerAway: "The token was not looked at any further; nothing is known against it.",
    Exception: "It is not your request's fault, and it has been logged under the Request-Id of this answer.",
}


def kind_of(error: Exception) -> tuple[type[Exception], Kind]:
    """Return the row of the table that the exception falls under."""
    for reason in type(error).__mro__:
        if reason in KINDS:
            return reason, KINDS[reason]
    raise error


def problem_of(error: Exception, *, of_line: bool = False) -> Problem:
    """Describe a refusal: of a request, or of a line of a batch."""
    reason, kind = kind_of(error)
    return Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=_SAYS.get(reason) or str(error) or kind.title,
        errors=_pointed(error, of_line=of_line),
        current_revision=getattr(error, "current", msgspec.UNSET),
        incident=str(error.holder) if isinstance(error, ExternalIdTaken) else msgspec.UNSET,
        line=error.because[0][0] if isinstance(error, NotRecorded) else msgspec.UNSET,
        tombstone=msgspec.Raw(error.document) if isinstance(error, Withdrawn) else msgspec.UNSET,
    )


def _pointed(error: Exception, *, of_line: bool) -> tuple[Pointed, ...]:
    if isinstance(error, WrongRequest):
        return error.pointed
    if isinstance(error, NotRecorded):
        return tuple(islice(_of_lines(error), MAX_FAULTS))
    faults: Sequence[Fault] = getattr(error, "faults", ())
    found = tuple(Pointed(fault.pointer, fault.message) for fault in faults)
    if isinstance(error, OutOfBounds) and error.of_target is not None:
        found += (Pointed(f"/{error.target}", error.of_target, "body" if of_line else "path"),)
    return found


def _of_lines(error: NotRecorded) -> Iterator[Pointed]:
    for line, because in error.because:
        for each in _pointed(because, of_line=True) or [Pointed("", str(because))]:
            yield msgspec.structs.replace(each, line=line)


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Turn any exception into its problem+json."""
    headers: dict[str, str] = dict(getattr(error, "headers", None) or {})
    if isinstance(error, HTTPException):
        error = _of_litestar(error)
    problem = problem_of(error)
    if problem.status == HTTP_500_INTERNAL_SERVER_ERROR:
        _log.error(
            "%s %s failed, Request-Id %s",
            request.method,
            request.url.path,
            request.scope.get(REQUEST_ID),
            exc_info=error,
        )
    retry_after = kind_of(error)[1].retry_after
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if problem.status in {HTTP_401_UNAUTHORIZED, HTTP_403_FORBIDDEN}:
        headers["WWW-Authenticate"] = _challenge(error)
    return Response(msgspec.json.encode(problem), media_type=PROBLEM_JSON, status_code=problem.status, headers=headers)


def _challenge(error: Exception) -> str:
    """Return what RFC 6750 (section 3) has the client told: an error only where it had sent a token."""
    said = 'Bearer realm="incident-ledger"'
    if isinstance(error, NotAuthenticated):
        return said if error.wrong is None else f'{said}, error="invalid_token", error_description="{error.wrong}"'
    said += ', error="insufficient_scope"'
    return f'{said}, scope="{error.scope}"' if isinstance(error, NotPermitted) else said


def _of_litestar(error: HTTPException) -> Exception:
    """Say in our words what the framework refused: there is no such path, or too large a body."""
    match error.status_code:
        case 404:
            return NoSuchPath()
        case 405:
            return NoSuchMethod()
        case 413:
            return TooLarge("A body may have 1 MiB; /v1/batches takes more, line by line.")
        case _:
            return error
