"""What regions and campaigns come to, added up from all incidents as they are: slow, and simple enough to be right."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from msgspec import UNSET

from service.domain.facts import Facts
from service.domain.resolution import Number
from service.store.changes import Snapshot

Json = dict[str, Any]
OF_OBJECTS: Final = ("observed", "destroyed", "impacted", "lost_contact")
OF_INCIDENTS: Final = ("killed", "injured")
World = dict[UUID, Snapshot]
Edges = dict[tuple[UUID, str], tuple[UUID, str]]


def regions(facts: Facts) -> set[str]:
    """Return the codes of countries and subdivisions."""
    codes = {each.country for each in facts.locations.values() if each.country is not UNSET}
    subdivisions = {each.subdivision for each in facts.locations.values() if each.subdivision is not UNSET}
    return codes | subdivisions | {code[:2] for code in subdivisions}


def campaigns(facts: Facts) -> set[str]:
    """Return the slugs of campaigns."""
    return set(facts.campaigns)


def figures(world: World, inside: Iterable[Snapshot]) -> Json:
    """Return what the API says of some incidents, given all that there are."""
    real = [each for each in inside if each.facts.message_status == "actual"]
    standing = [each for each in real if each.retraction is None]
    starts = sorted(
        (each.facts.occurred.start, str(each.incident))
        for each in standing
        if each.facts.occurred is not UNSET and each.facts.occurred.start is not UNSET
    )
    totals, left_out, parts = {}, [], edges(world)
    for measure in (*OF_OBJECTS, *OF_INCIDENTS):
        totals[measure], left = total(measure, standing, parts)
        left_out += left
    return {
        "incidents": len(standing),
        "retracted": len(real) - len(standing),
        "by_kind": dict(Counter(each.facts.kind for each in standing)),
        "totals": totals,
        "incidents_with_damage": sum(damaged(each) for each in standing),
        "disruptions": sorted(open_things(standing, "disruptions")),
        "investigations": sorted(open_things(standing, "responses")),
        "left_out": sorted(left_out),
        "first": starts[0][0] if starts else None,
        "last": starts[-1] if starts else None,
        "points": [
            place.point for each in standing for place in each.facts.locations.values() if place.point is not UNSET
        ],
        "regions": dict(Counter(code for each in standing for code in regions(each.facts))),
        "said": sorted(
            (str(each.incident), key)
            for each in standing
            for key, said in each.facts.assessments.items()
            if said.kind != "threat"
        ),
    }


def edges(world: World) -> Edges:
    """Return which claim is part of which, of incidents that count."""
    return {
        (each.incident, key): (claim.scope.part_of.incident, claim.scope.part_of.claim)
        for each in world.values()
        if each.facts.message_status == "actual" and each.retraction is None
        for key, claim in each.facts.claims.items()
        if claim.scope is not UNSET and claim.scope.part_of is not UNSET
    }


def numbers(snapshot: Snapshot, measure: str) -> list[Number | None]:
    """Return what an incident says of one measure, of each of its objects."""
    if measure in OF_INCIDENTS:
        return [snapshot.derived.casualties.get(measure)]
    return [snapshot.derived.objects.get(key, {}).get(measure) for key in snapshot.facts.objects] or [None]


def total(measure: str, standing: list[Snapshot], parts: Edges) -> tuple[Json, list[tuple[str, str, str]]]:
    """Return a total, and the incident, measure and claim of what is not in it."""
    inputs = [(each.incident, number) for each in standing for number in numbers(each, measure)]
    numbered = {incident for incident, number in inputs if number is not None and number.low is not None}
    added, left = [], []
    for incident, number in inputs:
        if number is not None and number.claim is not UNSET and includes(parts, (incident, number.claim), numbered):
            left.append((str(incident), measure, str(number.claim)))
        else:
            added.append(number)
    said = [each for each in added if each is not None and each.low is not None]
    best = [each.best for each in said if each.best is not None]
    high = [each.high for each in said if each.high is not None]
    none = sum(each.state == "none_reported" for each in said)
    return {
        "best": sum(best) if best else None,
        "low": sum(each.low or 0 for each in said) if said else None,
        "high": sum(high) if said and len(high) == len(said) else None,
        "inputs": {"counted": len(said) - none, "none_reported": none, "unknown": len(added) - len(said)},
        "disputed": sum(each.disputed for each in said),
        "left_out": len(left),
    }, left


def includes(parts: Edges, claim: tuple[UUID, str], numbered: set[UUID]) -> bool:
    """Say whether an incident that has a number includes the claim; one that includes itself is included in none."""
    path = [claim]
    while (above := parts.get(path[-1])) is not None and above not in path:
        path.append(above)
        if above[0] == claim[0]:
            return False
    return any(incident in numbered for incident, _ in path[1:])


def damaged(snapshot: Snapshot) -> bool:
    """Say whether there is damage that somebody reports, and not only denies."""
    counts = snapshot.derived.damage
    return any(
        not each.none_reported
        and not (key in counts and counts[key]["count"].state == "none_reported")
        and not denied(snapshot, each.claims)
        for key, each in snapshot.facts.damage.items()
    )


def denied(snapshot: Snapshot, claims: tuple[str, ...]) -> bool:
    """Say whether all of these claims are denied."""
    said = {snapshot.facts.claims[key].confidence for key in claims if key in snapshot.facts.claims}
    return said == {"denied"}


def open_things(standing: list[Snapshot], name: str) -> list[tuple[str, str]]:
    """Return incident and key of the disruptions, or of the investigations, that are not over."""
    return [
        (str(each.incident), key)
        for each in standing
        for key, thing in getattr(each.facts, name).items()
        if thing.end is UNSET and thing.status not in ("ended", "completed")
        if name == "disruptions" or thing.kind == "investigation"
        if not denied(each, thing.claims)
    ]
