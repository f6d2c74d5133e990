"""GET /v1/incidents/{incident}/explain: from a number to its claims, its rule and the events that brought it."""

from typing import Any

import httpx
import pytest

from tests.api.samples import NOBODY, pointers, refusal, report, report_again, retract, revise, unique
from tests.api.totals import destroyed, head
from tests.running import Ledger

Json = dict[str, Any]
AT = "2026-04-30T20:30:00Z"
PATH = "/objects/uavs/destroyed"


def explained(client: httpx.Client, incident: str, **asked: Any) -> Json:
    answer = client.get(f"/v1/incidents/{incident}/explain", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def number(client: httpx.Client, incident: str, **asked: Any) -> Json:
    """Return the explanation of how many were destroyed."""
    (found,) = explained(client, incident, path=PATH, **asked)["items"]
    return dict(found)


@pytest.fixture(scope="module")
def incident(client: httpx.Client) -> str:
    """An incident whose count went from 40 to 42 by a second source, and then one word about the first changed."""
    prelim = {"attribution": "not_stated", "confidence": "preliminary"}
    made = destroyed(client, AT, "RU-KLU", prelim={"value": 40}, claims={"prelim": prelim})
    ministry = {"source": "ministry-of-defence", "attribution": "named", "confidence": "confirmed"}
    counts = {"objects": {"uavs": {"counts": {"destroyed": {"ministry": {"value": 42}}}}}}
    revise(client, made, counts | {"claims": {"ministry": ministry}})
    revise(client, made, {"claims": {"prelim": {"relayed_by": "urgent-update"}}})
    return made


def test_a_number_leads_to_claims_rule_and_events(client: httpx.Client, incident: str, ledger: Ledger) -> None:
    found = explained(client, incident, path=PATH)
    events = ledger.sql(
        "SELECT revision, position, instant(recorded_at), actor FROM events WHERE incident = %s ORDER BY 1", incident
    )
    first, second, third = [
        dict(zip(("revision", "position", "recorded_at", "actor"), each, strict=True)) for each in events
    ]
    assert {name: found[name] for name in ("incident", "status", "rule_version")} == {
        "incident": incident, "status": "active", "rule_version": 2,
    }  # fmt: skip
    assert {name: found[name] for name in ("revision", "position", "recorded_at")} == {
        name: third[name] for name in ("revision", "position", "recorded_at")
    }
    (shown,) = found["items"]
    assert shown["number"] == {
        "state": "counted", "best": 42, "low": 40, "high": 42, "disputed": True, "claim": "ministry",
    }  # fmt: skip
    assert shown["number"] == client.get(f"/v1/incidents/{incident}").json()["derived"]["objects"]["uavs"]["destroyed"]
    assert shown["decided_by"] == "confidence"
    ministry, prelim = shown["claims"]
    assert ministry | {"by": None} == {
        "claim": "ministry", "amount": {"value": 42}, "role": "best", "covers": "whole", "place": 1, "low": 42,
        "high": 42, "by": None, "amount_set_by": second, "claim_set_by": second,
    }  # fmt: skip
    assert ministry["by"]["source"] == "ministry-of-defence"
    assert (prelim["role"], prelim["place"], prelim["by"]["confidence"]) == ("counted", 2, "preliminary")
    assert (prelim["amount_set_by"], prelim["claim_set_by"]) == (first, third)


def test_it_can_be_asked_as_of_then(client: httpx.Client, incident: str) -> None:
    first = client.get(f"/v1/incidents/{incident}/revisions").json()["items"][0]
    for asked in ({"revision": 1}, {"as_of": first["position"]}, {"as_of": first["recorded_at"]}):
        found = number(client, incident, **asked)
        assert (found["number"]["best"], len(found["claims"]), found["decided_by"]) == (40, 1, "only_one")


def test_an_older_rule_can_be_asked_for(client: httpx.Client) -> None:
    scope = {"scope": {"place": {"subdivision": "RU-KLU", "place": "Obninsk"}}}
    made = destroyed(
        client, AT, "RU-KLU", governor={"at_least": 10}, mayor={"value": 30}, claims={"mayor": scope, "governor": {}}
    )
    now, then = number(client, made), number(client, made, rule_version=1)
    assert (now["number"]["claim"], now["number"]["best"], now["raised_by"]) == ("governor", 30, "mayor")
    assert [(each["claim"], each["role"], each["covers"]) for each in now["claims"]] == [
        ("governor", "best", "whole"), ("mayor", "lower_bound", "part"),
    ]  # fmt: skip
    assert (then["number"]["best"], [each["covers"] for each in then["claims"]]) == (10, ["whole", "whole"])
    assert "raised_by" not in then


def test_without_a_path_every_number_is_explained(client: httpx.Client) -> None:
    made = report(
        client, casualties={"none_reported": True}, claims={"a": {}},
        damage={"roof": {"count": {"a": {"at_least": 2}}}},
        objects={"uavs": {"type": "uav", "counts": {"observed": {"a": {"unknown": True}}}}},
    )["id"]  # fmt: skip
    found = explained(client, made)["items"]
    paths = ["/casualties/injured", "/casualties/killed", "/damage/roof/count", "/objects/uavs/observed"]
    assert [each["path"] for each in found] == paths
    assert found[0]["claims"] == [
        {"claim": None, "amount": {"none_reported": True}, "role": "best", "covers": "whole", "place": 1, "low": 0,
         "high": 0, "amount_set_by": found[0]["claims"][0]["amount_set_by"]}
    ]  # fmt: skip
    assert (found[3]["decided_by"], found[3]["claims"][0]["reason"]) == ("nothing_counts", "unknown")
    assert explained(client, report(client)["id"])["items"] == []


def test_a_path_without_a_number_names_those_that_have_one(client: httpx.Client, incident: str) -> None:
    for path in ("/objects/uavs/observed", "/objects/uavs", "/counts/destroyed", "objects", "/"):
        found = refusal(client.get(f"/v1/incidents/{incident}/explain", params={"path": path}), 404)
        assert PATH in found["detail"]
    nothing = report(client)["id"]
    assert "none" in refusal(client.get(f"/v1/incidents/{nothing}/explain", params={"path": PATH}), 404)["detail"]


def test_what_is_said_anew_after_a_retraction_is_of_the_new_report(client: httpx.Client) -> None:
    made = destroyed(client, AT, a={"value": 1})
    retract(client, made)
    counts = {"destroyed": {"a": {"value": 1}}}
    report_again(client, made, objects={"uavs": {"type": "uav", "counts": counts}}, claims={"a": {}})
    (claim,) = number(client, made)["claims"]
    assert (claim["amount_set_by"]["revision"], claim["claim_set_by"]["revision"]) == (3, 3)


def test_a_retracted_incident_is_explained_to_who_asks_for_it(client: httpx.Client) -> None:
    made = destroyed(client, AT, a={"value": 1})
    retract(client, made)
    found = refusal(client.get(f"/v1/incidents/{made}/explain", params={"path": PATH}), 410)
    assert found["tombstone"]["retraction"]["reason_code"] == "false_report"
    assert explained(client, made, path=PATH, retracted="include")["status"] == "retracted"
    assert explained(client, made, path=PATH, revision=1)["status"] == "active"


def test_what_cannot_be_explained(client: httpx.Client, incident: str) -> None:
    refusal(client.get(f"/v1/incidents/{NOBODY}/explain"), 404)
    refusal(client.get(f"/v1/incidents/{incident}/explain", params={"revision": 9}), 404)
    refusal(client.get(f"/v1/incidents/{incident}/explain", params={"as_of": "0"}), 404)
    wrong = {"rule_version": 9, "path": "/" * 201, "unknown": unique()}
    found = refusal(client.get(f"/v1/incidents/{incident}/explain", params=wrong), 400)
    assert pointers(found, "query") == {"/rule_version", "/path", "/unknown"}
    assert pointers(refusal(client.get("/v1/incidents/no-uuid/explain"), 400), "path") == {"/incident"}


def test_it_waits_for_what_its_reader_has_written(client: httpx.Client, incident: str) -> None:
    answer = client.get(f"/v1/incidents/{incident}/explain", headers={"min-position": head(client)})
    assert int(answer.headers["Log-Position"]) >= int(head(client))
