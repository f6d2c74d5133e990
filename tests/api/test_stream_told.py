"""GET /v1/stream: whoever listens is told of each event that concerns him, once, in order, wherever he begins."""

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx
import pytest

from tests.api.listener import Listener, Message, heard
from tests.api.samples import Json, batch, head, report, report_again, retract, revise, unique
from tests.running import Ledger


@pytest.fixture
def campaign() -> str:
    """A campaign of this test's own, to filter by."""
    return unique()


@pytest.fixture
def other(ledger: Ledger) -> Iterator[httpx.Client]:
    """A second client, for a second thread."""
    with ledger.client() as client:
        yield client


def test_what_happens_is_told_as_it_happens(client: httpx.Client, other: httpx.Client, campaign: str) -> None:
    with Listener(other, campaign=campaign) as listener:
        report(client)  # of no concern
        made = report(client, campaigns=[campaign])
        assert listener.until(1) == [Message(made["position"], "incident", made)]
        revised = revise(client, made["id"], {"title": "more"})
        assert listener.until(2)[1] == Message(revised["position"], "incident", revised)
        done = retract(client, made["id"])
        again = report_again(client, made["id"], campaigns=[campaign])
        assert listener.until(4)[2:] == [
            Message(
                done["position"], "tombstone",
                {
                    "id": made["id"], "reason": "retracted", "revision": 3, "position": done["position"],
                    "recorded_at": done["recorded_at"], "retraction": done["retraction"],
                },
            ),
            Message(again["position"], "incident", again),
        ]  # fmt: skip


def test_what_leaves_the_filters_is_a_tombstone(client: httpx.Client, other: httpx.Client, campaign: str) -> None:
    with Listener(other, campaign=campaign, kind="strike") as listener:
        made = report(client, campaigns=[campaign], kind="strike")
        revise(client, made["id"], {"kind": "alert"})
        revise(client, made["id"], {"title": "of no concern"})
        back = revise(client, made["id"], {"kind": "strike"})
        found = listener.until(3)
    assert [(each.event, each.data.get("reason")) for each in found] == [
        ("incident", None), ("tombstone", "left_filter"), ("incident", None),
    ]  # fmt: skip
    assert found[2].data == back


def test_what_is_past_is_told_from_where_one_was(client: httpx.Client, campaign: str) -> None:
    before = head(client)
    made = report(client, campaigns=[campaign])
    states = [made, *[revise(client, made["id"], {"title": f"t{n}"}) for n in range(3)]]
    retract(client, made["id"])
    found = heard(client, after=before, campaign=campaign)
    assert [each.data for each in found[:4]] == states, "each as the event left it"
    assert [each.event for each in found] == ["incident"] * 4 + ["tombstone"]
    for n, each in enumerate(found):
        assert heard(client, each.id, campaign=campaign, after=before) == found[n + 1 :], "the last id is what counts"


def test_from_now_on_is_where_it_begins_if_nothing_is_said(client: httpx.Client, campaign: str) -> None:
    report(client, campaigns=[campaign])
    assert heard(client, campaign=campaign) == []


def test_silence_has_an_id_too(client: httpx.Client, campaign: str) -> None:
    made = report(client)
    with Listener(client, made["position"] - 1, seconds=1, campaign=campaign) as listener:
        listener._thread.join(5)
    assert listener.messages == []
    assert int(str(listener.last_id)) >= made["position"], "who comes back need not begin so far back"


def test_several_events_of_one_batch_are_told_one_by_one(
    client: httpx.Client, other: httpx.Client, campaign: str
) -> None:
    with Listener(other, campaign=campaign) as listener:
        made = report(client, campaigns=[campaign])
        lines = [
            {
                "command": "revise",
                "incident": made["id"],
                "expected_revision": n,
                "reason": "r",
                "patch": {"title": f"{n}"},
            }
            for n in range(1, 6)
        ]
        results = batch(client, *lines)
        assert [each["status"] for each in results] == [201] * 5, results
        found = listener.until(6)
    assert [each.data["revision"] for each in found] == [1, 2, 3, 4, 5, 6]
    assert [each.data["facts"]["title"] for each in found[1:]] == ["1", "2", "3", "4", "5"]


def test_only_the_fields_that_are_wanted(client: httpx.Client, other: httpx.Client, campaign: str) -> None:
    with Listener(other, campaign=campaign, fields="id,facts.title") as listener:
        made = report(client, campaigns=[campaign])
        (found,) = listener.until(1)
    assert found.data == {"id": made["id"], "facts": {"title": made["facts"]["title"]}}


ROUNDS: Final = 60


def write(client: httpx.Client, campaign: str, dice: random.Random) -> None:
    """Report, revise and retract, now and then with a pause."""
    standing: list[Json] = []
    for _ in range(ROUNDS):
        what = dice.random()
        if what < 0.4 or not standing:
            standing.append(report(client, campaigns=[campaign]))
        elif what < 0.9:
            revise(client, dice.choice(standing)["id"], {"title": unique()})
        else:
            retract(client, standing.pop()["id"])
        if dice.random() < 0.2:
            time.sleep(0.01)


def test_whoever_comes_back_misses_nothing_and_gets_nothing_twice(
    client: httpx.Client, other: httpx.Client, campaign: str
) -> None:
    dice = random.Random(5)
    last = before = head(client)
    found: list[Message] = []
    deadline = time.monotonic() + 60
    with ThreadPoolExecutor(1) as apart:
        writing = apart.submit(write, client, campaign, random.Random(6))
        while time.monotonic() < deadline and len(found) < ROUNDS:
            with Listener(other, last, campaign=campaign, seconds=5) as listener:
                listener.until(min(dice.randrange(1, 9), ROUNDS - len(found)))
            found += listener.messages
            assert listener.last_id is not None
            last = listener.last_id
        writing.result(30)
    lines = client.get("/v1/log", params={"after": before}, headers={"Accept": "application/x-ndjson"}).text
    log: list[Json] = [json.loads(line) for line in lines.splitlines()]
    incidents = {each["incident"] for each in log if campaign in str(each["data"])}
    expected = [each for each in log if each["incident"] in incidents]
    assert [each.id for each in found] == [each["position"] for each in expected]
    for message, event in zip(found, expected, strict=True):
        assert message.event == ("tombstone" if event["type"] == "retracted" else "incident")
        assert message.data["revision"] == event["revision"]
