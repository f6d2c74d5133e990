"""What the append stored of each incident is what its events, folded by the pure domain, come to: byte for byte."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
import pytest

from service.domain import events
from service.domain.incident import Incident, facts_of, replay
from service.projections import incidents
from service.projections.incidents import View
from service.store.events import instant
from tests.api.samples import NOBODY, batch, refusal, report, report_again, retract, revise, unique
from tests.running import Ledger, make_database

Json = dict[str, Any]

RICH: Final[Json] = {
    "title": 'Дроны над портом — «40» \\ "cited" \u2028 end',
    "kind": "strike",
    "summary": "Straße, ﬁre, ВОЗДУХ; tab\there, newline\nthere.",
    "occurred": {
        "start": "2026-04-30T18:00:00+03:00",
        "end": "2026-05-01T03:00:00Z",
        "precision": "part_of_day",
        "time_zone": "Europe/Moscow",
        "verbatim": "Last night",
    },
    "locations": {
        "port": {
            "role": "target",
            "country": "UA",
            "point": [30.7326, 46.4775],
            "precision": "settlement",
            "place": "Odesa",
        },
        "edge": {"role": "impact", "point": [-179.999, -0.000001], "precision": "exact"},
        "oblast": {"role": "launch", "subdivision": "RU-KLU", "precision": "subdivision", "claims": ["a"]},
    },
    "objects": {
        "uavs": {
            "type": "uav",
            "counts": {"destroyed": {"a": {"value": 40}, "b": {"at_least": 42}}, "observed": {"a": {"value": 39}}},
        },
        "rockets": {"type": "rocket", "counts": {"destroyed": {"a": {"value": 0}}}},
    },
    "casualties": {"none_reported": True, "claims": ["a"]},
    "claims": {
        "a": {"attribution": "named", "source": "ministry", "confidence": "confirmed"},
        "b": {"attribution": "named", "source": "governor", "relayed_by": "agency", "confidence": "preliminary"},
    },
    "campaigns": ["spring"],
}
ODD: Final[Json] = {
    "future": {"title": "f", "kind": "sighting", "occurred": {"start": "2999-01-01T00:00:00Z", "precision": "day"}},
    "first year": {"title": "f", "kind": "sighting", "occurred": {"start": "0001-01-01T00:00:00Z", "precision": "day"}},
    "last second": {
        "title": "f",
        "kind": "sighting",
        "occurred": {"start": "9999-12-31T23:59:59.999999Z", "precision": "month"},
    },
    "only an end": {"title": "f", "kind": "sighting", "occurred": {"end": "2026-01-01T00:00:00Z"}},
    "end before start": {
        "title": "f",
        "kind": "sighting",
        "occurred": {"start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
    },
    "exercise": {"title": "f", "kind": "sighting", "message_status": "exercise"},
    "test": {"title": "f", "kind": "sighting", "message_status": "test"},
    "astral": {"title": "🛩 \u0001\u001f\u007f\U0010ffff", "kind": "sighting"},
    "long": {"title": "long", "kind": "sighting", "summary": "word " * 999},
}


@pytest.fixture(scope="module")
def written(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register that has been written to in every way that there is."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        with ledger.client() as client:
            _single_writes(client)
            _lines(client)
            _refused(client)
        yield ledger


def _single_writes(client: httpx.Client) -> None:
    for facts in ODD.values():
        report(client, **facts)
    rich = report(client, **RICH, external_ids={"source": unique(), "uaaf": unique()})["id"]
    revise(client, rich, {"objects": {"rockets": None}, "title": "Corrected"})
    revise(
        client, rich, {"occurred": {"start": "2999-01-01T00:00:00Z", "end": None}}, effective_at="2026-05-01T00:00:00Z"
    )
    revise(client, rich, {"occurred": None, "locations": None, "external_ids": {"uaaf": unique()}})
    key = unique()
    first = report(client, external_ids={"source": key})["id"]
    retract(client, first, reason_code="duplicate", replaced_by=rich, effective_at="2026-05-02T00:00:00Z")
    heir = report(client, external_ids={"source": key})["id"]
    retract(client, heir)
    report_again(client, first, **RICH, external_ids={"source": key})
    retract(client, first)
    report_again(client, first, title="Third time")
    once, sent = {"facts": {"title": "Once", "kind": "sighting"}}, {"Idempotency-Key": unique()}
    assert [client.post("/v1/incidents", json=once, headers=sent).status_code for _ in range(2)] == [201, 201]
    report(client, title="only rehearsed")
    client.post("/v1/incidents?dry_run=true", json={"facts": RICH}).raise_for_status()


def _lines(client: httpx.Client) -> None:
    key = unique()
    reports = [{"command": "report", "facts": {**RICH, "title": f"Line {n}"}} for n in range(120)]
    assert {each["status"] for each in batch(client, *reports)} == {201}
    named = {"command": "report", "facts": {"title": "named", "kind": "sighting", "external_ids": {"batch": key}}}
    results = batch(
        client,
        named,
        {"command": "revise", "external_id": f"batch/{key}", "reason": "r", "patch": {"title": "renamed"}},
        named,  # the id is taken
        {"command": "revise", "external_id": f"batch/{key}", "reason": "r", "patch": {"title": "renamed"}},  # no change
        {"command": "revise", "incident": NOBODY, "reason": "r", "patch": {"title": "x"}},
        b"not json",
        {"command": "retract", "external_id": f"batch/{key}", "reason_code": "legal", "reason": "r"},
        named,
    )
    assert [each["status"] for each in results] == [201, 201, 409, 422, 404, 400, 201, 201]
    retracted = results[0]["incident"]
    again = {
        "command": "report",
        "incident": retracted,
        "expected_revision": 3,
        "facts": {"title": "back", "kind": "strike"},
    }
    revised = {
        "command": "revise",
        "incident": retracted,
        "reason": "r",
        "patch": {"kind": "other", "campaigns": ["c"]},
    }
    assert [each["status"] for each in batch(client, again, revised, query="?atomic=true")] == [201, 201]


def _refused(client: httpx.Client) -> None:
    sound = {"command": "report", "facts": {"title": "never recorded", "kind": "sighting"}}
    for wrong in ({"command": "revise", "incident": NOBODY, "reason": "r", "patch": {"title": "x"}}, {"command": "?"}):
        body = "\n".join(map(json.dumps, [sound, wrong]))
        answer = client.post("/v1/batches?atomic=true", content=body, headers={"Content-Type": "application/x-ndjson"})
        refusal(answer, 422, "batch-not-recorded")


class _Folded(msgspec.Struct):
    incident: Incident
    view: View
    document: str
    columns: tuple[object, ...]


def _folded(ledger: Ledger) -> dict[UUID, _Folded]:
    """Fold the whole log, knowing nothing of the projection's tables."""
    log: dict[UUID, list[Any]] = {}
    rows = ledger.sql(
        "SELECT incident, position, revision, type, schema_version, recorded_at, actor, data"
        " FROM events ORDER BY position"
    )
    for incident, *event in rows:
        log.setdefault(incident, []).append(event)
    return {incident: _fold(incident, each) for incident, each in log.items()}


