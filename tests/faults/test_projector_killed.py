"""kill -9 of the projector in the midst of its batches, again and again: no effect is lost, none is there twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import pytest

from service.projections.every import PROJECTIONS
from tests.faults.rounds import wait
from tests.projections.histories import World
from tests.projections.test_projector import QUIET, checkpoint, positions, report, start
from tests.projections.test_rebuild import check
from tests.running import ROOT, Ledger

ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "50"))
_IN_MID_BATCH: Final = (
    "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database()"
    " AND l.relation = 'followers'::regclass AND l.mode = 'RowExclusiveLock' AND a.wait_event = 'ClientRead'"
)
"""Transactions that have moved a checkpoint and wait for what their follower sends next."""


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_no_effect_is_lost_or_doubled(database_url: str) -> None:
    with Ledger(database_url, **QUIET) as register:
        with _under_load(lambda: report(register, 50)):
            reached = [0]
            for dice in _rounds():
                process = start(register)
                wait(lambda: checkpoint(register) > reached[-1])
                _kill_in_mid_batch(register, process, dice)
                reached.append(checkpoint(register))
        assert reached == sorted(reached)
        head = register.sql("SELECT position FROM log_head")[0][0]
        process = start(register)
        try:
            wait(lambda: checkpoint(register) == head)
        finally:
            process.kill()
            process.wait(10)
        assert positions(register) == list(range(1, head + 1))
        assert register.sql("SELECT events FROM serving.tally_total") == [(head,)]


@pytest.mark.faults
@pytest.mark.timeout(1800)
async def test_every_projection_is_what_a_rebuild_makes_of_it(database_url: str) -> None:
    with Ledger(database_url, **QUIET) as register, register.client() as client:
        world = World(50)
        with _under_load(lambda: world.record(client, 1)):
            for dice in _rounds():
                process, since = _project(register), _reached(register)
                wait(lambda since=since: min(_reached(register)) > min(since))  # type: ignore[misc]
                _kill_in_mid_batch(register, process, dice)
        process = _project(register)
        try:
            for projection in PROJECTIONS:
                assert any((await check(register, projection)).values())
        finally:
            process.kill()
            process.wait(10)


def _rounds() -> Iterator[random.Random]:
    dice = random.Random(50)
    for _ in range(ROUNDS):
        yield dice


@contextmanager
def _under_load(record: Callable[[], object]) -> Iterator[None]:
    ending = threading.Event()

    def keep_recording() -> None:
        while not ending.wait(0.05):
            record()

    load = threading.Thread(target=keep_recording)
    load.start()
    try:
        yield
    finally:
        ending.set()
        load.join(30)


def _project(register: Ledger) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", "project"], env=os.environ | register.environ, cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _reached(register: Ledger) -> list[int]:
    return [row[0] for row in register.sql("SELECT position FROM followers WHERE NOT building AND position > 0")] or [0]


def _kill_in_mid_batch(register: Ledger, process: subprocess.Popen[bytes], dice: random.Random) -> None:
    """Let it stand still at any moment until that is one in mid-batch: then what is open can only be lost with it."""
    deadline = time.monotonic() + 30
    with psycopg.connect(register.database_url, autocommit=True) as connection:
        while True:
            time.sleep(dice.uniform(0, 0.02))
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.01)  # what it has sent is done
            row = connection.execute(_IN_MID_BATCH).fetchone()
            if row and row[0]:
                break
            process.send_signal(signal.SIGCONT)
            assert time.monotonic() < deadline, "it is never in mid-batch"
    process.kill()
    process.wait(10)
