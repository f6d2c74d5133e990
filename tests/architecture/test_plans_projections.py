"""Airports and sources are read by index: a page costs the same however long the log is, and however deep it is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
import pytest

from service.db import Database
from service.projections import airports, airports_read, sources_read
from service.projections.airports_read import Asked
from tests.architecture.plans import Call, Session, heard, session
from tests.running import make_database

SMALL: Final = 2_000
LARGE: Final = 40_000
PAGE: Final = 50
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
BEGAN: Final = datetime(2022, 3, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=4 * 365)
THEN: Final = BEGAN + SPAN / 2
TABLES: Final = ("airport_disruptions", "source_versions", "source_pairs", "source_claims")

_FILL: Final = """
SET search_path TO serving, public;
INSERT INTO airport_disruptions
SELECT n, CASE WHEN n %% 10 = 0 THEN n + 5 ELSE 9223372036854775807 END, gen_random_uuid(), 'd',
       CASE WHEN n %% 20 = 0 THEN 'diverted_to' ELSE 'closed' END, 'UU' || chr((65 + n %% 7)::int) || 'A',
       ARRAY['RU', 'RU-R' || n %% 80], b,
       CASE WHEN n %% %(endless)s = 1 THEN 'infinity' ELSE b + interval '5 hours' END, false, b, NULL,
       '{"a":"' || repeat('x', 600) || '"}'
  FROM (SELECT n, timestamptz '2022-03-01' + n * (interval '4 years' / %(count)s) AS b
          FROM generate_series(1, %(count)s::bigint) n) made;
INSERT INTO sources SELECT 'source-' || n, n FROM generate_series(1, 100) n;
INSERT INTO source_versions SELECT 'source-' || 1 + n %% 100, n, 'media', '[' || repeat(' ', 300) || ']'
  FROM generate_series(1, %(count)s::bigint) n;
INSERT INTO source_pairs SELECT 'source-' || 1 + n %% 5, 'source-' || 1 + n %% 40, n, n %% 50, 1
  FROM generate_series(1, %(count)s::bigint) n;
INSERT INTO source_claims SELECT gen_random_uuid(), 'a', 'source-1', now(), true, false
  FROM generate_series(1, %(count)s::bigint) n;
"""


@pytest.fixture(scope="module", params=[2, LARGE // 8], ids=["half never end", "few never end"])
def sessions(request: pytest.FixtureRequest, postgres_url: str, template: str) -> Iterator[tuple[Session, Session]]:
    """Sessions of the service: in a small register, and in a large one."""
    with make_database(postgres_url, template) as small, make_database(postgres_url, template) as large:
        for url, count in ((small, SMALL), (large, LARGE)):
            with psycopg.connect(url, autocommit=True) as connection:
                cursor = psycopg.ClientCursor(connection)  # many statements at once
                cursor.execute(_FILL.encode(), {"count": count, "endless": request.param})
                for table in (*TABLES, "sources"):
                    connection.execute(b"VACUUM ANALYZE serving." + table.encode())
        with session(small) as first, session(large) as second:
            yield first, second


def closures(after: float | None = None, **asked: Any) -> Any:
    """Return the statement of a page of airports in a register of some size; `after` is the share that is passed."""

    def of(count: int) -> Call:
        key = None if after is None else (BEGAN + after * SPAN, int(count * after), "d", "closed")
        given = {name: value(count) if callable(value) else value for name, value in asked.items()}
        return heard(lambda db: airports_read.page(db, Asked(**{"at": NOW} | given), PAGE, key))

    return of


def middle(count: int) -> int:
    """Return a position in the midst of the log."""
    return count // 2


def of_history(after: Any, position: Any = None) -> Any:
    """Return the statement of a page of an airport's history."""

    def of(count: int) -> Call:
        at = airports_read.NOW if position is None else position(count)
        return heard(lambda db: airports_read.history(db, "UUCA", at, NOW, PAGE, after(count)))

    return of


def of_sources(ask: Any) -> Any:
    """Return a statement that depends on the size of the register."""
    return lambda count: heard(lambda db: ask(db, count))


READS: Final = {
    "closed now": closures(closed="true"),
    "closed then": closures(closed="true", at=THEN),
    "over": closures(closed="false"),
    "all": closures(),
    "all, deep": closures(after=0.2),
    "all, as of a position": closures(at=THEN, position=middle),
    "as of a position, of its time": closures(closed="true", at=THEN, position=middle),
    "closed, of one airport": closures(airport="UUCA"),
    "history of an airport": of_history(lambda _: None),
    "history of an airport, deep": of_history(lambda count: (count // 5, "d", "closed")),
    "history of an airport, as of a position": of_history(lambda _: None, position=middle),
    "closed now, of one airport": closures(airport="UUCA", closed="true"),
    "when an airport was reopened": of_sources(lambda db, count: airports_read.reopened(db, "UUCA", count, NOW)),
    "sources": of_sources(lambda db, _: sources_read.page(db, sources_read.NOW, None, None, PAGE)),
    "sources after a slug": of_sources(lambda db, _: sources_read.page(db, sources_read.NOW, None, "source-5", PAGE)),
    "sources as of a position": of_sources(lambda db, count: sources_read.page(db, count // 2, None, None, PAGE)),
    "sources of a kind": of_sources(lambda db, _: sources_read.page(db, sources_read.NOW, "media", None, PAGE)),
    "one source": of_sources(lambda db, _: sources_read.get(db, sources_read.NOW, "source-7")),
    "one source as of a position": of_sources(lambda db, count: sources_read.get(db, count // 2, "source-7")),
    "others": of_sources(lambda db, _: sources_read.others(db, sources_read.NOW, "source-3")),
}


@pytest.mark.parametrize("ask", READS.values(), ids=READS)
def test_a_read_costs_the_same_in_a_small_register_and_in_a_large_one(
    sessions: tuple[Session, Session], ask: Any
) -> None:
    small, large = sessions[0].plan(ask(SMALL)), sessions[1].plan(ask(LARGE))
    assert large.read_whole(*TABLES) == []
    assert large.buffers <= 2 * small.buffers + 60, (small.buffers, large.buffers)


def test_a_region_is_found_by_index_or_by_walking_whichever_is_less(sessions: tuple[Session, Session]) -> None:
    plan = sessions[1].plan(closures(regions=["RU", "RU-R7"])(LARGE))
    assert plan.read_whole(*TABLES) == []
    assert plan.buffers < 1000


async def _marks(db: Database) -> None:
    await db.fetch(airports._STANDING, [])


def test_what_a_batch_needs_of_the_past_is_found_by_index(sessions: tuple[Session, Session]) -> None:
    plan = sessions[1].plan(heard(_marks))
    assert plan.indexes() == {"airport_disruptions_standing"}
