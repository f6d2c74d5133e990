"""The story's questions about numbers, asked of the running service."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest

from service import story
from tests.api.samples import report, revise
from tests.api.totals import head, part_of
from tests.running import Ledger, make_database

Json = dict[str, Any]
NIGHT: Final = date(2026, 4, 30)
THAT_NIGHT: Final = {"occurred_from": "2026-04-30T12:00:00Z", "occurred_to": "2026-05-01T12:00:00Z"}
PATH: Final = "/objects/uavs/destroyed"


class Register(NamedTuple):
    """The register, the story's incidents, and what the log's head was when."""

    client: httpx.Client
    ids: dict[str, str]
    six: Json
    """When Kaluga was said to be 40."""
    noon: Json
    """When it was said to be 42 by a second source."""

    def statistics(self, **asked: str) -> Json:
        """Ask about that night."""
        answer = self.client.get(
            "/v1/statistics", params=THAT_NIGHT | asked, headers={"min-position": head(self.client)}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Register]:
    """The four reports; 'as of 06:00'; the ministry's number; 'as of noon'."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as client:
        ids: dict[str, str] = {}
        for name in ("belgorod", "kaluga", "moscow", "voronezh"):
            reports = story.incidents(NIGHT, UUID(ids["belgorod"]) if ids else None)
            answer = client.post("/v1/incidents", json=msgspec.to_builtins(getattr(reports, name)))
            ids[name] = answer.raise_for_status().json()["id"]
        six = client.get("/v1/head").json()
        ministry = {"source": "ministry-of-defence", "attribution": "named", "confidence": "confirmed"}
        counts = {"objects": {"uavs": {"counts": {"destroyed": {"ministry": {"value": 42}}}}}}
        revise(client, ids["kaluga"], counts | {"claims": {"ministry": ministry}})
        yield Register(client, ids, six, client.get("/v1/head").json())


def best(found: Json) -> dict[str | None, int | None]:
    """Return how many were destroyed in each subdivision."""
    return {each["subdivision"]: each["destroyed"]["best"] for each in found["items"]}


def test_how_many_uavs_were_destroyed_that_night_by_region(register: Register) -> None:
    found = register.statistics(metric="destroyed", group_by="subdivision")
    assert best(found) == {"RU-KLU": 42, "RU-MOW": 32}
    total = found["total"]["destroyed"]
    assert (total["best"], total["low"], total["high"], total["disputed"]) == (74, 72, 74, 1)
    assert total["inputs"] == {"counted": 2, "none_reported": 0, "unknown": 0}
    # when the others were, the article does not say
    assert found["no_known_time"] == 2


def test_by_whose_claim(register: Register) -> None:
    path = f"/v1/incidents/{register.ids['kaluga']}/explain"
    (found,) = register.client.get(path, params={"path": PATH}).json()["items"]
    assert [
        (each["claim"], each["role"], each.get("reason"), each["by"].get("source"), each["by"]["attribution"])
        for each in found["claims"]
    ] == [
        ("ministry", "best", None, "ministry-of-defence", "named"),
        ("preliminary", "counted", None, None, "not_stated"),
        ("governor", "not_counted", "unknown", "governor-of-kaluga-oblast", "role_only"),
    ]
    assert [each["amount_set_by"]["revision"] for each in found["claims"]] == [2, 1, 1]


def test_what_was_known_at_six_and_what_at_noon(register: Register) -> None:
    for moment, kaluga in ((register.six, 40), (register.noon, 42)):
        for as_of in (moment["recorded_at"], str(moment["position"])):
            found = register.statistics(metric="destroyed", group_by="subdivision", as_of=as_of)
            assert best(found) == {"RU-KLU": kaluga, "RU-MOW": 32}
            assert found["position"] == moment["position"]
    path = f"/v1/incidents/{register.ids['kaluga']}/explain"
    then = register.client.get(path, params={"path": PATH, "as_of": register.six["recorded_at"]}).json()["items"][0]
    assert (then["number"]["best"], then["number"]["disputed"]) == (40, False)


def test_no_casualties_reported_is_neither_unknown_nor_zero(register: Register) -> None:
    found = register.statistics(metric="killed,injured", group_by="subdivision")
    by_region = {each["subdivision"]: each["injured"] for each in found["items"]}
    assert by_region["RU-KLU"]["inputs"] == {"counted": 0, "none_reported": 1, "unknown": 0}
    assert by_region["RU-MOW"]["inputs"] == {"counted": 0, "none_reported": 1, "unknown": 0}
    assert found["total"]["killed"]["inputs"]["counted"] == 0


def test_a_national_total_and_its_regions_are_never_added_up(register: Register) -> None:
    client = register.client
    counts = {"destroyed": {"ministry": {"value": 100}}}
    nation = report(
        client, kind="interception", title="The ministry counts 100 in one night", claims={"ministry": {}},
        occurred={"start": "2026-04-30T18:00:00Z", "precision": "part_of_day"}, locations={"l": {"country": "RU"}},
        objects={"uavs": {"type": "uav", "counts": counts}},
    )["id"]  # fmt: skip
    added = register.statistics(metric="destroyed", country="RU")["total"]["destroyed"]
    assert (added["best"], added["left_out"]) == (174, 0), "nobody has said yet that the regions are in it"
    for name, claim in (("kaluga", "ministry"), ("moscow", "unattributed")):
        revise(client, register.ids[name], {"claims": {claim: part_of(nation, "ministry")}})
    found = register.statistics(metric="destroyed", group_by="subdivision")
    total = found["total"]["destroyed"]
    assert (total["best"], total["left_out"], found["left_out_count"]) == (100, 2, 2)
    assert {each["incident"] for each in found["left_out"]} == {register.ids["kaluga"], register.ids["moscow"]}
    assert best(found) == {"RU-KLU": 42, "RU-MOW": 32, None: 100}
    before = register.statistics(metric="destroyed", as_of=str(register.noon["position"]))
    assert before["total"]["destroyed"]["best"] == 74


def test_whether_there_are_more_attacks_in_recent_weeks_is_a_number(register: Register) -> None:
    asked = {"occurred_to": THAT_NIGHT["occurred_to"], "as_of": str(register.noon["position"])}
    found = register.client.get("/v1/statistics/trend", params=asked).json()
    # four reports are no baseline: 'a growing pattern' stays somebody's claim until the register holds more
    assert found["trend"]["verdict"] == "not_enough_data"
    assert found["weeks"][-1]["number"] == 2
