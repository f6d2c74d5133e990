"""The log as followers read it: wherever a follower is, an event comes with the state that it found."""

from collections.abc import AsyncIterator

import pytest

from service.db import Database, DatabaseAway
from service.store.changes import BATCH, Changes
from tests.api.samples import report, revise
from tests.projections.test_projector import report as report_many
from tests.running import Ledger


@pytest.fixture
async def db(own_ledger: Ledger) -> AsyncIterator[Database]:
    """The service's own way to the database."""
    opened = Database(own_ledger.database_url, 2)
    await opened.open()
    yield opened
    await opened.close()


async def test_who_is_behind_gets_the_states_of_then(own_ledger: Ledger, db: Database) -> None:
    with own_ledger.client() as client:
        incident = report(client, title="one")["id"]
        revise(client, incident, {"title": "two"})
        report_many(own_ledger, BATCH)
        revise(client, incident, {"title": "three"})
    changes = Changes(db)
    last = await changes.after(BATCH + 2)
    assert [(each.before and each.before.facts.title, each.after.facts.title) for each in last] == [("two", "three")]
    behind = await changes.after(1)
    assert behind[0].before is not None
    assert (behind[0].before.facts.title, behind[0].after.facts.title) == ("one", "two")
    assert (behind[0].after.reported_at, behind[0].after.revision) == (last[0].after.reported_at, 2)


async def test_whoever_asks_gets_what_comes_next_and_no_more_than_asked(own_ledger: Ledger, db: Database) -> None:
    report_many(own_ledger, BATCH + 20)
    changes = Changes(db)
    assert [each.position for each in await changes.after(0)] == list(range(1, BATCH + 1))
    assert [each.position for each in await changes.after(7, 2)] == [8, 9]
    assert [each.position for each in await changes.after(BATCH)] == list(range(BATCH + 1, BATCH + 21))
    assert await changes.after(BATCH + 20) == []
    report_many(own_ledger, 1)
    assert [each.position for each in await changes.after(BATCH + 20)] == [BATCH + 21]


async def test_what_is_read_ahead_comes_in_order_wherever_it_is_asked_for(own_ledger: Ledger, db: Database) -> None:
    report_many(own_ledger, 4 * BATCH + 20)
    made: list[int] = []
    changes = Changes(db, lambda snapshot: made.append(snapshot.position))
    for position in (0, BATCH, 2 * BATCH, 7, BATCH + 7, 2 * BATCH + 7, 3 * BATCH + 7, 4 * BATCH + 7, 4 * BATCH + 20):
        found = [each.position for each in await changes.after(position)]
        assert found == list(range(position + 1, min(position + BATCH, 4 * BATCH + 20) + 1))
    assert set(made) >= set(range(BATCH + 1, 3 * BATCH + 1))
    report_many(own_ledger, BATCH + 1)
    assert len(await changes.after(4 * BATCH + 20)) == BATCH
    await db.close()
    await changes.after(5 * BATCH + 20)  # it had been read before
    with pytest.raises(DatabaseAway):
        await changes.after(5 * BATCH + 21)
    await changes.close()
