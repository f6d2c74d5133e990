"""/v1/campaigns: what the incidents of a campaign come to, and who says that it is one."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import httpx
import msgspec
import pytest

from service import story
from tests.api.samples import Json, refusal, report, report_again, retract, revise, unique, walk
from tests.running import Ledger, make_database

NIGHT: Final = date(2026, 4, 30)


@pytest.fixture(scope="module")
def client(postgres_url: str, template: str) -> Iterator[httpx.Client]:
    """A client of a register of its own; every test has campaigns of its own."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as opened:
        yield opened


def read(client: httpx.Client, path: str, **params: object) -> Json:
    """Read what reflects all that has been recorded."""
    head = str(client.get("/v1/head").json()["position"])
    given = {name: str(value) for name, value in params.items()}
    answer = client.get(path, params=given, headers={"min-position": head})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def campaign(client: httpx.Client, slug: str, **params: object) -> Json:
    """Read one campaign."""
    return read(client, f"/v1/campaigns/{slug}", **params)


def of(slug: str, **facts: Any) -> Json:
    """Return facts of a campaign."""
    return {"campaigns": [slug], **facts}


def test_the_incidents_of_the_story_as_one_campaign(client: httpx.Client) -> None:
    slug = unique("campaign")
    told = [msgspec.to_builtins(each) for each in story.incidents(NIGHT)]
    reported = [client.post("/v1/incidents", json={"facts": each["facts"] | {"campaigns": [slug]}}) for each in told]
    kaluga = reported[0].json()
    found = campaign(client, slug)
    assert (found["incidents"], found["retracted"]) == (4, 0)
    assert found["regions"] == {"RU": 4, "RU-BEL": 1, "RU-KLU": 1, "RU-MOW": 1, "RU-VOR": 1}
    assert found["totals"]["destroyed"]["best"] == 73
    assert (found["first_occurred"], found["last_occurred"]) == (("2026-04-30T15:00:00.000000Z",) * 2)
    assert {each["kind"] for each in found["said_by"]} == {"coordination", "pattern"}, "a threat says nothing of it"
    said = next(each for each in found["said_by"] if (each["incident"], each["key"]) == (kaluga["id"], "campaign"))
    assert said["text"] == "a coordinated campaign targeting multiple regions across Russia"
    assert said["claims"] == {"combination": {"attribution": "not_stated", "relayed_by": "urgent-update"}}
    assert said["confidence"] is None
    before = campaign(client, slug, as_of=kaluga["position"])
    assert (before["incidents"], before["regions"]) == (1, {"RU": 1, "RU-KLU": 1})


def test_the_extent_shrinks_when_the_outermost_incident_leaves(client: httpx.Client) -> None:
    slug = unique("campaign")
    points = ([36.0, 54.0], [38.0, 56.0], [37.0, 55.0])
    ids = [
        report(client, **of(slug, occurred={"start": f"2026-05-0{day}T00:00:00Z"}, locations={"a": {"point": point}}))
        for day, point in enumerate(points, 1)
    ]
    found = campaign(client, slug)
    assert found["bbox"] == [36.0, 54.0, 38.0, 56.0]
    assert (found["first_occurred"][:10], found["last_occurred"][:10]) == ("2026-05-01", "2026-05-03")
    gone = retract(client, ids[0]["id"])
    found = campaign(client, slug)
    assert (found["bbox"], found["first_occurred"][:10]) == ([37.0, 55.0, 38.0, 56.0], "2026-05-02")
    assert (found["incidents"], found["retracted"]) == (2, 1)
    revise(client, ids[1]["id"], {"campaigns": []})
    found = campaign(client, slug)
    assert (found["bbox"], found["incidents"], found["retracted"]) == ([37.0, 55.0, 37.0, 55.0], 1, 1)
    assert campaign(client, slug, as_of=gone["position"] - 1)["bbox"] == [36.0, 54.0, 38.0, 56.0]
    retract(client, ids[2]["id"])
    found = campaign(client, slug)
    assert (found["bbox"], found["first_occurred"], found["incidents"], found["regions"]) == (None, None, 0, {})
    report_again(client, ids[0]["id"], **of(slug))
    assert (campaign(client, slug)["incidents"], campaign(client, slug)["retracted"]) == (1, 1)


def test_a_number_that_is_part_of_another_is_left_out_of_their_campaign_alone(client: httpx.Client) -> None:
    slug, other = unique("campaign"), unique("campaign")

    def destroyed(count: int, **claim: Any) -> Json:
        counts = {"destroyed": {"said": {"value": count}}}
        return {"objects": {"o": {"type": "uav", "counts": counts}}, "claims": {"said": claim}}

    nation = report(client, **of(slug), **destroyed(73))
    scope = {"part_of": {"incident": nation["id"], "claim": "said"}}
    part = report(client, campaigns=[slug, other], **destroyed(40, scope=scope))
    total = campaign(client, slug)["totals"]["destroyed"]
    assert (total["best"], total["left_out"]) == (73, 1)
    assert [each["incident"] for each in campaign(client, slug)["left_out"]] == [part["id"]]
    assert campaign(client, other)["totals"]["destroyed"]["best"] == 40
    revise(client, nation["id"], {"campaigns": [other]})
    assert campaign(client, slug)["totals"]["destroyed"]["best"] == 40
    assert campaign(client, other)["totals"]["destroyed"]["best"] == 73


def test_an_assessment_is_gone_with_its_incident_and_stays_in_the_past(client: httpx.Client) -> None:
    slug = unique("campaign")
    claims = {"e": {"source": "expert", "attribution": "named", "confidence": "believed"}}
    said = {"kind": "attribution", "text": "the same hand", "confidence": "low", "claims": ["e"]}
    incident = report(client, **of(slug, assessments={"a": said}, claims=claims))
    assert campaign(client, slug)["said_by"] == [
        {"incident": incident["id"], "key": "a", "kind": "attribution", "text": "the same hand", "confidence": "low",
         "claims": {"e": {"source": "expert", "attribution": "named", "confidence": "believed"}}}
    ]  # fmt: skip
    retract(client, incident["id"])
    assert campaign(client, slug)["said_by"] == []
    assert len(campaign(client, slug, as_of=incident["position"])["said_by"]) == 1
    refusal(client.get(f"/v1/campaigns/{slug}", params={"as_of": str(incident["position"] - 1)}), 404)
    refusal(client.get(f"/v1/campaigns/{unique()}"), 404)


def test_campaigns_page_by_page(client: httpx.Client) -> None:
    slugs = sorted(unique("page") for _ in range(3))
    for slug in slugs:
        report(client, **of(slug))
    read(client, "/v1/campaigns")
    found = [each["slug"] for page in walk(client, "/v1/campaigns?limit=2") for each in page.json()["items"]]
    assert found == sorted(found)
    assert [slug for slug in found if slug.startswith("page-")] == slugs
