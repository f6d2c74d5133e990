"""The hours after the night: numbers revised, a part denied, a rumour withdrawn; and what three users see of it."""

import hashlib
import json
from typing import Any, Final, NamedTuple

import httpx
import pytest

from tests.acceptance.conftest import Json, Newsroom

EVERYWHERE: Final = {"kaluga", "moscow", "voronezh", "belgorod"}
GOVERNOR: Final[Json] = {
    "objects": {"uavs": {"counts": {"destroyed": {"governor-0510": {"value": 42}}}}},
    "claims": {
        "governor-0510": {
            "source": "governor-of-kaluga-oblast",
            "attribution": "role_only",
            "confidence": "confirmed",
            "stated_at": "2026-05-01T05:10:00+03:00",
        }
    },
}
AVIATION: Final[Json] = {
    "disruptions": {
        "airports": None,
        "sheremetyevo": {
            "kind": "airport_closed", "airport": "UUEE", "airports_state": "named", "status": "ended",
            "start": "2026-05-01T00:40:00+03:00", "end": "2026-05-01T05:55:00+03:00", "claims": ["aviation"],
        },
        "flights": {
            "airports_state": "named",
            "diverted_to": {
                "saint-petersburg": {"airport": "ULLI"},
                "nizhny-novgorod": {"airport": "UWGG"},
                "kazan": {"airport": "UWKD"},
            },
        },
    },
    "casualties": {"injured": {"hospital": {"value": 1}}},
    "claims": {
        "aviation": {"source": "civil-aviation-authority", "attribution": "named", "confidence": "confirmed"},
        "hospital": {"attribution": "anonymous", "confidence": "preliminary"},
    },
}  # fmt: skip
DENIED: Final[Json] = {"claims": {"fire": {"confidence": "denied"}}}
RUMOUR: Final[Json] = {
    "title": "Explosion at an oil depot",
    "kind": "strike",
    "locations": {"kaluga": {"subdivision": "RU-KLU"}},
    "claims": {"rumour": {"attribution": "anonymous", "confidence": "preliminary"}},
    "campaigns": ["coordinated-campaign"],
}


class Morning(NamedTuple):
    """The newsroom in the morning, and what was recorded when."""

    newsroom: Newsroom
    night_over: str
    """When the last of the night's reports was recorded."""
    at_six: str
    """When the governor's number was on record, and nothing that came later."""

    @property
    def client(self) -> httpx.Client:
        return self.newsroom.client

    def path(self, name: str) -> str:
        return f"/v1/incidents/{self.newsroom.ids[name]}"


