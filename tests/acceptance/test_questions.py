"""The questions that the story raises, each asked through HTTP as whoever needs the answer would ask it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest

from service import story
from tests.acceptance.conftest import NIGHT
from tests.api.samples import report, retract, revise
from tests.running import Ledger, make_database

Json = dict[str, Any]
THE_NIGHT = {"occurred_from": "2026-04-30T12:00:00Z", "occurred_to": "2026-05-01T12:00:00Z"}


class Register(NamedTuple):
    """The register as the story left it, with the moments between which more became known."""

    client: httpx.Client
    ids: dict[str, str]
    early: str
    """When the first reports were in, and nothing more."""
    late: str
    """When everything was in."""
    position: int

    def get(self, url: str, **params: str) -> Json:
        """Ask; what is asked is asked of all that was recorded."""
        answer = self.client.get(url, params=params, headers={"min-position": str(self.position)})
        return dict(answer.raise_for_status().json())


def now() -> str:
    """Return this moment as a client writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Register]:
    """The four incidents; then a second source counts 42, the power is back, and a report turns out false."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as client:
        ids: dict[str, str] = {}
        for name in ("belgorod", "kaluga", "moscow", "voronezh"):
            told = getattr(story.incidents(NIGHT, UUID(ids["belgorod"]) if ids else None), name)
            ids[name] = client.post("/v1/incidents", json=msgspec.to_builtins(told)).raise_for_status().json()["id"]
        ids["tver"] = report(
            client,
            title="Drones over Tver",
            kind="sighting",
            occurred={"start": "2026-04-30T20:00:00Z", "precision": "hour"},
            locations={"tver": {"subdivision": "RU-TVE"}},
            objects={"seen": {"type": "uav", "counts": {"destroyed": {"w": {"value": 5}}}}},
            claims={"w": {"source": "witness"}},
        )["id"]
        early = now()
        claim = {"source": "ministry", "confidence": "confirmed", "stated_at": "2026-05-01T08:30:00Z"}
        counted = {"objects": {"uavs": {"counts": {"destroyed": {"ministry": {"value": 42}}}}}}
        revise(client, ids["kaluga"], {"claims": {"ministry": claim}, **counted})
        revise(client, ids["voronezh"], {"disruptions": {"power": {"end": "2026-05-01T05:00:00Z"}}})
        last = retract(client, ids["tver"], reason_code="false_report", reason="The witness saw a flock of birds.")
        yield Register(client, ids, early, now(), last["position"])


def destroyed(register: Register, **params: str) -> dict[str, Any]:
    """Return how many were destroyed that night, by region."""
    found = register.get("/v1/statistics", metric="destroyed", group_by="subdivision", **THE_NIGHT, **params)
    return {group["subdivision"]: group["destroyed"] for group in found["items"]} | {"all": found["total"]["destroyed"]}


def test_how_many_uavs_were_destroyed_that_night_and_by_region(register: Register) -> None:
    found = destroyed(register)
    assert {region: (each["best"], each["low"], each["high"]) for region, each in found.items()} == {
        "RU-KLU": (42, 40, 42), "RU-MOW": (32, 32, 32), "all": (74, 72, 74)
    }  # fmt: skip
    assert (found["RU-KLU"]["disputed"], found["RU-MOW"]["disputed"]) == (1, 0)


def test_by_whose_claim(register: Register) -> None:
    (found,) = register.get(f"/v1/incidents/{register.ids['kaluga']}/explain", path="/objects/uavs/destroyed")["items"]
    assert (found["number"]["best"], found["number"]["claim"]) == (42, "ministry")
    said = {each["claim"]: each for each in found["claims"]}
    assert (said["ministry"]["by"]["source"], said["ministry"]["amount_set_by"]["revision"]) == ("ministry", 2)
    assert (said["preliminary"]["amount"]["value"], said["preliminary"]["amount_set_by"]["revision"]) == (40, 1)
    assert said["governor"]["amount"] == {"unknown": True, "verbatim": "the incoming drones"}


def test_what_was_known_early_and_what_late(register: Register) -> None:
    early, late = destroyed(register, as_of=register.early), destroyed(register, as_of=register.late)
    assert (early["RU-KLU"]["best"], late["RU-KLU"]["best"]) == (40, 42)
    assert (early["RU-TVE"]["best"], "RU-TVE" in late) == (5, False)
    assert (early["all"]["best"], late["all"]["best"]) == (77, 74)
    listed = register.get("/v1/incidents", as_of=register.early, subdivision="RU-KLU", **THE_NIGHT)["items"]
    assert [each["derived"]["objects"]["uavs"]["destroyed"]["best"] for each in listed] == [40]


def test_which_airports_were_closed_and_where_flights_went(register: Register) -> None:
    (closed,) = register.get("/v1/airports", subdivision="RU-MOW", closed="any", at="2026-05-01T00:00:00Z")["items"][:1]
    assert (closed["airport"], closed["airports_state"]) == (None, "unspecified"), "nobody says which"
    places = {each["place"] for each in closed["diverted_to"]}
    assert places == {"Saint Petersburg", "Nizhny Novgorod", "Kazan"}


def regions(register: Register, what: str) -> list[str]:
    """Return the subdivisions of Russia of which something is said."""
    found = register.get("/v1/regions", within="RU")["items"]
    return [each["code"] for each in found if each[what] and each["code"] != "RU"]


def test_where_was_damage_where_was_power_lost_and_when_was_it_back(register: Register) -> None:
    assert regions(register, "incidents_with_damage") == ["RU-VOR"]
    (dark,) = register.get("/v1/incidents", disruption="power_outage")["items"]
    assert dark["id"] == register.ids["voronezh"]
    power = dark["facts"]["disruptions"]["power"]
    assert (power["status"], power["end"]) == ("ended", "2026-05-01T05:00:00.000000Z")
    (then,) = register.get("/v1/incidents", disruption="power_outage", as_of=register.early)["items"]
    assert "end" not in then["facts"]["disruptions"]["power"], "nobody had said when"


def test_where_an_investigation_is_open(register: Register) -> None:
    assert regions(register, "open_investigations") == ["RU-VOR"]
    (open_one,) = register.get("/v1/regions/RU-VOR")["investigations"]
    assert open_one["incident"] == register.ids["voronezh"]


def test_which_incidents_are_said_to_belong_to_one_campaign_by_whom_and_how_surely(register: Register) -> None:
    (listed,) = register.get("/v1/campaigns")["items"]
    campaign = register.get(f"/v1/campaigns/{listed['slug']}")
    belong = {each["id"] for each in register.get("/v1/incidents", campaign=listed["slug"])["items"]}
    assert belong == {register.ids[name] for name in ("belgorod", "kaluga", "moscow", "voronezh")}
    assert campaign["incidents"] == 4
    assert {"RU-KLU", "RU-MOW", "RU-VOR", "RU-BEL"} <= set(campaign["regions"])
    coordinated = [each for each in campaign["said_by"] if each["kind"] == "coordination"]
    assert coordinated
    assert all(each["claims"] for each in coordinated), "by whom"
    assert all("confidence" in each for each in coordinated)


def test_what_is_retracted_and_why(register: Register) -> None:
    (retracted,) = register.get("/v1/incidents", status="retracted")["items"]
    assert retracted["id"] == register.ids["tver"]
    assert retracted["retraction"] == {
        "reason_code": "false_report", "reason": "The witness saw a flock of birds."
    }  # fmt: skip
    assert register.get("/v1/sources/witness")["claims"]["retracted"] == {"false_report": 1}


def test_whether_there_are_more_attacks_in_recent_weeks_than_before(own_ledger: Ledger) -> None:
    with own_ledger.client() as client:
        start, position = datetime(2026, 1, 5, 12, tzinfo=UTC), 0
        for week in range(16):
            for number in range(2 if week < 12 else 7):
                when = start + timedelta(weeks=week, hours=20 * number)
                position = report(client, kind="strike", occurred={"start": when.isoformat(), "precision": "hour"})[
                    "position"
                ]
        end = (start + timedelta(weeks=16)).strftime("%Y-%m-%dT00:00:00Z")
        asked = {"occurred_to": end, "kind": "strike"}
        found = client.get("/v1/statistics/trend", params=asked, headers={"min-position": str(position)})
        trend = found.raise_for_status().json()["trend"]
    assert trend["verdict"] == "above"
    assert trend["ratio"] == pytest.approx(3.5)
    assert 1 < trend["low"] < 3.5 < trend["high"]
