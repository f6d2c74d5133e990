"""GET /v1/incidents: each filter lets through what it names and nothing else."""

from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from tests.api.samples import Json, report, retract, revise, unique

SPRING: Final[Mapping[str, Json]] = {
    "kaluga": {
        "kind": "interception", "summary": "Forty destroyed over the river.",
        "occurred": {"start": "2026-05-01T00:00:00Z", "precision": "day"},
        "locations": {"a": {"country": "RU", "subdivision": "RU-KLU", "point": [36.26, 54.51], "place": "Kaluga"}},
        "objects": {"u": {"type": "uav"}},
        "claims": {"gov": {"source": "governor-kaluga", "source_name": "Gusev", "relayed_by": "tass"}},
    },
    "moscow": {
        "kind": "strike", "summary": "Airports closed, сотни рейсов перенесены.",
        "occurred": {"start": "2026-05-02T10:00:00Z", "end": "2026-05-02T12:00:00Z"},
        "locations": {"a": {"subdivision": "RU-MOW", "point": [37.6, 55.75]}, "b": {"subdivision": "RU-MOS"}},
        "objects": {"u": {"type": "uav"}, "m": {"type": "cruise_missile"}},
        "disruptions": {
            "d": {
                "kind": "airport_closed", "airport": "UUEE",
                "diverted_to": {"x": {"airport": "ULLI", "place": "Pulkovo"}},
            },
        },
    },
    "sumy": {
        "kind": "strike",
        "locations": {"a": {"country": "UA", "subdivision": "UA-59", "point": [34.8, 50.91]}},
        "damage": {"d": {"description": "Windows of the Großmarkt."}},
    },
    "fiji": {
        "kind": "sighting", "occurred": {"end": "2026-05-03T00:00:00Z"},
        "locations": {"a": {"country": "FJ", "point": [179.9, -17.0]}, "b": {"point": [-179.9, -17.0]}},
    },
    "nowhere": {"kind": "other"},
    "drill": {"kind": "strike", "message_status": "exercise"},
    "gone": {"kind": "strike", "locations": {"a": {"country": "RU"}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def spring(client: httpx.Client) -> str:
    """The campaign of incidents titled as above; `gone` is retracted, and `late` came in by a revision."""
    campaign = unique()
    for title, facts in SPRING.items():
        external = {"ns": f"{campaign}/{title}"}
        incident = report(client, title=title, campaigns=[campaign], external_ids=external, **facts)
        if title == "gone":
            retract(client, incident["id"])
    late = report(client, title="early", kind="alert")
    revise(client, late["id"], {"title": "late", "campaigns": [campaign], "locations": {"a": {"country": "BY"}}})
    return campaign


def titles(client: httpx.Client, **params: str) -> set[str]:
    answer = client.get("/v1/incidents", params=params)
    assert answer.status_code == 200, answer.text
    return {each["facts"]["title"] for each in answer.json()["items"]}


DEFAULT: Final = {"kaluga", "moscow", "sumy", "fiji", "nowhere", "late"}
FILTERS: Final[Mapping[str, tuple[dict[str, str], set[str]]]] = {
    "none": ({}, DEFAULT),
    "country": ({"country": "RU"}, {"kaluga", "moscow"}),
    "country by a revision": ({"country": "BY"}, {"late"}),
    "country of a subdivision alone": ({"country": "RU", "kind": "strike"}, {"moscow"}),
    "subdivision": ({"subdivision": "RU-KLU"}, {"kaluga"}),
    "any of its subdivisions": ({"subdivision": "RU-MOS"}, {"moscow"}),
    "kind": ({"kind": "strike"}, {"moscow", "sumy"}),
    "object_type": ({"object_type": "uav"}, {"kaluga", "moscow"}),
    "another object_type": ({"object_type": "cruise_missile"}, {"moscow"}),
    "status active": ({"status": "active"}, DEFAULT),
    "status retracted": ({"status": "retracted"}, {"gone"}),
    "status any": ({"status": "any"}, DEFAULT | {"gone"}),
    "message_status exercise": ({"message_status": "exercise"}, {"drill"}),
    "message_status any": ({"message_status": "any"}, DEFAULT | {"drill"}),
    "everything": ({"message_status": "any", "status": "any"}, DEFAULT | {"drill", "gone"}),
    "source": ({"source": "governor-kaluga"}, {"kaluga"}),
    "relaying source": ({"source": "tass"}, {"kaluga"}),
    "airport closed": ({"airport": "UUEE"}, {"moscow"}),
    "airport diverted to": ({"airport": "ULLI"}, {"moscow"}),
    "external_id": ({"external_id": "ns/{campaign}/sumy"}, {"sumy"}),
    "external_id of a retracted one": ({"external_id": "ns/{campaign}/gone"}, set()),
    "external_id of a retracted one, any": ({"external_id": "ns/{campaign}/gone", "status": "any"}, {"gone"}),
    "occurred_from": ({"occurred_from": "2026-05-02T00:00:01Z"}, {"moscow", "fiji"}),
    "occurred_from inside the grain": ({"occurred_from": "2026-05-01T20:00:00Z"}, {"kaluga", "moscow", "fiji"}),
    "occurred_from when the day is over": ({"occurred_from": "2026-05-02T00:00:00Z"}, {"moscow", "fiji"}),
    "occurred_from at a moment": ({"occurred_from": "2026-05-03T00:00:00Z"}, {"fiji"}),
    "occurred_to": ({"occurred_to": "2026-05-02T10:00:00Z"}, {"kaluga"}),
    "occurred_to just after": ({"occurred_to": "2026-05-02T10:00:00.000001Z"}, {"kaluga", "moscow"}),
    "occurred between": (
        {"occurred_from": "2026-05-02T11:00:00Z", "occurred_to": "2026-05-02T14:30:00+03:00"}, {"moscow"},
    ),
    "occurred before all": ({"occurred_to": "1999-01-01T00:00:00Z"}, set()),
    "bbox": ({"bbox": "36,54,37,55"}, {"kaluga"}),
    "bbox of the point itself": ({"bbox": "36.26,54.51,36.26,54.51"}, {"kaluga"}),
    "bbox of the earth": ({"bbox": "-180,-90,180,90"}, {"kaluga", "moscow", "sumy", "fiji"}),
    "bbox over the antimeridian": ({"bbox": "179,-20,-179,-10"}, {"fiji"}),
    "bbox west of it": ({"bbox": "179,-20,180,-10"}, {"fiji"}),
    "bbox between two points of one": ({"bbox": "-10,-20,10,-10"}, set()),
    "q in the summary": ({"q": "forty river"}, {"kaluga"}),
    "q in any case": ({"q": "FORTY"}, {"kaluga"}),
    "q in the title": ({"q": "moscow"}, {"moscow"}),
    "q in Cyrillic": ({"q": "СОТНИ рейсов"}, {"moscow"}),
    "q in a place": ({"q": "kaluga"}, {"kaluga"}),
    "q in a description, folded": ({"q": "GROSSMARKT windows"}, {"sumy"}),
    "q in what is closed": ({"q": "airport closed"}, {"moscow"}),
    "q in where flights go": ({"q": "pulkovo"}, {"moscow"}),
    "q in who says so": ({"q": "gusev"}, {"kaluga"}),
    "q with words of two": ({"q": "forty windows"}, set()),
    "q in the other alphabet and another case": ({"q": "Калуге"}, {"kaluga"}),
    "q in Latin for Cyrillic": ({"q": "Sotni"}, {"moscow"}),
    "q with a region's name": ({"q": "Калужская область"}, {"kaluga"}),
    "q with a region's adjective": ({"q": "Kaluzhskaya"}, {"kaluga"}),
    "q with a region's name in English": ({"q": "Kaluga Oblast"}, {"kaluga"}),
    "q with a region that nothing spells out": ({"q": "Московская"}, {"moscow"}),
    "q with a region's name in Ukrainian": ({"q": "Сумська область"}, {"sumy"}),
    "q with a country's name": ({"q": "Украина"}, {"sumy"}),
    "q with a country of a subdivision alone": ({"q": "России"}, {"kaluga", "moscow"}),
    "q with what every region is": ({"q": "область"}, set()),
    "q with several words of several languages": ({"q": "Россия FORTY калугой Gusev"}, {"kaluga"}),
    "q in another order": ({"q": "Gusev калугой FORTY Россия"}, {"kaluga"}),
    "q with one word too many": ({"q": "Россия forty калугой Сумы"}, set()),
    "q with a name that is only alike": ({"q": "Kalush"}, set()),
    "q is no pattern": ({"q": "fort%"}, set()),
    "several": ({"country": "RU", "object_type": "uav", "kind": "strike", "bbox": "30,50,40,60"}, {"moscow"}),
}  # fmt: skip


@pytest.mark.parametrize(("params", "expected"), FILTERS.values(), ids=FILTERS)
def test_a_filter_lets_through_what_it_names(
    client: httpx.Client, spring: str, params: dict[str, str], expected: set[str]
) -> None:
    given = {name: value.format(campaign=spring) for name, value in params.items()}
    assert titles(client, campaign=spring, **given) == expected


def test_recorded_from_and_to_look_at_the_last_event(client: httpx.Client) -> None:
    campaign = unique()
    first = report(client, title="first", campaigns=[campaign])
    second = report(client, title="second", campaigns=[campaign])
    first = revise(client, first["id"], {"summary": "Later."})
    assert titles(client, campaign=campaign, recorded_from=first["recorded_at"]) == {"first"}
    assert titles(client, campaign=campaign, recorded_to=first["recorded_at"]) == {"second"}
    assert titles(client, campaign=campaign, recorded_from=second["recorded_at"]) == {"first", "second"}
    assert titles(client, campaign=campaign, recorded_to=second["recorded_at"]) == set()


def test_a_revision_moves_an_incident_out_of_a_filter(client: httpx.Client) -> None:
    campaign = unique()
    incident = report(client, title="a", campaigns=[campaign])["id"]
    revise(client, incident, {"campaigns": None})
    assert titles(client, campaign=campaign) == set()


def test_items_are_the_documents_themselves(client: httpx.Client) -> None:
    campaign = unique()
    incident = report(client, campaigns=[campaign])["id"]
    answer = client.get("/v1/incidents", params={"campaign": campaign})
    assert answer.json()["items"] == [client.get(f"/v1/incidents/{incident}").json()]
    assert client.get(f"/v1/incidents/{incident}").content in answer.content


@pytest.mark.parametrize(
    ("query", "applied"),
    [
        ("", {}),
        ("limit=3&sort=recorded", {}),
        ("status=any&message_status=test", {"status": "any", "message_status": "test"}),
        ("country=RU&q=a+b&bbox=1,2,3,4", {"country": "RU", "q": "a b", "bbox": "1,2,3,4"}),
        ("occurred_from=2026-05-01T00:00:00%2B03:00", {"occurred_from": "2026-05-01T00:00:00+03:00"}),
    ],
)
def test_every_filter_that_held_is_named_the_silent_ones_too(
    client: httpx.Client, query: str, applied: dict[str, str]
) -> None:
    found = client.get(f"/v1/incidents?{query}").json()
    assert found["applied_filters"] == {"status": "active", "message_status": "actual"} | applied


def test_a_list_of_nothing_is_empty(client: httpx.Client) -> None:
    answer = client.get("/v1/incidents", params={"campaign": unique()})
    assert answer.status_code == 200
    assert answer.json()["items"] == []
    assert answer.json()["next_cursor"] is None
    assert "Link" not in answer.headers
