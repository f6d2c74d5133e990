"""GET /v1/incidents: regions with what is below them, circles on the globe, flags, disruptions, sums."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import pytest

from tests.api.samples import Json, batch, pointers, refusal, report, revise, unique
from tests.api.test_list_filters import titles

CLAIMS: Final = {"c": {"source": "governor"}, "d": {"source": "ministry"}}


def _destroyed(*numbers: Json) -> Json:
    objects = {f"o{n}": {"type": "uav", "counts": {"destroyed": {"c": each}}} for n, each in enumerate(numbers)}
    return {"objects": objects, "claims": CLAIMS}


REGISTER: Final[Mapping[str, Json]] = {
    "strasbourg": {"locations": {"a": {"subdivision": "FR-67", "point": [7.75, 48.58]}}},
    "lyon": {"locations": {"a": {"subdivision": "FR-69M"}}},
    "france": {"locations": {"a": {"country": "FR"}}},
    "kaluga": {"locations": {"a": {"subdivision": "RU-KLU", "point": [36.26, 54.51]}}},
    "suva": {"locations": {"a": {"country": "FJ", "point": [179.99, -17.0]}}},
    "taveuni": {"locations": {"a": {"country": "FJ", "point": [-179.99, -17.0]}}},
    "north pole": {"locations": {"a": {"point": [12.0, 90.0]}}},
    "near the north pole": {"locations": {"a": {"point": [-170.0, 89.9]}}},
    "near the south pole": {"locations": {"a": {"point": [100.0, -89.95]}}},
    "nowhere": {},
    "closed": {"disruptions": {"x": {"kind": "airport_closed"}, "y": {"kind": "flights_diverted"}}},
    "dark": {"disruptions": {"x": {"kind": "power_outage"}}},
    "disputed": {
        "claims": CLAIMS,
        "objects": {"o": {"type": "uav", "counts": {"observed": {"c": {"value": 3}, "d": {"value": 9}}}}},
    },
    "ends early": {"occurred": {"start": "2026-05-02T00:00:00Z", "end": "2026-05-01T00:00:00Z"}, "claims": CLAIMS},
    "ahead": {"occurred": {"start": "2999-01-01T00:00:00Z"}, "claims": CLAIMS},
    "none destroyed": _destroyed({"none_reported": True}),
    "unknown destroyed": _destroyed({"unknown": True}, {"at_most": 500}),
    "one destroyed": _destroyed({"value": 1}),
    "137 destroyed": _destroyed({"value": 40}, {"low": 97, "high": 300}, {"unknown": True}),
    "200 destroyed": _destroyed({"at_least": 200}),
    "two million destroyed": _destroyed({"value": 1_000_000}, {"value": 1_000_000}),
}


@pytest.fixture(scope="module")
def campaign(client: httpx.Client) -> str:
    """The campaign of incidents titled as above."""
    name = unique()
    facts = [{"title": title, "kind": "other", "campaigns": [name], **more} for title, more in REGISTER.items()]
    results = batch(client, *[{"command": "report", "facts": each} for each in facts])
    assert {each["status"] for each in results} == {201}
    return name


SOUTH: Final = {"suva", "taveuni"}
COUNTED: Final = {"137 destroyed", "200 destroyed", "two million destroyed"}
FILTERS: Final[Mapping[str, tuple[dict[str, str], set[str]]]] = {
    "within a country": ({"within": "FR"}, {"strasbourg", "lyon", "france"}),
    "within a subdivision of two levels": ({"within": "FR-GES"}, {"strasbourg"}),
    "within a subdivision of one level": ({"within": "FR-6AE"}, {"strasbourg"}),
    "within the lowest": ({"within": "FR-67"}, {"strasbourg"}),
    "within another": ({"within": "FR-ARA"}, {"lyon"}),
    "within what has nothing below": ({"within": "RU-KLU"}, {"kaluga"}),
    "within and a subdivision": ({"within": "FR", "subdivision": "FR-69M"}, {"lyon"}),
    "disruption": ({"disruption": "airport_closed"}, {"closed"}),
    "another disruption": ({"disruption": "flights_diverted"}, {"closed"}),
    "disruption of one": ({"disruption": "power_outage"}, {"dark"}),
    "disruption of none": ({"disruption": "communications"}, set()),
    "flag": ({"flag": "counts_disputed"}, {"disputed"}),
    "flag start_after_end": ({"flag": "start_after_end"}, {"ends early"}),
    "flag occurred_after_recorded": ({"flag": "occurred_after_recorded"}, {"ahead"}),
    "near": ({"near": "36.26,54.51,1"}, {"kaluga"}),
    "near, a metre": ({"near": "36.26,54.51,0.001"}, {"kaluga"}),
    "near, too far": ({"near": "36.3,54.51,1"}, set()),
    "near over the antimeridian from the west": ({"near": "179.995,-17,5"}, SOUTH),
    "near over the antimeridian from the east": ({"near": "-179.995,-17,5"}, SOUTH),
    "near on the antimeridian": ({"near": "180,-17,1.07"}, SOUTH),
    "near on the antimeridian, named the other way": ({"near": "-180,-17,1.07"}, SOUTH),
    "near on the antimeridian, too far": ({"near": "180,-17,1.06"}, set()),
    "near one side of it": ({"near": "179.99,-17,1"}, {"suva"}),
    "near the north pole, named by any longitude": ({"near": "-77,90,1"}, {"north pole"}),
    "near over the north pole": ({"near": "10,89.9,22.3"}, {"north pole", "near the north pole"}),
    "near the north pole, too far": ({"near": "10,89.9,22.2"}, {"north pole"}),
    "near the south pole": ({"near": "-80,-89.95,11.2"}, {"near the south pole"}),
    "near everything": (
        {"near": "0,0,20015"},
        {"strasbourg", "kaluga", *SOUTH, "north pole", "near the north pole", "near the south pole"},
    ),
    "min_destroyed 1": ({"min_destroyed": "1"}, {"one destroyed"} | COUNTED),
    "min_destroyed 2": ({"min_destroyed": "2"}, COUNTED),
    "min_destroyed 137": ({"min_destroyed": "137"}, COUNTED),
    "min_destroyed 138": ({"min_destroyed": "138"}, COUNTED - {"137 destroyed"}),
    "min_destroyed 200": ({"min_destroyed": "200"}, COUNTED - {"137 destroyed"}),
    "min_destroyed 201": ({"min_destroyed": "201"}, {"two million destroyed"}),
    "min_destroyed of two objects": ({"min_destroyed": "2000000"}, {"two million destroyed"}),
    "min_destroyed of more": ({"min_destroyed": "2000001"}, set()),
}  # fmt: skip


@pytest.mark.parametrize("as_of", [False, True], ids=["now", "as of now"])
@pytest.mark.parametrize("sort", ["-recorded", "recorded", "-occurred"])
@pytest.mark.parametrize(("params", "expected"), FILTERS.values(), ids=FILTERS)
def test_a_filter_lets_through_what_it_names(
    client: httpx.Client, campaign: str, params: dict[str, str], expected: set[str], sort: str, as_of: bool
) -> None:
    moment = {"as_of": str(client.get("/v1/head").json()["position"])} if as_of else {}
    assert titles(client, campaign=campaign, sort=sort, **params, **moment) == expected


def test_the_flag_of_what_lies_ahead_is_where_the_document_has_it(client: httpx.Client, campaign: str) -> None:
    listed = client.get("/v1/incidents", params={"campaign": campaign, "limit": 500}).json()["items"]
    for flag in ("counts_disputed", "occurred_after_recorded", "source_missing", "start_after_end"):
        named = {each["facts"]["title"] for each in listed if flag in each["flags"]}
        assert named
        assert titles(client, campaign=campaign, flag=flag) == named


def test_an_incident_is_flagged_no_longer_when_the_time_is_put_right(client: httpx.Client) -> None:
    name = unique()
    incident = report(client, campaigns=[name], occurred={"start": "2999-01-01T00:00:00Z"}, title="a")
    assert titles(client, campaign=name, flag="occurred_after_recorded") == {"a"}
    revise(client, incident["id"], {"occurred": {"start": "2026-01-01T00:00:00Z"}})
    assert titles(client, campaign=name, flag="occurred_after_recorded") == set()


def test_near_is_exact_wherever_it_is(client: httpx.Client) -> None:
    name, dice = unique(), random.Random(4)
    points = [
        (round(dice.uniform(-180, 180), 6), round(math.degrees(math.asin(dice.uniform(-1, 1))), 6)) for _ in range(120)
    ]
    points += [(180.0, 10.0), (-180.0, -10.0), (0.0, 90.0), (77.0, -90.0), (0.0, 0.0)]
    facts = [
        {"title": f"{n}", "kind": "other", "campaigns": [name], "locations": {"a": {"point": list(point)}}}
        for n, point in enumerate(points)
    ]
    assert {each["status"] for each in batch(client, *[{"command": "report", "facts": one} for one in facts])} == {201}
    for _ in range(40):
        center = dice.choice([*points, (180.0, 0.0), (-180.0, 60.0), (3.0, 89.999), (dice.uniform(-180, 180), -89.0)])
        center = (round(center[0], 6), round(center[1], 6))
        away = {f"{n}": distance(center, point) for n, point in enumerate(points)}
        km = round(dice.choice([*away.values(), 10 ** dice.uniform(-3, 4.3)]) + dice.choice((-0.01, 0.01)), 6)
        if not 0.001 <= km <= 20015:
            continue
        near = f"{center[0]:.6f},{center[1]:.6f},{km:.6f}"
        found = client.get("/v1/incidents", params={"campaign": name, "near": near, "limit": 500}).json()["items"]
        assert {each["facts"]["title"] for each in found} == {n for n, far in away.items() if far <= km}, near


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the km between two points by another formula than the service's: the angle between two vectors."""
    first, second = _vector(*one), _vector(*other)
    return 6371.0088 * math.atan2(math.dist(_cross(first, second), (0, 0, 0)), sum(map(_times, first, second)))


