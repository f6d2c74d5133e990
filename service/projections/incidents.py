"""The `incidents` projection: each incident as it stands, rendered once, when it changes."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service import names, words
from service.db import Database, sql
from service.domain import vocabulary
from service.domain.events import Retracted
from service.domain.facts import Facts
from service.domain.flags import flags
from service.domain.resolution import Derived, derive

_NOW: Final = sql("incidents_now")
_SIMILAR: Final = sql("incidents_similar")
_UNKNOWN_TIME: Final = datetime.min.replace(tzinfo=UTC)
"""What asyncpg writes as -infinity."""
_NEVER: Final = "9999-12-31T23:59:59.999999Z"
_SPANS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "part_of_day": timedelta(hours=12),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
}
DESTROYED: Final = tuple(step * 10**zeros for zeros in range(9) for step in (1, 2, 5))
"""An incident has a tag `destroyed:n` for each of these that its number reaches: lists find the rough number by it."""
_DESTROYED_TAGS: Final = tuple(f"destroyed:{step}" for step in DESTROYED)
_encode: Final = msgspec.json.Encoder().encode


class IncidentDocument(Struct, omit_defaults=True):
    """An incident: what is claimed, what the claims come to, and where in the log it stands."""

    id: UUID
    status: vocabulary.Status
    revision: Annotated[int, Meta(ge=1, description="The number of its events.")]
    position: Annotated[int, Meta(ge=1, description="Where its last event is in the log.")]
    recorded_at: Annotated[
        str, Meta(description="When its last event was recorded.", extra_json_schema={"format": "date-time"})
    ]
    reported_at: Annotated[
        str, Meta(description="When its first event was recorded.", extra_json_schema={"format": "date-time"})
    ]
    actor: Annotated[str, Meta(description="The API client that recorded its last event.")]
    flags: Annotated[list[vocabulary.Flag], Meta(description="What is odd about it; nothing is refused for that.")]
    facts: Facts
    derived: Annotated[Derived, Meta(description="What the claims come to, by the rule of `rule_version`.")]
    expunged: Annotated[
        int, Meta(ge=0, description="How many of its events are without their data, which was taken out of the log.")
    ] = 0
    retraction: Annotated[Retracted, Meta(description="Why it was taken back, if it was.")] | UnsetType = UNSET


class Shown(Struct, frozen=True):
    """What readers get of an incident, but for what only the log knows."""

    status: str
    message_status: str
    occurred_start: datetime
    occurred_end: datetime
    flags: str
    flags_if_early: str
    body: str


class View(Shown, frozen=True):
    """What an event leaves in the projection: beside what is shown, what lists look for."""

    tags: str
    places: str | None
    external_ids: frozenset[str]


class Standing(Struct):
    """An incident's document, as far as a writer needs it."""

    revision: int
    status: vocabulary.Status
    reported_at: str
    facts: dict[str, Any]
    expunged: int = 0


def view(facts: Facts, encoded_facts: bytes, retraction: Retracted | None, expunged: int = 0) -> View:
    """Render an incident; `encoded_facts` are the facts as JSON, `expunged` is how many of its events have no data."""
    derived = derive(facts)
    odd = _odd(facts, derived, expunged)
    external_ids = frozenset([f"{namespace}/{key}" for namespace, key in facts.external_ids.items()])
    return View(
        **msgspec.structs.asdict(_shown(facts, encoded_facts, retraction, expunged, derived, odd)),
        tags=_tags(facts, external_ids, odd, derived) + (f"\nexpunged:{expunged}" if expunged else ""),
        places="\n".join(_places(facts)) or None,
        external_ids=external_ids,
    )


def shown(facts: Facts, encoded_facts: bytes, retraction: Retracted | None, expunged: int = 0) -> Shown:
    """Render no more of it than its document needs: a third of the work."""
    derived = derive(facts)
    return _shown(facts, encoded_facts, retraction, expunged, derived, _odd(facts, derived, expunged))


def _odd(facts: Facts, derived: Derived, expunged: int) -> list[str]:
    odd: list[str] = list(flags(facts, derived, _NEVER))
    return sorted([*odd, "expunged"]) if expunged else odd


def _shown(
    facts: Facts, encoded_facts: bytes, retraction: Retracted | None, expunged: int, derived: Derived, odd: list[str]
) -> Shown:
    start, end = _occurred(facts)
    body = b'"expunged":%d,' % expunged if expunged else b""
    body += b'"facts":' + encoded_facts + b',"derived":' + _encode(derived)
    if retraction is not None:
        body += b',"retraction":' + _encode(retraction)
    return Shown(
        status="active" if retraction is None else "retracted",
        message_status=facts.message_status,
        occurred_start=start,
        occurred_end=end,
        flags=_encode(odd).decode(),
        flags_if_early=_encode(sorted([*odd, "occurred_after_recorded"])).decode(),
        body=(body + b"}").decode(),
    )


