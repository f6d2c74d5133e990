"""The projector: every event once, in order, whoever leads; what fails stops alone."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import psycopg
import pytest

from service.building import build
from service.db import Database
from service.following import Stopped
from service.projector import Projector
from service.store import followers
from service.store.changes import BATCH
from tests.projections.tally import POISON, Tally, of_version, tally
from tests.running import ROOT, Ledger

QUIET = {"PROJECTOR": "0"}


@pytest.fixture
def register(database_url: str) -> Iterator[Ledger]:
    """A running service without a projector of its own."""
    with Ledger(database_url, **QUIET) as running:
        yield running


@pytest.fixture
async def db(register: Ledger) -> AsyncIterator[Database]:
    """The service's own way to the database."""
    opened = Database(register.database_url, 2)
    await opened.open()
    yield opened
    await opened.close()


def report(register: Ledger, count: int, title: str = "seen") -> None:
    """Report incidents."""
    line = json.dumps({"command": "report", "facts": {"title": title, "kind": "sighting"}}) + "\n"
    with register.client() as client:
        answer = client.post("/v1/batches", content=line * count, headers={"Content-Type": "application/x-ndjson"})
        assert answer.text.count('"status":201') == count, answer.text


@contextlib.asynccontextmanager
async def projecting(db: Database, *projections: Tally) -> AsyncIterator[None]:
    """Run a projector."""
    work = asyncio.create_task(Projector(db, projections).run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def until(found: Callable[[], Any], wanted: object, seconds: float = 10) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while (last := found()) != wanted:
        assert time.monotonic() < deadline, f"{last!r} is not {wanted!r}"
        await asyncio.sleep(0.02)


def positions(register: Ledger, name: str = "tally") -> list[int]:
    """Return what a tally has, in the order in which it was written."""
    with contextlib.suppress(psycopg.errors.UndefinedTable):
        return [row[0] for row in register.sql(f"SELECT position FROM serving.{name} ORDER BY ctid")]
    return []


def checkpoint(register: Ledger, name: str = "tally") -> int:
    """Return where it stands; -1 if it is not there."""
    rows = register.sql("SELECT position FROM followers WHERE name = %s AND NOT building", name)
    return int(rows[0][0]) if rows else -1


async def test_what_was_and_what_is_recorded_is_projected_once_and_in_order(register: Ledger, db: Database) -> None:
    report(register, 700)
    async with projecting(db, tally("tally")):
        await until(lambda: checkpoint(register), 700)
        report(register, 40)
        await until(lambda: checkpoint(register), 740)
    assert positions(register) == list(range(1, 741))
    assert register.sql("SELECT events FROM serving.tally_total") == [(740,)]


async def test_it_is_woken_by_an_event_and_does_not_wait_for_its_next_look(register: Ledger, db: Database) -> None:
    async with projecting(db, tally("tally")):
        await until(lambda: checkpoint(register), 0)
        await asyncio.sleep(0.1)
        took = []
        for number in range(1, 8):
            await asyncio.sleep(0.1)
            report(register, 1)
            since = time.monotonic()
            await until(lambda: checkpoint(register), number)
            took.append(time.monotonic() - since)
    assert sorted(took)[3] < 0.3, took


async def test_an_event_of_which_nobody_told_is_found_all_the_same(register: Ledger, db: Database) -> None:
    report(register, 1)
    async with projecting(db, tally("tally")):
        await until(lambda: checkpoint(register), 1)
        register.sql(
            "INSERT INTO events SELECT 2, gen_random_uuid(), gen_random_uuid(), 1, type, schema_version, recorded_at,"
            " actor, nonce, data_sha256, data FROM events WHERE position = 1"
        )
        await until(lambda: checkpoint(register), 2)


async def test_what_an_event_changed_is_told_with_how_the_incident_stood_before(register: Ledger, db: Database) -> None:
    with register.client() as client:
        told = client.post("/v1/incidents", json={"facts": {"title": "first", "kind": "sighting"}}).json()
        path, match = f"/v1/incidents/{told['id']}", {"If-Match": "*"}
        patch = {"reason": "more", "patch": {"title": "second"}}
        client.post(f"{path}/revisions", json=patch, headers=match).raise_for_status()
        client.post(
            f"{path}/retraction", json={"reason_code": "test_data", "reason": "none"}, headers=match
        ).raise_for_status()
        async with projecting(db, tally("tally")):
            await until(lambda: checkpoint(register), 3)
            client.post(
                f"{path}/reports", json={"facts": {"title": "third", "kind": "strike"}}, headers=match
            ).raise_for_status()
            await until(lambda: checkpoint(register), 4)
    found = register.sql("SELECT title, before FROM serving.tally ORDER BY position")
    assert found == [("first", 0), ("second", 1), ("second", 2), ("third", 3)]


async def test_a_poisoned_event_stops_one_projection_and_the_others_go_on(register: Ledger, db: Database) -> None:
    strict = tally("strict", strict=True)
    async with projecting(db, tally("tally"), strict):
        report(register, 5)
        report(register, 1, POISON)
        report(register, 5)
        await until(lambda: checkpoint(register), 11)
        await until(lambda: checkpoint(register, "strict"), 5)
        error = lambda: register.sql("SELECT error FROM followers WHERE name = 'strict'")  # noqa: E731
        await until(error, [("event 6: ValueError: this one cannot be taken",)])
        assert positions(register, "strict") == [1, 2, 3, 4, 5]
        assert await followers.retry(db, "strict")
        await until(error, [("event 6: ValueError: this one cannot be taken",)])
    assert not await followers.retry(db, "tally")
    async with projecting(db, tally("tally"), tally("strict")):  # it was mended
        await followers.retry(db, "strict")
        await until(lambda: checkpoint(register, "strict"), 11)
    assert positions(register, "strict") == list(range(1, 12))


async def test_a_poisoned_event_stops_a_build_there_though_it_was_looked_at_ahead(
    register: Ledger, db: Database
) -> None:
    report(register, BATCH + 9)
    report(register, 1, POISON)
    report(register, BATCH)
    with pytest.raises(Stopped, match=f"event {BATCH + 10}: ValueError: this one cannot be taken"):
        await build(db, tally("strict", strict=True), lambda *_: None)
    place = "SELECT position, building FROM followers WHERE name = 'strict'"
    assert register.sql(place) == [(BATCH + 9, True)]
    await build(db, tally("strict"), lambda *_: None)  # it was mended
    assert checkpoint(register, "strict") > BATCH + 10
    assert positions(register, "strict") == list(range(1, checkpoint(register, "strict") + 1))


async def test_what_is_of_another_version_is_built_anew(register: Ledger, db: Database) -> None:
    report(register, 600)
    first = tally("tally")
    async with projecting(db, first):
        await until(lambda: checkpoint(register), 600)
    register.sql("DELETE FROM serving.tally WHERE position < 10")
    report(register, 10)
    async with projecting(db, of_version(first, 2)):
        place = "SELECT building, version, position FROM followers WHERE name = 'tally'"
        await until(lambda: register.sql(place), [(False, 2, 610)])
    assert positions(register) == list(range(1, 611))


async def test_one_that_serves_serves_while_it_is_rebuilt_and_is_then_the_same(register: Ledger, db: Database) -> None:
    report(register, 2000)
    serving = tally("tally")
    async with projecting(db, serving):
        await until(lambda: checkpoint(register), 2000)
        rebuilding = asyncio.create_task(build(db, tally("tally", slow=0.1), lambda *_: None))
        seen = []
        while not rebuilding.done():
            if len(seen) % 10 == 0:
                await asyncio.to_thread(report, register, 1)
            seen.append(len(await asyncio.to_thread(positions, register)))  # not in the loop: the swap may have to end
        await rebuilding
        recorded = register.sql("SELECT position FROM log_head")[0][0]
        await until(lambda: checkpoint(register), recorded)
    assert seen == sorted(seen), "no reader ever sees less than before"
    assert seen[0] >= 2000
    assert positions(register) == list(range(1, recorded + 1))
    assert register.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'building'") == []


async def test_a_build_that_was_broken_off_goes_on_where_it_was(register: Ledger, db: Database) -> None:
    report(register, 2000)
    broken = asyncio.create_task(build(db, tally("tally", slow=0.1), lambda *_: None))
    await until(
        lambda: bool(register.sql("SELECT position FROM followers WHERE building AND position >= 500")), wanted=True
    )
    broken.cancel()
    await asyncio.gather(broken, return_exceptions=True)
    told: list[int] = []
    await build(db, tally("tally"), lambda position, _: told.append(position))
    assert told[0] >= 500
    assert positions(register) == list(range(1, 2001))


def start(register: Ledger) -> subprocess.Popen[bytes]:
    """Run a projector in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.projections.tally", register.database_url], cwd=ROOT, env=os.environ
    )


async def test_another_takes_over_within_five_seconds_of_a_kill(register: Ledger) -> None:
    leading = start(register)
    standby = None
    try:
        report(register, 10)
        await until(lambda: checkpoint(register), 10, 20)
        standby = start(register)
        await asyncio.sleep(2)
        leading.kill()
        leading.wait(10)
        since = time.monotonic()
        report(register, 10)
        await until(lambda: checkpoint(register), 20, 5)
        assert time.monotonic() - since < 5
        assert positions(register) == list(range(1, 21))
    finally:
        for process in (leading, standby):
            if process is not None:
                process.kill()
                process.wait(10)
