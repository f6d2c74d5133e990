"""kill -9 of `audit mirror`, again and again at any moment: in the end the mirror is the log, and nothing is twice."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from tests.api.samples import FACTS, batch, head
from tests.audit.register import mirrored, settled
from tests.running import ROOT, SIGNING_KEY, Ledger

pytestmark = pytest.mark.faults
ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "8"))


def test_a_mirror_that_is_killed_goes_on(own_ledger: Ledger, tmp_path: Path) -> None:
    dice = random.Random(4)
    environ = os.environ | own_ledger.access() | {"LEDGER_PUBLIC_KEY": str(SIGNING_KEY.verifier)}
    kept = tmp_path / "mirror"
    with own_ledger.client() as client:
        for _ in range(ROUNDS):
            for _ in range(30):
                batch(client, *[{"command": "report", "facts": FACTS}] * 250)
            process = subprocess.Popen(
                [sys.executable, "-m", "service", "audit", "mirror", str(kept)], env=environ, cwd=ROOT,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(dice.uniform(0.3, 2.5))
            process.kill()
            process.wait(10)
        settled(own_ledger, head(client))
        assert mirrored(own_ledger, kept) == "mirrored"
        served = client.get("/v1/log", headers={"Accept": "application/x-ndjson"}).content
    assert (kept / "log.ndjson").read_bytes() == served
