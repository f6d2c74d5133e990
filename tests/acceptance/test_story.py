"""One night, as the news told it: reported, corrected, partly taken back; and what each kind of user then sees."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest

from service import story
from tests.running import Ledger, make_database

Json = dict[str, Any]

NIGHT: Final = date(2026, 4, 30)
HELD: Final = (
    # in the article's order: whose, where, and what stands there
    ("kaluga", "/objects/uavs/counts/destroyed/preliminary/value", 40),
    ("kaluga", "/claims/preliminary/confidence", "preliminary"),
    ("kaluga", "/casualties/none_reported", True),
    ("kaluga", "/damage/property/none_reported", True),
    ("kaluga", "/responses/teams/kind", "emergency_services"),
    ("kaluga", "/claims/governor/attribution", "role_only"),
    ("kaluga", "/assessments/pattern/kind", "pattern"),
    ("moscow", "/objects/drones/counts/destroyed/unattributed/value", 32),
    ("moscow", "/disruptions/airports/airports_state", "unspecified"),
    ("moscow", "/disruptions/flights/diverted_to/saint-petersburg/place", "Saint Petersburg"),
    ("moscow", "/disruptions/flights/diverted_to/nizhny-novgorod/place", "Nizhny Novgorod"),
    ("moscow", "/disruptions/flights/diverted_to/kazan/place", "Kazan"),
    ("voronezh", "/objects/target/type", "uav"),
    ("voronezh", "/objects/target/certainty", "believed"),
    ("voronezh", "/disruptions/power/kind", "power_outage"),
    ("belgorod", "/objects/drone/type", "fpv_uav"),
    ("kaluga", "/assessments/campaign/kind", "coordination"),
)


class Night(NamedTuple):
    """The register after the night's reports, and the id of each incident."""

    client: httpx.Client
    ids: dict[str, str]


@pytest.fixture(scope="module")
def night(postgres_url: str, template: str) -> Iterator[Night]:
    """Belgorod first, since the other three follow it."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as client:
        belgorod = client.post("/v1/incidents", json=msgspec.to_builtins(story.incidents(NIGHT).belgorod))
        ids = {"belgorod": belgorod.raise_for_status().json()["id"]}
        reports = story.incidents(NIGHT, UUID(ids["belgorod"]))
        for name in ("kaluga", "moscow", "voronezh"):
            answer = client.post("/v1/incidents", json=msgspec.to_builtins(getattr(reports, name)))
            ids[name] = answer.raise_for_status().json()["id"]
        yield Night(client, ids)


def at(document: Json, pointer: str) -> Any:
    """Return what a JSON Pointer leads to."""
    found: Any = document
    for token in pointer.removeprefix("/").split("/"):
        found = found[token]
    return found


def listed(night: Night, **filters: str) -> set[str]:
    names = {incident: name for name, incident in night.ids.items()}
    items = night.client.get("/v1/incidents", params=filters).raise_for_status().json()["items"]
    return {names[item["id"]] for item in items}


@pytest.mark.parametrize(("whose", "pointer", "value"), HELD, ids=[f"{whose}{pointer}" for whose, pointer, _ in HELD])
def test_what_was_said_is_read_back(night: Night, whose: str, pointer: str, value: object) -> None:
    facts = night.client.get(f"/v1/incidents/{night.ids[whose]}/revisions/1").json()["facts"]
    assert at(facts, pointer) == value


def test_the_other_three_follow_belgorod(night: Night) -> None:
    for name in ("kaluga", "moscow", "voronezh"):
        facts = night.client.get(f"/v1/incidents/{night.ids[name]}").json()["facts"]
        assert facts["related"]["belgorod"] == {"incident": night.ids["belgorod"], "relation": "follows"} | {
            "claims": facts["related"]["belgorod"]["claims"]
        }


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"campaign": "coordinated-campaign"}, {"kaluga", "moscow", "voronezh", "belgorod"}),
        ({"subdivision": "RU-KLU"}, {"kaluga"}),
        ({"kind": "interception", "country": "RU"}, {"kaluga", "moscow"}),
        ({"kind": "strike"}, {"voronezh", "belgorod"}),
        ({"object_type": "fpv_uav"}, {"belgorod"}),
        ({"source": "governor-of-kaluga-oblast"}, {"kaluga"}),
        ({"q": "administrative fire"}, {"voronezh"}),
        ({"occurred_from": "2026-04-30T12:00:00Z", "occurred_to": "2026-05-01T12:00:00Z"}, {"kaluga", "moscow"}),
        ({"subdivision": "RU-BEL", "kind": "interception"}, set[str]()),
    ],
    ids=lambda each: str(sorted(each) if isinstance(each, set) else each),
)
def test_a_service_finds_them(night: Night, filters: dict[str, str], found: set[str]) -> None:
    assert listed(night, **filters) == found


def test_hours_later_a_second_number_stands_beside_the_first(night: Night) -> None:
    client, path = night.client, f"/v1/incidents/{night.ids['kaluga']}"
    before = client.get(path)
    patch = {
        "objects": {"uavs": {"counts": {"destroyed": {"ministry": {"value": 42}}}}},
        "claims": {"ministry": {"source": "ministry-of-defence", "attribution": "named", "confidence": "confirmed"}},
    }
    body = {"reason": "The defence ministry gave a number of its own.", "patch": patch}
    revised = client.post(f"{path}/revisions", json=body, headers={"If-Match": before.headers["etag"]})
    assert revised.status_code == 201
    destroyed = revised.json()["derived"]["objects"]["uavs"]["destroyed"]
    # nobody's reliability or credibility is judged, so the confirmed claim comes before the preliminary one
    assert destroyed == {"state": "counted", "best": 42, "low": 40, "high": 42, "disputed": True, "claim": "ministry"}
    assert "counts_disputed" in revised.json()["flags"]

    # a phone that has the first revision gets the second, and then nothing more
    again = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert (again.status_code, again.headers["etag"].removeprefix("W/")) == (200, '"2"')
    assert client.get(path, headers={"If-None-Match": '"2"'}).status_code == 304

    # an auditor sees who said what when, and what was known before
    first, second = client.get(f"{path}/revisions").json()["items"]
    assert (first["type"], second["type"], second["actor"]) == ("reported", "revised", "tester")
    assert {"op": "add", "path": "/facts/objects/uavs/counts/destroyed/ministry", "value": {"value": 42}} in second[
        "changes"
    ]
    as_of_first = client.get(path, params={"as_of": first["recorded_at"]}).json()
    assert as_of_first["derived"]["objects"]["uavs"]["destroyed"]["best"] == 40


def test_what_turned_out_wrong_is_taken_back_and_stays_in_the_record(night: Night) -> None:
    client, path = night.client, f"/v1/incidents/{night.ids['belgorod']}"
    etag = client.get(path).headers["etag"]
    body = {"reason_code": "source_withdrew", "reason": "The authorities of the oblast withdrew the statement."}
    assert client.post(f"{path}/retraction", json=body, headers={"If-Match": etag}).status_code == 201
    gone = client.get(path)
    assert (gone.status_code, gone.headers["content-type"]) == (410, "application/problem+json")
    assert gone.json()["tombstone"]["retraction"]["reason_code"] == "source_withdrew"
    assert "belgorod" not in listed(night, campaign="coordinated-campaign")
    assert listed(night, status="retracted") == {"belgorod"}
    assert at(client.get(f"{path}/revisions/1").json(), "/facts/objects/drone/type") == "fpv_uav"
    assert client.get(path, params={"retracted": "include"}).json()["status"] == "retracted"
