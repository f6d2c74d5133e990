"""An incident as a row of CSV, and as a feature of GeoJSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.api import geojson
from service.api.columns import Cell, Columns

_PLAIN: Final = ("id", "status", "revision", "position", "recorded_at", "reported_at", "actor")
_OCCURRED: Final = ("start", "end", "precision")
_LISTS: Final = ("countries", "subdivisions", "object_types", "sources", "campaigns")
_OF_OBJECTS: Final = ("destroyed", "observed", "impacted", "lost_contact")
_OF_CASUALTIES: Final = ("killed", "injured")

Json = Mapping[str, Any]
Sum = tuple[str, int | None, int | None, int | None]
_UNKNOWN: Final[Sum] = ("unknown", None, None, None)


def row(item: Json) -> Sequence[Cell]:
    """Return the cells of an incident."""
    facts, derived = item["facts"], item["derived"]
    occurred = facts.get("occurred", {})
    cells: list[Cell] = [item[name] for name in _PLAIN]
    cells += [" ".join(item["flags"]), facts["kind"], facts["title"], facts.get("message_status", "actual")]
    cells += [occurred.get(name) for name in _OCCURRED]
    cells += [" ".join(sorted(set(each))) for each in _coded(facts)]
    for name in _OF_OBJECTS:
        cells += added(numbers[name] for numbers in derived["objects"].values() if name in numbers)
    for name in _OF_CASUALTIES:
        cells += added([derived["casualties"][name]] if name in derived["casualties"] else [])
    return cells


def added(numbers: Iterable[Json]) -> Sum:
    """
    Return state, best, low and high of numbers together.

    `none_reported` only where nobody counts any; `best` is what the claims vouch for, and `high` is not known where
    one of the numbers is not, or is open.
    """
    every = list(numbers)
    known = [each for each in every if each["state"] != "unknown"]
    if not known:
        return _UNKNOWN
    best = [each["best"] for each in known if each["best"] is not None]
    high = [each["high"] for each in every]
    return (
        "counted" if any(each["state"] == "counted" for each in known) else "none_reported",
        sum(best) if best else None,
        sum(each["low"] for each in known),
        None if None in high else sum(high),
    )


def _points(item: Json) -> geojson.Geometry:
    """Return the points of an incident's locations."""
    locations = item["facts"].get("locations", {}).values()
    return geojson.of_points([each["point"] for each in locations if "point" in each])


GEOGRAPHY: Final = geojson.Geography(lambda item: str(item["id"]), _points)


def _coded(facts: Json) -> Iterable[Iterable[str]]:
    """Return the codes of each of _LISTS."""
    locations = facts.get("locations", {}).values()
    subdivisions = [each["subdivision"] for each in locations if "subdivision" in each]
    claims = facts.get("claims", {}).values()
    return (
        [each["country"] for each in locations if "country" in each] + [each[:2] for each in subdivisions],
        subdivisions,
        [each["type"] for each in facts.get("objects", {}).values()],
        [each[by] for each in claims for by in ("source", "relayed_by") if by in each],
        facts.get("campaigns", ()),
    )


COLUMNS: Final = Columns(
    (
        *_PLAIN,
        "flags",
        "kind",
        "title",
        "message_status",
        *(f"occurred_{name}" for name in _OCCURRED),
        *_LISTS,
        *(f"{name}_{part}" for name in (*_OF_OBJECTS, *_OF_CASUALTIES) for part in ("state", "best", "low", "high")),
    ),
    row,
)
