"""A person who is named all over a register, and where she is looked for."""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import httpx

from tests.api.samples import Json, report, retract, revise
from tests.running import Ledger

MARK: Final = "zzmarkova"
MARKED: Final = re.compile("zzmark", re.IGNORECASE)
"""The name as it is searched for, too: without its ending."""
SAID: Final = {
    "title": f"Home of {MARK} hit",
    "kind": "strike",
    "summary": f"{MARK} was seen.",
    "occurred": {"start": "2026-05-01T02:00:00Z", "precision": "hour", "verbatim": f"{MARK} said"},
    "locations": {"home": {"subdivision": "RU-KLU", "place": f"{MARK} street 1", "point": [36.2, 54.5]}},
    "objects": {"u": {"type": "uav", "model": MARK, "counts": {"destroyed": {MARK: {"value": 3, "verbatim": MARK}}}}},
    "damage": {"roof": {"target": "residential", "description": f"of {MARK}", "count": {MARK: {"value": 1}}}},
    "disruptions": {"a": {"kind": "airport_closed", "airport": "UUWW", "area": MARK, "claims": [MARK]}},
    "responses": {"r": {"kind": "investigation", "by": MARK}},
    "statements": {"s": {"text": f"I am {MARK}.", "claim": MARK}},
    "assessments": {"p": {"kind": "pattern", "text": MARK, "claims": [MARK]}},
    "claims": {MARK: {"source": MARK, "source_name": MARK, "verbatim": MARK, "url": f"https://{MARK}.example/"}},
    "campaigns": [MARK],
    "external_ids": {"police": MARK},
}  # fmt: skip
LATER: Final = {
    "claims": {"guard": {"source": "coast-guard"}},
    "objects": {"u": {"counts": {"destroyed": {"guard": {"value": 4}}}}},
    "casualties": {"killed": {"guard": {"value": 0}}},
    "locations": {"port": {"subdivision": "RU-KLU"}},
}
LEFT: Final = ("claims", "casualties", "locations")
"""What of it makes sense without what came before: of what type the objects were, only that said."""
FORMS: Final = ("application/json", "application/x-ndjson", "text/csv", "application/geo+json")


class Filled(NamedTuple):
    """A register in which a person is named, and where."""

    ledger: Ledger
    client: httpx.Client
    ids: dict[str, str]


NAMING: Final = [1, 4, 7]
"""The positions of the events that name her."""


def fill(ledger: Ledger, client: httpx.Client) -> Filled:
    """Let a report, a revision and a retraction name a person."""
    ids = {"reported": report(client, **SAID)["id"]}
    revise(client, ids["reported"], LATER)
    ids["revised"] = report(client)["id"]
    revise(client, ids["revised"], {**SAID, "external_ids": {"police": "2"}}, reason=f"{MARK} called.")
    revise(client, ids["revised"], {"summary": "Nobody was hurt.", "objects": {"u": {"model": None}}})
    ids["retracted"] = report(client)["id"]
    retract(client, ids["retracted"], reason=f"{MARK} asked for it.")
    ids["other"] = report(client)["id"]
    return Filled(ledger, client, ids)


def paths(filled: Filled) -> Iterator[str]:
    """Yield what shows one incident, event or whatever else, now and as it once was."""
    for incident in filled.ids.values():
        here = f"/v1/incidents/{incident}"
        yield from (f"{here}?retracted=include", f"{here}/revisions", f"{here}/explain?retracted=include")
        for number in (1, 2):
            yield from (f"{here}?revision={number}&retracted=include", f"{here}/revisions/{number}")
            yield f"{here}/explain?revision={number}&retracted=include"
    yield from (f"/v1/incidents/{filled.ids['retracted']}", "/v1/log", *(f"/v1/log/{place}" for place in range(1, 9)))
    yield from (f"/v1/sources/{MARK}", f"/v1/campaigns/{MARK}", "/v1/airports/UUWW", "/v1/regions/RU-KLU")


def lists() -> Iterator[str]:
    """Yield what comes in every form."""
    for at in ("", "&as_of=4", "&as_of=7"):
        yield f"/v1/incidents?status=any&message_status=any{at}"
        yield from (f"/v1/incidents?{name}={MARK}{at}" for name in ("q", "source", "campaign"))
        yield from (f"/v1/{noun}?{at[1:]}" for noun in ("regions", "campaigns", "sources"))
        yield f"/v1/airports?closed=any&at=2026-05-01T03:00:00Z{at}"
        yield f"/v1/statistics?metric=incidents,destroyed&group_by=day,subdivision{at}"


def answers(filled: Filled, least: int) -> dict[tuple[str, str], str]:
    """Return everything that is served, without what repeats the request's own words."""
    found = {}
    asked = [(path, FORMS[0]) for path in paths(filled)] + [(path, form) for path in lists() for form in FORMS]
    fed = [(f"/v1/feed.{form}?message_status=any", "*/*") for form in ("atom", "cap", "geojson")]
    messages = [f"/v1/incidents/{each}/revisions/{number}/cap" for each in filled.ids.values() for number in (1, 2)]
    for path, form in [*asked, ("/v1/log", FORMS[1]), *fed, *((each, "*/*") for each in messages)]:
        answer = filled.client.get(path, headers={"Accept": form, "min-position": str(least)})
        assert answer.status_code in {200, 404, 406, 410}, (path, form, answer.text)
        if answer.status_code in {200, 410}:
            found[path, form] = answer.text if form != FORMS[0] else json.dumps(_without_filters(answer.json()))
    return found


def _without_filters(answer: Json) -> Json:
    return {name: part for name, part in answer.items() if name != "applied_filters"}


def marked_tables(ledger: Ledger) -> set[str]:
    """Return the tables of all schemas, PostgreSQL's own statistics too, of which a row names her."""
    tables = ledger.sql(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'serving', 'building') OR tablename = 'pg_statistic'"
    )
    return {name for (name,) in tables if ledger.sql(f"SELECT 1 FROM {name} t WHERE t::text ILIKE '%zzmark%' LIMIT 1")}
