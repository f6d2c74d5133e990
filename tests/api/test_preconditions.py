"""If-Match: who changes an incident says which revision they saw, and loses if it has moved on."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx
import pytest

from tests.api.samples import FACTS, JSON, Json, head, nothing_recorded, refusal, report, retract, revise
from tests.running import Ledger

BODIES: Final[dict[str, Json]] = {
    "revisions": {"reason": "r", "patch": {"summary": "More."}},
    "retraction": {"reason_code": "legal", "reason": "r"},
    "reports": {"facts": FACTS},
}


def _incident(client: httpx.Client, call: str) -> str:
    """Return an incident at revision 3 that the call fits."""
    incident = str(report(client)["id"])
    revise(client, incident, {"title": "Two"})
    if call == "reports":
        retract(client, incident)
    else:
        revise(client, incident, {"title": "Three"})
    return incident


@pytest.mark.parametrize("call", BODIES)
def test_a_change_without_if_match_is_428_and_says_what_to_send(client: httpx.Client, call: str) -> None:
    incident = _incident(client, call)
    with nothing_recorded(client):
        found = refusal(client.post(f"/v1/incidents/{incident}/{call}", json=BODIES[call]), 428, "revision-required")
    assert "If-Match" in found["detail"]


@pytest.mark.parametrize("call", BODIES)
@pytest.mark.parametrize("tag", ['"2"', '"1"', '"4"', 'W/"2"', '"1", "2"', '"03"'])
def test_a_change_of_another_revision_is_412_and_names_the_current_one(
    client: httpx.Client, call: str, tag: str
) -> None:
    incident = _incident(client, call)
    with nothing_recorded(client):
        answer = client.post(f"/v1/incidents/{incident}/{call}", json=BODIES[call], headers={"If-Match": tag})
    found = refusal(answer, 412, "revision-conflict")
    assert found["current_revision"] == 3
    assert "3" in found["detail"]


@pytest.mark.parametrize("call", BODIES)
@pytest.mark.parametrize("tag", ['"3"', 'W/"3"', "*", '"1", "3"', 'W/"9" ,W/"3"'])
def test_a_change_of_the_current_revision_is_recorded(client: httpx.Client, call: str, tag: str) -> None:
    incident = _incident(client, call)
    answer = client.post(f"/v1/incidents/{incident}/{call}", json=BODIES[call], headers={"If-Match": tag})
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"4"'


def test_the_tag_of_any_answer_serves_for_the_next_change(client: httpx.Client) -> None:
    answer = client.post("/v1/incidents", json={"facts": FACTS})
    path = f"{answer.headers['Location']}/revisions"
    for number in range(3):
        body = {"reason": "r", "patch": {"title": f"t{number}"}}
        answer = client.post(path, json=body, headers={"If-Match": answer.headers["ETag"]})
        assert answer.status_code == 201
        read = client.get(answer.headers["Location"])
        assert read.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize("tag", ['"1"', "*"])
def test_of_writers_at_once_who_saw_the_same_revision_one_wins(ledger: Ledger, client: httpx.Client, tag: str) -> None:
    incident = report(client)["id"]
    before = head(client)

    def write(number: int) -> int:
        body = {"reason": "r", "patch": {"title": f"by {number}"}}
        with ledger.client() as own:
            return own.post(f"/v1/incidents/{incident}/revisions", json=body, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(write, range(12)))
    recorded = statuses.count(201)
    assert set(statuses) <= {201, 412}
    assert head(client) == before + recorded
    assert client.get(f"/v1/incidents/{incident}").json()["revision"] == 1 + recorded
    assert recorded >= 1
    if tag == '"1"':
        assert recorded == 1


def test_a_wrong_body_is_told_before_a_stale_revision(client: httpx.Client, active: str) -> None:
    answer = client.post(f"/v1/incidents/{active}/revisions", content=b"{", headers=JSON | {"If-Match": '"9"'})
    refusal(answer, 400, "malformed-json")
