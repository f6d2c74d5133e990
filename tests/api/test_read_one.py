"""GET /v1/incidents/{id}: now, at a revision, as known at a time; tags, caches and the tombstone."""

from datetime import datetime, timedelta
from typing import Final

import httpx
import pytest

from tests.api.samples import NOBODY, Json, head, pointers, refusal, report, report_again, retract, revise

FOR_EVER: Final = "private, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def life(client: httpx.Client) -> list[Json]:
    """An incident's documents: reported, revised, retracted, reported again; something else happened between."""
    documents = [report(client)]
    incident = documents[0]["id"]
    report(client)
    documents.append(revise(client, incident, {"title": "Two"}))
    report(client)
    documents.append(retract(client, incident))
    report(client)
    documents.append(report_again(client, incident, title="Four"))
    report(client)
    return documents


def test_it_is_served_with_its_tag_and_the_head_of_the_log(client: httpx.Client, life: list[Json]) -> None:
    answer = client.get(f"/v1/incidents/{life[0]['id']}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["ETag"] == '"4"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert int(answer.headers["Log-Position"]) == head(client) > life[-1]["position"]
    assert answer.json() == life[-1]


def test_the_body_does_not_change_when_something_else_does(client: httpx.Client, life: list[Json]) -> None:
    before = client.get(f"/v1/incidents/{life[0]['id']}")
    report(client)
    after = client.get(f"/v1/incidents/{life[0]['id']}")
    assert after.content == before.content
    assert after.headers["ETag"] == before.headers["ETag"]
    assert int(after.headers["Log-Position"]) == int(before.headers["Log-Position"]) + 1


def test_an_id_in_capitals_is_the_same_id(client: httpx.Client, life: list[Json]) -> None:
    assert client.get(f"/v1/incidents/{life[0]['id'].upper()}").json() == life[-1]


@pytest.mark.parametrize("tag", ['"4"', 'W/"4"', '"1", "4"', "*", 'W/"3" , W/"4"'])
def test_who_has_it_gets_304_without_a_body(client: httpx.Client, life: list[Json], tag: str) -> None:
    answer = client.get(f"/v1/incidents/{life[0]['id']}", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["ETag"] == '"4"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Log-Position"] == str(head(client))
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("tag", ['"3"', "4", '"44"', "", '"4', "garbage", "é"])
def test_who_has_something_else_gets_it_whole(client: httpx.Client, life: list[Json], tag: str) -> None:
    headers = {"If-None-Match": tag.encode()}
    answer = client.get(f"/v1/incidents/{life[0]['id']}", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()) == (200, life[-1])


@pytest.mark.parametrize("revision", [1, 2, 4])
def test_a_revision_is_served_as_it_was_answered_then_and_kept_for_ever(
    client: httpx.Client, life: list[Json], revision: int
) -> None:
    incident = life[0]["id"]
    for path in (f"/v1/incidents/{incident}?revision={revision}", f"/v1/incidents/{incident}/revisions/{revision}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json() == life[revision - 1]
        assert answer.headers["ETag"] == f'"{revision}"'
        assert answer.headers["Cache-Control"] == FOR_EVER
        assert int(answer.headers["Log-Position"]) == head(client)


def test_a_revision_that_was_retracted_is_410_unless_asked_for(client: httpx.Client, life: list[Json]) -> None:
    incident = life[0]["id"]
    found = refusal(client.get(f"/v1/incidents/{incident}?revision=3"), 410, "retracted")
    assert found["tombstone"] == life[2]
    answer = client.get(f"/v1/incidents/{incident}?revision=3&retracted=include")
    assert (answer.status_code, answer.json()) == (200, life[2])
    assert client.get(f"/v1/incidents/{incident}/revisions/3").json() == life[2]


@pytest.mark.parametrize("path", ["?revision=5", "/revisions/5"])
def test_a_revision_that_is_not_there_is_404_and_does_not_deny_the_incident(
    client: httpx.Client, life: list[Json], path: str
) -> None:
    found = refusal(client.get(f"/v1/incidents/{life[0]['id']}{path}"), 404, "not-found")
    assert "no such incident" not in found["detail"].lower()


@pytest.mark.parametrize("path", ["", "?revision=1", "?as_of=1", "/revisions", "/revisions/1", "?retracted=include"])
def test_an_incident_that_is_not_there_is_404(client: httpx.Client, path: str) -> None:
    refusal(client.get(f"/v1/incidents/{NOBODY}{path}"), 404, "not-found")


def test_as_of_a_position_it_is_served_as_then_known(client: httpx.Client, life: list[Json]) -> None:
    path = f"/v1/incidents/{life[0]['id']}?retracted=include&as_of="
    refusal(client.get(f"{path}{life[0]['position'] - 1}"), 404, "not-found")
    for document, following in zip(life, [*life[1:], None], strict=True):
        last = following["position"] - 1 if following else head(client)
        for position in (document["position"], last):
            answer = client.get(f"{path}{position}")
            assert answer.json() == document
            assert answer.headers["Cache-Control"] == FOR_EVER


def test_as_of_a_time_it_is_served_as_then_known(client: httpx.Client, life: list[Json]) -> None:
    path = f"/v1/incidents/{life[0]['id']}"
    for document in life:
        recorded = datetime.fromisoformat(document["recorded_at"])
        answer = client.get(path, params={"retracted": "include", "as_of": recorded.isoformat()})
        assert answer.json() == document
        assert answer.headers["Cache-Control"] == FOR_EVER
        just_before = (recorded - timedelta(microseconds=1)).isoformat()
        answer = client.get(path, params={"retracted": "include", "as_of": just_before})
        if document["revision"] == 1:
            refusal(answer, 404, "not-found")
        else:
            assert answer.json()["revision"] == document["revision"] - 1


def test_as_of_the_time_of_its_retraction_it_is_410(client: httpx.Client, life: list[Json]) -> None:
    answer = client.get(f"/v1/incidents/{life[0]['id']}", params={"as_of": life[2]["recorded_at"]})
    assert refusal(answer, 410)["tombstone"] == life[2]


def test_nobody_knows_what_is_beyond_the_head_or_in_the_future(client: httpx.Client, life: list[Json]) -> None:
    for as_of in (str(head(client) + 1), "2999-01-01T00:00:00Z"):
        found = refusal(client.get(f"/v1/incidents/{life[0]['id']}", params={"as_of": as_of}), 400)
        assert pointers(found, "query") == {"/as_of"}


def test_a_revision_and_as_of_together_must_both_hold(client: httpx.Client, life: list[Json]) -> None:
    path = f"/v1/incidents/{life[0]['id']}"
    position = life[1]["position"]
    assert client.get(f"{path}?revision=1&as_of={position}").json() == life[0]
    refusal(client.get(f"{path}?revision=4&as_of={position}"), 404)


def test_a_retracted_incident_is_410_with_the_whole_tombstone(client: httpx.Client) -> None:
    incident, other = report(client)["id"], report(client)["id"]
    document = retract(client, incident, reason_code="duplicate", replaced_by=other)
    found = refusal(client.get(f"/v1/incidents/{incident}"), 410, "retracted")
    assert found["tombstone"] == document
    assert found["tombstone"]["retraction"]["replaced_by"] == other
    assert found["tombstone"]["revision"] == 2
    assert "retracted=include" in found["detail"]


def test_a_retracted_incident_is_200_for_who_asks_for_it(client: httpx.Client) -> None:
    document = retract(client, report(client)["id"])
    answer = client.get(f"/v1/incidents/{document['id']}?retracted=include")
    assert (answer.status_code, answer.json()) == (200, document)
    assert answer.headers["ETag"] == '"2"'
    assert document["status"] == "retracted"


def test_who_has_the_active_one_is_not_told_that_it_is_unchanged(client: httpx.Client) -> None:
    incident = report(client)["id"]
    retract(client, incident)
    assert client.get(f"/v1/incidents/{incident}", headers={"If-None-Match": '"1"'}).status_code == 410
    assert client.get(f"/v1/incidents/{incident}", headers={"If-None-Match": '"2"'}).status_code == 410
