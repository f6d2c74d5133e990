"""nats-server and the publisher killed in turns under load: every event is in the stream, in order, once."""

import os
import time
from pathlib import Path
from typing import Final

import pytest

from tests.faults.load import Load
from tests.faults.rounds import WARM_UP, wait
from tests.nats.server import NatsServer
from tests.nats.test_published import followers, is_the_log
from tests.running import Ledger

pytestmark = pytest.mark.faults
ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "10"))


def test_nothing_is_lost_or_doubled(database_url: str, tmp_path: Path) -> None:
    with NatsServer.running(tmp_path) as server, Ledger(database_url, NATS_URL=server.url) as ledger:
        for n in range(ROUNDS):
            with Load(ledger, f"round-{n}") as load:
                wait(lambda load=load: len(load.acknowledged) >= WARM_UP)  # type: ignore[misc]
                time.sleep(0.05 * (n % 8))
                if n % 2:
                    server.kill()
                    time.sleep(0.3)
                    server.start()
                else:
                    for each in followers(ledger):
                        each.kill()
                time.sleep(0.2)
        with ledger.client() as client:
            is_the_log(server.wait(client.get("/v1/head").json()["position"], 120), client)
