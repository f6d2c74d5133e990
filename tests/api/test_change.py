"""Revisions, retractions and reports after them: what is answered, kept and refused."""

from typing import Final

import httpx
import pytest

from tests.api.samples import (
    ANY_REVISION,
    FACTS,
    NOBODY,
    REASON,
    Json,
    head,
    nothing_recorded,
    refusal,
    report,
    report_again,
    retract,
    revise,
    unique,
)

COUNTED: Final[Json] = {
    "claims": {"gov": {"source": "governor"}},
    "objects": {"u": {"type": "uav", "counts": {"destroyed": {"gov": {"value": 40}}}}},
}


def test_a_revision_is_answered_with_the_incident_and_its_new_tag(client: httpx.Client) -> None:
    first = report(client, **COUNTED)
    patch = {"claims": {"mod": {"source": "mod"}}, "objects": {"u": {"counts": {"destroyed": {"mod": {"value": 42}}}}}}
    answer = client.post(
        f"/v1/incidents/{first['id']}/revisions", json={"reason": REASON, "patch": patch}, headers={"If-Match": '"1"'}
    )
    found = answer.json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"2"'
    assert answer.headers["Location"] == f"/v1/incidents/{first['id']}"
    assert answer.headers["Log-Position"] == str(found["position"])
    assert (found["id"], found["revision"], found["reported_at"]) == (first["id"], 2, first["reported_at"])
    assert found["recorded_at"] > first["recorded_at"]
    assert found["facts"]["objects"]["u"]["counts"]["destroyed"] == {"gov": {"value": 40}, "mod": {"value": 42}}
    assert found["derived"]["objects"]["u"]["destroyed"]["disputed"] is True
    assert client.get(f"/v1/incidents/{first['id']}").content == answer.content


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        ({"title": "New"}, {"title": "New"}),
        ({"summary": "S"}, {"summary": "S"}),
        ({"objects": {"u": None}}, {"objects": None}),
        ({"objects": None, "claims": {"gov": {"source": None}}}, {"objects": None, "claims": {"gov": {}}}),
        ({"message_status": "exercise"}, {"message_status": "exercise"}),
        ({"occurred": {"start": "2026-05-01T03:00:00+03:00"}}, {"occurred": {"start": "2026-05-01T00:00:00.000000Z"}}),
        ({"campaigns": ["a", "b"]}, {"campaigns": ["a", "b"]}),
    ],
    ids=["replace", "add", "delete an entry", "delete a map and a field", "default to other", "instant", "list"],
)
def test_a_patch_is_merged(client: httpx.Client, patch: Json, changed: Json) -> None:
    first = report(client, **COUNTED)
    expected = {key: value for key, value in (first["facts"] | changed).items() if value is not None}
    assert revise(client, first["id"], patch)["facts"] == expected


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"title": FACTS["title"]},
        {"summary": None},
        {"summary": ""},
        {"message_status": "actual"},
        {"claims": {"nobody": None}},
        {"claims": {}},
        {"objects": {"u": {"counts": {"destroyed": {"gov": {"value": 40}}}}}},
    ],
)
def test_a_revision_that_changes_nothing_is_refused(client: httpx.Client, patch: Json) -> None:
    first = report(client, **COUNTED)
    with nothing_recorded(client):
        answer = client.post(
            f"/v1/incidents/{first['id']}/revisions", json={"reason": REASON, "patch": patch}, headers=ANY_REVISION
        )
    refusal(answer, 422, "nothing-changed")


def test_a_revision_may_go_back_to_what_was(client: httpx.Client) -> None:
    first = report(client)
    revise(client, first["id"], {"title": "New"})
    assert revise(client, first["id"], {"title": FACTS["title"]})["facts"] == first["facts"]


def test_a_retraction_is_answered_with_the_marked_incident(client: httpx.Client) -> None:
    first, other = report(client), report(client)
    answer = client.post(
        f"/v1/incidents/{first['id']}/retraction",
        json={
            "reason_code": "duplicate", "reason": "The same.", "replaced_by": other["id"],
            "effective_at": "2026-05-01T05:00:00+03:00",
        },
        headers={"If-Match": '"1"'},
    )  # fmt: skip
    found = answer.json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"2"'
    assert (found["status"], found["revision"]) == ("retracted", 2)
    assert found["facts"] == first["facts"]
    assert found["retraction"] == {
        "reason_code": "duplicate", "reason": "The same.", "replaced_by": other["id"],
        "effective_at": "2026-05-01T02:00:00.000000Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "duplicate",
        "merged",
        "false_report",
        "source_withdrew",
        "out_of_scope",
        "data_entry_error",
        "legal",
        "test_data",
    ],
)
def test_every_reason_for_a_retraction_is_taken(client: httpx.Client, code: str) -> None:
    assert retract(client, report(client)["id"], reason_code=code)["retraction"]["reason_code"] == code


