"""/v1/regions: what the incidents of a place come to, as the log stood at a place in it."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import httpx
import msgspec
import pytest

from service import story
from tests.api.samples import Json, pointers, refusal, report, report_again, retract, revise, walk
from tests.running import Ledger, make_database

NIGHT: Final = date(2026, 4, 30)
NOTHING: Final = {
    "best": None, "low": None, "high": None, "inputs": {"counted": 0, "none_reported": 0, "unknown": 0},
    "disputed": 0, "left_out": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[httpx.Client]:
    """A client of a register of its own."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as opened:
        yield opened


@pytest.fixture
def client(register: httpx.Client) -> Iterator[httpx.Client]:
    """The client; what a test leaves standing is retracted."""
    yield register
    everything = {"message_status": "any", "limit": 500}
    for each in register.get("/v1/incidents", params=everything).json()["items"]:
        retract(register, each["id"])


def read(client: httpx.Client, path: str, **params: object) -> Json:
    """Read what reflects all that has been recorded."""
    head = str(client.get("/v1/head").json()["position"])
    given = {name: str(value) for name, value in params.items()}
    answer = client.get(path, params=given, headers={"min-position": head})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def region(client: httpx.Client, code: str, **params: object) -> Json:
    """Read one region."""
    return read(client, f"/v1/regions/{code}", **params)


def best(client: httpx.Client, code: str, **params: object) -> tuple[int | None, int]:
    """Return how many were destroyed in a region, and how many inputs are not in that."""
    total = region(client, code, **params)["totals"]["destroyed"]
    return total["best"], total["left_out"]


def destroyed(place: Json, part_of: tuple[Json, str] | None = None, **amount: Any) -> Json:
    """Return facts of so many destroyed in a place; `part_of` is an incident and a claim of it."""
    claim: Json = {"source": "governor"}
    if part_of is not None:
        claim["scope"] = {"part_of": {"incident": part_of[0]["id"], "claim": part_of[1]}}
    counts = {"destroyed": {"said": amount}}
    return {"locations": {"a": place}, "objects": {"o": {"type": "uav", "counts": counts}}, "claims": {"said": claim}}


KALUGA: Final = {"country": "RU", "subdivision": "RU-KLU"}
VORONEZH: Final = {"subdivision": "RU-VOR"}
RUSSIA: Final = {"country": "RU"}


def test_the_four_incidents_of_the_story_by_region_and_in_their_country(client: httpx.Client) -> None:
    told = story.incidents(NIGHT)
    kaluga, moscow, voronezh, _ = [client.post("/v1/incidents", json=msgspec.to_builtins(each)).json() for each in told]
    found = region(client, "RU-KLU")
    assert (found["incidents"], found["by_kind"], found["position"]) == (1, {"interception": 1}, kaluga["position"])
    assert found["totals"]["destroyed"] == {
        "best": 40, "low": 40, "high": 40, "inputs": {"counted": 1, "none_reported": 0, "unknown": 0},
        "disputed": 0, "left_out": 0,
    }  # fmt: skip
    assert found["totals"]["killed"]["best"] == 0, "none are reported, which somebody says"
    assert found["totals"]["observed"] == NOTHING | {"inputs": {"counted": 0, "none_reported": 0, "unknown": 1}}
    assert found["last_incident"] == {"id": kaluga["id"], "start": "2026-04-30T15:00:00.000000Z"}
    assert found["incidents_with_damage"] == 0, "none is reported"
    there = region(client, "RU-VOR")
    assert (there["incidents_with_damage"], there["open_investigations"]) == (1, 1)
    assert [each["incident"] for each in there["investigations"]] == [voronezh["id"]]
    assert there["disruptions"] == [], "power was restored"
    assert {(each["incident"], each["kind"]) for each in region(client, "RU-MOW")["disruptions"]} == {
        (moscow["id"], "airport_closed"), (moscow["id"], "flights_diverted"),
    }  # fmt: skip
    country = region(client, "RU")
    assert (country["incidents"], country["totals"]["destroyed"]["best"]) == (4, 73)
    assert country["totals"]["destroyed"]["inputs"] == {"counted": 3, "none_reported": 0, "unknown": 1}
    codes = [each["code"] for each in read(client, "/v1/regions", within="RU")["items"] if each["incidents"]]
    assert codes == ["RU", "RU-BEL", "RU-KLU", "RU-MOW", "RU-VOR"]


