"""GeoJSON (RFC 7946): an item is a Feature, the places in it are the geometry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from service.api.fields import Tree, prune

Json = Mapping[str, Any]
Places = Callable[[Json], Sequence[Sequence[float]]]
"""The positions in an item: longitude, then latitude."""


def feature(item: Json, places: Places, wanted: Tree | None) -> dict[str, Any]:
    """Return an item as a Feature; the geometry does not depend on what is wanted of the properties."""
    return {
        "type": "Feature",
        "id": item["id"],
        "geometry": _geometry(places(item)),
        "properties": prune(item, wanted),
    }


def collection(items: Iterable[Json], places: Places, wanted: Tree | None) -> dict[str, Any]:
    """Return items as a FeatureCollection."""
    return {"type": "FeatureCollection", "features": [feature(item, places, wanted) for item in items]}


def _geometry(points: Sequence[Sequence[float]]) -> dict[str, Any] | None:
    """Return what is known of where it was: null, which RFC 7946 has for an unlocated feature, where nobody says."""
    if not points:
        return None
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    return {"type": "MultiPoint", "coordinates": points}


_POSITION = {
    "type": "array",
    "prefixItems": [
        {"type": "number", "minimum": -180, "maximum": 180},
        {"type": "number", "minimum": -90, "maximum": 90},
    ],
    "minItems": 2,
    "maxItems": 2,
}
_GEOMETRY = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {"type": {"const": "Point"}, "coordinates": _POSITION},
        },
        {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"const": "MultiPoint"},
                "coordinates": {"type": "array", "items": _POSITION, "minItems": 2},
            },
        },
        {"type": "null"},
    ]
}


def feature_schema(item: Json) -> dict[str, Any]:
    """Return the schema of a Feature whose properties have the given one."""
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string"},
            "geometry": _GEOMETRY,
            "properties": item,
        },
    }


def collection_schema(item: Json) -> dict[str, Any]:
    """Return the schema of a FeatureCollection of such features."""
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": feature_schema(item)},
        },
    }
