"""The `campaigns` projection: what the incidents of each campaign came to, a version an event."""

from typing import Final

import msgspec
from msgspec import UNSET

from service.db import sql
from service.domain.facts import Claim, Facts
from service.projections.contribution import Extent, Grouping, Item, began, regions
from service.projections.groups import Statements, grouped
from service.store.changes import Snapshot

_SAID: Final = frozenset(["coordination", "attribution", "pattern"])
_encode: Final = msgspec.json.Encoder().encode


def _slugs(facts: Facts) -> list[str]:
    return sorted(set(facts.campaigns))


def _extent(snapshot: Snapshot) -> Extent:
    start = began(snapshot.facts)
    points = [each.point for each in snapshot.facts.locations.values() if each.point is not UNSET]
    box = None
    if points:
        longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
        box = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    return Extent(start, None if start is None else (start, str(snapshot.incident)), box)


def _items(snapshot: Snapshot) -> dict[Item, str]:
    facts, found = snapshot.facts, {}
    for key, each in facts.assessments.items():
        if each.kind in _SAID:
            told = {
                "incident": snapshot.incident, "key": key, "kind": each.kind, "text": each.text,
                "confidence": each.confidence or None,
                "claims": {claim: _voice(facts.claims[claim]) for claim in each.claims if claim in facts.claims},
            }  # fmt: skip
            found["assessment", key] = _encode(told).decode()
    return found


def _voice(claim: Claim) -> dict[str, object]:
    names = ("source", "source_name", "attribution", "relayed_by", "confidence")
    return {name: said for name in names if (said := getattr(claim, name)) is not UNSET}


_STATEMENTS: Final = Statements(
    "campaign",
    sql("campaigns_latest"),
    sql("campaigns_included"),
    sql("campaigns_members"),
    sql("campaigns_edges"),
    sql("campaigns_end"),
    sql("campaigns_forget"),
)
TABLES: Final = (
    "campaign_codes", "campaign_versions", "campaign_items", "campaign_members", "campaign_parts", "campaign_extents",
)  # fmt: skip
PROJECTION: Final = grouped("campaigns", 2, TABLES, _STATEMENTS, Grouping(_slugs, regions, _extent, _items))