def test_a_revision_and_a_retraction_change_the_sum_and_what_was_known_before_stays(client: httpx.Client) -> None:
    incident = report(client, **destroyed(KALUGA, value=40))
    other = report(client, **destroyed(KALUGA, low=2, high=3))
    revised = revise(client, incident["id"], {"objects": {"o": {"counts": {"destroyed": {"said": {"value": 42}}}}}})
    total = region(client, "RU-KLU")["totals"]["destroyed"]
    assert (total["best"], total["low"], total["high"]) == (44, 44, 45)
    gone = retract(client, incident["id"])
    after = region(client, "RU-KLU")
    assert (after["incidents"], after["totals"]["destroyed"]["high"]) == (1, 3)
    assert best(client, "RU-KLU", as_of=incident["position"]) == (40, 0)
    assert best(client, "RU-KLU", as_of=other["position"]) == (42, 0)
    assert best(client, "RU-KLU", as_of=other["recorded_at"]) == (42, 0)
    assert best(client, "RU-KLU", as_of=revised["position"]) == (44, 0)
    assert region(client, "RU-KLU", as_of=gone["position"])["retracted"] == after["retracted"]
    report_again(client, incident["id"], **destroyed(VORONEZH, value=5))
    assert (best(client, "RU-KLU"), best(client, "RU-VOR"), best(client, "RU")) == ((2, 0), (5, 0), (7, 0))


def test_a_national_total_and_its_regions_are_not_added_up(client: httpx.Client) -> None:
    part = report(client, **destroyed(KALUGA, value=40))
    nation = report(client, **destroyed(RUSSIA, value=73))
    assert best(client, "RU") == (113, 0), "nobody has said yet that the one is part of the other"
    scope = {"part_of": {"incident": nation["id"], "claim": "said"}}
    revise(client, part["id"], {"claims": {"said": {"scope": scope}}})
    assert (best(client, "RU"), best(client, "RU-KLU")) == ((73, 1), (40, 0))
    found = region(client, "RU")
    assert found["left_out"] == [
        {"incident": part["id"], "measure": "destroyed", "object": "o", "claim": "said", "best": 40,
         "part_of": scope["part_of"]}
    ]  # fmt: skip
    assert found["totals"]["destroyed"]["inputs"]["counted"] == 1
    village = report(client, **destroyed(KALUGA, (part, "said"), value=3))
    assert (best(client, "RU"), best(client, "RU-KLU")) == ((73, 2), (40, 1)), "by two steps"
    before = retract(client, nation["id"])["position"] - 1
    assert (best(client, "RU"), best(client, "RU-KLU")) == ((40, 1), (40, 1)), "without the total, its part counts"
    retract(client, part["id"])
    assert (best(client, "RU"), best(client, "RU-KLU")) == ((3, 0), (3, 0))
    assert region(client, "RU")["left_out"] == []
    assert best(client, "RU", as_of=before) == (73, 2)
    left = region(client, "RU", as_of=before)["left_out"]
    assert [each["incident"] for each in left] == [village["id"], part["id"]]


def test_claims_that_go_round_in_a_circle_leave_nobody_out(client: httpx.Client) -> None:
    one = report(client, **destroyed(KALUGA, value=1))
    other = report(client, **destroyed(KALUGA, (one, "said"), value=2))
    assert best(client, "RU-KLU") == (1, 1)
    scope = {"part_of": {"incident": other["id"], "claim": "said"}}
    revise(client, one["id"], {"claims": {"said": {"scope": scope}}})
    assert best(client, "RU-KLU") == (3, 0)


def test_a_total_that_says_nothing_of_a_number_does_not_take_it_away(client: httpx.Client) -> None:
    nation = report(client, **destroyed(RUSSIA, unknown=True))
    report(client, **destroyed(KALUGA, (nation, "said"), value=40))
    assert best(client, "RU") == (40, 0)