@pytest.fixture(scope="module")
def morning(newsroom: Newsroom) -> Morning:
    """Two desks revise, each in its own name."""
    ledger, ids = newsroom.ledger, newsroom.ids
    night_over = newsroom.read("voronezh")["recorded_at"]

    def change(actor: str, name: str, what: str, body: Json) -> Json:
        with ledger.client(ledger.make_key("incidents:write", actor=actor)) as desk:
            answer = desk.post(f"/v1/incidents/{ids[name]}/{what}", json=body, headers={"If-Match": '"1"'})
        return dict(answer.raise_for_status().json())

    kaluga = change("kaluga-desk", "kaluga", "revisions", {"reason": "The governor gave a number.", "patch": GOVERNOR})
    change("aviation-desk", "moscow", "revisions", {"reason": "The authority named them.", "patch": AVIATION})
    change("kaluga-desk", "voronezh", "revisions", {"reason": "There was no fire.", "patch": DENIED})
    ids["rumour"] = newsroom.client.post("/v1/incidents", json={"facts": RUMOUR}).raise_for_status().json()["id"]
    withdrawal = {"reason_code": "false_report", "reason": "Nothing burnt.", "effective_at": "2026-05-01T07:00:00Z"}
    change("kaluga-desk", "rumour", "retraction", withdrawal)
    return Morning(newsroom, night_over, kaluga["recorded_at"])


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"campaign": "coordinated-campaign"}, EVERYWHERE),
        ({"campaign": "coordinated-campaign", "status": "any"}, EVERYWHERE | {"rumour"}),
        ({"campaign": "coordinated-campaign", "kind": "strike"}, {"voronezh", "belgorod"}),
        ({"airport": "UUEE"}, {"moscow"}),
        ({"airport": "UWKD"}, {"moscow"}),
        ({"airport": "UUDD"}, set[str]()),
        ({"subdivision": "RU-KLU"}, {"kaluga"}),
        ({"subdivision": "RU-KLU", "status": "retracted"}, {"rumour"}),
        ({"source": "governor-of-kaluga-oblast"}, {"kaluga"}),
        ({"source": "civil-aviation-authority"}, {"moscow"}),
        ({"object_type": "fpv_uav"}, {"belgorod"}),
        (
            {"occurred_from": "2026-05-01T00:00:00+03:00", "occurred_to": "2026-05-01T01:00:00+03:00"},
            {"kaluga", "moscow"},
        ),
        ({"occurred_from": "2026-05-01T07:00:00+03:00"}, set[str]()),
    ],
    ids=lambda each: str(sorted(each) if isinstance(each, set) else each),
)
def test_a_service_finds_what_it_filters_for(morning: Morning, filters: dict[str, str], found: set[str]) -> None:
    assert morning.newsroom.names(**filters) == found


def test_a_service_that_polls_gets_what_has_changed_since(morning: Morning) -> None:
    given = {"status": "any", "sort": "recorded", "recorded_from": morning.at_six}
    items = morning.client.get("/v1/incidents", params=given).json()["items"]
    ids = morning.newsroom.ids
    assert [item["id"] for item in items] == [ids[name] for name in ("kaluga", "moscow", "voronezh", "rumour")]


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("kaluga/objects/uavs/destroyed", ("counted", 42, 40, 42, True, "governor-0510")),
        ("kaluga/casualties/killed", ("none_reported", 0, 0, 0, False, "authorities")),
        ("moscow/objects/drones/destroyed", ("counted", 32, 32, 32, False, "unattributed")),
        # preliminary before unsaid, and 'no injuries' disagrees with one
        ("moscow/casualties/injured", ("counted", 1, 0, 1, True, "hospital")),
        ("voronezh/objects/target/destroyed", ("counted", 1, 1, 1, False, "governor")),
        ("voronezh/damage/fire/count", ("unknown", None, None, None, False, None)),
        ("voronezh/damage/buildings/count", ("unknown", None, None, None, False, None)),
        ("belgorod/casualties/injured", ("unknown", None, None, None, False, None)),
    ],
)
def test_the_claims_come_to_a_number_by_the_rule(morning: Morning, where: str, number: tuple[Any, ...]) -> None:
    name, *tokens = where.split("/")
    found: Any = morning.newsroom.read(name)["derived"]
    for token in tokens:
        found = found[token]
    shown = tuple(found.get(part) for part in ("state", "best", "low", "high", "disputed", "claim"))
    assert shown == number


def test_what_the_sources_disagree_on_is_flagged(morning: Morning) -> None:
    disputed = {name for name in EVERYWHERE if "counts_disputed" in morning.newsroom.read(name)["flags"]}
    assert disputed == {"kaluga", "moscow"}


def test_the_closed_airport_and_where_flights_went_is_one_small_read(morning: Morning) -> None:
    found = morning.newsroom.read("moscow")["facts"]["disruptions"]
    assert found["sheremetyevo"]["start"] == "2026-04-30T21:40:00.000000Z"
    assert found["flights"]["diverted_to"]["kazan"] == {"place": "Kazan", "airport": "UWKD"}
    assert "airports" not in found


