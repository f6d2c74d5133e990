"""Keys that are bound to namespaces and subdivisions: what is beyond them is 403, pointed at, and never recorded."""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from service.domain.bounds import Bounds
from tests.api.samples import (
    ANY_REVISION,
    FACTS,
    NDJSON,
    NOBODY,
    Json,
    batch,
    nothing_recorded,
    pointers,
    problem,
    refusal,
    report,
    retract,
    unique,
)
from tests.running import SCOPES, Ledger

KALUGA: Final[Json] = {"k": {"subdivision": "RU-KLU"}}
MOSCOW: Final[Json] = {"m": {"subdivision": "RU-MOW"}}
ACTOR: Final = "kaluga-desk"
WHAT: Final = "external ids of uaaf and locations in RU-KLU"


@pytest.fixture(scope="module")
def bound(ledger: Ledger) -> Iterator[httpx.Client]:
    """A client whose key is bound."""
    with ledger.client(ledger.make_key(*SCOPES, actor=ACTOR, bounds=Bounds(("uaaf",), ("RU-KLU",)))) as client:
        yield client


def own(**more: Any) -> Json:
    """Return facts that the bound key may report."""
    return FACTS | {"external_ids": {"uaaf": unique()}, "locations": KALUGA} | more


def beyond(answer: httpx.Response, *at: str, where: str = "body") -> Json:
    """Hold that an answer refuses what is beyond the bounds, points there, and says what is allowed."""
    found = refusal(answer, 403, "out-of-bounds")
    assert pointers(found, where) == set(at)
    assert len(found["errors"]) == len(at)
    assert WHAT in found["detail"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="incident-ledger", error="insufficient_scope"'
    return found


def test_its_own_incidents_it_writes_as_ever(bound: httpx.Client) -> None:
    first = report(bound, **own())
    assert (first["actor"], first["revision"]) == (ACTOR, 1)
    at = f"/v1/incidents/{first['id']}"
    patch = {"locations": {"l": {"role": "launch", "subdivision": "RU-SMO"}}, "external_ids": {"uaaf": unique()}}
    assert bound.post(f"{at}/revisions", json={"reason": "r", "patch": patch}, headers=ANY_REVISION).status_code == 201
    retract(bound, first["id"])
    assert bound.post(f"{at}/reports", json={"facts": own()}, headers=ANY_REVISION).status_code == 201


@pytest.mark.parametrize("query", ["", "?dry_run=true"], ids=["recorded", "dry run"])
def test_a_report_beyond_the_bounds_is_refused_at_every_field(
    bound: httpx.Client, client: httpx.Client, query: str
) -> None:
    facts = own(external_ids={"uaaf": "1", "other": "2"}, locations=KALUGA | MOSCOW)
    with nothing_recorded(client):
        answer = bound.post(f"/v1/incidents{query}", json={"facts": facts})
        beyond(answer, "/facts/external_ids/other", "/facts/locations/m/subdivision")
        beyond(bound.post(f"/v1/incidents{query}", json={"facts": FACTS}), "/facts/external_ids", "/facts/locations")


def test_a_wrong_report_is_400_before_it_is_403(bound: httpx.Client) -> None:
    wrong = bound.post("/v1/incidents", json={"facts": FACTS | {"locations": {"m": {"subdivision": "RU-XXX"}}}})
    refusal(wrong, 400, "invalid-request")


@pytest.mark.parametrize(
    ("patch", "at"),
    [
        ({"locations": MOSCOW}, {"/patch/locations/m/subdivision"}),
        ({"locations": {"k": {"subdivision": "RU-MOW"}}}, {"/patch/locations/k/subdivision"}),
        ({"locations": None}, {"/patch/locations"}),
        ({"external_ids": {"other": "1"}}, {"/patch/external_ids/other"}),
        ({"external_ids": {"uaaf": None}}, {"/patch/external_ids"}),
        ({"external_ids": {"both": None}}, {"/patch/external_ids/both"}),
        ({"external_ids": {"both": "another"}}, {"/patch/external_ids/both"}),
    ],
    ids=str,
)
def test_a_revision_may_not_lead_out_nor_touch_what_is_of_others(
    bound: httpx.Client, client: httpx.Client, patch: Json, at: set[str]
) -> None:
    shared = report(client, **own(external_ids={"uaaf": unique(), "both": unique()}))["id"]
    with nothing_recorded(client):
        answer = bound.post(
            f"/v1/incidents/{shared}/revisions", json={"reason": "r", "patch": patch}, headers=ANY_REVISION
        )
    beyond(answer, *at)


CHANGES: Final[dict[str, Json]] = {
    "revisions": {"reason": "r", "patch": {"title": "another"}},
    "retraction": {"reason_code": "legal", "reason": "r"},
    "reports": {"facts": own()},
}


@pytest.mark.parametrize("revision", ["*", '"9"'], ids=["any revision", "a stale one"])
@pytest.mark.parametrize("what", CHANGES)
def test_an_incident_of_others_is_refused_as_such(
    bound: httpx.Client, client: httpx.Client, what: str, revision: str
) -> None:
    others = report(client, external_ids={"other": unique()}, locations=KALUGA)["id"]
    if what == "reports":
        retract(client, others)
    with nothing_recorded(client):
        answer = bound.post(f"/v1/incidents/{others}/{what}", json=CHANGES[what], headers={"If-Match": revision})
    beyond(answer, "/incident", where="path")


def test_nobody_moves_an_incident_of_another_region_into_his_own(bound: httpx.Client, client: httpx.Client) -> None:
    others = report(client, external_ids={"uaaf": unique()}, locations=MOSCOW)["id"]
    patch = {"locations": {"m": {"subdivision": "RU-KLU"}}}
    body = {"reason": "r", "patch": patch}
    beyond(bound.post(f"/v1/incidents/{others}/revisions", json=body, headers=ANY_REVISION), "/incident", where="path")


def test_a_retraction_does_not_release_external_ids_of_others(bound: httpx.Client, client: httpx.Client) -> None:
    shared = report(client, **own(external_ids={"uaaf": unique(), "both": unique()}))["id"]
    body = CHANGES["retraction"]
    found = beyond(
        bound.post(f"/v1/incidents/{shared}/retraction", json=body, headers=ANY_REVISION), "/incident", where="path"
    )
    assert "both" in found["errors"][0]["message"]


def test_an_incident_that_is_not_there_is_404(bound: httpx.Client) -> None:
    answer = bound.post(f"/v1/incidents/{NOBODY}/retraction", json=CHANGES["retraction"], headers=ANY_REVISION)
    refusal(answer, 404)


def test_a_batch_is_refused_by_the_line(bound: httpx.Client, client: httpx.Client) -> None:
    named = unique()
    others = report(client, external_ids={"other": named}, locations=MOSCOW)["id"]
    results = batch(
        bound,
        {"command": "report", "facts": own()},
        {"command": "report", "facts": own(locations=MOSCOW)},
        {"command": "revise", "incident": others, "reason": "r", "patch": {"title": "x"}},
        {"command": "retract", "external_id": f"other/{named}", "reason_code": "legal", "reason": "r"},
        {"command": "report", "facts": own()},
    )
    assert [each["status"] for each in results] == [201, 403, 403, 403, 201]
    at = [pointers(problem(each["problem"], 403, "out-of-bounds")) for each in results[1:4]]
    assert at == [{"/facts/locations/m/subdivision"}, {"/incident"}, {"/external_id"}]


def test_an_incident_of_the_same_batch_is_held_to_the_bounds_too(bound: httpx.Client) -> None:
    named = unique()
    results = batch(
        bound,
        {"command": "report", "facts": own(external_ids={"uaaf": named})},
        {"command": "revise", "external_id": f"uaaf/{named}", "reason": "r", "patch": {"locations": MOSCOW}},
    )
    assert [each["status"] for each in results] == [201, 403]


def test_all_or_none_names_the_line(bound: httpx.Client, client: httpx.Client) -> None:
    lines = b'{"command":"report","facts":{"title":"t","kind":"other"}}\n'
    with nothing_recorded(client):
        found = refusal(bound.post("/v1/batches?atomic=true", content=lines, headers=NDJSON), 422, "batch-not-recorded")
    assert {(each["line"], each["pointer"]) for each in found["errors"]} == {
        (1, "/facts/external_ids"), (1, "/facts/locations"),
    }  # fmt: skip


@pytest.mark.parametrize("what", ["report", "revise", "retract"])
def test_an_idempotency_key_is_no_way_around(
    ledger: Ledger, bound: httpx.Client, client: httpx.Client, what: str
) -> None:
    """Another key of the same actor, bound to nothing, wrote it: who repeats it is not given the answer."""
    key = {"Idempotency-Key": unique()} | ANY_REVISION
    with ledger.client(ledger.make_key(*SCOPES, actor=ACTOR)) as free:
        path, body = "/v1/incidents", {"facts": FACTS | {"locations": MOSCOW}}
        if what != "report":
            incident = report(free, locations=MOSCOW)["id"]
            name = {"revise": "revisions", "retract": "retraction"}[what]
            path, body = f"/v1/incidents/{incident}/{name}", CHANGES[name]
        first = free.post(path, json=body, headers=key)
        assert first.status_code == 201
        again = free.post(path, json=body, headers=key)
        assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
        with nothing_recorded(client):
            refusal(bound.post(path, json=body, headers=key), 403, "out-of-bounds")


def test_the_answer_to_what_left_the_bounds_since_is_not_replayed_either(
    ledger: Ledger, bound: httpx.Client, client: httpx.Client
) -> None:
    """The revision was within the bounds of the wider key alone: it is looked at as it was then, not as it stands."""
    incident = report(client, **own())["id"]
    key = {"Idempotency-Key": unique()} | ANY_REVISION
    body = {"reason": "r", "patch": {"locations": MOSCOW}}
    with ledger.client(ledger.make_key(*SCOPES, actor=ACTOR)) as free:
        assert free.post(f"/v1/incidents/{incident}/revisions", json=body, headers=key).status_code == 201
    back = {"reason": "r", "patch": {"locations": {"m": None}}}
    assert client.post(f"/v1/incidents/{incident}/revisions", json=back, headers=ANY_REVISION).status_code == 201
    answer = bound.post(f"/v1/incidents/{incident}/revisions", json=body, headers=key)
    beyond(answer, "/patch/locations/m/subdivision")


def test_reading_is_not_bound(bound: httpx.Client, client: httpx.Client) -> None:
    others = report(client, locations=MOSCOW)["id"]
    assert bound.get(f"/v1/incidents/{others}").status_code == 200
