"""A witness killed at any moment, and a log restored from a copy: nothing ever gets two histories cosigned."""

import contextlib
import os
import random
import threading
import time
from pathlib import Path
from typing import Final

import httpx
import psycopg
import pytest

from service.notes import read_checkpoint
from tests.chain import Chain, forked
from tests.integration.outside import LOG, Witness, cosigned, names, recorded, wait
from tests.running import Ledger, make_database

pytestmark = pytest.mark.faults
ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "10"))
SIZE: Final = 4000
"""Leaves of either log: more than are cosigned in all rounds."""


class Log(threading.Thread):
    """One of two logs with one key, which has a witness cosign as fast as it does; what was cosigned is noted."""

    def __init__(self, witness: Witness, chain: Chain, step: int) -> None:
        super().__init__(daemon=True)
        self.cosigned: Final[list[tuple[float, int, bytes]]] = []
        self.ending: Final = threading.Event()
        self._witness: Final = witness
        self._chain: Final = chain
        self._step: Final = step
        self._size = 0

    def run(self) -> None:
        """Submit until told to end."""
        while not self.ending.is_set():
            with contextlib.suppress(httpx.TransportError):
                self._submit(min(self._size + self._step, SIZE))

    def _submit(self, size: int) -> None:
        answer = self._witness.ask(self._chain.submission(self._size, size))
        came = time.monotonic()
        if answer.status_code == 200:
            found = read_checkpoint(self._chain.note(size) + answer.text, LOG, self._witness.key.verifier)
            self.cosigned.append((came, found.size, found.root))
            self._size = size
        elif answer.headers["Content-Type"] == "text/x.tlog.size":
            self._size = min(int(answer.text), SIZE)
        else:
            assert answer.status_code in {409, 422}, answer.text


def test_kill_9_never_leads_to_two_roots_or_back(tmp_path: Path) -> None:
    dice = random.Random(9)
    here, there = forked(3, SIZE)
    with Witness(tmp_path / "state") as witness:
        logs = [Log(witness, here, 1), Log(witness, there, 1), Log(witness, here, 3), Log(witness, there, 2)]
        for each in logs:
            each.start()
        for _ in range(ROUNDS):
            time.sleep(dice.uniform(0.05, 0.6))
            known = max((size for each in logs for _, size, _ in list(each.cosigned)), default=0)
            witness.kill()
            witness.start()
            answer = witness.ask(here.submission(SIZE, SIZE))
            assert answer.status_code == 409
            assert int(answer.text) >= known, "what was cosigned is not forgotten"
        for each in logs:
            each.ending.set()
        for each in logs:
            each.join(30)
    found = sorted((came, size, root) for each in logs for came, size, root in each.cosigned)
    assert len({size for _, size, _ in found}) >= ROUNDS
    assert len({(size, root) for _, size, root in found}) == len({size for _, size, _ in found}), "one root of a size"
    assert any(all(chain.root(size) == root for _, size, root in found) for chain in (here, there)), "of one log"


def test_a_log_that_is_restored_from_a_copy_and_goes_on_otherwise_is_refused(
    postgres_url: str, database_url: str, tmp_path: Path
) -> None:
    with Witness(tmp_path / "state") as witness:
        key = witness.key.verifier
        with Ledger(database_url, WITNESSES=witness.named) as ledger, ledger.client() as client:
            for _ in range(3):
                recorded(client)
            cosigned(client, 3, key)
        with psycopg.connect(database_url) as connection:
            name = connection.info.dbname
        with make_database(postgres_url, name) as copy:
            with Ledger(database_url, WITNESSES=witness.named) as ledger, ledger.client() as client:
                for _ in range(3):
                    recorded(client)
                whole = cosigned(client, 6, key)
            with Ledger(copy, WITNESSES=witness.named) as fork, fork.client() as client:
                for size, told in ((5, ""), (6, "Another root of 6 leaves"), (8, "It is not proven that the log")):
                    while recorded(client) < size:
                        pass
                    wait(lambda told=told: told in witness.said.read_text(), "it says why")
                    answer = client.get("/v1/log/checkpoint", headers={"min-position": str(size)})
                    assert names(answer.text) == [LOG.name]
                assert fork.sql("SELECT max(size) FROM cosignatures") == [(3,)]
                assert client.get("/v1/log/checkpoint?witnesses=1").headers["Log-Position"] == "3"
            with Ledger(database_url, WITNESSES=witness.named) as ledger, ledger.client() as client:
                assert client.get("/v1/log/checkpoint?witnesses=1").text == whole
                cosigned(client, recorded(client), key)


def test_a_log_that_has_forgotten_what_was_cosigned_goes_on(database_url: str, tmp_path: Path) -> None:
    with (
        Witness(tmp_path / "state") as witness,
        Ledger(database_url, WITNESSES=witness.named) as ledger,
        ledger.client() as client,
    ):
        cosigned(client, recorded(client), witness.key.verifier)
        ledger.kill()
        ledger.sql("SET session_replication_role = replica; DELETE FROM cosignatures")
        ledger.start()
        cosigned(client, 1, witness.key.verifier)
        cosigned(client, recorded(client), witness.key.verifier)
