"""/v1/incidents/{incident}/revisions: who said what, when, and what it changed."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import examples, paging
from service.api.answers import FOR_EVER, REVALIDATE, Reply, negotiate
from service.api.conditional import etag
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import NoSuchRevision
from service.api.requests import Reading, incident_id, no_query, number, query_parts
from service.domain.errors import NotFound
from service.projections import history
from service.projections.history import Revision
from service.projections.incidents import IncidentDocument

TAG: Final = "Incidents"


class RevisionsQuery(Struct, forbid_unknown_fields=True):
    """Which revisions."""

    limit: Annotated[int, Meta(ge=1, le=500, description="How many at most.")] = 100
    cursor: Annotated[str, Meta(max_length=500, description="`next_cursor` of the page before.")] | UnsetType = UNSET


class RevisionPage(Struct):
    """Revisions in order."""

    items: list[Revision]
    next_cursor: str | None


@get(
    "/v1/incidents/{incident:str}/revisions",
    opt=described(
        Operation(
            id="listRevisions",
            summary="Read an incident's history",
            description="Every event of the incident, in order; of a retracted one too.",
            tag=TAG,
            scope="incidents:read",
            headers=ReadHeaders,
            query=RevisionsQuery,
            answers={
                200: Answer(
                    description="Its events in order.",
                    body=RevisionPage,
                    headers=("Cache-Control", "Link"),
                    example=examples.REVISION_PAGE,
                )
            },
        )
    ),
)
async def history_of(request: Request[Any, Any, Any], incident: str) -> Reply:
    """Read an incident's history."""
    negotiate(request, JSON)
    reading = Reading()
    wanted: UUID = reading.of(incident_id, incident)
    asked = query_parts(request, RevisionsQuery, reading)
    await settle(request, reading, None)
    listing = ["revisions", str(wanted)]
    after = (
        paging.decode(asked.cursor, listing, tuple[Annotated[int, Meta(ge=0, le=2**31 - 1)]])[0]
        if asked.cursor is not UNSET
        else 0
    )
    found, more, head = await history.revisions(parts(request).db, wanted, int(after), asked.limit)
    if not found and not after:
        raise NotFound
    cursor = paging.encode(listing, (found[-1].revision,)) if more else None
    named = {"Cache-Control": REVALIDATE} | paging.link(request, "cursor", cursor)
    return Reply(msgspec.json.encode(RevisionPage(found, cursor)), position=head, headers=named)


@get(
    "/v1/incidents/{incident:str}/revisions/{revision:str}",
    opt=described(
        Operation(
            id="readRevision",
            summary="Read an incident as it stood at a revision",
            description="Of a retracted incident too: who asks for a revision asks for history.",
            tag=TAG,
            scope="incidents:read",
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The incident as it then stood.",
                    body=IncidentDocument,
                    headers=("ETag", "Cache-Control"),
                    example=examples.INCIDENT,
                )
            },
        )
    ),
)
async def at_revision(request: Request[Any, Any, Any], incident: str, revision: str) -> Reply:
    """Read an incident as it stood at a revision."""
    negotiate(request, JSON)
    reading = Reading()
    reading.of(no_query, request)
    wanted: UUID = reading.of(incident_id, incident)
    which: int = reading.of(number, "revision", revision, 2**31 - 1)
    await settle(request, reading, None)
    state = await history.state(parts(request).db, wanted, which, None, None)
    if not state.row.revision:
        raise NoSuchRevision
    named = {"ETag": etag(state.row.revision, state.row.document), "Cache-Control": FOR_EVER}
    return Reply(state.row.document, position=state.row.head, headers=named)
