"""Every event of the log is in the stream, in order and once, whatever is killed meanwhile."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from nats.js.api import StreamConfig

from tests.api.document import validator
from tests.api.samples import batch, report, retract, revise
from tests.cli.processes import eventually
from tests.nats.server import STREAM, NatsServer, Stored
from tests.running import Ledger


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server."""
    with NatsServer.running(tmp_path) as running:
        yield running


@pytest.fixture
def publishing(database_url: str, server: NatsServer) -> Iterator[Ledger]:
    """A service that publishes there."""
    with Ledger(database_url, NATS_URL=server.url) as running:
        yield running


@pytest.fixture
def client(publishing: Ledger) -> Iterator[httpx.Client]:
    """A client of it, with every scope."""
    with publishing.client() as opened:
        yield opened


def followers(ledger: Ledger) -> list[psutil.Process]:
    """Return the process beside the server, if it lives."""
    assert ledger.process is not None
    found = []
    for each in psutil.Process(ledger.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if each.cmdline()[-1:] == ["service.follow"]:
                found.append(each)
    return found


def log(client: httpx.Client) -> list[dict[str, Any]]:
    """Return the whole log."""
    lines = client.get("/v1/log", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    return [json.loads(line) for line in lines]


def is_the_log(stored: list[Stored], client: httpx.Client) -> None:
    """Hold that the stream is the log: every event, in order, once."""
    events = log(client)
    assert [each.headers["Ledger-Position"] for each in stored] == [str(each["position"]) for each in events]
    assert [each.headers["Nats-Msg-Id"] for each in stored] == [each["event_id"] for each in events]
    assert [each.subject for each in stored] == [f"incidents.{each['type']}.{each['incident']}" for each in events]


def test_every_event_is_a_cloud_event_of_the_stream(client: httpx.Client, server: NatsServer) -> None:
    first = report(client)
    report(client)
    revise(client, first["id"], {"summary": "Two more were seen."})
    retract(client, first["id"])
    stored = server.wait(4)
    is_the_log(stored, client)
    for each, event in zip(stored, log(client), strict=True):
        told = json.loads(each.data)
        validator({"$ref": "#/components/schemas/CloudEvent"}).validate(told)
        read = from_structured_event(
            HTTPMessage({"content-type": each.headers["Content-Type"]}, each.data), JSONFormat()
        )
        assert (read.get_id(), read.get_type()) == (event["event_id"], f"incident.{event['type']}")
        assert int(told["sequence"]) == event["position"]
    revised = client.get(f"/v1/incidents/{first['id']}/revisions/2").json()
    assert json.loads(stored[2].data)["data"] == revised
    assert json.loads(stored[3].data)["data"]["status"] == "retracted"
    eventually(lambda: client.get("/health/ready").json()["published"] == 4)
    assert client.get("/health/ready").json()["status"] == "ready"


def test_what_was_recorded_before_is_published_too(own_ledger: Ledger, server: NatsServer) -> None:
    with own_ledger.client() as client:
        lines = [{"command": "report", "facts": {"title": f"{n}", "kind": "sighting"}} for n in range(450)]
        assert len(batch(client, *lines)) == 450
        assert client.get("/health/ready").json()["published"] is None
        own_ledger.stop()
        own_ledger.environ["NATS_URL"] = server.url
        own_ledger.start()
        is_the_log(server.wait(450), client)


def test_whatever_is_killed_each_event_is_there_once_and_in_order(
    publishing: Ledger, client: httpx.Client, server: NatsServer
) -> None:
    incident = report(client)["id"]
    for number in range(60):
        revise(client, incident, {"summary": f"{number} more."})
        report(client)
        if number in {10, 40}:
            server.kill()
        if number in {15, 45}:
            server.start()
        if number in {25, 42}:
            for each in followers(publishing):
                each.kill()
    is_the_log(server.wait(121, 40), client)


def test_beyond_the_window_of_duplicates_nothing_doubles(
    publishing: Ledger, client: httpx.Client, server: NatsServer
) -> None:
    """What is kept here is behind what the stream has, and the stream knows no ids any more: it is asked itself."""

    async def make(stream: Any) -> None:
        await stream.update_stream(StreamConfig(name=STREAM, subjects=["incidents.>"], duplicate_window=0.1))

    report(client)
    server.wait(1)
    server.call(make)
    for _ in range(5):
        report(client)
    server.wait(6)
    publishing.stop()
    publishing.sql("UPDATE publications SET position = 1")
    time.sleep(0.5)
    publishing.start()
    with publishing.client() as again:
        report(again)
        is_the_log(server.wait(7), again)


def test_messages_that_the_stream_has_dropped_are_not_published_again(
    publishing: Ledger, client: httpx.Client, server: NatsServer
) -> None:
    async def purge(stream: Any) -> None:
        await stream.purge_stream(STREAM)

    for _ in range(3):
        report(client)
    server.wait(3)
    eventually(lambda: publishing.sql("SELECT position FROM publications") == [(3,)])
    publishing.stop()
    server.call(purge)
    publishing.start()
    with publishing.client() as again:
        report(again)
        (only,) = server.wait(1)
        assert (only.seq, only.headers["Ledger-Position"]) == (4, "4")


def test_a_stream_with_messages_of_others_is_left_alone(database_url: str, server: NatsServer) -> None:
    async def occupy(stream: Any) -> None:
        await stream.add_stream(StreamConfig(name=STREAM, subjects=["incidents.>"]))
        await stream.publish("incidents.other", b"{}")

    server.call(occupy)
    with Ledger(database_url, NATS_URL=server.url) as running, running.client() as client:
        report(client)
        time.sleep(2)
        assert len(server.stored()) == 1
        assert client.get("/health/ready").json()["published"] == 0


def test_without_a_server_everything_else_works(database_url: str) -> None:
    with Ledger(database_url, NATS_URL="nats://127.0.0.1:1") as running, running.client() as client:
        position = report(client)["position"]
        eventually(lambda: all(e["position"] == position for e in client.get("/v1/projections").json()["items"]))
        assert client.get("/health/ready").json()["published"] == 0


def test_what_is_too_large_for_nats_says_where_it_is(client: httpx.Client, server: NatsServer) -> None:
    large = report(client, claims=_many_claims(), summary="s" * 4900)
    report(client)
    first, second = server.wait(2)
    told = json.loads(first.data)
    assert "data" not in told
    assert client.get(told["dataref"]).json() == large
    assert "data" in json.loads(second.data)


def _many_claims() -> dict[str, Any]:
    """As much as a request may have: nearly 1 MiB, which is what NATS takes, and the document says more than that."""
    claim = {"attribution": "role_only", "confidence": "confirmed", "source_name": "n" * 200}
    return {f"c{number}": claim | {"verbatim": "v" * 4970} for number in range(198)}
