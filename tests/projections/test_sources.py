"""/v1/sources: what became of the claims of each source, and whether others say the same."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from tests.api.samples import NOBODY, Json, batch, refusal, report, report_again, retract, revise, unique, walk
from tests.running import Ledger, make_database


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register of its own; every test names sources of its own."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def client(register: Ledger) -> Iterator[httpx.Client]:
    """A client."""
    with register.client() as opened:
        yield opened


def read(client: httpx.Client, path: str, **params: object) -> Json:
    """Read what reflects all that has been recorded."""
    head = str(client.get("/v1/head").json()["position"])
    given = {name: str(value) for name, value in params.items()}
    answer = client.get(path, params=given, headers={"min-position": head})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def source(client: httpx.Client, slug: str, **params: object) -> Json:
    """Read one source."""
    return read(client, f"/v1/sources/{slug}", **params)


def destroyed(**said: Json) -> Json:
    """Return objects of which each claim says how many were destroyed."""
    return {"objects": {"uavs": {"type": "uav", "counts": {"destroyed": said}}}}


def of(slug: str, **more: Any) -> Json:
    """Return a claim of a source."""
    return {"source": slug, "attribution": "named", **more}


def test_forty_is_contradicted_by_forty_two_and_agrees_with_a_range_around_it(client: httpx.Client) -> None:
    governor, ministry, agency = unique("governor"), unique("ministry"), unique("agency")
    claims = {"g": of(governor), "m": of(ministry), "a": of(agency)}
    alone = report(client, claims={"g": of(governor)}, **destroyed(g={"value": 40}))
    assert source(client, governor)["agreement"] == {"agree": 0, "disagree": 0}
    patch = {"claims": claims, **destroyed(m={"value": 42}, a={"at_least": 30})}
    told = revise(client, alone["id"], patch)
    found = source(client, governor)
    assert found["agreement"] == {"agree": 1, "disagree": 1}
    assert found["others"] == [
        {"agree": 1, "disagree": 0, "source": agency}, {"agree": 0, "disagree": 1, "source": ministry},
    ]  # fmt: skip
    assert found["claims"]["revised"] == 0, "what others add beside it changes no word of the governor's"
    assert source(client, governor, as_of=alone["position"])["others"] == []
    corrected = revise(client, alone["id"], destroyed(g={"value": 42}))
    assert source(client, governor)["agreement"] == {"agree": 2, "disagree": 0}
    assert source(client, ministry)["others"] == [
        {"agree": 1, "disagree": 0, "source": agency}, {"agree": 1, "disagree": 0, "source": governor},
    ]  # fmt: skip
    assert source(client, governor, as_of=told["position"])["agreement"] == {"agree": 1, "disagree": 1}
    retract(client, alone["id"])
    assert source(client, governor)["agreement"] == {"agree": 0, "disagree": 0}
    assert source(client, governor)["others"] == []
    assert source(client, governor, as_of=corrected["position"])["agreement"] == {"agree": 2, "disagree": 0}


def test_a_claim_that_is_changed_counts_as_revised_once_and_tells_how_soon(client: httpx.Client) -> None:
    governor = unique("governor")
    incident = report(client, claims={"g": of(governor)}, **destroyed(g={"value": 40}))
    revise(client, incident["id"], destroyed(g={"value": 41}))
    revise(client, incident["id"], {"claims": {"g": {"confidence": "confirmed"}}})
    found = source(client, governor)
    assert found["claims"] == {"made": 1, "standing": 1, "revised": 1, "retracted": {}}
    assert found["corrections"]["claims"] == 1
    assert found["confidence"] == {"confirmed": 1}
    assert 0 < found["corrections"]["median_seconds"] < 60


def record(ledger: Ledger, *told: tuple[str, str, Json]) -> None:
    """Put events of one incident into an empty log, each at a time of its own: a client cannot choose it."""
    for position, (at, type_, data) in enumerate(told, 1):
        ledger.sql(
            "INSERT INTO events VALUES (%s, gen_random_uuid(), %s, %s, %s, 1, %s, 'tester', '\\x00', sha256(''), %s)",
            position, NOBODY, position, type_, at, json.dumps(data),
        )  # fmt: skip
    ledger.sql("UPDATE log_head SET position = %s, recorded_at = %s", len(told), told[-1][0])


def test_a_source_that_was_revised_after_ten_minutes_says_so_within_a_fifth(own_ledger: Ledger) -> None:
    facts = {"title": "t", "kind": "strike", "claims": {"g": of("governor")}, **destroyed(g={"value": 40})}
    record(
        own_ledger,
        ("2026-05-01T06:00:00Z", "reported", {"facts": facts}),
        ("2026-05-01T06:05:00Z", "revised", {"reason": "r", "patch": {"claims": {"m": of("ministry")}}}),
        ("2026-05-01T06:10:00Z", "revised", {"reason": "r", "patch": destroyed(g={"value": 42})}),
        ("2026-05-01T06:35:00Z", "retracted", {"reason": "r", "reason_code": "duplicate"}),
    )
    with own_ledger.client() as client:
        governor, ministry = source(client, "governor"), source(client, "ministry")
        assert source(client, "governor", as_of="2026-05-01T06:09:59Z")["corrections"]["median_seconds"] is None
    assert governor["corrections"]["claims"] == 1
    assert 600 <= governor["corrections"]["median_seconds"] < 720
    assert 1800 <= ministry["corrections"]["p90_seconds"] < 2160
    assert governor["claims"] == {"made": 1, "standing": 0, "revised": 1, "retracted": {"duplicate": 1}}


def test_a_retraction_counts_by_its_reason_and_a_new_report_makes_no_new_claims(client: httpx.Client) -> None:
    agency = unique("agency")
    facts: Final = {"claims": {"a": of(agency), "b": of(agency, confidence="confirmed")}}
    incident = report(client, **facts)
    gone = retract(client, incident["id"], reason_code="false_report")
    found = source(client, agency)
    assert found["claims"] == {"made": 2, "standing": 0, "revised": 0, "retracted": {"false_report": 2}}
    assert (found["confidence"], found["reliability"]) == ({}, {})
    report_again(client, incident["id"], **facts)
    retract(client, incident["id"], reason_code="duplicate")
    found = source(client, agency)
    assert found["claims"] == {"made": 2, "standing": 0, "revised": 0, "retracted": {"false_report": 2}}
    assert (found["incidents"], found["corrections"]["claims"]) == (1, 2)
    assert source(client, agency, as_of=gone["position"] - 1)["claims"]["standing"] == 2


def test_who_relays_is_counted_apart_from_who_claims(client: httpx.Client) -> None:
    agency, governor = unique("agency"), unique("governor")
    report(
        client, claims={"a": of(governor, relayed_by=agency), "b": {"attribution": "not_stated", "relayed_by": agency}}
    )
    relay = source(client, agency)
    assert (relay["relayed"], relay["claims"]["made"], relay["incidents"], relay["name"]) == (2, 0, 0, None)
    assert relay["first_recorded_at"] is None
    claimant = source(client, governor)
    assert (claimant["relayed"], claimant["claims"]["made"], claimant["incidents"]) == (0, 1, 1)


def test_the_last_name_and_kind_are_told_with_the_first_and_last_statement(client: httpx.Client) -> None:
    slug = unique("gusev")
    first = report(client, claims={
        "a": of(slug, source_name="A. Gusev", source_kind="expert", stated_at="2026-05-01T06:00:00Z", reliability="B"),
    })  # fmt: skip
    last = report(client, claims={
        "a": of(slug, source_name="Governor Gusev", source_kind="official", stated_at="2026-05-01T05:00:00+03:00"),
    })  # fmt: skip
    report(client, claims={"a": of(unique(), source_kind="official")})
    found = source(client, slug)
    assert (found["name"], found["kind"], found["incidents"]) == ("Governor Gusev", "official", 2)
    assert found["first_stated_at"] == "2026-05-01T02:00:00.000000Z"
    assert found["last_stated_at"] == "2026-05-01T06:00:00.000000Z"
    assert (found["first_recorded_at"], found["last_recorded_at"]) == (first["recorded_at"], last["recorded_at"])
    assert (found["reliability"], found["position"]) == ({"B": 1, "F": 1}, last["position"])
    then = source(client, slug, as_of=first["position"])
    assert (then["name"], then["kind"]) == ("A. Gusev", "expert")
    experts = [each["slug"] for each in read(client, "/v1/sources", kind="expert", as_of=first["position"])["items"]]
    assert slug in experts
    assert slug not in [each["slug"] for each in read(client, "/v1/sources", kind="expert", limit=500)["items"]]


def test_claims_of_an_exercise_are_not_counted(client: httpx.Client) -> None:
    slug = unique("drill")
    incident = report(client, claims={"a": of(slug)}, message_status="exercise")
    head = {"min-position": str(incident["position"])}
    refusal(client.get(f"/v1/sources/{slug}", headers=head), 404, "not-found")
    revise(client, incident["id"], {"message_status": "actual"})
    assert source(client, slug)["claims"]["made"] == 1


def test_sources_are_listed_by_slug_page_by_page(client: httpx.Client) -> None:
    stem = unique("page")
    batch(client, *[{"command": "report", "facts": {"title": "t", "kind": "alert", "claims": {"a": of(f"{stem}-{n}")}}}
                    for n in (3, 1, 2, 5, 4)])  # fmt: skip
    items = read(client, "/v1/sources", limit=500)["items"]
    slugs = [each["slug"] for page in walk(client, "/v1/sources?limit=2") for each in page.json()["items"]]
    assert [slug for slug in slugs if slug.startswith(stem)] == [f"{stem}-{n}" for n in range(1, 6)]
    assert slugs == sorted(slugs) == [each["slug"] for each in items]
    shown = source(client, f"{stem}-1")
    shown.pop("others")
    assert shown in items


def test_a_source_that_was_named_later_was_not_there_before(client: httpx.Client) -> None:
    slug = unique("late")
    incident = report(client, claims={"a": of(slug)})
    answer = client.get(f"/v1/sources/{slug}", params={"as_of": incident["position"] - 1})
    refusal(answer, 404, "not-found")
    answer = client.get(f"/v1/sources/{slug}", params={"as_of": incident["position"]})
    assert answer.headers["Log-Position"] == str(incident["position"])
    names = read(client, "/v1/sources", limit=500, as_of=incident["position"] - 1)["items"]
    assert slug not in [each["slug"] for each in names]


@pytest.mark.parametrize("slug", ["there-is-none", "%00", "No-Slug", "a" * 65])
def test_who_was_never_named_is_not_found(client: httpx.Client, slug: str) -> None:
    refusal(client.get(f"/v1/sources/{slug}"), 404, "not-found")


@pytest.mark.parametrize(("query", "pointer"), [
    ("kind=tabloid", "/kind"), ("limit=501", "/limit"), ("as_of=yesterday", "/as_of"), ("cursor=x", "/cursor"),
    ("sort=name", "/sort"),
])  # fmt: skip
def test_a_bad_filter_is_named(client: httpx.Client, query: str, pointer: str) -> None:
    found = refusal(client.get(f"/v1/sources?{query}"), 400, "invalid-request")
    assert [each["pointer"] for each in found["errors"]] == [pointer]
