"""GET /v1/incidents/{incident}/explain: from a number to the claims, the rule and the events behind it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, UnsetType

from service.api import examples
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.incidents_read import ReadQuery
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import NoSuchRevision, Withdrawn
from service.api.requests import Reading, incident_id, moment_or_position, query_parts
from service.domain import errors
from service.domain.vocabulary import RULE_VERSION
from service.projections import explained, history
from service.projections.explained import Explained, NoSuchNumber
from service.store import events
from service.store.events import Recorded

_MOST_NAMED: Final = 100


class NoNumberThere(errors.NotFound):
    """The incident has no number at the path."""

    def __init__(self, paths: Sequence[str]) -> None:
        there = ", ".join(paths[:_MOST_NAMED]) or "none: nobody spoke of any"
        self.detail = f"The incident has no number at this path. It has {there}."
        super().__init__()


class ExplainQuery(ReadQuery, kw_only=True, forbid_unknown_fields=True):
    """Which number, of which state of the incident, by which rule."""

    path: (
        Annotated[
            str,
            Meta(
                max_length=200,
                description="JSON Pointer (RFC 6901) into `derived`, to one number; without it, all are explained.",
                examples=["/objects/uavs/destroyed", "/casualties/killed", "/damage/roof/count"],
            ),
        ]
        | UnsetType
    ) = UNSET
    rule_version: Annotated[int, Meta(ge=1, le=RULE_VERSION, description="The version of the rule.")] = RULE_VERSION


_INCIDENT: Final = UUID("01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01")
_RECORDED: Final = [
    Recorded(
        4262, UUID(int=0), _INCIDENT, 1, "reported", 1, datetime(2026, 5, 1, 3, 12, 44, 120731, UTC),
        "newsroom", msgspec.json.encode(examples.REPORT).decode(),
    )
]  # fmt: skip


@get(
    "/v1/incidents/{incident:str}/explain",
    opt=described(
        Operation(
            id="explainIncident",
            summary="Explain an incident's numbers",
            description=(
                "What each claim says of a number, whether it counts and why not, what it is compared by, and the "
                "events that set it. A retracted incident is answered 410, as when it is read."
            ),
            tag="Incidents",
            scope="incidents:read",
            query=ExplainQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The numbers.",
                    body=Explained,
                    headers=("Cache-Control",),
                    example=msgspec.to_builtins(
                        explained.explained(_RECORDED, "/objects/uavs/destroyed", RULE_VERSION)
                    ),
                )
            },
            refusals=(errors.NotFound, Withdrawn),
        )
    ),
)
async def show(request: Request[Any, Any, Any], incident: str) -> Reply:
    """Explain an incident's numbers."""
    negotiate(request, JSON)
    reading, db = Reading(), parts(request).db
    wanted: UUID = reading.of(incident_id, incident)
    asked = query_parts(request, ExplainQuery, reading)
    await settle(request, reading, None)
    moment, position = moment_or_position("as_of", asked.as_of, (await events.head(db))[0])
    revision = asked.revision or None
    recorded, head, _ = await events.of_incident(db, wanted, revision=revision, position=position, recorded_at=moment)
    if not recorded or (revision is not None and recorded[-1].revision < revision):
        raise NoSuchRevision if revision or asked.as_of else errors.NotFound
    try:
        found = explained.explained(recorded, asked.path or None, asked.rule_version)
    except NoSuchNumber as error:
        raise NoNumberThere(error.paths) from error
    if found.status == "retracted" and asked.retracted != "include":
        raise Withdrawn((await history.state(db, wanted, revision, position, moment)).row.document)
    return Reply(msgspec.json.encode(found), position=head, headers={"Cache-Control": REVALIDATE})
