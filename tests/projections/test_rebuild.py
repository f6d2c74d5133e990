"""Made anew from the log, every projection comes out as it was, byte for byte, however the log is cut into batches."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.building import build
from service.db import Database, connect
from service.projections import campaigns
from service.projections.every import PROJECTIONS
from service.projections.projection import Projection
from service.store.changes import Changes
from tests.acceptance import uaaf
from tests.api.samples import batch
from tests.projections.histories import World
from tests.projections.test_projector import until
from tests.running import Ledger, make_database

Rows = dict[str, list[tuple[Any, ...]]]
NAMES_A_CAMPAIGN = "SELECT FROM incidents, unnest(tags) tag WHERE starts_with(tag, 'campaign:') LIMIT 1"
"""Which the real register never does."""
BY_NAME = pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)


@pytest.fixture(scope="module", params=[1, 2], ids=lambda seed: f"history {seed}")
def register(request: pytest.FixtureRequest, postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register with a random history, projected while it was written."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        with running.client() as client:
            World(request.param).record(client, 12)
        yield running


@pytest.fixture(scope="module")
def real(postgres_url: str, template: str, shared: Path) -> Iterator[Ledger]:
    """A register into which a real one was imported."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        with running.client() as client:
            lines = list(uaaf.commands(uaaf.read(shared / "uaaf_dev.ndjson.gz")))
            assert {each["status"] for each in batch(client, *lines)} == {201}
        yield running


def tables(projection: Projection) -> tuple[str, ...]:
    """Return what a projection consists of."""
    return projection.tables or ("incidents",)


def rows(register: Ledger, projection: Projection, schema: str) -> Rows:
    """Return everything in the tables of a projection, as text."""
    return {name: register.sql(f"SELECT t::text FROM {schema}.{name} t ORDER BY 1") for name in tables(projection)}


async def caught_up(register: Ledger, projection: Projection) -> None:
    """Wait until a projection has the whole log."""
    head = register.sql("SELECT position FROM log_head")[0][0]
    place = "SELECT position FROM followers WHERE name = %s AND NOT building"
    if projection.followed:
        await until(lambda: register.sql(place, projection.name), [(head,)], 60)


async def rebuilt(register: Ledger, projection: Projection) -> None:
    """Make it anew."""
    db = Database(register.database_url, 2)
    await db.open()
    try:
        await build(db, projection, lambda *_: None)
    finally:
        await db.close()


def served_from(projection: Projection) -> str:
    """Return the schema that it is read from."""
    return "serving" if projection.followed else "public"


async def check(register: Ledger, projection: Projection) -> None:
    """Rebuild, and compare."""
    await caught_up(register, projection)
    before = rows(register, projection, served_from(projection))
    empty = projection is campaigns.projection and not register.sql(NAMES_A_CAMPAIGN)
    assert any(before.values()) != empty
    await rebuilt(register, projection)
    assert rows(register, projection, served_from(projection)) == before


@BY_NAME
async def test_a_rebuild_of_a_random_history_gives_the_same_rows(register: Ledger, projection: Projection) -> None:
    await check(register, projection)


@BY_NAME
async def test_a_rebuild_of_the_real_register_gives_the_same_rows(real: Ledger, projection: Projection) -> None:
    await check(real, projection)


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("projection", [each for each in PROJECTIONS if each.followed], ids=lambda each: each.name)
async def test_it_does_not_matter_how_the_log_is_cut(register: Ledger, projection: Projection, size: int) -> None:
    await caught_up(register, projection)
    db = Database(register.database_url, 2)
    await db.open()
    connection = await connect(register.database_url, {"search_path": "building, public"})
    try:
        changes, position = Changes(db), 0
        await connection.execute(projection.definition)
        while taken := await changes.after(position, size):
            async with connection.transaction():
                await projection.apply(connection, taken)
            position = taken[-1].position
        assert rows(register, projection, "building") == rows(register, projection, "serving")
    finally:
        for table in projection.tables:
            await connection.execute(f"DROP TABLE IF EXISTS building.{table}")
        await connection.close()
        await db.close()


async def test_incidents_that_were_tampered_with_are_put_right_while_they_are_written_to(
    postgres_url: str, template: str
) -> None:
    incidents = next(each for each in PROJECTIONS if each.name == "incidents")
    with make_database(postgres_url, template) as url, Ledger(url) as register, register.client() as client:
        world = World(3)
        world.record(client, 12)
        before = rows(register, incidents, "public")
        register.sql("UPDATE incidents SET document = '{}', tags = '{}' WHERE position % 3 = 0")
        register.sql("UPDATE incidents SET places = '{}', extent = NULL, occurred_start = now() WHERE position % 3 = 1")
        register.sql("DELETE FROM incidents WHERE incident IN (SELECT incident FROM events WHERE type = 'retracted')")
        assert rows(register, incidents, "public") != before
        await rebuilt(register, incidents)
        assert rows(register, incidents, "public") == before
        writing = asyncio.create_task(asyncio.to_thread(world.record, client, 6))
        while not writing.done():
            await rebuilt(register, incidents)
        await writing
        after = rows(register, incidents, "public")
        register.sql("DELETE FROM incidents")
        await rebuilt(register, incidents)
        assert rows(register, incidents, "public") == after
