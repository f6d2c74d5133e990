"""Expunging while the register is written to and followed: nothing that was read before it brings the data back."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psycopg
import pytest
from rich.console import Console

from service import expunge as expunging
from service.building import build
from service.db import Database, connect
from service.following import SESSION, Follower, Unbuilt
from service.projections.every import PROJECTIONS
from service.store import expunged
from service.store.changes import Changes
from tests.api.samples import ANY_REVISION, FACTS, Json, refusal, report, report_again, retract, revise
from tests.cli.processes import eventually
from tests.running import Ledger, make_database

MARK: Final = "zzmarkova"
VERSIONS: Final = next(each for each in PROJECTIONS if each.name == "versions")
WAITING: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND query NOT LIKE '%pg_stat_activity%'"
)


@pytest.fixture
def register(database_url: str) -> Iterator[Ledger]:
    """A running service without a projector."""
    with Ledger(database_url, PROJECTOR="0") as running:
        yield running


@pytest.fixture(scope="module")
def shared(postgres_url: str, template: str) -> Iterator[Ledger]:
    """The same for those who do not care what else is in it."""
    with make_database(postgres_url, template) as url, Ledger(url, PROJECTOR="0") as running:
        yield running


@pytest.fixture
async def db(register: Ledger) -> AsyncIterator[Database]:
    """The service's own way to the database."""
    opened = Database(register.database_url, 2)
    await opened.open()
    yield opened
    await opened.close()


async def expunge(db: Database, *positions: int) -> None:
    """Expunge, as the command does."""
    await expunging.expunge(db, db.url, positions, "officer", "because", Console(file=io.StringIO()))


def in_a_thread(register: Ledger, *positions: int) -> None:
    """Expunge from a thread that has no loop."""

    async def run() -> None:
        db = Database(register.database_url, 2)
        await db.open()
        try:
            await expunge(db, *positions)
        finally:
            await db.close()

    asyncio.run(run())


def test_what_was_decided_before_is_decided_again(shared: Ledger) -> None:
    """An order that waits for the log while the expunging, which came before it, has it."""
    register = shared
    with register.client() as client, psycopg.connect(register.database_url) as holding, ThreadPoolExecutor(2) as apart:
        first = report(client, title=MARK, summary=MARK, external_ids={"police": MARK})
        incident = first["id"]
        holding.execute("SELECT FROM log_head FOR UPDATE")
        gone = apart.submit(in_a_thread, register, first["position"])
        eventually(lambda: register.sql(WAITING) == [(1,)])
        body = {"reason": "More.", "patch": {"kind": "debris"}}
        written = apart.submit(
            client.post, f"/v1/incidents/{incident}/revisions", json=body, headers={"If-Match": '"1"'}
        )
        eventually(lambda: register.sql(WAITING) == [(2,)])
        holding.rollback()
        gone.result(30)
        answer = written.result(30)
        assert answer.status_code == 201
        assert answer.json()["facts"] == {"title": "[expunged]", "kind": "debris"}
        assert MARK not in answer.text
        shown = client.get(f"/v1/incidents/{incident}").text
        assert shown == client.get(f"/v1/incidents/{incident}?revision=2").text
        assert MARK not in shown
        assert held(register, MARK) == []


def test_it_is_written_to_all_the_while(shared: Ledger) -> None:
    ended = threading.Event()

    def write(incident: str, number: int) -> int:
        count = 0
        with shared.client() as client:
            while not ended.is_set() and count < 300:
                title = f"{number} {count}"
                patch = {"claims": {f"c{number}": {"verbatim": title}}} if number % 2 else {"summary": title}
                body = {"reason": "r", "patch": patch}
                answer = client.post(f"/v1/incidents/{incident}/revisions", json=body, headers=ANY_REVISION)
                assert answer.status_code == 201, answer.text
                assert answer.json()["revision"] > 1
                count += 1
        return count

    with shared.client() as client, ThreadPoolExecutor(4) as apart:
        reports = [report(client, title=MARK, summary="s") for _ in range(3)]
        incidents = [each["id"] for each in reports]
        lines = [apart.submit(write, incident, number) for number in (0, 1) for incident in incidents[:2]]
        for each in reports:
            in_a_thread(shared, each["position"])
        ended.set()
        assert all(line.result(30) for line in lines)
        for incident in incidents:
            now = client.get(f"/v1/incidents/{incident}")
            revision = now.json()["revision"]
            assert now.text == client.get(f"/v1/incidents/{incident}?revision={revision}").text
            assert (now.json()["expunged"], MARK in now.text) == (1, False)


async def test_a_follower_writes_nothing_that_it_had_read_before(register: Ledger, db: Database) -> None:
    """It is where what was built anew is, to the event; only what it has read tells the two apart."""
    with register.client() as client:
        incident = report(client, title=MARK)["id"]
        report(client)
        connection, changes = await connect(register.database_url, SESSION), Changes(db)
        try:
            follower = Follower(VERSIONS, connection, changes, building=False)
            assert await follower.step() == 2
            revise(client, incident, {"kind": "debris"})
            assert (await changes.after(2))[0].after.facts.title == MARK
            await expunge(db, 1)
            assert (await follower.position(), register.sql(STANDS)) == (2, [(VERSIONS.version, 3)])
            register.sql("UPDATE followers SET position = 2 WHERE name = 'versions'")
            register.sql("DELETE FROM serving.incident_versions WHERE revision = 2")
            await follower.step()
            assert register.sql(STANDS) == [(VERSIONS.version, 2)]
            assert await follower.step() == 1
            assert register.sql(f"SELECT 1 FROM serving.incident_versions v WHERE v::text LIKE '%{MARK}%'") == []
        finally:
            await connection.close()


