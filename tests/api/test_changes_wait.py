"""GET /v1/changes?wait=: the answer comes when something changes, and not much later."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.api.keeper import Keeper
from tests.api.samples import report, retract, unique
from tests.running import Ledger


def test_a_wait_ends_when_something_changes(client: httpx.Client) -> None:
    campaign = unique()
    made = report(client, campaigns=[campaign])
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    with ThreadPoolExecutor(1) as apart:
        began = time.monotonic()
        waiting = apart.submit(keeper.ask, client, wait=20)
        time.sleep(0.3)
        report(client)  # of no concern
        time.sleep(0.3)
        assert not waiting.done()
        retract(client, made["id"])
        assert [each["reason"] for each in waiting.result(10).json()["tombstones"]] == ["retracted"]
    assert 0.6 < time.monotonic() - began < 5


def test_a_wait_ends_with_nothing_when_its_time_is_over(client: httpx.Client) -> None:
    campaign = unique()
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    began = time.monotonic()
    assert keeper.ask(client, wait=1).status_code == 204
    assert 0.9 < time.monotonic() - began < 3


def test_what_is_there_is_not_waited_for(client: httpx.Client) -> None:
    campaign = unique()
    keeper = Keeper(campaign=campaign)
    began = time.monotonic()
    keeper.ask(client, wait=20)
    report(client, campaigns=[campaign])
    assert len(keeper.ask(client, wait=20).json()["items"]) == 1
    assert time.monotonic() - began < 10


def test_a_service_that_ends_lets_nobody_wait(own_ledger: Ledger) -> None:
    with own_ledger.client() as client, ThreadPoolExecutor(1) as apart:
        keeper = Keeper()
        keeper.catch_up(client)
        waiting = apart.submit(keeper.ask, client, wait=60)
        time.sleep(0.5)
        began = time.monotonic()
        assert own_ledger.stop() == 0
        assert time.monotonic() - began < 5
        assert waiting.result(5).status_code == 204
        own_ledger.start()
