"""POST /v1/incidents: what is answered, kept and read back."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from tests.api.samples import (
    FACTS,
    JSON,
    Json,
    head,
    nothing_recorded,
    pointers,
    refusal,
    report,
    retract,
    revise,
    unique,
)

RICH: Final[Json] = {
    "title": "Три десятка дронов 🛸", "summary": "Preliminary.", "kind": "interception",
    "occurred": {"start": "2026-05-01T02:30:00.000000Z", "precision": "part_of_day", "time_zone": "Europe/Moscow"},
    "locations": {
        "oblast": {"role": "target", "country": "RU", "subdivision": "RU-KLU", "point": [36.26, 54.51],
                   "radius_m": 500.5, "alternatives": {"city": {"place": "Kaluga"}}},
    },
    "objects": {"uavs": {"claims": ["gov", "mod"], "type": "uav", "certainty": "confirmed",
                         "counts": {"destroyed": {"gov": {"value": 40}, "mod": {"value": 42}}}}},
    "casualties": {"claims": ["gov"], "none_reported": True},
    "claims": {"gov": {"source": "governor-kaluga", "attribution": "named", "confidence": "preliminary"},
               "mod": {"source": "mod-russia", "attribution": "role_only", "confidence": "confirmed"}},
    "campaigns": ["spring-2026"],
}  # fmt: skip


def test_a_report_is_answered_with_the_incident_its_place_and_its_tag(client: httpx.Client) -> None:
    before = datetime.now(UTC)
    answer = client.post("/v1/incidents", json={"facts": FACTS})
    found = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/incidents/{found['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Log-Position"] == str(found["position"])
    assert "Idempotent-Replayed" not in answer.headers
    assert UUID(found["id"]).version == 7
    assert (found["status"], found["revision"], found["actor"]) == ("active", 1, "tester")
    assert found["recorded_at"] == found["reported_at"]
    assert before <= datetime.fromisoformat(found["recorded_at"]) <= datetime.now(UTC)
    assert found["recorded_at"].endswith("Z")
    assert len(found["recorded_at"]) == len("2026-05-01T02:30:00.000000Z")


def test_a_report_is_read_back_as_it_was_answered(client: httpx.Client) -> None:
    answer = client.post("/v1/incidents", json={"facts": RICH})
    assert answer.json()["facts"] == RICH
    assert client.get(answer.headers["Location"]).content == answer.content


def test_two_claims_of_40_and_42_are_both_served_and_disputed(client: httpx.Client) -> None:
    found = report(client, **RICH)
    derived = found["derived"]["objects"]["uavs"]["destroyed"]
    assert (derived["low"], derived["high"], derived["disputed"], derived["best"]) == (40, 42, True, 42)
    assert derived["claim"] == "mod"
    assert "counts_disputed" in found["flags"]
    assert found["derived"]["casualties"] == {
        name: {"state": "none_reported", "best": 0, "low": 0, "high": 0, "disputed": False} | given
        for name, given in found["derived"]["casualties"].items()
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-05-01T05:30:00+03:00", "2026-05-01T02:30:00.000000Z"),
        ("2026-05-01t02:30:00.5z", "2026-05-01T02:30:00.500000Z"),
        ("2026-04-30T20:30:00-06:00", "2026-05-01T02:30:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_instants_are_kept_in_utc_with_microseconds(client: httpx.Client, given: str, kept: str) -> None:
    found = report(client, occurred={"start": given})
    assert found["facts"]["occurred"]["start"] == kept
    assert client.get(f"/v1/incidents/{found['id']}").json() == found


@pytest.mark.parametrize(
    ("facts", "flag"),
    [
        ({"occurred": {"start": "2026-05-02T00:00:00Z", "end": "2026-05-01T00:00:00Z"}}, "start_after_end"),
        ({"occurred": {"start": "2999-01-01T00:00:00Z"}}, "occurred_after_recorded"),
        ({}, "source_missing"),
        (
            {"claims": {"a": {"source": "s"}},
             "objects": {"o": {"type": "uav", "counts": {
                 "observed": {"a": {"value": 2}}, "destroyed": {"a": {"value": 4}}}}}},
            "destroyed_exceeds_observed",
        ),
    ],
)  # fmt: skip
def test_an_odd_report_is_recorded_and_flagged(client: httpx.Client, facts: Json, flag: str) -> None:
    assert flag in report(client, **facts)["flags"]


@pytest.mark.parametrize(
    "title",
    [
        "x" * 300, "\U0001d54f" * 300, "\u202eright to left", "é\u0301", "\ufeff", "\x7f", "line\nfeed", "\\u0000",
        "</script>", "'; --",
    ],
)  # fmt: skip
def test_a_title_is_kept_as_it_is(client: httpx.Client, title: str) -> None:
    found = report(client, title=title)
    assert found["facts"]["title"] == title
    assert client.get(f"/v1/incidents/{found['id']}").json()["facts"]["title"] == title


def test_a_second_active_incident_with_the_same_external_id_is_409_and_names_the_first(client: httpx.Client) -> None:
    key = unique()
    first = report(client, external_ids={"acled": key})
    with nothing_recorded(client):
        answer = client.post("/v1/incidents", json={"facts": FACTS | {"external_ids": {"acled": key}}})
    found = refusal(answer, 409, "external-id-taken")
    assert found["incident"] == first["id"]


def test_an_external_id_is_free_again_when_its_incident_is_retracted_or_lets_it_go(client: httpx.Client) -> None:
    key = unique()
    first = report(client, external_ids={"acled": key})
    retract(client, first["id"])
    second = report(client, external_ids={"acled": key})
    revise(client, second["id"], {"external_ids": {"acled": None}})
    report(client, external_ids={"acled": key})
    report(client, external_ids={"other": key})


def test_every_report_takes_the_next_position(client: httpx.Client) -> None:
    before = head(client)
    assert [report(client)["position"] for _ in range(3)] == [before + 1, before + 2, before + 3]


def test_what_is_only_white_space_around_makes_no_difference(client: httpx.Client) -> None:
    answer = client.post("/v1/incidents", content=b' \r\n{ "facts" :{"title":"a","kind":"other"}}\t\n', headers=JSON)
    assert answer.status_code == 201
    assert answer.json()["facts"] == {"title": "a", "kind": "other"}


def rehearse(client: httpx.Client, **facts: Any) -> Json:
    answer = client.post("/v1/incidents?dry_run=true", json={"facts": FACTS | facts})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_dry_run_answers_what_would_be_recorded_and_records_nothing(client: httpx.Client) -> None:
    with nothing_recorded(client):
        found = rehearse(client, occurred={"start": "2026-05-02T03:00:00+03:00", "end": "2026-05-01T00:00:00Z"})
    facts = FACTS | {"occurred": {"start": "2026-05-02T00:00:00.000000Z", "end": "2026-05-01T00:00:00.000000Z"}}
    assert found["command"] == {"facts": facts}
    assert found["facts"] == facts
    assert found["derived"]["rule_version"] == 2
    assert set(found["warnings"]) == {"start_after_end", "source_missing"}
    assert found["possible_duplicates"] == []


def test_a_dry_run_of_what_is_wrong_is_refused_as_the_write_would_be(client: httpx.Client) -> None:
    answer = client.post("/v1/incidents?dry_run=true", json={"facts": FACTS | {"kind": "war"}})
    assert pointers(refusal(answer, 400)) == {"/facts/kind"}


@pytest.mark.parametrize(
    ("changed", "is_similar"),
    [
        ({}, True),
        ({"title": "Other words"}, True),
        ({"occurred": {"start": "2024-02-01T05:00:00Z", "precision": "hour"}}, True),
        ({"occurred": {"start": "2024-02-03T00:00:00Z"}}, False),
        ({"kind": "debris"}, False),
        ({"locations": {"a": {"subdivision": "RU-TUL"}}}, False),
    ],
    ids=["the same", "another title", "inside the window", "another day", "another kind", "another region"],
)
def test_a_dry_run_names_possible_duplicates(client: httpx.Client, changed: Json, *, is_similar: bool) -> None:
    facts: Json = {
        "kind": "alert",
        "locations": {"a": {"subdivision": "RU-CHU"}},
        "occurred": {"start": "2024-02-01T00:00:00Z", "precision": "day"},
    }
    standing = report(client, **facts)
    found = rehearse(client, **(facts | changed))["possible_duplicates"]
    assert (standing["id"] in {each["incident"] for each in found}) is is_similar
    for each in found:
        assert set(each) == {"incident", "revision", "title"}
    retract(client, standing["id"])
    assert standing["id"] not in str(rehearse(client, **facts)["possible_duplicates"])


def test_a_dry_run_names_the_incident_that_has_the_external_id(client: httpx.Client) -> None:
    key = unique()
    standing = report(client, external_ids={"acled": key})
    (similar,) = rehearse(client, external_ids={"acled": key})["possible_duplicates"]
    assert similar == {"incident": standing["id"], "revision": 1, "title": FACTS["title"]}
