"""/v1/incidents: report, revise, retract, and read one."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, post
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import examples
from service.api.access import actor_of, bounds_of
from service.api.answers import Reply, negotiate
from service.api.conditional import etag, expected_revisions
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.refusals import RevisionRequired
from service.api.requests import Body, Reading, check_media_type, headers, incident_id, query, whole_body
from service.domain import errors, forms
from service.domain.commands import Command, Report, Retract, Revise
from service.domain.resolution import Derived
from service.domain.vocabulary import Flag
from service.orders import ExternalIdTaken, IdempotencyKeyReused, Order, OutOfBounds
from service.projections import incidents
from service.projections.incidents import IncidentDocument, Similar
from service.store.writer import QueueFull

TAG: Final = "Incidents"


class ReportHeaders(Struct, rename={"idempotency_key": "Idempotency-Key"}):
    """Headers of a report."""

    idempotency_key: forms.IdempotencyKey | UnsetType = UNSET


class ChangeHeaders(ReportHeaders, rename={"if_match": "If-Match"}, kw_only=True):
    """Headers of a change; conditional.expected_revisions reads If-Match."""

    if_match: Annotated[
        str,
        Meta(
            description="The ETag of the revision that the client has seen; `*`: whichever it is at. 428 without it.",
            examples=['"1"'],
        ),
    ]


class WriteQuery(Struct, forbid_unknown_fields=True):
    """How to write."""

    dry_run: Annotated[
        bool, Meta(description="Say what would be recorded and what it would become; record nothing.")
    ] = False


class Rehearsal(Struct, omit_defaults=True):
    """What a command would lead to."""

    command: Annotated[dict[str, Any], Meta(description="What would be recorded, normalised.")]
    facts: Annotated[dict[str, Any], Meta(description="The facts of the incident after it.")]
    derived: Derived
    warnings: Annotated[list[Flag], Meta(description="What is odd; it would be recorded all the same.")]
    possible_duplicates: Annotated[
        list[Similar],
        Meta(description="Active incidents of the same kind, region and time, or with the same external id."),
    ]


_RECORDED: Final = ("ETag", "Location", "Idempotent-Replayed")
_REFUSED: Final = (errors.Invalid, IdempotencyKeyReused, ExternalIdTaken, OutOfBounds, QueueFull)
_CHANGE_REFUSED: Final = (*_REFUSED, errors.RevisionConflict, RevisionRequired)
_REHEARSED: Final = Answer(
    description="With `dry_run`: what would be recorded.", body=Rehearsal, example=examples.REHEARSAL
)


def _recorded(what: str) -> dict[int, Answer]:
    answer = Answer(description=what, body=IncidentDocument, headers=_RECORDED, example=examples.INCIDENT)
    return {200: _REHEARSED, 201: answer}


_REPORT: Final = Body(Report)
_REVISE: Final = Body(Revise)
_RETRACT: Final = Body(Retract)


@post(
    "/v1/incidents",
    status_code=201,
    opt=described(
        Operation(
            id="reportIncident",
            summary="Report an incident",
            tag=TAG,
            scope="incidents:write",
            query=WriteQuery,
            headers=ReportHeaders,
            body=Report,
            body_example=examples.REPORT,
            answers=_recorded("The incident, as it is now on record."),
            refusals=_REFUSED,
        )
    ),
)
async def report(request: Request[Any, Any, Any]) -> Reply:
    """Report an incident."""
    return await _write(request, _REPORT)


@post(
    "/v1/incidents/{incident:str}/revisions",
    status_code=201,
    opt=described(
        Operation(
            id="reviseIncident",
            summary="Revise an incident",
            description="`patch` is a JSON Merge Patch (RFC 7396) of the facts. It must change something.",
            tag=TAG,
            scope="incidents:write",
            query=WriteQuery,
            headers=ChangeHeaders,
            body=Revise,
            body_example=examples.REVISE,
            answers=_recorded("The incident, revised."),
            refusals=(*_CHANGE_REFUSED, errors.AlreadyRetracted, errors.NothingChanged),
        )
    ),
)
async def revise(request: Request[Any, Any, Any], incident: str) -> Reply:
    """Revise an incident."""
    return await _change(request, incident, _REVISE)


@post(
    "/v1/incidents/{incident:str}/retraction",
    status_code=201,
    opt=described(
        Operation(
            id="retractIncident",
            summary="Retract an incident",
            description="It stays readable, marked as retracted, with its history.",
            tag=TAG,
            scope="incidents:write",
            query=WriteQuery,
            headers=ChangeHeaders,
            body=Retract,
            body_example=examples.RETRACT,
            answers=_recorded("The incident, retracted."),
            refusals=(*_CHANGE_REFUSED, errors.AlreadyRetracted),
        )
    ),
)
async def retract(request: Request[Any, Any, Any], incident: str) -> Reply:
    """Retract an incident."""
    return await _change(request, incident, _RETRACT)


@post(
    "/v1/incidents/{incident:str}/reports",
    status_code=201,
    opt=described(
        Operation(
            id="reportIncidentAgain",
            summary="Report a retracted incident again",
            tag=TAG,
            scope="incidents:write",
            query=WriteQuery,
            headers=ChangeHeaders,
            body=Report,
            body_example=examples.REPORT,
            answers=_recorded("The incident, on record again."),
            refusals=(*_CHANGE_REFUSED, errors.AlreadyReported),
        )
    ),
)
async def report_again(request: Request[Any, Any, Any], incident: str) -> Reply:
    """Report a retracted incident again."""
    return await _change(request, incident, _REPORT)


async def _change(request: Request[Any, Any, Any], incident: str, form: Body) -> Reply:
    return await _write(request, form, incident)


async def _write(request: Request[Any, Any, Any], form: Body, incident: str | None = None) -> Reply:
    negotiate(request, JSON)
    check_media_type(request, JSON)
    reading = Reading()
    wanted: UUID | None = None if incident is None else reading.of(incident_id, incident)
    expected: frozenset[int] | None = None if incident is None else reading.of(expected_revisions, request)
    how: WriteQuery = reading.of(query, request, WriteQuery)
    sent: ReportHeaders = reading.of(headers, request, ReportHeaders)
    command: Command = reading.of(form.read, await whole_body(request), parts(request).codes)
    reading.finish()
    key, bounds = sent.idempotency_key or None, bounds_of(request)
    order = Order(command, wanted, expected=expected, key=key, bounds=bounds)
    if how.dry_run:
        return await _rehearse(request, order)
    receipt = await parts(request).register.carry_out(actor_of(request), order)
    document = receipt.document()
    named = {"ETag": etag(receipt.revision, document), "Location": f"/v1/incidents/{receipt.incident}"}
    if receipt.replayed:
        named["Idempotent-Replayed"] = "true"
    return Reply(document, position=receipt.position, status=201, headers=named)


async def _rehearse(request: Request[Any, Any, Any], order: Order) -> Reply:
    db = parts(request).db
    decided = await parts(request).register.rehearse(order)
    seen = msgspec.json.decode("{" + decided.view.body)
    similar = await incidents.similar(db, decided.view, decided.entry.incident)
    rehearsal = {
        "command": msgspec.json.decode(decided.entry.data),
        "facts": seen["facts"],
        "derived": seen["derived"],
        "warnings": msgspec.json.decode(decided.view.flags),
        "possible_duplicates": similar,
    }
    return Reply(msgspec.json.encode(rehearsal), position=db.head)
