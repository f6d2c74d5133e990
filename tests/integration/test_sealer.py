"""The sealer: one works, the next takes over, and no death of one leaves two trees."""

import os
import random
import select
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final

import pytest

from service.domain.merkle import leaf_hash
from service.domain.tiles import Edge
from service.notes import LOG, make_key, read_checkpoint
from tests.api.samples import FACTS, batch, report
from tests.running import ROOT, SIGNING_KEY, Ledger

ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "3"))
PATIENCE: Final = 10.0


@pytest.fixture
def register(database_url: str) -> Iterator[Ledger]:
    """A service that leaves following the log to the processes that a test starts."""
    with Ledger(database_url, PROJECTOR="0") as running:
        yield running


def start(register: Ledger, key: str = str(SIGNING_KEY)) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", "project"], env=os.environ | register.environ | {"SIGNING_KEY": key},
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def end(process: subprocess.Popen[bytes]) -> str:
    process.kill()
    return process.communicate(timeout=10)[1].decode()


def size(register: Ledger) -> int:
    return int(register.sql("SELECT coalesce(max(size), -1) FROM signed_checkpoints")[0][0])


def wait_for(register: Ledger, least: int) -> float:
    """Wait until so much is sealed, and return how long it took."""
    began = time.monotonic()
    while size(register) < least:
        assert time.monotonic() < began + PATIENCE, f"it stays at {size(register)}"
        time.sleep(0.02)
    return time.monotonic() - began


def look_at_everything(register: Ledger) -> None:
    """Hold that every checkpoint is signed, and is that of the leaves; and that the tiles hold them, once."""
    leaves = [leaf_hash(row[0].encode()) for row in register.sql("SELECT log_leaf(e) FROM events e ORDER BY position")]
    whole, edge = Edge(), Edge()
    for signed, root, note in register.sql("SELECT size, root, note FROM signed_checkpoints ORDER BY size"):
        edge.add(leaves[edge.size : signed])
        found = read_checkpoint(note, SIGNING_KEY.verifier)
        assert (found.size, found.root, root) == (signed, edge.root(), edge.root())
    tiles: dict[tuple[int, int], bytes] = {}
    for piece in whole.add(leaves[: edge.size]):
        tiles[piece.level, piece.first // 256] = tiles.get((piece.level, piece.first // 256), b"") + piece.hashes
    stored: dict[tuple[int, int], bytes] = {}
    for level, first, hashes in register.sql("SELECT level, first, hashes FROM tree_hashes ORDER BY level, first"):
        assert len(stored.get((level, first // 256), b"")) == first % 256 * 32
        stored[level, first // 256] = stored.get((level, first // 256), b"") + hashes
    assert stored == tiles


def test_one_seals_and_another_takes_over(register: Ledger) -> None:
    first = start(register)
    wait_for(register, 0)
    second = start(register)
    try:
        with register.client() as client:
            wait_for(register, int(report(client)["position"]))
            end(first)
            assert wait_for(register, int(report(client)["position"])) < 5
        look_at_everything(register)
    finally:
        end(first)
        end(second)


def test_kill_9_leaves_one_tree(register: Ledger) -> None:
    dice = random.Random(4)
    with register.client() as client:
        for _ in range(ROUNDS):
            process = start(register)
            before = size(register)
            batch(client, *[{"command": "report", "facts": FACTS}] * dice.randrange(1, 400))
            wait_for(register, before + 1)
            for _ in range(3):
                report(client)
                time.sleep(dice.uniform(0, 0.1))
            end(process)
        process = start(register)
        wait_for(register, int(report(client)["position"]))
        end(process)
    look_at_everything(register)


def test_it_comes_back_after_an_outage_of_the_database(register: Ledger) -> None:
    process = start(register)
    try:
        wait_for(register, 0)
        assert register.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE '%log_leaf%' AND pid <> pg_backend_pid() AND datname = current_database()"
        ), "it looks for leaves"
        with register.client() as client:
            wait_for(register, int(report(client)["position"]))
        look_at_everything(register)
    finally:
        end(process)


def test_a_sealer_with_another_key_leaves_the_log_alone(register: Ledger) -> None:
    end_after(register, start(register), 0)
    with register.client() as client:
        report(client)
    other = start(register, str(make_key("ledger.example/v1/log", LOG)))
    try:
        assert "the log is not sealed: its last checkpoint is of another key than SIGNING_KEY" in said(other)
        assert size(register) == 0
    finally:
        end(other)


def test_hashes_that_were_not_signed_are_not_gone_on_from(register: Ledger) -> None:
    with register.client() as client:
        last = int(report(client)["position"])
        end_after(register, start(register), last)
        register.sql("SET session_replication_role = replica; UPDATE tree_hashes SET hashes = sha256(hashes)")
        report(client)
    process = start(register)
    try:
        assert f"the hashes of the tree do not give the root that was signed at {last}" in said(process)
        assert size(register) == last
    finally:
        end(process)


def said(process: subprocess.Popen[bytes]) -> str:
    """Return the next that it says."""
    assert process.stderr is not None
    assert select.select([process.stderr], [], [], PATIENCE)[0], "it says nothing"
    return os.read(process.stderr.fileno(), 65_536).decode()


def end_after(register: Ledger, process: subprocess.Popen[bytes], least: int) -> None:
    try:
        wait_for(register, least)
    finally:
        end(process)


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("DELETE FROM events WHERE position = 3", "of the positions from 1 to 5 only 4 are there"),
        ("UPDATE events SET position = 99 WHERE position = 3", "of the positions from 1 to 5 only 4 are there"),
    ],
)
def test_what_has_a_gap_is_not_sealed(register: Ledger, tampering: str, told: str) -> None:
    with register.client() as client:
        for _ in range(5):
            report(client)
    register.sql("SET session_replication_role = replica; " + tampering)
    process = start(register)
    try:
        assert told in said(process)
        assert size(register) == 0
    finally:
        end(process)


def test_what_was_never_appended_is_not_sealed(register: Ledger) -> None:
    """An event beyond the head did not come through the append."""
    with register.client() as client:
        last = int(report(client)["position"])
    register.sql(
        "INSERT INTO events SELECT position + 1, gen_random_uuid(), gen_random_uuid(), 1, type, schema_version,"
        " recorded_at, actor, nonce, data_sha256, data FROM events WHERE position = %s", last,
    )  # fmt: skip
    process = start(register)
    try:
        wait_for(register, last)
        time.sleep(1)
        assert size(register) == last
    finally:
        process.send_signal(signal.SIGTERM)
        end(process)


@pytest.mark.faults
def test_while_events_keep_coming_each_is_sealed_within_a_second_and_checkpoints_are_fewer(register: Ledger) -> None:
    process = start(register)
    try:
        wait_for(register, 0)
        with register.client() as client:
            last, deadline = 0, time.monotonic() + 15
            while time.monotonic() < deadline:
                last = int(report(client)["position"])
                time.sleep(0.02)
        wait_for(register, last)
    finally:
        end(process)
    latest, pauses = register.sql(
        "SELECT max((SELECT min(signed_at) FROM signed_checkpoints WHERE size >= position) - recorded_at),"
        " (SELECT array_agg(extract(epoch FROM pause)::float) FROM (SELECT signed_at - lag(signed_at)"
        " OVER (ORDER BY size) AS pause FROM signed_checkpoints WHERE size > 0) paced) FROM events"
    )[0]
    assert latest.total_seconds() < 1
    assert statistics.median(pauses[1:6]) < 0.5
    assert statistics.median(pauses[-6:-1]) > 0.6