def test_a_phone_asks_again_and_gets_nothing_twice(morning: Morning) -> None:
    client, path = morning.client, morning.path("kaluga")
    first = client.get(f"{path}/revisions/1")
    assert first.headers["ETag"].removeprefix("W/") == '"1"'
    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.headers["ETag"].removeprefix("W/")) == (200, '"2"')
    same = client.get(path, headers={"If-None-Match": changed.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert client.head(path).headers["Content-Length"] == changed.headers["Content-Length"]


def test_a_phone_needs_little(morning: Morning) -> None:
    head = morning.client.get("/v1/head")
    assert len(head.content) < 150
    page = morning.client.get("/v1/incidents", params={"campaign": "coordinated-campaign", "limit": "1"}).json()
    assert len(page["items"]) == 1
    assert page["next_cursor"]


def test_a_phone_does_not_show_the_rumour(morning: Morning) -> None:
    gone = morning.client.get(morning.path("rumour"))
    assert gone.status_code == 410
    assert gone.json()["tombstone"]["retraction"] == {
        "reason_code": "false_report", "reason": "Nothing burnt.", "effective_at": "2026-05-01T07:00:00.000000Z"
    }  # fmt: skip


def test_an_auditor_sees_who_said_what_when(morning: Morning) -> None:
    reported, revised = morning.client.get(f"{morning.path('kaluga')}/revisions").json()["items"]
    assert (reported["actor"], revised["actor"]) == ("newsroom", "kaluga-desk")
    assert reported["recorded_at"] <= morning.night_over < revised["recorded_at"] == morning.at_six
    assert revised["reason"] == "The governor gave a number."
    (claim,) = revised["claims"].values()
    assert claim == GOVERNOR["claims"]["governor-0510"] | {"stated_at": "2026-05-01T02:10:00.000000Z"}


def test_an_auditor_asks_what_was_known_at_six(morning: Morning) -> None:
    client, at_six = morning.client, {"as_of": morning.at_six}
    kaluga = client.get(morning.path("kaluga"), params=at_six).json()
    assert kaluga["derived"]["objects"]["uavs"]["destroyed"]["best"] == 42
    before = client.get(morning.path("kaluga"), params={"as_of": morning.night_over}).json()
    assert before["derived"]["objects"]["uavs"]["destroyed"]["best"] == 40
    moscow = client.get(morning.path("moscow"), params=at_six)
    assert moscow.json()["facts"]["disruptions"]["airports"]["airports_state"] == "unspecified"
    assert "immutable" in moscow.headers["Cache-Control"]
    assert client.get(morning.path("rumour"), params=at_six).status_code == 404


def test_an_auditor_gets_the_same_by_position_as_by_time(morning: Morning) -> None:
    for name in EVERYWHERE:
        for told in morning.client.get(f"{morning.path(name)}/revisions").json()["items"]:
            by_time = morning.client.get(morning.path(name), params={"as_of": told["recorded_at"]})
            by_position = morning.client.get(morning.path(name), params={"as_of": told["position"]})
            by_revision = morning.client.get(f"{morning.path(name)}/revisions/{told['revision']}")
            assert by_time.content == by_position.content == by_revision.content


def merge(target: Any, patch: Any) -> Any:
    """Apply a merge patch as RFC 7396 writes it: an auditor has no code of ours."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def test_an_auditor_replays_the_log_to_what_is_served(morning: Morning) -> None:
    answer = morning.client.get("/v1/log", headers={"Accept": "application/x-ndjson"})
    facts: dict[str, Json] = {}
    for line in answer.content.splitlines():
        event, data = json.loads(line), line.partition(b'"data":')[2][:-1]
        assert hashlib.sha256(bytes.fromhex(event["nonce"]) + data).hexdigest() == event["data_sha256"]
        if event["type"] == "reported":
            facts[event["incident"]] = event["data"]["facts"]
        elif event["type"] == "revised":
            facts[event["incident"]] = merge(facts[event["incident"]], event["data"]["patch"])
    served = morning.client.get("/v1/incidents", params={"status": "any"}).json()["items"]
    assert facts == {item["id"]: item["facts"] for item in served}
