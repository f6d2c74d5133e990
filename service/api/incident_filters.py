"""The filters of incidents: of the list, of what has changed, and of the stream."""

import re
from math import asin, cos, degrees, radians, sin
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from service import names
from service.api.refusals import Pointed, WrongRequest
from service.api.requests import Reading, moment
from service.domain import forms, vocabulary
from service.domain.checks import Codes
from service.projections.incidents import DESTROYED
from service.projections.incidents_list import Circle, Filters

_DECIMAL: Final = r"(-?[0-9]{1,3}(?:\.[0-9]{1,9})?)"
_NEAR: Final = re.compile(rf"{_DECIMAL},{_DECIMAL},([0-9]{{1,5}}(?:\.[0-9]{{1,9}})?)")
_BBOX: Final = re.compile(",".join([_DECIMAL] * 4))
_MAX_WORDS: Final = 20
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


def _time(description: str) -> Any:  # noqa: ANN401  # a type
    return (
        Annotated[
            str,
            Meta(
                max_length=40,
                description=description,
                examples=["2026-05-01T00:00:00Z"],
                extra_json_schema={"format": "date-time"},
            ),
        ]
        | UnsetType
    )


class Filtered(Struct, kw_only=True, forbid_unknown_fields=True):
    """Filters of incidents: all must hold."""

    country: forms.Country | UnsetType = UNSET
    subdivision: forms.Subdivision | UnsetType = UNSET
    kind: vocabulary.Kind | UnsetType = UNSET
    object_type: vocabulary.ObjectType | UnsetType = UNSET
    status: Annotated[Literal["active", "retracted", "any"], Meta(description="Whether the report stands.")] = "active"
    message_status: Annotated[Literal["actual", "exercise", "test", "any"], Meta(description="Whether it is real.")] = (
        "actual"
    )
    campaign: forms.Slug | UnsetType = UNSET
    source: Annotated[forms.Slug, Meta(description="Who makes or relays one of its claims.")] | UnsetType = UNSET
    airport: forms.Airport | UnsetType = UNSET
    external_id: forms.ExternalId | UnsetType = UNSET
    occurred_from: _time("It happened at this time or later; what has no known time is left out.") = UNSET  # type: ignore[valid-type]
    occurred_to: _time("It happened before this time; what has no known time is left out.") = UNSET  # type: ignore[valid-type]
    recorded_from: _time("Its last event was recorded at this time or later.") = UNSET  # type: ignore[valid-type]
    recorded_to: _time("Its last event was recorded before this time.") = UNSET  # type: ignore[valid-type]
    bbox: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="west,south,east,north in degrees: one of its points is inside. West may exceed east.",
                examples=["35.0,53.0,38.5,56.0"],
            ),
        ]
        | UnsetType
    ) = UNSET
    q: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=300,
                description=(
                    "Words, all of which it has, in any order: in its title, summary, places, damage, disruptions and "
                    "source names, or in what its regions and countries are called in English, Russian, Ukrainian and "
                    "German. A word is found in its other forms (Russian, English) and in the other alphabet: "
                    "`Калуге` where it says Kaluga. `oblast`, `край` and the like are passed over beside other words."
                ),
                examples=["fire administrative", "пожар Kaluga oblast"],
            ),
        ]
        | UnsetType
    ) = UNSET
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


_TAGS: Final = (
    "country",
    "subdivision",
    "kind",
    "object_type",
    "campaign",
    "source",
    "airport",
    "external_id",
)


def chosen(asked: Filtered, reading: Reading, codes: Codes) -> Filters:
    """Return what an incident must be; `reading` is told of what cannot be read."""
    tags = [f"{name}:{value}" for name in _TAGS if (value := getattr(asked, name)) is not UNSET]
    tags += _tags(asked)
    in_region: tuple[list[str], list[str] | None] | None = reading.of(_within, asked, codes)
    in_all, in_one = in_region or ([], None)
    tags += in_all
    tags += [f"word:{word}" for word in reading.of(_searched, asked.q) or ()]
    reading.of(_check_codes, asked, codes)
    return Filters(
        tags=tags,
        one_of=in_one,
        status=None if asked.status == "any" else asked.status,
        message_status=None if asked.message_status == "any" else asked.message_status,
        occurred_from=reading.of(moment, "occurred_from", asked.occurred_from),
        occurred_to=reading.of(moment, "occurred_to", asked.occurred_to),
        recorded_from=reading.of(moment, "recorded_from", asked.recorded_from),
        recorded_to=reading.of(moment, "recorded_to", asked.recorded_to),
        box=reading.of(_bounds, asked.bbox),
        early=_early(asked),
        near=reading.of(circle, asked.near),
        destroyed=None if asked.min_destroyed is UNSET else asked.min_destroyed,
    )


def _searched(q: str | UnsetType) -> list[str]:
    found = [] if q is UNSET else names.searched(q)
    if q is not UNSET and not 0 < len(found) <= _MAX_WORDS:
        raise WrongRequest([Pointed("/q", f"It needs at least one word, and at most {_MAX_WORDS}.", "query")])
    return found


def _check_codes(asked: Filtered, codes: Codes) -> None:
    """Refuse a code that does not exist: an empty list would say that nothing happened there."""
    known = (("country", codes.countries), ("subdivision", codes.subdivisions), ("airport", codes.airports))
    faults = [
        Pointed(f"/{name}", f"There is no {name} {given}.", "query")
        for name, there in known
        if (given := getattr(asked, name)) is not UNSET and given not in there
    ]
    if faults:
        raise WrongRequest(faults)


def _bounds(text: str | UnsetType) -> tuple[float, float, float, float] | None:
    if text is UNSET:
        return None
    form = _BBOX.fullmatch(text)
    if form is None:
        raise WrongRequest(
            [Pointed("/bbox", "It is not west,south,east,north in degrees, as in 35.0,53.0,38.5,56.0.", "query")]
        )
    west, south, east, north = (float(each) for each in form.groups())
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90 or south > north:  # noqa: PLR2004  # degrees
        raise WrongRequest(
            [
                Pointed(
                    "/bbox",
                    "Longitudes are from -180 to 180, latitudes from -90 to 90, south not above north.",
                    "query",
                )
            ]
        )
    return west, south, east, north


def _within(asked: Filtered, codes: Codes) -> tuple[list[str], list[str] | None]:
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


def _tags(asked: Filtered) -> list[str]:
    """Return the tags of the other filters that are made by tags, or narrowed by them."""
    found = []
    if asked.disruption is not UNSET:
        found.append(f"disruption:{asked.disruption}")
    if asked.flag is not UNSET and not _early(asked):
        found.append(f"flag:{asked.flag}")
    if asked.min_destroyed is not UNSET:
        found.append(f"destroyed:{max(step for step in DESTROYED if step <= asked.min_destroyed)}")
    return found


def _early(asked: Filtered) -> bool:
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
