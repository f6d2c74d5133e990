"""Kill -9 of what sends loses nothing, and what was expunged meanwhile is not sent."""

import time

import psutil

from tests.api.samples import report, revise
from tests.running import Ledger, command
from tests.webhooks.receiver import Receiver, status

INCIDENTS = 10
REVISIONS = 6
NAME = "Jane Roe"


def followers(ledger: Ledger) -> list[psutil.Process]:
    """Return the processes beside the server."""
    assert ledger.process is not None
    return [
        each
        for each in psutil.Process(ledger.process.pid).children(recursive=True)
        if "service.follow" in " ".join(each.cmdline())
    ]


def test_every_event_comes_though_the_sender_is_killed_again_and_again(own_ledger: Ledger) -> None:
    own_ledger.stop()
    own_ledger.environ["WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    own_ledger.start()
    with own_ledger.client() as client, Receiver.listening() as receiver:
        assert client.post("/v1/webhooks", json={"url": receiver.url}).status_code == 201
        made = [report(client)["id"] for _ in range(INCIDENTS)]
        killed = 0
        for number in range(1, REVISIONS):
            for each in made:
                revise(client, each, {"summary": f"{number} more."})
                if len(receiver.messages) > (killed + 1) * 12 and killed < 3:
                    for process in followers(own_ledger):
                        process.kill()
                    killed += 1
        deadline = time.monotonic() + 40
        wanted = {(each, revision) for each in made for revision in range(1, REVISIONS + 1)}
        while wanted - (seen := {(e.json["subject"], e.json["data"]["revision"]) for e in receiver.messages[:]}):
            assert time.monotonic() < deadline, sorted(wanted - seen)
            time.sleep(0.05)
        assert killed, "it was killed in the midst of it"
        assert seen == wanted
        for each in made:
            first = dict.fromkeys(m.json["data"]["revision"] for m in receiver.messages if m.json["subject"] == each)
            assert list(first) == sorted(first), "what is new comes in order"


def test_what_was_expunged_is_not_sent_any_more(own_ledger: Ledger) -> None:
    own_ledger.stop()
    own_ledger.environ["WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    own_ledger.start()
    with own_ledger.client() as client, Receiver.listening() as receiver:
        receiver.answer = status(500)
        made = client.post("/v1/webhooks", json={"url": receiver.url}).json()
        named = report(client, summary=f"{NAME} was hurt.")
        assert NAME in receiver.wait(1)[0].body.decode()
        said = ("--actor", "officer", "--reason", "Art. 17 GDPR", "--yes")
        command("expunge", str(named["position"]), *said, environ=own_ledger.environ)
        receiver.answer = status(204)
        again = client.post(f"/v1/webhooks/{made['id']}/deliveries/{named['position']}/replay")
        assert again.status_code == 202
        message = receiver.wait(2)[1]
        assert NAME not in message.body.decode()
        assert message.json["data"]["expunged"] == 1
        assert message.headers["webhook-id"] == receiver.messages[0].headers["webhook-id"]
