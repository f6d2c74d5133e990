"""`airports` and `sources` on random histories: what they hold at any position is what the facts say there."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest

from service.db import connect
from service.projections import airports, sources, sources_read
from service.projections.agreement import agreement
from service.projections.closures import told
from service.projections.projection import Projection
from service.store.changes import Change, Snapshot
from tests.projections.pasts import cut, history

PROJECTIONS = (airports.PROJECTION, sources.PROJECTION)


@asynccontextmanager
async def applied(url: str, projection: Projection, changes: list[Change], size: int) -> AsyncIterator[Any]:
    """Apply a history in batches to new tables, and lend the connection that sees them."""
    connection = await connect(url, {"search_path": "building, public"})
    try:
        await connection.execute(projection.definition)
        for batch in cut(changes, size):
            async with connection.transaction():
                await projection.apply(connection, batch)
        yield connection
    finally:
        for table in projection.tables:
            await connection.execute(f"DROP TABLE IF EXISTS {table}")
        await connection.close()


async def rows(connection: asyncpg.Connection, projection: Projection) -> dict[str, list[str]]:
    """Return every row of every table, as PostgreSQL writes it."""
    return {
        table: [row[0] for row in await connection.fetch(f"SELECT t::text FROM {table} t ORDER BY t::text")]
        for table in projection.tables
    }


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("seed", range(4))
async def test_the_rows_do_not_depend_on_how_the_log_is_cut(
    database_url: str, projection: Projection, seed: int
) -> None:
    changes = history(seed, 510)
    found = []
    for size in (1, 7, 500):
        async with applied(database_url, projection, changes, size) as connection:
            found.append(await rows(connection, projection))
    assert all(found[0].values())
    assert found[0] == found[1] == found[2]


def standing(changes: list[Change], position: int) -> Iterator[Snapshot]:
    """Yield the incidents that stand at a position, but for exercises."""
    last = {each.after.incident: each.after for each in changes if each.position <= position}
    for snapshot in last.values():
        if snapshot.retraction is None and snapshot.facts.message_status == "actual":
            yield snapshot


async def test_at_every_position_the_reports_are_those_of_the_incidents_that_stand(database_url: str) -> None:
    changes = history(11)
    async with applied(database_url, airports.PROJECTION, changes, 50) as connection:
        for position in range(0, len(changes) + 1, 9):
            found = await connection.fetch(
                "SELECT incident, disruption, role, airport FROM airport_disruptions"
                " WHERE position <= $1 AND until > $1",
                position,
            )
            due = [
                (snapshot.incident, key, role, airport)
                for snapshot in standing(changes, position)
                for key, each in told(snapshot.facts).items()
                for role, airport in [(each.role, each.said.airport), *[("diverted_to", to) for to in each.arrivals]]
            ]
            assert Counter(map(tuple, found)) == Counter(due), position


async def test_at_every_position_the_records_count_the_claims_that_stand(database_url: str) -> None:
    changes = history(12)
    async with applied(database_url, sources.PROJECTION, changes, 50) as connection:
        for position in range(0, len(changes) + 1, 9):
            found = await connection.fetch(
                "SELECT DISTINCT ON (slug) slug, record FROM source_versions WHERE position <= $1"
                " ORDER BY slug, position DESC", position,
            )  # fmt: skip
            records = {row["slug"]: msgspec.json.decode(row["record"], type=sources_read.Record) for row in found}
            here = list(standing(changes, position))
            claims = Counter(claim.source for each in here for claim in each.facts.claims.values() if claim.source)
            assert {slug: each.standing for slug, each in records.items() if each.standing} == claims
            denied = Counter(
                claim.source for each in here for claim in each.facts.claims.values()
                if claim.source and claim.confidence == "denied"
            )  # fmt: skip
            assert Counter({slug: each.confidence.get("denied", 0) for slug, each in records.items()}) == denied
            met: Counter[str] = Counter()
            for each in here:
                for pair, (agree, _) in agreement(each.facts).items():
                    met.update(dict.fromkeys(pair, agree))
            assert Counter({slug: each.agree for slug, each in records.items()}) == met
            ever = {
                (each.after.incident, key, claim.source) for each in changes if each.position <= position
                for key, claim in each.after.facts.claims.items() if each.after.facts.message_status == "actual"
            }  # fmt: skip
            made = Counter(slug for _, _, slug in ever if slug)
            assert {slug: each.made for slug, each in records.items() if each.made} == made
            named = Counter(slug for _, slug in {(incident, slug) for incident, _, slug in ever} if slug)
            assert {slug: each.incidents for slug, each in records.items() if each.incidents} == named