def _fold(incident: UUID, log: list[Any]) -> _Folded:
    now = replay(events.decode(type_, version, data) for _, _, type_, version, _, _, data in log)
    assert now is not None
    position, revision, _, _, recorded_at, actor, _ = log[-1]
    facts = facts_of(now)
    seen = incidents.view(facts, msgspec.json.encode(facts), now.retraction)
    document = incidents.document(incident, revision, position, instant(recorded_at), instant(log[0][4]), actor, seen)
    columns = (
        now.revision,
        position,
        recorded_at,
        log[0][4],
        now.status,
        str(facts.message_status),
        frozenset(seen.tags.split("\n")),
    )
    return _Folded(now, seen, document.decode(), columns)


@pytest.fixture(scope="module")
def folded(written: Ledger) -> dict[UUID, _Folded]:
    """Every incident, folded from the log."""
    return _folded(written)


def test_the_writes_were_of_every_kind(written: Ledger) -> None:
    kinds = dict(written.sql("SELECT type, count(*) FROM events GROUP BY type"))
    assert kinds["reported"] > 130
    assert kinds["revised"] >= 5
    assert kinds["retracted"] >= 4
    assert {status for (status,) in written.sql("SELECT DISTINCT status FROM incidents")} == {"active", "retracted"}
    odd = {
        flag for (document,) in written.sql("SELECT document FROM incidents") for flag in json.loads(document)["flags"]
    }
    assert {"occurred_after_recorded", "start_after_end", "counts_disputed"} <= odd


def test_every_stored_document_is_the_one_that_the_log_gives(written: Ledger, folded: dict[UUID, _Folded]) -> None:
    stored = dict(written.sql("SELECT incident, document FROM incidents"))
    assert stored.keys() == folded.keys()
    for incident, each in folded.items():
        assert stored[incident] == each.document


def test_what_lists_select_by_is_what_the_log_gives(written: Ledger, folded: dict[UUID, _Folded]) -> None:
    rows = written.sql(
        "SELECT incident, revision, position, recorded_at, reported_at, status, message_status, tags FROM incidents"
    )
    assert {incident: (*columns, frozenset(tags)) for incident, *columns, tags in rows} == {
        incident: each.columns for incident, each in folded.items()
    }


def test_times_and_places_are_what_the_log_gives(written: Ledger, folded: dict[UUID, _Folded]) -> None:
    rows = written.sql(
        "SELECT incident, instant(occurred_start), instant(occurred_end),"
        " ARRAY(SELECT ARRAY[q[0], q[1]] FROM unnest(places) q),"
        " ARRAY[(extent[1])[0], (extent[1])[1], (extent[0])[0], (extent[0])[1]]"
        " FROM incidents"
    )
    assert {incident: tuple(columns) for incident, *columns in rows} == {
        incident: (_time(each.view.occurred_start), _time(each.view.occurred_end), *_placed(each.view))
        for incident, each in folded.items()
    }


def _time(moment: datetime) -> str | None:
    """Return what `instant` makes of it: nothing of the infinities, as which asyncpg writes the first and the last."""
    return None if moment in {datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)} else instant(moment)


def _placed(seen: View) -> tuple[list[list[float]], list[float | None]]:
    points = [[float(part) for part in each.strip("()").split(",")] for each in (seen.places or "").split("\n") if each]
    if not points:
        return [], [None] * 4
    xs, ys = zip(*points, strict=True)
    return points, [min(xs), min(ys), max(xs), max(ys)]


def test_external_ids_belong_to_the_active_incidents_that_claim_them(
    written: Ledger, folded: dict[UUID, _Folded]
) -> None:
    claimed = {
        external_id: incident
        for incident, each in folded.items()
        if each.incident.status == "active"
        for external_id in each.view.external_ids
    }
    assert claimed
    assert dict(written.sql("SELECT external_id, incident FROM external_ids")) == claimed


def test_the_head_is_the_last_event(written: Ledger) -> None:
    assert written.sql("SELECT position, recorded_at FROM log_head") == written.sql(
        "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
    )
    assert written.sql("SELECT count(*) = max(position) FROM events") == [(True,)]
