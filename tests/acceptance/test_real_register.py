"""A real register with its revisions, other people's: imported whole, and read back statement by statement."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import jsonpatch
import pytest

from tests.acceptance import uaaf
from tests.running import Ledger, command, make_database

Json = dict[str, Any]
_REGION = re.compile(r"'([^']+)': (\d+|NaN)")


@pytest.fixture(scope="module")
def stream(shared: Path) -> list[Json]:
    """What the register said, line by line."""
    file = shared / "uaaf_dev.ndjson.gz"
    if not file.exists():
        pytest.skip("uaaf_dev.ndjson.gz is not in the shared data")
    return uaaf.read(file)


@pytest.fixture(scope="module")
def commands(stream: list[Json], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands, in a file."""
    file = tmp_path_factory.mktemp("uaaf") / "commands.ndjson"
    file.write_text("".join(json.dumps(each) + "\n" for each in uaaf.commands(stream)), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str, commands: Path) -> Iterator[Ledger]:
    """A register of its own, into which all was imported."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        assert _import(ledger, commands) == "2,782 recorded, 0 there already, 0 failed.\n"
        yield ledger


def _import(ledger: Ledger, file: Path) -> str:
    told = command("import", str(file), environ=ledger.access()).stderr
    return told.splitlines(keepends=True)[-1]  # before it, how far it is, where that takes long


def _said(facts: Json) -> Json:
    """Return the record again, with the two fields whose parts have no order as maps."""
    places = facts.get("locations", {})
    affected = sorted(place["place"] for key, place in places.items() if key.startswith("affected-"))
    parts = {key: each for key, each in facts["objects"].items() if key != "weapons"}
    details = {
        facts["claims"][key]["scope"]["place"]["place"]: each["counts"]["destroyed"][key].get("value")
        for key, each in parts.items()
    }
    return uaaf.record(facts) | {"destroyed_details": details, "affected region": affected}


def _as_seen(data: Json) -> Json:
    details = {
        region: None if number == "NaN" else int(number)
        for region, number in _REGION.findall(data.get("destroyed_details", ""))
    }
    affected = [name.strip(" '") for name in data.get("affected region", "").strip("[]").split(",")]
    return data | {"destroyed_details": details, "affected region": sorted(filter(None, affected))}


def test_nothing_of_a_record_is_lost_on_the_way_to_facts(stream: list[Json]) -> None:
    for line in stream:
        assert _said(uaaf.facts(line)) == _as_seen(line["data"])


def test_every_line_is_an_event_and_importing_again_adds_none(
    register: Ledger, commands: Path, stream: list[Json]
) -> None:
    with register.client() as client:
        assert client.get("/v1/head").json()["position"] == len(stream)
        assert _import(register, commands) == "0 recorded, 2,782 there already, 0 failed.\n"
        assert client.get("/v1/head").json()["position"] == len(stream)


def test_the_log_has_every_statement_in_the_order_in_which_it_was_seen(register: Ledger, stream: list[Json]) -> None:
    with register.client(Accept="application/x-ndjson") as client:
        events = [json.loads(line) for line in client.get("/v1/log").text.splitlines()]
    assert [(event["position"], event["type"], event["revision"]) for event in events] == [
        (position, line["action"], line["revision_index"] + 1) for position, line in enumerate(stream, 1)
    ]


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.faults)])
def test_every_record_reads_back_with_its_revisions_in_order(register: Ledger, stream: list[Json], step: int) -> None:
    """Every eighth record by default: the rest are as these."""
    by_key = sorted(stream, key=lambda line: (line["record_key"], line["revision_index"]))
    incidents = {
        row[0].removeprefix("uaaf/"): str(row[1])
        for row in register.sql("SELECT external_id, incident FROM external_ids")
    }
    with register.client() as client:
        of_each = groupby(by_key, key=lambda line: str(line["record_key"]))
        for key, lines in [(key, list(lines)) for key, lines in of_each][::step]:
            _reads_back(client, incidents[key], lines)
    assert len(incidents) == len({line["record_key"] for line in stream})


def _reads_back(client: httpx.Client, incident: str, lines: list[Json]) -> None:
    told = client.get(f"/v1/incidents/{incident}/revisions").json()["items"]
    assert [each["revision"] for each in told] == list(range(1, len(lines) + 1))
    state: Json = {}
    for line, each in zip(lines, told, strict=True):
        seen_at = line["recorded_at"].replace("Z", ".000000Z")
        revised = line["action"] == "revised"
        assert (each["type"], each["actor"]) == (line["action"], "tester")
        assert each.get("reason") == (uaaf.reason(line) if revised else None)
        assert each.get("effective_at") == (seen_at if revised else None)
        facts = client.get(f"/v1/incidents/{incident}/revisions/{each['revision']}").json()["facts"]
        state = jsonpatch.apply_patch(state, each["changes"])
        assert state == {"status": "active", "facts": facts}
        assert facts == uaaf.facts(line)
        assert _said(facts) == _as_seen(line["data"])
        assert facts["external_ids"] == {"uaaf": line["record_key"]}
        assert facts["claims"]["register"]["stated_at"] == seen_at
        assert facts["claims"]["register"]["url"].endswith(f"{line['repo']}/commit/{line['commit']}")
    assert client.get(f"/v1/incidents/{incident}").json()["facts"] == state["facts"]


def test_it_is_found_by_its_key_and_by_region(register: Ledger, stream: list[Json]) -> None:
    latest = {line["record_key"]: line["data"] for line in stream}
    over_odesa = {key for key, data in latest.items() if "Odesa oblast" in data.get("target", "").split(" and ")}
    key = min(over_odesa)
    with register.client() as client:
        (found,) = client.get("/v1/incidents", params={"external_id": f"uaaf/{key}"}).json()["items"]
        assert found["facts"]["external_ids"] == {"uaaf": key}
        keys: set[str] = set()
        params = {"subdivision": "UA-51", "limit": "500"}
        while True:
            page = client.get("/v1/incidents", params=params).json()
            keys |= {each["facts"]["external_ids"]["uaaf"] for each in page["items"]}
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
    assert over_odesa <= keys


def test_what_the_register_withdrew_is_retracted() -> None:
    said = {"time_start": "2023-01-01", "time_end": "2023-01-01", "model": "KAB", "source": "watch/?v=1"}
    line = {"record_key": "uaaf-1", "revision_index": 0, "recorded_at": "2023-02-01T00:00:00Z", "action": "reported",
            "kind": "new", "changed": [], "repo": "a/b", "commit": "c", "data": said}  # fmt: skip
    gone = line | {"revision_index": 1, "action": "retracted", "kind": "removed", "data": {}}
    report, retraction = uaaf.commands([line, gone])
    assert report["facts"]["claims"]["bulletin"]["attribution"] == "not_stated"
    assert report["facts"]["objects"]["weapons"]["type"] == "guided_bomb"
    assert retraction == {
        "command": "retract",
        "external_id": "uaaf/uaaf-1",
        "expected_revision": 1,
        "reason_code": "source_withdrew",
        "reason": "removed",
        "effective_at": "2023-02-01T00:00:00Z",
        "idempotency_key": "uaaf-1/1",
    }
