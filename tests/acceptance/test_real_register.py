"""A real register with its revisions, other people's: imported whole, and read back statement by statement."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance import uaaf
from tests.running import Ledger, command, make_database

Json = dict[str, Any]


@pytest.fixture(scope="module")
def stream(shared: Path) -> list[Json]:
    """What the register said, line by line."""
    return uaaf.read(shared / "uaaf_dev.ndjson.gz")


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
        said = _import(ledger, commands)
        assert re.search(r"\b2,782 recorded, 0 there already, 0 failed", said), said
        yield ledger


def _import(ledger: Ledger, file: Path) -> str:
    done = command("import", str(file), environ={"LEDGER_URL": ledger.url, "LEDGER_KEY": ledger.key})
    return done.stdout + done.stderr


def test_nothing_of_a_record_is_lost_on_the_way_to_facts(stream: list[Json]) -> None:
    for line in stream:
        assert uaaf.record(uaaf.facts(line)) == line["data"]


def test_every_line_is_an_event_and_importing_again_adds_none(
    register: Ledger, commands: Path, stream: list[Json]
) -> None:
    with register.client() as client:
        assert client.get("/v1/head").json()["position"] == len(stream)
        assert "0 recorded, 2,782 there already, 0 failed" in _import(register, commands)
        assert client.get("/v1/head").json()["position"] == len(stream)


def test_the_log_has_every_statement_in_the_order_in_which_it_was_seen(register: Ledger, stream: list[Json]) -> None:
    with register.client(Accept="application/x-ndjson") as client:
        events = [json.loads(line) for line in client.get("/v1/log").text.splitlines()]
    assert [(event["type"], event["revision"]) for event in events] == [
        (line["action"], line["revision_index"] + 1) for line in stream
    ]
    assert [event["data"].get("effective_at") for event in events] == [
        line["recorded_at"].replace("Z", ".000000Z") if line["action"] == "revised" else None for line in stream
    ]


def test_every_record_reads_back_with_its_revisions_in_order(register: Ledger, stream: list[Json]) -> None:
    by_key = sorted(stream, key=lambda line: (line["record_key"], line["revision_index"]))
    incidents = {
        row[0].removeprefix("uaaf/"): str(row[1])
        for row in register.sql("SELECT external_id, incident FROM external_ids")
    }
    with register.client() as client:
        for key, lines in groupby(by_key, key=lambda line: str(line["record_key"])):
            _reads_back(client, incidents[key], list(lines))
    assert len(incidents) == len({line["record_key"] for line in stream})


def _reads_back(client: httpx.Client, incident: str, lines: list[Json]) -> None:
    told = client.get(f"/v1/incidents/{incident}/revisions").json()["items"]
    assert [each["revision"] for each in told] == list(range(1, len(lines) + 1))
    for line in lines:
        at = f"/v1/incidents/{incident}/revisions/{line['revision_index'] + 1}"
        facts = client.get(at).json()["facts"]
        assert uaaf.record(facts) == line["data"]
        assert facts["external_ids"] == {"uaaf": line["record_key"]}
        assert facts["claims"]["dataset"]["stated_at"] == line["recorded_at"].replace("Z", ".000000Z")
    assert client.get(f"/v1/incidents/{incident}").json()["facts"] == facts


def test_it_is_found_by_its_key_and_by_region(register: Ledger, stream: list[Json]) -> None:
    latest = {line["record_key"]: line["data"] for line in stream}
    over_odesa = {key for key, data in latest.items() if "Odesa oblast" in data.get("target", "").split(" and ")}
    key = min(over_odesa)
    with register.client() as client:
        (found,) = client.get("/v1/incidents", params={"external_id": f"uaaf/{key}"}).json()["items"]
        assert found["facts"]["external_ids"] == {"uaaf": key}
        keys: set[str] = set()
        params = {"subdivision": "UA-51", "limit": 500}
        while True:
            page = client.get("/v1/incidents", params=params).json()
            keys |= {each["facts"]["external_ids"]["uaaf"] for each in page["items"]}
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
    assert over_odesa <= keys
