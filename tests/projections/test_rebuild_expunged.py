"""With data taken out in the middle of a history, what goes on being written is what comes out when it is made anew."""

import io
import random
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from service.db import Database
from service.expunge import expunge
from service.projections.projection import Projection
from tests.projections.histories import World
from tests.projections.test_rebuild import BY_NAME, check
from tests.running import Ledger, make_database


@pytest.fixture(scope="module")
async def register(postgres_url: str, template: str) -> AsyncIterator[Ledger]:
    """A register with a random history, of which a quarter was expunged at two thirds of it."""
    with make_database(postgres_url, template) as url, Ledger(url) as running, running.client() as client:
        world = World(5)
        world.record(client, 6)
        head = running.sql("SELECT position FROM log_head")[0][0]
        db = Database(url, 2)
        await db.open()
        gone = random.Random(5).sample(range(1, head + 1), head // 4)
        await expunge(db, url, gone, "officer", "because", Console(file=io.StringIO()))
        await db.close()
        world.record(client, 3)
        assert running.sql("SELECT count(*) FROM events WHERE data IS NULL") == [(head // 4,)]
        yield running


@BY_NAME
async def test_a_rebuild_gives_the_same_rows(register: Ledger, projection: Projection) -> None:
    assert any((await check(register, projection)).values())
