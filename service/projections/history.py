"""An incident's history, read from the log: how it stood at any moment, and what each event changed."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import jsonpatch
import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service.db import Database
from service.domain import events as facts_of_life
from service.domain import vocabulary
from service.domain.events import EventType, Expunged, Logged, Reported, Retracted, Revised
from service.domain.facts import Claim
from service.domain.incident import Incident, evolve, facts_of
from service.projections import incidents
from service.projections.lookup import Row
from service.store import events, expunged
from service.store.events import Recorded
from service.store.expunged import Expunction

_encode: Final = msgspec.json.Encoder().encode


class Difference(Struct, omit_defaults=True, rename={"from_": "from"}):
    """One operation of a JSON Patch (RFC 6902)."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    value: Any = UNSET
    from_: str | UnsetType = UNSET


class Revision(Struct, omit_defaults=True):
    """One event of an incident, and what it changed."""

    revision: Annotated[int, Meta(ge=1)]
    type: EventType
    event_id: UUID
    position: Annotated[int, Meta(ge=1)]
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    actor: str
    changes: Annotated[
        list[Difference],
        Meta(description="JSON Patch (RFC 6902) of {status, facts, retraction} from the revision before, or from {}."),
    ]
    claims: Annotated[dict[str, Claim], Meta(description="The claims that it brought or changed.")]
    expunged: (
        Annotated[Expunction, Meta(description="Its data is gone; `changes` is what is left of what it did.")]
        | UnsetType
    ) = UNSET
    reason: str | UnsetType = UNSET
    reason_code: vocabulary.KeptReasonCode | UnsetType = UNSET
    effective_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | UnsetType = UNSET
    replaced_by: UUID | UnsetType = UNSET


class State(Struct, frozen=True):
    """An incident as it stood; `lasting` if no later event can change the answer."""

    row: Row
    lasting: bool


class Told(Struct, frozen=True):
    """What one event of an incident told: the events up to it, in order, and the incident as it stood after it."""

    recorded: list[Recorded]
    document: bytes
    reason: str
    """Why, if it is a revision or a retraction."""
    head: int


async def told(db: Database, incident: UUID, revision: int) -> Told | None:
    """Return what an event told; None if there is none."""
    recorded, head, _ = await events.of_incident(db, incident, revision=revision)
    if not recorded or recorded[-1].revision < revision:
        return None
    last = _event(recorded[-1])
    reason = last.reason if isinstance(last, Revised | Retracted) else ""
    return Told(recorded, _rendered(recorded)[1], reason, head)


async def state(
    db: Database, incident: UUID, revision: int | None, position: int | None, moment: datetime | None
) -> State:
    """Return an incident as it stood at a revision, a position or a time; revision 0 if it was not there."""
    recorded, head, head_at = await events.of_incident(
        db, incident, revision=revision, position=position, recorded_at=moment
    )
    if not recorded or (revision is not None and recorded[-1].revision < revision):
        return State(Row(head, 0, "", b""), lasting=False)
    passed = (position is None or position <= head) and (moment is None or moment < head_at)
    return State(Row(head, recorded[-1].revision, *_rendered(recorded)), lasting=passed)


def _rendered(recorded: list[Recorded]) -> tuple[str, bytes]:
    now: Incident | None = None
    for each in recorded:
        now = evolve(now, _event(each))
    assert now is not None, "there is one event at least"  # noqa: S101
    facts, last = facts_of(now), recorded[-1]
    seen = incidents.view(facts, _encode(facts), now.retraction, now.expunged)
    return now.status, incidents.document(
        last.incident, last.revision, last.position, events.instant(last.recorded_at),
        events.instant(recorded[0].recorded_at), last.actor, seen,
    )  # fmt: skip


async def revisions(db: Database, incident: UUID, after: int, limit: int) -> tuple[list[Revision], bool, int]:
    """Return the events after a revision with what each changed, whether there are more, and the head of the log."""
    recorded, head, _ = await events.of_incident(db, incident, revision=after + limit + 1)
    found: list[Revision] = []
    now: Incident | None = None
    for each in recorded[: after + limit]:
        event = _event(each)
        following = evolve(now, event)
        if each.revision > after:
            found.append(_revision(each, event, now, following))
        now = following
    gone = await expunged.at(db, [each.position for each in recorded[after:] if each.data is None])
    for revision in found:
        revision.expunged = gone.get(revision.position, UNSET)
    return found, len(recorded) > after + limit, head


def _revision(recorded: Recorded, event: Logged, before: Incident | None, after: Incident) -> Revision:
    old_claims = before.facts.get("claims", {}) if before else {}
    claims = {key: claim for key, claim in after.facts.get("claims", {}).items() if old_claims.get(key) != claim}
    changes = jsonpatch.make_patch(_comparable(before), _comparable(after)).patch
    revision = Revision(
        recorded.revision, facts_of_life.type_of(event), recorded.event_id, recorded.position,
        events.instant(recorded.recorded_at), recorded.actor,
        msgspec.convert(changes, list[Difference]), msgspec.convert(claims, dict[str, Claim]),
    )  # fmt: skip
    match event:
        case Reported() | Expunged():
            return revision
        case Revised():
            return msgspec.structs.replace(revision, reason=event.reason, effective_at=event.effective_at)
        case Retracted():
            return msgspec.structs.replace(
                revision,
                reason=event.reason,
                reason_code=event.reason_code,
                effective_at=event.effective_at,
                replaced_by=event.replaced_by,
            )


def _comparable(incident: Incident | None) -> dict[str, Any]:
    if incident is None:
        return {}
    shown: dict[str, Any] = {"status": incident.status, "facts": incident.facts}
    if incident.retraction is not None:
        shown["retraction"] = msgspec.to_builtins(incident.retraction)
    return shown


def _event(recorded: Recorded) -> Logged:
    return facts_of_life.decode(recorded.type, recorded.schema_version, recorded.data)
