"""Why a derived number is what it is, with the events that brought what it is made of."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service.domain import events as facts_of_life
from service.domain import explanation, vocabulary
from service.domain.explanation import Account, Decision, Explanation
from service.domain.incident import Incident, evolve, facts_of
from service.domain.resolution import Number
from service.store.events import Recorded, instant


class Origin(Struct, frozen=True):
    """An event of the incident."""

    revision: Annotated[int, Meta(ge=1)]
    position: Annotated[int, Meta(ge=1)]
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    actor: str


class TracedAccount(Account, frozen=True, kw_only=True, omit_defaults=True):
    """What one claim says of the number, what became of it, and where it is from."""

    amount_set_by: Annotated[Origin, Meta(description="The event that last changed the amount.")]
    claim_set_by: Annotated[Origin, Meta(description="The event that last changed the claim.")] | UnsetType = UNSET


class ExplainedNumber(Struct, frozen=True, omit_defaults=True):
    """A derived number, and how it comes about."""

    path: Annotated[str, Meta(description="A JSON Pointer (RFC 6901) into `derived`.")]
    number: Number
    decided_by: Decision
    claims: Annotated[list[TracedAccount], Meta(description="Those that `best` can be from first, by their place.")]
    raised_by: Annotated[str, Meta(description="The claim of a part whose lower bound changed it.")] | UnsetType = UNSET


class Explained(Struct, frozen=True):
    """The numbers of one incident, and how each comes about."""

    incident: UUID
    status: vocabulary.Status
    revision: Annotated[int, Meta(ge=1)]
    position: Annotated[int, Meta(ge=1, description="Where the incident's last event is in the log.")]
    recorded_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    rule_version: int
    items: list[ExplainedNumber]


class NoSuchNumber(Exception):
    """There is no number at the path; `paths` are those where there is one."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = paths
        super().__init__()


Known = dict[str, tuple[object, Origin]]
"""What was said last under a key, and the event that brought it."""


def explained(recorded: Sequence[Recorded], path: str | None, version: int) -> Explained:
    """Explain the numbers of the incident that these events come to, or the one at a path; raise NoSuchNumber."""
    amounts: dict[str, Known] = {}
    claims: Known = {}
    now: Incident | None = None
    for each in recorded:
        event = facts_of_life.decode(each.type, each.schema_version, each.data)
        now = evolve(now, event)
        if facts_of_life.type_of(event) == "reported":  # whatever was said before, it is all said anew
            amounts, claims = {}, {}
        facts, origin = facts_of(now), Origin(each.revision, each.position, instant(each.recorded_at), each.actor)
        said = explanation.numbers(facts)
        amounts = {pointer: _traced(amounts.get(pointer, {}), of, origin) for pointer, of in said.items()}
        claims = _traced(claims, facts.claims, origin)
    if now is None:
        raise ValueError("there is one event at least")
    facts, last = facts_of(now), recorded[-1]
    said = explanation.numbers(facts)
    if path is not None and path not in said:
        raise NoSuchNumber(sorted(said))
    items = [
        _explained(pointer, explanation.explain(facts, said[pointer], version), amounts[pointer], claims)
        for pointer in (sorted(said) if path is None else [path])
    ]
    return Explained(last.incident, now.status, last.revision, last.position, instant(last.recorded_at), version, items)


def _traced(known: Known, said: Mapping[str, object], origin: Origin) -> Known:
    return {
        key: known[key] if key in known and known[key][0] == value else (value, origin) for key, value in said.items()
    }


def _explained(path: str, found: Explanation, amounts: Known, claims: Known) -> ExplainedNumber:
    accounts = [
        TracedAccount(
            **msgspec.structs.asdict(each),
            amount_set_by=amounts[each.claim or ""][1],
            claim_set_by=claims[each.claim][1] if each.claim in claims else UNSET,
        )
        for each in found.accounts
    ]
    return ExplainedNumber(path, found.number, found.decided_by, accounts, found.raised_by)