def _vector(longitude: float, latitude: float) -> tuple[float, float, float]:
    east, north = math.radians(longitude), math.radians(latitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def _times(one: float, other: float) -> float:
    return one * other


def _cross(a: Any, b: Any) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


BAD: Final[Mapping[str, Mapping[str, str]]] = {
    "within": {"ru": "ISO 3166", "RUS": "ISO 3166", "": "ISO 3166", "RU-": "ISO 3166", "XX": "no country",
               "RU-XXX": "no subdivision", "RU\n": ""},
    "disruption": {"": "", "closed": "airport_closed", "AIRPORT_CLOSED": "airport_closed"},
    "flag": {"": "", "odd": "occurred_after_recorded"},
    "near": {
        "": "longitude,latitude,km", "1,2": "longitude,latitude,km", "1,2,3,4": "longitude,latitude,km",
        "a,b,c": "longitude,latitude,km", "1,2,-3": "longitude,latitude,km", "181,0,1": "-180 to 180",
        "0,-90.1,1": "-90 to 90", "0,0,0": "0.001 to 20015", "0,0,0.0001": "0.001 to 20015",
        "0,0,20016": "0.001 to 20015", "0,0,1e3": "longitude,latitude,km", "nan,0,1": "longitude,latitude,km",
        "0,0,1\n": "",
    },
    "min_destroyed": {"0": "1", "-1": "1", "x": "whole number", "1.5": "whole number", "": "whole number",
                      "200000001": "200000000"},
}  # fmt: skip


@pytest.mark.parametrize(("name", "value", "said"), [(n, v, s) for n, each in BAD.items() for v, s in each.items()])
def test_what_cannot_be_is_refused_and_what_can_be_is_named(
    client: httpx.Client, name: str, value: str, said: str
) -> None:
    found = refusal(client.get("/v1/incidents", params={name: value}), 400, "invalid-request")
    assert pointers(found, "query") == {f"/{name}"}
    assert all(said in each["message"] for each in found["errors"]), found


def test_every_filter_is_named_as_it_was_given(client: httpx.Client) -> None:
    given = {
        "within": "RU-KLU",
        "disruption": "power_outage",
        "flag": "source_missing",
        "near": "1,2,3",
        "min_destroyed": "7",
    }
    found = client.get("/v1/incidents", params=given).json()["applied_filters"]
    assert found == {"status": "active", "message_status": "actual"} | given
