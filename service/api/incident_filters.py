"""Filters of the list of incidents that take more than a look at one of its tags."""

import re
from math import asin, cos, degrees, radians, sin
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from service.api.listing import Asked
from service.api.refusals import Pointed, WrongRequest
from service.domain import forms, vocabulary
from service.domain.checks import Codes
from service.projections.incidents import DESTROYED
from service.projections.incidents_list import Circle

_DECIMAL: Final = r"(-?[0-9]{1,3}(?:\.[0-9]{1,9})?)"
_NEAR: Final = re.compile(rf"{_DECIMAL},{_DECIMAL},([0-9]{{1,5}}(?:\.[0-9]{{1,9}})?)")
_RADIUS_KM: Final = 6371.0088
_LEAST_KM: Final = 0.001
_MOST_KM: Final = 20015
_MARGIN: Final = 1e-6
"""Degrees by which the boxes around a circle are too large: they may hold too much, never too little."""
_MOST_DESTROYED: Final = forms.MAX_COUNT * forms.MAX_ENTRIES

Within = Annotated[
    str,
    Meta(
        pattern=forms.REGION_PATTERN,
        description=(
            "One of its places is in this country (ISO 3166-1) or subdivision (ISO 3166-2), or in a "
            "subdivision below it."
        ),
        examples=["RU", "RU-KLU", "GB-ENG"],
    ),
]
Near = Annotated[
    str,
    Meta(
        max_length=60,
        description=(
            f"longitude,latitude,km: one of its points is at most so far from there, {_LEAST_KM} to {_MOST_KM} "
            f"km along a great circle of a sphere with a radius of {_RADIUS_KM} km."
        ),
        examples=["36.26,54.51,25"],
    ),
]


class Filtered(Asked, kw_only=True, forbid_unknown_fields=True):
    """Filters of incidents."""

    within: Within | UnsetType = UNSET
    disruption: vocabulary.DisruptionKind | UnsetType = UNSET
    flag: vocabulary.Flag | UnsetType = UNSET
    near: Near | UnsetType = UNSET
    min_destroyed: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=_MOST_DESTROYED,
                description=(
                    "The best numbers of its objects destroyed come to this at least; what is unknown adds nothing."
                ),
                examples=[10],
            ),
        ]
        | UnsetType
    ) = UNSET


def within(asked: Filtered, codes: Codes) -> tuple[list[str], list[str] | None]:
    """Return the tags that an incident in the region has all of, and those that it has one of."""
    code = asked.within
    if code is UNSET:
        return [], None
    if code not in codes.countries and code not in codes.subdivisions:
        message = f"There is no country (ISO 3166-1) and no subdivision (ISO 3166-2) {code}."
        raise WrongRequest([Pointed("/within", message, "query")])
    if "-" not in code:
        return [f"country:{code}"], None
    below = [f"subdivision:{each}" for each in codes.within(code)]
    return (below, None) if len(below) == 1 else ([], below)


def tags(asked: Filtered) -> list[str]:
    """Return the tags of the other filters that are made by tags, or narrowed by them."""
    found = []
    if asked.disruption is not UNSET:
        found.append(f"disruption:{asked.disruption}")
    if asked.flag is not UNSET and not early(asked):
        found.append(f"flag:{asked.flag}")
    if asked.min_destroyed is not UNSET:
        found.append(f"destroyed:{max(step for step in DESTROYED if step <= asked.min_destroyed)}")
    return found


def early(asked: Filtered) -> bool:
    """Whether the flag is wanted that depends on when an incident was recorded, and so is no tag."""
    return asked.flag == "occurred_after_recorded"


def circle(text: str | UnsetType) -> Circle | None:
    """Read `near`."""
    if text is UNSET:
        return None
    form = _NEAR.fullmatch(text)
    if form is None:
        message = "It is not longitude,latitude,km, as in 36.26,54.51,25."
        raise WrongRequest([Pointed("/near", message, "query")])
    longitude, latitude, km = (float(each) for each in form.groups())
    if abs(longitude) > 180 or abs(latitude) > 90 or not _LEAST_KM <= km <= _MOST_KM:  # noqa: PLR2004  # degrees
        message = f"Longitudes are from -180 to 180, latitudes from -90 to 90, km from {_LEAST_KM} to {_MOST_KM}."
        raise WrongRequest([Pointed("/near", message, "query")])
    return Circle(longitude, latitude, km, _boxes(longitude, latitude, km))


def _boxes(longitude: float, latitude: float, km: float) -> tuple[str, str]:
    """Return two boxes that hold the circle, the same twice where one is enough."""
    angle = km / _RADIUS_KM
    reach = degrees(angle) + _MARGIN
    south, north = latitude - reach, latitude + reach
    if south <= -90 or north >= 90:  # noqa: PLR2004  # it holds a pole, and so every longitude
        whole = _box(-180, south, 180, north)
        return whole, whole
    aside = degrees(asin(min(1.0, sin(angle) / cos(radians(latitude))))) + _MARGIN
    west, east = longitude - aside, longitude + aside
    if west < -180:  # noqa: PLR2004
        return _box(west + 360, south, 180, north), _box(-180, south, east, north)
    if east > 180:  # noqa: PLR2004
        return _box(west, south, 180, north), _box(-180, south, east - 360, north)
    return _box(west, south, east, north), _box(west, south, east, north)


def _box(west: float, south: float, east: float, north: float) -> str:
    return f"({west!r},{south!r}),({east!r},{north!r})"
