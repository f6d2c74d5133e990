"""The `regions` projection: what the incidents of each country and subdivision came to, a version an event."""

from typing import Final

import msgspec

from service.db import sql
from service.domain.facts import Facts
from service.projections.contribution import (
    NOWHERE,
    Extent,
    Grouping,
    Item,
    began,
    open_disruptions,
    open_investigations,
    regions,
)
from service.projections.groups import Statements, grouped
from service.store.changes import Snapshot

_encode: Final = msgspec.json.Encoder().encode


def _extent(snapshot: Snapshot) -> Extent:
    start = began(snapshot.facts)
    return NOWHERE if start is None else Extent(last=(start, str(snapshot.incident)))


def _items(snapshot: Snapshot) -> dict[Item, str]:
    facts, found = snapshot.facts, {}
    for item, each in open_disruptions(facts):
        told = {"key": item[1], "kind": each.kind, "area": each.area or None, "airport": each.airport or None}
        found[item] = _document(snapshot, told | {"since": each.start or None})
    for item, response in open_investigations(facts):
        told = {"key": item[1], "by": response.by or None, "status": response.status or None}
        found[item] = _document(snapshot, told | {"since": response.start or None})
    return found


def _document(snapshot: Snapshot, told: dict[str, str | None]) -> str:
    return _encode({"incident": str(snapshot.incident), **told}).decode()


def _no_places(_: Facts) -> list[str]:
    return []


_STATEMENTS: Final = Statements(
    "region",
    sql("regions_latest"),
    sql("regions_included"),
    sql("regions_members"),
    sql("regions_edges"),
    sql("regions_end"),
    sql("regions_forget"),
)
TABLES: Final = (
    "region_codes", "region_versions", "region_items", "region_members", "region_parts", "region_extents",
)  # fmt: skip
PROJECTION: Final = grouped("regions", 2, TABLES, _STATEMENTS, Grouping(regions, _no_places, _extent, _items))