def document(
    incident: UUID, revision: int, position: int, recorded_at: str, reported_at: str, actor: str, seen: Shown
) -> bytes:
    """Return the bytes that the append stores for the same view (migrations/V0003__append.sql)."""
    start = seen.occurred_start
    early = start > datetime.fromisoformat(recorded_at)
    return (
        f'{{"id":"{incident}","status":"{seen.status}","revision":{revision},"position":{position}'
        f',"recorded_at":"{recorded_at}","reported_at":"{reported_at}","actor":"{actor}"'
        f',"flags":{seen.flags_if_early if early else seen.flags},{seen.body}'
    ).encode()


def expunged(document: bytes) -> int:
    """Return how many of its events are without their data, by what stands before the facts."""
    _, found, rest = document[: document.find(b'"facts":')].partition(b'"expunged":')
    return int(rest.rstrip(b",")) if found else 0


def _occurred(facts: Facts) -> tuple[datetime, datetime]:
    """Return the interval that lists filter on: to the end of the grain, where only a start is known."""
    said = facts.occurred
    if said is UNSET or (said.start is UNSET and said.end is UNSET):
        return _UNKNOWN_TIME, _UNKNOWN_TIME
    start = said.end if said.start is UNSET else said.start
    begin = datetime.fromisoformat(str(start))
    if said.end is not UNSET:
        return begin, datetime.fromisoformat(said.end)
    try:
        return begin, begin + _SPANS.get(str(said.precision), timedelta())
    except OverflowError:
        return begin, begin


def _tags(facts: Facts, external_ids: Iterable[str], odd: Iterable[str], derived: Derived) -> str:
    """Return what lists look for, one a line."""
    tags = [f"kind:{facts.kind}"]
    for location in facts.locations.values():
        if location.country is not UNSET:
            tags.append(f"country:{location.country}")
        if location.subdivision is not UNSET:
            tags += (f"subdivision:{location.subdivision}", f"country:{location.subdivision[:2]}")
    tags += [f"object_type:{thing.type}" for thing in facts.objects.values()]
    for claim in facts.claims.values():
        tags += [f"source:{source}" for source in (claim.source, claim.relayed_by) if source is not UNSET]
    tags += [f"campaign:{campaign}" for campaign in facts.campaigns]
    tags += [f"flag:{flag}" for flag in odd]
    if destroyed := _destroyed(derived):
        tags += _DESTROYED_TAGS[: bisect_right(DESTROYED, destroyed)]
    for disruption in facts.disruptions.values():
        tags.append(f"disruption:{disruption.kind}")
        airports = (disruption.airport, *[each.airport for each in disruption.diverted_to.values()])
        tags += [f"airport:{airport}" for airport in airports if airport is not UNSET]
    tags += [f"external_id:{each}" for each in sorted(external_ids)]
    found = words.terms(_text(facts))
    for code in dict.fromkeys(_regions(facts)):
        found += names.terms(code)
    tags += ["word:" + "\nword:".join(dict.fromkeys(found))] if found else []
    return "\n".join(dict.fromkeys(tags))


def _regions(facts: Facts) -> Iterable[str]:
    for location in facts.locations.values():
        if location.country is not UNSET:
            yield location.country
        if location.subdivision is not UNSET:
            yield location.subdivision
            yield location.subdivision[:2]


def _destroyed(derived: Derived) -> int:
    """Return how many objects were destroyed, as far as that is known."""
    total = 0
    for numbers in derived.objects.values():
        number = numbers.get("destroyed")
        if number is not None and number.best is not None:
            total += number.best
    return total


def _text(facts: Facts) -> str:
    texts: list[str | UnsetType] = [facts.title, facts.summary]
    texts += [each.place for each in facts.locations.values()]
    texts += [each.description for each in facts.damage.values()]
    for disruption in facts.disruptions.values():
        texts += (disruption.kind.replace("_", " "), disruption.area, disruption.description)
        texts += [each.place for each in disruption.diverted_to.values()]
    texts += [each.source_name for each in facts.claims.values()]
    return " ".join([text for text in texts if text is not UNSET])


def _places(facts: Facts) -> list[str]:
    return [f"({each.point[0]},{each.point[1]})" for each in facts.locations.values() if each.point is not UNSET]


async def standing(db: Database, ids: Sequence[UUID], external_ids: Sequence[str]) -> list[tuple[UUID, Standing]]:
    """Return the incidents that have one of these ids or external ids."""
    rows = await db.fetch(_NOW, ids, external_ids)
    return [(row["incident"], _DOCUMENT.decode(row["document"])) for row in rows]


_DOCUMENT: Final = msgspec.json.Decoder(Standing)


class Similar(Struct):
    """An incident that may be the same one."""

    incident: UUID
    revision: int
    title: str


async def similar(db: Database, seen: View, but: UUID) -> list[Similar]:
    """Return active incidents of the same kind, region and time, or with a common external id."""
    tags = seen.tags.split("\n")
    regions = [tag for tag in tags if tag.startswith("subdivision:")]
    kind = next(tag for tag in tags if tag.startswith("kind:"))
    externals = [f"external_id:{each}" for each in seen.external_ids]
    rows = await db.fetch(_SIMILAR, regions, kind, seen.occurred_start, seen.occurred_end, externals, but)
    return [Similar(*row) for row in rows]
