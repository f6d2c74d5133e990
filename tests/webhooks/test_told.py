"""What a webhook is told: each event that concerns its filters, signed, in its incident's order, until it is taken."""

import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

import httpx
import pytest
from cloudevents.core.base import BaseCloudEvent

from service.webhooks.sender import DELAYS
from tests.api.document import validator
from tests.api.samples import Json, refusal, report, report_again, retract, revise, unique
from tests.running import Ledger
from tests.webhooks.conftest import Make
from tests.webhooks.receiver import Receiver, status

CLOUD_EVENT: Final = {"$ref": "#/components/schemas/CloudEvent"}
SOON: Final = 15.0
WAIT: Final = (
    "SELECT extract(epoch FROM next_at - attempted_at)::float FROM webhook_deliveries WHERE webhook = %s::uuid"
)


def own() -> tuple[Json, Json]:
    """Return filters, and facts that match them and that no other test's incidents have."""
    source = unique("source")
    return {"source": source}, {"claims": {"c": {"attribution": "named", "source": source, "confidence": "confirmed"}}}


def eventually(client: httpx.Client, webhook: Json, **wanted: Any) -> Json:
    """Return a webhook once it is so."""
    deadline = time.monotonic() + SOON
    while True:
        found: Json = client.get(f"/v1/webhooks/{webhook['id']}").json()
        if wanted.items() <= found.items():
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def deliveries(client: httpx.Client, webhook: Json, **query: Any) -> list[Json]:
    """Return a webhook's deliveries, the latest event first."""
    answer = client.get(f"/v1/webhooks/{webhook['id']}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def due(sending: Ledger, webhook: Json) -> None:
    """Let the time until the next attempt be over."""
    sending.sql("UPDATE webhook_deliveries SET next_at = now() WHERE webhook = %s::uuid", webhook["id"])


def test_an_incident_from_its_report_to_its_end(client: httpx.Client, make: Make, receiver: Receiver) -> None:
    filters, facts = own()
    webhook = make(filters=filters)
    first = report(client, **facts)
    report(client)  # of no concern
    revise(client, first["id"], {"summary": "Two more were seen."})
    retract(client, first["id"])
    report_again(client, first["id"], **facts)
    revise(client, first["id"], {"claims": {"c": None}})
    messages = receiver.wait(5)
    kinds = ["incident.reported", "incident.revised", "incident.retracted", "incident.reported", "incident.left_filter"]
    assert [each.json["type"] for each in messages] == kinds
    history = client.get(f"/v1/incidents/{first['id']}/revisions").json()["items"]
    assert [each.headers["webhook-id"] for each in messages] == [each["event_id"] for each in history]
    for each, event in zip(messages, history, strict=True):
        assert each.path == "/hook"
        assert each.headers["content-type"] == "application/cloudevents+json"
        assert each.is_signed_with(webhook["secret"])
        assert not each.is_signed_with("whsec_" + "A" * 43 + "=")
        validator(CLOUD_EVENT).validate(each.json)
        read: BaseCloudEvent = each.event
        assert (read.get_id(), read.get_subject(), read.get_source()) == (event["event_id"], first["id"], "/v1/log")
        assert int(read.get_extension("sequence")) == event["position"]
        assert each.json["time"] == event["recorded_at"]
    revised = messages[1].json["data"]
    assert revised == client.get(f"/v1/incidents/{first['id']}/revisions/2").json()
    assert messages[2].json["data"]["reason"] == "retracted"
    assert messages[2].json["data"]["retraction"]["reason_code"] == "false_report"
    assert messages[4].json["data"]["reason"] == "left_filter"
    eventually(client, webhook, pending=0, dead=0)
    assert {each["state"] for each in deliveries(client, webhook)} == {"delivered"}


def test_only_the_types_of_events_that_it_asks_for(client: httpx.Client, make: Make, receiver: Receiver) -> None:
    filters, facts = own()
    webhook = make(filters=filters, events=["retracted", "reported", "reported"])
    assert webhook["events"] == ["reported", "retracted"]
    made = report(client, **facts)
    revise(client, made["id"], {"summary": "Two."})
    retract(client, made["id"])
    assert [each.json["type"] for each in receiver.wait(2)] == ["incident.reported", "incident.retracted"]
    eventually(client, webhook, pending=0)
    assert len(receiver.messages) == 2


def test_of_an_incident_in_order_though_some_fail(
    client: httpx.Client, sending: Ledger, make: Make, receiver: Receiver
) -> None:
    """Each event fails at first; those of other incidents do not wait for it."""
    refused: set[str] = set()

    def fail_once(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers["webhook-id"] in refused
        refused.add(handler.headers["webhook-id"])
        status(204 if known else 500)(handler)

    receiver.answer = fail_once
    country = {"locations": {"l": {"country": "SJ", "precision": "country"}}}
    webhook = make(filters={"country": "SJ"})
    made = [report(client, **country)["id"] for _ in range(3)]
    for number in range(3):
        for each in made:
            revise(client, each, {"summary": f"{number} more were seen."})
    deadline = time.monotonic() + SOON * 2
    while (now := client.get(f"/v1/webhooks/{webhook['id']}").json())["pending"] or len(refused) < 12:
        due(sending, webhook)
        assert time.monotonic() < deadline, now
        time.sleep(0.05)
    taken = defaultdict(list)
    tries = defaultdict(int)
    for message in receiver.messages:
        tries[message.headers["webhook-id"]] += 1
        if tries[message.headers["webhook-id"]] == 2:
            taken[message.json["subject"]].append(message.json["data"]["revision"])
    assert taken == {each: [1, 2, 3, 4] for each in made}
    assert set(tries.values()) == {2}
    assert {(each["state"], each["attempts"]) for each in deliveries(client, webhook)} == {("delivered", 2)}


def test_what_fails_is_tried_for_a_day_and_then_given_up_and_can_be_replayed(
    client: httpx.Client, sending: Ledger, make: Make, receiver: Receiver
) -> None:
    receiver.answer = status(503)
    filters, facts = own()
    webhook = make(filters=filters)
    made = report(client, **facts)
    waited = []
    for number in range(1, len(DELAYS) + 2):
        receiver.wait(number)
        deadline = time.monotonic() + SOON
        while (now := deliveries(client, webhook)[0])["attempts"] < number:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if now["state"] == "pending":
            waited.append(sending.sql(WAIT, webhook["id"])[0][0])
            assert (now["last_status"], now["last_error"]) == (503, "It answered 503.")
            due(sending, webhook)
    assert now["state"] == "dead"
    assert "next_attempt_at" not in now
    for seconds, delay in zip(waited, DELAYS, strict=True):
        assert delay.total_seconds() <= seconds <= delay.total_seconds() * 1.2
    assert 23 * 3600 < sum(waited) < 29 * 3600
    assert eventually(client, webhook, dead=1)["pending"] == 0
    revise(client, made["id"], {"summary": "A dead one is in the way of nothing."})
    receiver.answer = status(200)
    receiver.wait(len(DELAYS) + 2)
    again = client.post(f"/v1/webhooks/{webhook['id']}/replay")
    assert (again.status_code, again.json()) == (202, {"deliveries": 1})
    eventually(client, webhook, dead=0, pending=0)
    assert client.post(f"/v1/webhooks/{webhook['id']}/deliveries/{made['position']}/replay").json() == {"deliveries": 1}
    messages = receiver.wait(len(DELAYS) + 4)
    assert [each.json["data"]["revision"] for each in messages[-3:]] == [2, 1, 1]
    assert len({each.headers["webhook-id"] for each in messages}) == 2, "the same ids, however often"


def test_a_receiver_that_asks_for_time_gets_it(
    client: httpx.Client, sending: Ledger, make: Make, receiver: Receiver
) -> None:
    receiver.answer = status(429, retry_after="3000")
    filters, facts = own()
    webhook = make(filters=filters)
    report(client, **facts)
    receiver.wait(1)
    deadline = time.monotonic() + SOON
    while not deliveries(client, webhook)[0]["attempts"]:
        assert time.monotonic() < deadline
    assert 2900 < sending.sql(WAIT, webhook["id"])[0][0] <= 3000


def test_one_that_is_gone_is_disabled_and_is_told_the_rest_when_enabled_again(
    client: httpx.Client, make: Make, receiver: Receiver
) -> None:
    receiver.answer = status(410)
    filters, facts = own()
    webhook = make(filters=filters)
    made = report(client, **facts)
    found = eventually(client, webhook, status="disabled")
    assert "410" in found["reason"]
    revise(client, made["id"], {"summary": "Nobody is told."})
    receiver.answer = status(204)
    time.sleep(1)
    assert len(receiver.messages) == 1
    enabled = client.patch(f"/v1/webhooks/{webhook['id']}", json={"status": "enabled"}).json()
    assert enabled["status"] == "enabled"
    assert "reason" not in enabled
    again = client.post(f"/v1/webhooks/{webhook['id']}/deliveries/{made['position']}/replay")
    assert again.status_code == 202
    assert [each.json["data"]["revision"] for each in receiver.wait(3)] == [1, 1, 2]


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    client: httpx.Client, sending: Ledger, make: Make, receiver: Receiver
) -> None:
    filters, facts = own()
    webhook = make(filters=filters)
    answer = client.post(f"/v1/webhooks/{webhook['id']}/secrets")
    assert answer.status_code == 201
    secret = answer.json()["secret"]
    made = report(client, **facts)
    (message,) = receiver.wait(1)
    assert message.is_signed_with(webhook["secret"])
    assert message.is_signed_with(secret)
    ahead = "SELECT extract(epoch FROM expires_at - now()) / 3600 FROM webhook_secrets WHERE secret = %s"
    assert 23.9 < sending.sql(ahead, webhook["secret"])[0][0] <= 24
    sending.sql("UPDATE webhook_secrets SET expires_at = now() WHERE secret = %s", webhook["secret"])
    revise(client, made["id"], {"summary": "A day later."})
    message = receiver.wait(2)[1]
    assert not message.is_signed_with(webhook["secret"])
    assert message.is_signed_with(secret)


def test_a_webhook_is_told_of_nothing_before_it_was_made(client: httpx.Client, make: Make, receiver: Receiver) -> None:
    filters, facts = own()
    made = report(client, **facts)
    make(filters=filters)
    revise(client, made["id"], {"summary": "Now it is there."})
    assert [each.json["data"]["revision"] for each in receiver.wait(1)] == [2]


def test_deliveries_come_in_pages_and_by_state(client: httpx.Client, make: Make, receiver: Receiver) -> None:
    filters, facts = own()
    webhook = make(filters=filters)
    made = report(client, **facts)
    for number in range(4):
        revise(client, made["id"], {"summary": f"{number} more."})
    receiver.wait(5)
    eventually(client, webhook, pending=0)
    seen, here = [], f"/v1/webhooks/{webhook['id']}/deliveries?limit=2&state=delivered"
    while here:
        page = client.get(here)
        seen += [each["position"] for each in page.json()["items"]]
        here = page.links["next"]["url"] if "next" in page.links else ""
        assert ("next" in page.links) == (page.json()["next_cursor"] is not None)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    assert deliveries(client, webhook, state="dead") == []
    other = make(filters=filters)
    cursor = client.get(f"/v1/webhooks/{webhook['id']}/deliveries?limit=2").json()["next_cursor"]
    found = client.get(f"/v1/webhooks/{other['id']}/deliveries", params={"cursor": cursor})
    assert refusal(found, 400)["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize("change", [{"filters": {"kind": "debris"}}, {"events": ["retracted"]}])
def test_a_change_holds_for_what_comes(client: httpx.Client, make: Make, receiver: Receiver, change: Json) -> None:
    filters, facts = own()
    webhook = make(filters=filters)
    made = report(client, **facts)
    receiver.wait(1)
    eventually(client, webhook, pending=0)
    changed = client.patch(f"/v1/webhooks/{webhook['id']}", json=change).json()
    for name, value in change.items():
        assert (value.items() <= changed[name].items()) if name == "filters" else changed[name] == value
    revise(client, made["id"], {"summary": "Of no concern any more."})
    eventually(client, webhook, position=client.get("/v1/head").json()["position"])
    assert len(deliveries(client, webhook)) == 1
