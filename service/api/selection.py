"""Which incidents statistics are of, and lists of choices in a query."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api.positions import AsOf
from service.api.refusals import Pointed, WrongRequest
from service.api.requests import moment
from service.db import Database
from service.domain import forms, vocabulary
from service.domain.checks import Codes
from service.projections.sums import Asked
from service.store import events


def moment_meta(description: str) -> Meta:
    """Return what describes a parameter that is a time."""
    schema = {"format": "date-time"}
    return Meta(max_length=40, description=description, examples=["2026-05-01T00:00:00Z"], extra_json_schema=schema)


class Selection(Struct, kw_only=True, forbid_unknown_fields=True):
    """Filters (all must hold), the state of the log, and the rule."""

    country: forms.Country | UnsetType = UNSET
    subdivision: forms.Subdivision | UnsetType = UNSET
    kind: vocabulary.Kind | UnsetType = UNSET
    object_type: (
        Annotated[
            vocabulary.ObjectType, Meta(description="It has an object of the type; of others, nothing is added up.")
        ]
        | UnsetType
    ) = UNSET
    message_status: Annotated[Literal["actual", "exercise", "test", "any"], Meta(description="Whether it is real.")] = (
        "actual"
    )
    as_of: AsOf | UnsetType = UNSET
    rule_version: Annotated[
        int, Meta(ge=1, le=vocabulary.RULE_VERSION, description="By which version of the rule numbers are derived.")
    ] = vocabulary.RULE_VERSION


_NOT_FILTERS: Final = frozenset(["metric", "group_by", "recent_weeks", "baseline_weeks"])


def applied(asked: Selection, start: datetime, end: datetime) -> dict[str, str]:
    """Return every filter that holds, the defaults too."""
    given = {name: str(value) for name, value in msgspec.to_builtins(asked).items() if name not in _NOT_FILTERS}
    return given | {"occurred_from": events.instant(start), "occurred_to": events.instant(end)}


def wanted(asked: Selection, position: int | None, start: datetime, end: datetime) -> Asked:
    """Return what the projection is to be asked."""
    return Asked(
        position=position,
        rule_version=asked.rule_version,
        start=start,
        end=end,
        message_status=None if asked.message_status == "any" else asked.message_status,
        kind=asked.kind or None,
        country=asked.country or None,
        subdivision=asked.subdivision or None,
        object_type=asked.object_type or None,
    )


def check_codes(asked: Selection, codes: Codes) -> None:
    """Refuse a code that does not exist: an answer of zero would say that nothing happened there."""
    known = (("country", codes.countries), ("subdivision", codes.subdivisions))
    faults = [
        Pointed(f"/{name}", f"There is no {name} {given}.", "query")
        for name, there in known
        if (given := getattr(asked, name)) is not UNSET and given not in there
    ]
    if faults:
        raise WrongRequest(faults)


def choices(name: str, text: str | UnsetType, of: Sequence[str], most: int) -> list[str]:
    """Read values that have commas between them."""
    given = [] if text is UNSET else text.split(",")
    wrong = [each for each in given if each not in of]
    if wrong or len(set(given)) < len(given) or len(given) > most:
        told = f"It takes one to {most} of {', '.join(of)}, none twice, with commas between them."
        raise WrongRequest([Pointed(f"/{name}", told, "query")])
    return given


def choices_schema(of: Sequence[str], most: int) -> dict[str, Any]:
    """Return what the schema says of such a list."""
    one = "|".join(of)
    return {"pattern": f"^({one})(,({one})){{0,{most - 1}}}$"}


async def known_at(db: Database, as_of: str | UnsetType, position: int | None) -> datetime:
    """Return the time up to which the answer knows of anything: that of `as_of`, or now."""
    if position is None or as_of is UNSET:
        return datetime.now(UTC)
    if not as_of.isdigit():
        return cast("datetime", moment("as_of", as_of))
    found = await events.at(db, [position])
    return found[position].recorded_at if position in found else datetime.now(UTC)
