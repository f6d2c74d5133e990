"""GET /v1/incidents/{incident}: one incident, now or as it once stood."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import examples, geojson, incident_forms, listed
from service.api.answers import FOR_EVER, REVALIDATE, Reply, negotiate
from service.api.conditional import etag, not_modified
from service.api.operation import GEOJSON, JSON, MSGPACK, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import AsOf, ReadHeaders, settle
from service.api.refusals import NoSuchRevision, Withdrawn
from service.api.requests import Reading, incident_id, moment_or_position, query_parts
from service.domain import errors
from service.projections import history
from service.projections.incidents import IncidentDocument
from service.store import events


class ShowHeaders(ReadHeaders, rename={"if_none_match": "If-None-Match"}):
    """Headers of a read of one incident."""

    if_none_match: (
        Annotated[str, Meta(description="The ETag of what the client has.", examples=['"1"'])] | UnsetType
    ) = UNSET


class ReadQuery(Struct, forbid_unknown_fields=True):
    """Which state of an incident."""

    revision: (
        Annotated[int, Meta(ge=1, le=2**31 - 1, description="As it stood at this revision.", examples=[1])] | UnsetType
    ) = UNSET
    as_of: AsOf | UnsetType = UNSET
    retracted: Annotated[
        Literal["refuse", "include"],
        Meta(description="`include`: answer a retracted incident with 200, not with 410."),
    ] = "refuse"


@get(
    "/v1/incidents/{incident:str}",
    opt=described(
        Operation(
            id="readIncident",
            summary="Read an incident",
            description="A retracted one is answered 410 with its tombstone: nobody is to show it as true by mistake.",
            tag="Incidents",
            scope="incidents:read",
            query=ReadQuery,
            headers=ShowHeaders,
            answers={
                200: listed.described_one(IncidentDocument, incident_forms.GEOGRAPHY, examples.INCIDENT, "ETag"),
                304: Answer(description="The client has it already.", headers=("ETag", "Cache-Control", "Vary")),
            },
            refusals=(Withdrawn,),
        )
    ),
)
async def show(request: Request[Any, Any, Any], incident: str) -> Reply:
    """Read an incident."""
    media = negotiate(request, JSON, MSGPACK, GEOJSON)
    reading, db = Reading(), parts(request).db
    wanted: UUID = reading.of(incident_id, incident)
    asked = query_parts(request, ReadQuery, reading)
    await settle(request, reading, None)
    if asked.revision is UNSET and asked.as_of is UNSET:
        found, lasting = await parts(request).lookup.get(wanted), False
    else:
        moment, position = moment_or_position("as_of", asked.as_of, (await events.head(db))[0])
        state = await history.state(db, wanted, asked.revision or None, position, moment)
        found, lasting = state.row, state.lasting
    if not found.revision:
        raise errors.NotFound if asked.revision is UNSET and asked.as_of is UNSET else NoSuchRevision
    if found.status == "retracted" and asked.retracted != "include":
        raise Withdrawn(found.document)
    tag = etag(found.revision, found.document, _FORMS[media])
    named = {"ETag": tag, "Cache-Control": FOR_EVER if lasting else REVALIDATE, "Vary": "Accept"}
    if not_modified(request, tag):
        return Reply(b"", position=found.head, status=304, headers=named)
    return Reply(_rendered(found.document, media), position=found.head, media_type=media, headers=named)


_FORMS: Final = {JSON: "", MSGPACK: "msgpack", GEOJSON: "geojson"}
"""What comes after the revision in the ETag."""


def _rendered(document: bytes, media: str) -> bytes:
    if media == MSGPACK:
        return listed.as_msgpack(document)
    if media == GEOJSON:
        return msgspec.json.encode(geojson.feature(msgspec.json.decode(document), incident_forms.GEOGRAPHY, None))
    return document
