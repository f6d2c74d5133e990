"""What goes wrong in mid-load, and how it is put right: the same for many rounds and for few."""

import time
from collections.abc import Callable
from typing import Final

import psutil

from tests.faults.load import Load, look_at_everything, look_for
from tests.faults.postgres import Postgres
from tests.running import Ledger

WARM_UP: Final = 100
"""Events that are acknowledged before something goes wrong."""


def survive(rounds: int, ledger: Ledger, go_wrong: Callable[[], None], *, loses_answers: bool = True) -> None:
    """Let it go wrong in mid-load, round after round, and look at every event and document each time."""
    asked_before: set[str] = set()
    unanswered = 0
    for n in range(rounds):
        with Load(ledger, f"round-{n}") as load:
            wait(lambda load=load: len(load.acknowledged) >= WARM_UP)  # type: ignore[misc]
            time.sleep(0.05 * (n % 8))
            go_wrong()
            time.sleep(0.2)
        assert [told for told in load.refusals if told[0].isdigit() and not told.startswith("503 ")] == []
        look_for(load, ledger)
        unanswered += len(load.unanswered)
        load.repeat()
        look_at_everything(load, ledger, asked_before)
        asked_before |= load.acknowledged.keys()
    assert unanswered or not loses_answers, "it never went wrong while somebody waited for an answer"


def server_killed(ledger: Ledger) -> None:
    ledger.kill()
    ledger.start()


def worker_killed(ledger: Ledger) -> None:
    """Kill the process that serves; the one that watches over it starts another, unless that one died just now."""
    assert ledger.process is not None
    time.sleep(6)
    (worker,) = (
        child for child in psutil.Process(ledger.process.pid).children() if "service.follow" not in child.cmdline()
    )
    worker.kill()
    wait(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    ledger.wait_until_ready()


def postgres_killed(ledger: Ledger, postgres: Postgres) -> None:
    postgres.kill()
    postgres.start()
    ledger.wait_until_ready()


def both_killed(ledger: Ledger, postgres: Postgres) -> None:
    ledger.kill()
    postgres.kill()
    postgres.start()
    ledger.start()


def postgres_frozen(ledger: Ledger, postgres: Postgres) -> None:
    postgres.freeze()
    time.sleep(3)
    postgres.thaw()
    ledger.wait_until_ready()


def interrupted(ledger: Ledger) -> None:
    """Stop it as Ctrl-C does: it ends by itself."""
    assert ledger.stop() == 0
    ledger.start()


def wait(until: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.01)
