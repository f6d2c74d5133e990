"""openapi/asyncapi.json tells the truth: it is valid, and what is really sent is what it says."""

import json
import shutil
import subprocess
from typing import Any, Final

import httpx
import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.api.listener import Listener
from tests.api.samples import Json, report, retract, unique
from tests.nats.server import NatsServer
from tests.running import ROOT, Ledger
from tests.webhooks.receiver import Receiver

FILE: Final = ROOT / "openapi" / "asyncapi.json"
DOCUMENT: Final[Json] = json.loads(FILE.read_text(encoding="utf-8"))
NPM: Final = ROOT / "tests" / "asyncapi"
_REGISTRY: Final[Registry[Any]] = Registry().with_resource("urn:told", DRAFT202012.create_resource(DOCUMENT))


def holds(schema: Json, value: Any) -> None:
    """Hold a value to a schema of the document, formats included."""
    absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:told#/components'))
    Draft202012Validator(absolute, registry=_REGISTRY, format_checker=FormatChecker()).validate(value)


def is_message(name: str, headers: Json, payload: Any) -> None:
    """Hold what was received to what is said of a message."""
    message = DOCUMENT["components"]["messages"][name]
    holds(message["headers"], headers)
    if "payload" in message:
        holds(message["payload"], payload)


@pytest.fixture(scope="module")
def schema() -> Json:
    """The schema of AsyncAPI 3.0, from its own npm package."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine: the schema of AsyncAPI comes with it")
    if not (NPM / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=NPM, check=True, timeout=120)
    found: Json = json.loads((NPM / "node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text(encoding="utf-8"))
    return found


def test_it_is_a_valid_document(schema: Json) -> None:
    Draft7Validator(schema).validate(DOCUMENT)
    broken = json.loads(json.dumps(DOCUMENT))
    broken["operations"]["tellWebhook"]["action"] = "shout"
    assert not Draft7Validator(schema).is_valid(broken), "and what is not valid is found out"


def test_every_reference_leads_somewhere() -> None:
    def look(node: Any) -> None:
        for name, each in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            if name == "$ref":
                found = DOCUMENT
                for part in each.removeprefix("#/").split("/"):
                    found = found[part]
            look(each)

    look(DOCUMENT)


def test_the_service_serves_it(client: httpx.Client) -> None:
    assert client.get("/asyncapi.json").json() == DOCUMENT


def test_every_schema_is_the_one_of_openapi() -> None:
    answers = json.loads((FILE.parent / "v1.json").read_text(encoding="utf-8"))["components"]["schemas"]
    told = DOCUMENT["components"]["schemas"]
    assert told == {name: answers[name] for name in told}


def test_what_is_sent_is_what_it_says(database_url: str, tmp_path: Any) -> None:
    with (
        NatsServer.running(tmp_path) as nats,
        Ledger(database_url, NATS_URL=nats.url, WEBHOOK_NETWORKS="127.0.0.0/8") as ledger,
        ledger.client() as client,
        Receiver.listening() as receiver,
    ):
        assert client.post("/v1/webhooks", json={"url": receiver.url}).status_code == 201
        made = report(client, title=unique("incident"))
        retract(client, made["id"])
        with Listener(client, after=0) as listener:
            events = listener.until(2)
        assert [each.event for each in events] == ["incident", "tombstone"]
        for each in events:
            is_message(each.event, {"id": str(each.id), "event": each.event}, each.data)
        for told in receiver.wait(2):
            is_message("delivery", dict(told.headers), told.json)
        for stored in nats.wait(2):
            is_message("publication", stored.headers, json.loads(stored.data))
            prefix, kind, incident = stored.subject.split(".")
            channel = DOCUMENT["channels"]["nats"]
            assert channel["address"].format(type=kind, incident=incident) == stored.subject
            assert kind in channel["parameters"]["type"]["enum"]
            assert (prefix, incident) == ("incidents", made["id"])
