"""How `regions` and `campaigns` are read: what they share."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from service.db import Database, NotBuilt
from service.domain import forms, vocabulary
from service.domain.facts import PartOf
from service.projections.contribution import (
    BEST,
    CLOSED,
    COUNTED,
    DAMAGED,
    DISPUTED,
    DISRUPTIONS,
    HIGH,
    INCIDENTS,
    INVESTIGATIONS,
    KINDS,
    LEFT_OUT,
    LOW,
    MEASURES,
    NONE_REPORTED,
    RETRACTED,
    UNKNOWN,
    VOUCHED,
    kind_at,
    measure_at,
)
from service.projections.running import Running
from service.projections.totals import Inputs, Total

NOW: Final = 2**63 - 2
"""The position to read at for how it is now: before whatever stands ends."""
MOST_NAMED: Final = 100
_decode: Final = msgspec.json.Decoder(Running).decode

Time = Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})]
Position = Annotated[int, Meta(ge=1, description="Of the last event that changed any of this.")]


class Totals(Struct, frozen=True):
    """
    Sums of the derived numbers of incidents that stand.

    A number that is part of the number of another incident here is in `left_out`, and in no sum.
    """

    observed: Total
    destroyed: Total
    impacted: Total
    lost_contact: Total
    killed: Total
    injured: Total


class Figures(Struct, frozen=True, kw_only=True):
    """What incidents come to: those that stand; exercises and tests are not counted."""

    incidents: Annotated[int, Meta(ge=0, description="Those that stand.")]
    retracted: Annotated[int, Meta(ge=0, description="Those that were taken back; they count for nothing else.")]
    by_kind: dict[vocabulary.Kind, int]
    totals: Totals
    incidents_with_damage: Annotated[
        int, Meta(ge=0, description="Those of which somebody says that something was damaged, and does not deny it.")
    ]
    open_disruptions: Annotated[
        int, Meta(ge=0, description="Disruptions that nobody says are over, nor denies: this does not say they last.")
    ]
    open_investigations: Annotated[
        int, Meta(ge=0, description="Investigations that nobody says are completed or over, nor denies.")
    ]


class LastIncident(Struct, frozen=True):
    """The one that began last."""

    id: UUID
    start: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class LeftOut(Struct, frozen=True):
    """A number that is not added, since one of another incident here includes it."""

    incident: UUID
    measure: str
    object: Annotated[forms.EntryId | None, Meta(description="Of which of its objects; null: of all of it.")]
    claim: forms.ClaimId
    best: int | None
    part_of: Annotated[PartOf, Meta(description="The claim that it is said to be part of.")]


left_out: Final = msgspec.json.Decoder(LeftOut).decode


class Statements(Struct, frozen=True):
    """What reads one of the projections."""

    name: str
    page: str
    count: str
    get: str
    items: str


class Found(Struct, frozen=True):
    """A group as one event left it."""

    code: str
    position: int
    running: Running


def at_or_now(position: int | None) -> int:
    """Return the position to read at."""
    return NOW if position is None else position


async def page(
    db: Database, by: Statements, position: int, codes: Sequence[str] | None, after: str | None, limit: int
) -> tuple[list[Found], bool, int]:
    """Return the groups after a code as they were at a position, whether there are more, and how far this is."""
    rows = await db.fetch(by.page, position, codes, after, limit + 1)
    found = [Found(row["code"], row["position"], _decode(row["document"])) for row in rows if row["code"] is not None]
    return found[:limit], len(found) > limit, _reached(by, rows[0])


async def count(db: Database, by: Statements, position: int, codes: Sequence[str] | None) -> int:
    """Return how many there were on all pages."""
    return int((await db.fetchrow(by.count, position, codes))["count"])


async def get(db: Database, by: Statements, position: int, code: str) -> tuple[Found | None, int]:
    """Return a group as it was at a position, if there was one, and how far this is."""
    row = await db.fetchrow(by.get, position, code)
    found = None if row["document"] is None else Found(code, row["position"], _decode(row["document"]))
    return found, _reached(by, row)


async def items(db: Database, by: Statements, position: int, code: str, sorts: Sequence[str]) -> dict[str, list[str]]:
    """Return what of each sort there was at a position as JSON, MOST_NAMED at most."""
    found: dict[str, list[str]] = {sort: [] for sort in sorts}
    for row in await db.fetch(by.items, position, code, sorts, MOST_NAMED):
        found[row["sort"]].append(row["document"])
    return found


def figures(running: Running) -> dict[str, Any]:
    """Return the fields of Figures."""
    said = running.figures
    return {
        "incidents": said[INCIDENTS],
        "retracted": said[RETRACTED],
        "by_kind": {kind: said[kind_at(kind)] for kind in KINDS if said[kind_at(kind)]},
        "totals": Totals(*[_total(said[at : at + LEFT_OUT + 1]) for at in map(measure_at, range(len(MEASURES)))]),
        "incidents_with_damage": said[DAMAGED],
        "open_disruptions": said[DISRUPTIONS],
        "open_investigations": said[INVESTIGATIONS],
    }


def _total(said: Sequence[int]) -> Total:
    known = said[COUNTED] + said[NONE_REPORTED]
    return Total(
        best=said[BEST] if said[VOUCHED] else None,
        low=said[LOW] if known else None,
        high=said[HIGH] if known and said[CLOSED] == known else None,
        inputs=Inputs(said[COUNTED], said[NONE_REPORTED], said[UNKNOWN]),
        disputed=said[DISPUTED],
        left_out=said[LEFT_OUT],
    )


def _reached(by: Statements, row: Any) -> int:  # noqa: ANN401  # a Record
    if row["reached"] is None:
        raise NotBuilt(f"{by.name} is being built.")
    return int(row["reached"])
