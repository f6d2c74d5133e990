"""GET /v1/incidents/{id}/revisions: who said what when, and differences that lead from each state to the next."""

from typing import Any, Final

import httpx
import jsonpatch
import pytest

from tests.api.samples import FACTS, REASON, Json, following, head, report, report_again, retract, revise, walk

STORY: Final[tuple[Json, ...]] = (
    {"claims": {"gov": {"source": "governor"}}},
    {"objects": {"uavs": {"type": "uav", "counts": {"destroyed": {"gov": {"value": 40}}}}}},
    {"claims": {"mod": {"source": "mod"}}, "objects": {"uavs": {"counts": {"destroyed": {"mod": {"value": 42}}}}}},
    {"title": "New~/", "campaigns": ["b", "a"], "summary": "s", "external_ids": {"ns": "a/b~c"}},
    {"campaigns": ["a", "b", "c"], "external_ids": {"ns": "d"}},
    {"objects": None, "claims": {"gov": None, "mod": {"confidence": "denied"}}},
)


@pytest.fixture(scope="module")
def incident(client: httpx.Client) -> str:
    """An incident of nine revisions: reported, six times revised, retracted, reported again."""
    incident = str(report(client)["id"])
    for number, patch in enumerate(STORY):
        revise(client, incident, patch, **({"effective_at": "2026-05-01T03:00:00+03:00"} if number == 1 else {}))
    retract(client, incident, effective_at="2026-05-02T00:00:00Z")
    report_again(client, incident, title="After all")
    return incident


def revisions(client: httpx.Client, incident: str, query: str = "") -> list[Json]:
    answer = client.get(f"/v1/incidents/{incident}/revisions{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def shown(document: Json) -> Json:
    """Return the part of a document that the differences are of."""
    return {name: document[name] for name in ("status", "facts", "retraction") if name in document}


def test_the_differences_lead_from_each_state_to_the_next(client: httpx.Client, incident: str) -> None:
    state: Any = {}
    for each in revisions(client, incident):
        state = jsonpatch.apply_patch(state, each["changes"])
        document = client.get(f"/v1/incidents/{incident}/revisions/{each['revision']}").json()
        assert state == shown(document), each["revision"]
    assert state == shown(client.get(f"/v1/incidents/{incident}").json())


def test_every_event_is_told_with_its_place_time_actor_and_kind(client: httpx.Client, incident: str) -> None:
    found = revisions(client, incident)
    assert [each["revision"] for each in found] == list(range(1, 10))
    assert [each["type"] for each in found] == ["reported", *["revised"] * 6, "retracted", "reported"]
    assert [each["position"] for each in found] == sorted(each["position"] for each in found)
    for each in found:
        document = client.get(f"/v1/incidents/{incident}/revisions/{each['revision']}").json()
        assert (each["position"], each["recorded_at"], each["actor"]) == (
            document["position"], document["recorded_at"], "tester",
        )  # fmt: skip
        logged = client.get(f"/v1/log/{each['position']}").json()
        assert (logged["event_id"], logged["revision"]) == (each["event_id"], each["revision"])


def test_reasons_and_times_are_told(client: httpx.Client, incident: str) -> None:
    found = revisions(client, incident)
    assert [each.get("reason") for each in found] == [None, *[REASON] * 6, "It was a flock of birds.", None]
    assert found[2]["effective_at"] == "2026-05-01T00:00:00.000000Z"
    assert (found[7]["reason_code"], found[7]["effective_at"]) == ("false_report", "2026-05-02T00:00:00.000000Z")
    assert [each["revision"] for each in found if "effective_at" in each] == [3, 8]


def test_the_claims_that_an_event_brought_or_changed_are_told(client: httpx.Client, incident: str) -> None:
    found = revisions(client, incident)
    assert [each["claims"] for each in found] == [
        {}, {"gov": {"source": "governor"}}, {}, {"mod": {"source": "mod"}}, {}, {},
        {"mod": {"source": "mod", "confidence": "denied"}}, {}, {},
    ]  # fmt: skip


def test_the_first_difference_is_from_nothing(client: httpx.Client) -> None:
    incident = report(client)["id"]
    (first,) = revisions(client, incident)
    assert jsonpatch.apply_patch({}, first["changes"]) == {"status": "active", "facts": FACTS}


@pytest.mark.parametrize("limit", [1, 2, 4, 9, 10, 500])
def test_pages_together_are_the_history(client: httpx.Client, incident: str, limit: int) -> None:
    whole = revisions(client, incident)
    found: list[Json] = []
    for answer in walk(client, f"/v1/incidents/{incident}/revisions?limit={limit}"):
        assert len(answer.json()["items"]) <= limit
        assert (following(answer) is None) == (answer.json()["next_cursor"] is None)
        found += answer.json()["items"]
    assert found == whole


def test_the_history_of_a_retracted_incident_is_readable(client: httpx.Client, retracted: str) -> None:
    answer = client.get(f"/v1/incidents/{retracted}/revisions")
    assert [each["type"] for each in answer.json()["items"]] == ["reported", "retracted"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Log-Position"] == str(head(client))
    assert client.get(f"/v1/incidents/{retracted}/revisions/2").json()["status"] == "retracted"
