"""GeoJSON (RFC 7946): an item is a Feature; its geometry is what is known of where it is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from service.api.fields import Tree, prune

Json = Mapping[str, Any]
Geometry = dict[str, Any] | None
"""null is what RFC 7946 has for an unlocated feature."""


def nowhere(_: Json) -> Geometry:
    """Say that an item has no place of its own."""
    return None


class Geography(Struct, frozen=True):
    """What an item is as a Feature."""

    identity: Callable[[Json], str]
    geometry: Callable[[Json], Geometry] = nowhere


def feature(item: Json, geography: Geography, wanted: Tree | None) -> dict[str, Any]:
    """Return an item as a Feature; neither id nor geometry depends on what is wanted of the properties."""
    return {
        "type": "Feature",
        "id": geography.identity(item),
        "geometry": geography.geometry(item),
        "properties": prune(item, wanted),
    }


def collection(items: Iterable[Json], geography: Geography, wanted: Tree | None) -> dict[str, Any]:
    """Return items as a FeatureCollection."""
    return {"type": "FeatureCollection", "features": [feature(item, geography, wanted) for item in items]}


def of_points(points: Sequence[Sequence[float]]) -> Geometry:
    """Return the geometry of points, each a longitude and a latitude."""
    if not points:
        return None
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    return {"type": "MultiPoint", "coordinates": points}


def of_box(box: Sequence[float] | None) -> Geometry:
    """Return the geometry of west, south, east and north."""
    if box is None:
        return None
    west, south, east, north = box
    if (west, south) == (east, north):
        return of_points([(west, south)])
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [ring]}


_POSITION: Final = {
    "type": "array",
    "prefixItems": [
        {"type": "number", "minimum": -180, "maximum": 180},
        {"type": "number", "minimum": -90, "maximum": 90},
    ],
    "minItems": 2,
    "maxItems": 2,
}
_GEOMETRY: Final = {
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
        {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"const": "Polygon"},
                "coordinates": {"type": "array", "items": {"type": "array", "items": _POSITION, "minItems": 4}},
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
