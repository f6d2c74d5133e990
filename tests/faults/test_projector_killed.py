"""kill -9 of the projector in the midst of its batches, again and again: no effect is lost, none is there twice."""

import os
import random
import threading
import time

import pytest

from tests.projections.test_projector import QUIET, checkpoint, positions, report, start
from tests.running import Ledger

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "50"))


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_no_effect_is_lost_or_doubled(database_url: str) -> None:
    dice = random.Random(50)
    with Ledger(database_url, **QUIET) as register:
        ending = threading.Event()
        load = threading.Thread(target=_keep_reporting, args=(register, ending))
        load.start()
        reached = [0]
        try:
            for _ in range(ROUNDS):
                process = start(register)
                _wait_for_more(register, reached[-1])
                time.sleep(dice.uniform(0, 0.3))
                process.kill()
                process.wait(10)
                reached.append(checkpoint(register))
        finally:
            ending.set()
            load.join(30)
        assert reached == sorted(reached)
        head = register.sql("SELECT position FROM log_head")[0][0]
        process = start(register)
        try:
            _wait_for_more(register, head - 1)
        finally:
            process.kill()
            process.wait(10)
        assert positions(register) == list(range(1, head + 1))
        assert register.sql("SELECT events FROM serving.tally_total") == [(head,)]


def _keep_reporting(register: Ledger, ending: threading.Event) -> None:
    while not ending.is_set():
        report(register, 50)
        time.sleep(0.05)


def _wait_for_more(register: Ledger, than: int) -> None:
    deadline = time.monotonic() + 30
    while checkpoint(register) <= than:
        assert time.monotonic() < deadline, f"it stays at {than}"
        time.sleep(0.02)