async def test_a_follower_remembers_no_incident_as_it_was_before(register: Ledger, db: Database) -> None:
    with register.client() as client:
        incident = report(client, title=MARK)["id"]
        connection, changes = await connect(register.database_url, SESSION), Changes(db)
        try:
            follower = Follower(VERSIONS, connection, changes, building=False)
            assert await follower.step() == 1
            await expunge(db, 1)
            revise(client, incident, {"kind": "debris"})
            assert await follower.step() == 1
            assert register.sql("SELECT count(*) FROM serving.incident_versions") == [(2,)]
            assert register.sql(f"SELECT 1 FROM serving.incident_versions v WHERE v::text LIKE '%{MARK}%'") == []
        finally:
            await connection.close()


STANDS: Final = "SELECT version, position FROM followers WHERE name = 'versions' AND NOT building"


async def test_a_build_that_was_under_way_is_begun_again(register: Ledger, db: Database) -> None:
    with register.client() as client:
        report(client, title=MARK)
    seen: list[int] = []

    def meanwhile(position: int, _: int) -> None:
        if not seen:  # before it takes anything
            seen.append(position)
            with ThreadPoolExecutor(1) as apart:
                apart.submit(_only_the_log, register).result(30)

    with pytest.raises(Unbuilt):
        await _built(register, db, meanwhile)
    await build(db, VERSIONS, lambda *_: None)
    assert register.sql(f"SELECT 1 FROM serving.incident_versions v WHERE v::text LIKE '%{MARK}%'") == []


async def _built(register: Ledger, db: Database, tell: Any) -> None:
    """Build in steps that are seen: it is far from the head."""
    register.sql("UPDATE log_head SET position = 1000")
    try:
        await build(db, VERSIONS, tell)
    finally:
        register.sql("UPDATE log_head SET position = 1")


def _only_the_log(register: Ledger) -> None:
    """Expunge, and be killed after it."""

    async def run() -> None:
        owner = await expunging.connect_as_owner(register.database_url)
        async with owner.transaction():
            assert await expunged.add(owner, [1], "officer", "because") == 1
        await owner.close()

    asyncio.run(run())


def keyed(register: Ledger, path: str, body: Json, key: str) -> tuple[int, str | None, Json]:
    """Send a command with an Idempotency-Key."""
    with register.client() as client:
        answer = client.post(path, json=body, headers=ANY_REVISION | {"Idempotency-Key": key})
    return answer.status_code, answer.headers.get("Idempotent-Replayed"), answer.json()


def test_the_same_request_is_still_recorded_once(shared: Ledger) -> None:
    register = shared
    told = {"facts": FACTS | {"title": MARK}}
    status, _, first = keyed(register, "/v1/incidents", told, "one")
    at = f"/v1/incidents/{first['id']}"
    patch = {"reason": "More.", "patch": {"title": f"{MARK} again"}}
    later = {"reason": "Later.", "patch": {"kind": "debris"}}
    assert (status, keyed(register, f"{at}/revisions", patch, "two")[0]) == (201, 201)
    assert keyed(register, f"{at}/revisions", later, "three")[0] == 201
    in_a_thread(register, first["position"], first["position"] + 1)
    for path, body, key, revision in (
        ("/v1/incidents", told, "one", 1), (f"{at}/revisions", patch, "two", 2), (f"{at}/revisions", later, "three", 3),
    ):  # fmt: skip
        status, replayed, answer = keyed(register, path, body, key)
        assert (status, replayed, answer["revision"]) == (201, "true", revision)
        assert MARK not in str(answer)
    retraction = {"reason_code": "legal", "reason": "r"}
    for path, body, key in (
        (f"{at}/retraction", retraction, "one"), (f"{at}/revisions", later | {"reason": "Else."}, "three"),
        ("/v1/incidents", told, "two"),
    ):  # fmt: skip
        with register.client() as client:
            sent = client.post(path, json=body, headers=ANY_REVISION | {"Idempotency-Key": key})
        refusal(sent, 422, "idempotency-key-reused")
    assert register.sql("SELECT position FROM log_head") == [(first["position"] + 2,)]


def held(register: Ledger, key: str) -> list[str]:
    """Return which incident has an external id."""
    found = register.sql("SELECT incident::text FROM external_ids WHERE external_id = %s", f"police/{key}")
    return [incident for (incident,) in found]


def test_an_incident_lives_on(shared: Ledger) -> None:
    """Whatever was taken out, it can be retracted and reported again, and an id that went elsewhere stays there."""
    with shared.client() as client:
        first = report(client, title=MARK, external_ids={"police": "1"})
        incident, at = first["id"], first["position"]
        revise(client, incident, {"external_ids": {"police": "2"}})
        heir = report(client, external_ids={"police": "1"})["id"]
        in_a_thread(shared, at + 1)
        assert client.get(f"/v1/incidents/{incident}").json()["facts"]["external_ids"] == {"police": "1"}
        assert (held(shared, "1"), held(shared, "2")) == ([heir], [])
        retract(client, incident)
        assert held(shared, "1") == [heir]
        last = report_again(client, incident, external_ids={"police": "2"})
        assert (last["revision"], last["expunged"], last["flags"]) == (4, 1, ["expunged", "source_missing"])
        in_a_thread(shared, at, at + 3, at + 4)
        shown = client.get(f"/v1/incidents/{incident}").json()
        assert (shown["expunged"], shown["facts"]) == (4, {"title": "[expunged]", "kind": "other"})
        assert (held(shared, "1"), held(shared, "2")) == ([heir], [])