def test_an_open_end_of_one_input_leaves_the_sum_without_an_upper_bound(client: httpx.Client) -> None:
    report(client, **destroyed(KALUGA, value=40))
    report(client, **destroyed(KALUGA, at_least=10))
    total = region(client, "RU-KLU")["totals"]["destroyed"]
    assert (total["best"], total["low"], total["high"]) == (50, 50, None)


def test_an_exercise_counts_for_nothing_until_it_turns_out_to_be_real(client: httpx.Client) -> None:
    incident = report(client, **destroyed(KALUGA, value=40), message_status="exercise")
    assert region(client, "RU-KLU")["incidents"] == 0
    revise(client, incident["id"], {"message_status": "actual"})
    assert best(client, "RU-KLU") == (40, 0)


def test_a_disruption_is_open_until_somebody_says_that_it_is_over(client: httpx.Client) -> None:
    shut = {"kind": "airport_closed", "airport": "UUBC", "start": "2026-05-01T01:00:00Z"}
    incident = report(client, locations={"a": KALUGA}, disruptions={"shut": shut, "power": {"kind": "power_outage"}})
    found = region(client, "RU-KLU")
    assert found["open_disruptions"] == 2
    assert found["disruptions"][1] == {
        "incident": incident["id"], "key": "shut", "kind": "airport_closed", "area": None, "airport": "UUBC",
        "since": "2026-05-01T01:00:00.000000Z",
    }  # fmt: skip
    revise(client, incident["id"], {"disruptions": {"shut": {"end": "2026-05-01T03:00:00Z"}}})
    assert [each["key"] for each in region(client, "RU")["disruptions"]] == ["power"]
    revise(client, incident["id"], {"disruptions": {"power": {"status": "ended"}}})
    assert region(client, "RU-KLU")["open_disruptions"] == 0
    assert len(region(client, "RU-KLU", as_of=incident["position"])["disruptions"]) == 2


def test_the_last_incident_is_the_one_before_when_the_last_is_taken_back(client: httpx.Client) -> None:
    starts = ("2026-05-01T01:00:00Z", "2026-05-03T01:00:00Z", "2026-05-02T01:00:00Z")
    first, last, middle = [report(client, locations={"a": KALUGA}, occurred={"start": start}) for start in starts]
    assert region(client, "RU-KLU")["last_incident"]["id"] == last["id"]
    retract(client, last["id"])
    assert region(client, "RU-KLU")["last_incident"]["id"] == middle["id"]
    revise(client, first["id"], {"occurred": {"start": "2026-05-04T01:00:00Z"}})
    assert region(client, "RU")["last_incident"] == {"id": first["id"], "start": "2026-05-04T01:00:00.000000Z"}
    assert region(client, "RU", as_of=middle["position"])["last_incident"]["id"] == last["id"]


def test_a_region_of_which_nothing_is_on_record_is_there_and_one_that_does_not_exist_is_not(
    client: httpx.Client,
) -> None:
    found = region(client, "FR-69")
    assert (found["incidents"], found["position"], found["last_incident"]) == (0, None, None)
    assert found["totals"]["destroyed"] == NOTHING
    for code in ("XX", "RU-XXX", "ru"):
        refusal(client.get(f"/v1/regions/{code}"), 404)


def test_regions_within_another_and_page_by_page(client: httpx.Client) -> None:
    for code in ("RU-KLU", "RU-VOR", "FR-69", "FR-ARA", "FR-75C"):
        report(client, locations={"a": {"subdivision": code}})
    read(client, "/v1/regions")
    pages = list(walk(client, "/v1/regions?within=FR&limit=1"))
    assert [[each["code"] for each in page.json()["items"]] for page in pages] == [
        ["FR"],
        ["FR-69"],
        ["FR-75C"],
        ["FR-ARA"],
    ]
    inside = read(client, "/v1/regions", within="FR-ARA")
    assert [each["code"] for each in inside["items"]] == ["FR-69", "FR-ARA"]
    assert inside["applied_filters"] == {"within": "FR-ARA"}
    assert read(client, "/v1/regions", as_of=0)["items"] == []
    assert pointers(refusal(client.get("/v1/regions", params={"within": "XX"}), 400), "query") == {"/within"}