@pytest.mark.parametrize("call", ["revisions", "retraction"])
def test_a_retracted_incident_is_neither_revised_nor_retracted(client: httpx.Client, retracted: str, call: str) -> None:
    body = {
        "revisions": {"reason": "r", "patch": {"title": "x"}},
        "retraction": {"reason_code": "legal", "reason": "r"},
    }
    with nothing_recorded(client):
        answer = client.post(f"/v1/incidents/{retracted}/{call}", json=body[call], headers=ANY_REVISION)
    refusal(answer, 409, "already-retracted")


def test_an_incident_that_stands_is_not_reported_again(client: httpx.Client, active: str) -> None:
    with nothing_recorded(client):
        answer = client.post(f"/v1/incidents/{active}/reports", json={"facts": FACTS}, headers=ANY_REVISION)
    refusal(answer, 409, "not-retracted")


def test_a_retracted_incident_is_reported_again_with_other_facts(client: httpx.Client) -> None:
    first = report(client, **COUNTED)
    retract(client, first["id"])
    answer = client.post(
        f"/v1/incidents/{first['id']}/reports",
        json={"facts": FACTS | {"summary": "After all."}},
        headers={"If-Match": '"2"'},
    )
    found = answer.json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"3"'
    assert (found["status"], found["revision"], found["reported_at"]) == ("active", 3, first["reported_at"])
    assert found["facts"] == FACTS | {"summary": "After all."}
    assert "retraction" not in found
    assert client.get(f"/v1/incidents/{first['id']}").content == answer.content


def test_an_incident_may_go_back_and_forth(client: httpx.Client) -> None:
    incident = report(client)["id"]
    for _ in range(3):
        retract(client, incident)
        report_again(client, incident)
        revise(client, incident, {"title": unique()})
    assert client.get(f"/v1/incidents/{incident}").headers["ETag"] == '"10"'


def test_a_revision_cannot_take_the_external_id_of_another(client: httpx.Client) -> None:
    key = unique()
    first, second = report(client, external_ids={"ns": key}), report(client)
    with nothing_recorded(client):
        answer = client.post(
            f"/v1/incidents/{second['id']}/revisions",
            json={"reason": REASON, "patch": {"external_ids": {"ns": key}}},
            headers=ANY_REVISION,
        )
    assert refusal(answer, 409, "external-id-taken")["incident"] == first["id"]


def test_reporting_again_cannot_take_the_external_id_that_another_got_meanwhile(client: httpx.Client) -> None:
    key = unique()
    first = report(client, external_ids={"ns": key})
    retract(client, first["id"])
    second = report(client, external_ids={"ns": key})
    answer = client.post(
        f"/v1/incidents/{first['id']}/reports",
        json={"facts": FACTS | {"external_ids": {"ns": key}}},
        headers=ANY_REVISION,
    )
    assert refusal(answer, 409, "external-id-taken")["incident"] == second["id"]


@pytest.mark.parametrize(
    ("call", "body", "title"),
    [
        ("revisions", {"reason": "r", "patch": {"title": "New", "kind": "sighting"}}, "New"),
        (
            "retraction",
            {"reason_code": "legal", "reason": "r", "effective_at": "2026-05-01T03:00:00+03:00"},
            FACTS["title"],
        ),
    ],
)
def test_a_dry_run_of_a_change_records_nothing(
    client: httpx.Client, active: str, call: str, body: Json, title: str
) -> None:
    with nothing_recorded(client):
        answer = client.post(f"/v1/incidents/{active}/{call}?dry_run=true", json=body, headers={"If-Match": '"1"'})
    found = answer.json()
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
    assert answer.headers["Log-Position"] == str(head(client))
    assert found["facts"] == FACTS | {"title": title}
    assert found["command"] == {
        "revisions": {"reason": "r", "patch": {"title": "New"}},
        "retraction": {"reason_code": "legal", "reason": "r", "effective_at": "2026-05-01T00:00:00.000000Z"},
    }[call]  # fmt: skip
    assert client.get(f"/v1/incidents/{active}").json()["revision"] == 1


def test_a_dry_run_of_a_second_report_records_nothing(client: httpx.Client, retracted: str) -> None:
    with nothing_recorded(client):
        answer = client.post(
            f"/v1/incidents/{retracted}/reports?dry_run=true", json={"facts": FACTS}, headers=ANY_REVISION
        )
    assert answer.status_code == 200
    assert answer.json()["facts"] == FACTS


@pytest.mark.parametrize(
    ("incident", "tag", "status"),
    [("{active}", '"9"', 412), (NOBODY, '"1"', 404), ("{retracted}", '"2"', 409), ("{active}", None, 428)],
)
def test_a_dry_run_of_a_change_is_refused_as_the_change_would_be(
    client: httpx.Client, active: str, retracted: str, incident: str, tag: str | None, status: int
) -> None:
    path = f"/v1/incidents/{incident.format(active=active, retracted=retracted)}/revisions?dry_run=true"
    headers = {} if tag is None else {"If-Match": tag}
    refusal(client.post(path, json={"reason": "r", "patch": {"title": "x"}}, headers=headers), status)
