"""Regions and campaigns are read, and added to, by index: the cost is the same however long the log is."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest

from service.following import SESSION
from service.projections import campaigns, campaigns_read, groups_read, regions, regions_read
from service.projections.groups_read import NOW
from tests.architecture.plans import Call, Session, heard, session
from tests.running import make_database

SMALL: Final = 2_000
LARGE: Final = 60_000
PAGE: Final = 50
GROUPS: Final = 200
IDS: Final = [UUID(int=n) for n in range(1, 50)]
CODES: Final = ["g007", "g150"]
TABLES: Final = (*regions.TABLES, *campaigns.TABLES)
GROWING: Final = set(TABLES) - {"region_codes"}  # ISO has no more than it has

_FILL: Final = """
SET search_path TO serving, public;
CREATE TEMP TABLE made AS
SELECT n AS position, 'g' || lpad((n %% %(groups)s)::text, 3, '0') AS code, lpad(to_hex(n), 32, '0')::uuid AS incident,
       CASE WHEN n %% 50 = 0 THEN 9223372036854775807 ELSE n + 400 END AS until,
       '{"incident":"' || repeat('x', 200) || '"}' AS document
  FROM generate_series(1, %(count)s::bigint) n;
"""
_FILL_ONE: Final = """
INSERT INTO {0}_codes SELECT code, min(position) FROM made GROUP BY code;
INSERT INTO {0}_versions SELECT code, position, '[[],[null,null,null],{{}}]' FROM made;
INSERT INTO {0}_items SELECT code, s, incident, 'd', position, until, document
  FROM made, unnest(ARRAY['disruption', 'assessment', 'left_out']) s;
INSERT INTO {0}_members SELECT incident, '[]' FROM made;
INSERT INTO {0}_parts
SELECT lpad(to_hex(position / 100 * 100 + 7), 32, '0')::uuid, incident FROM made WHERE position %% 20 = 9;
INSERT INTO {0}_extents SELECT code, incident, '2026-05-01T00:00:00.' || position, 1, 2, 3, 4 FROM made;
"""


@pytest.fixture(scope="module")
def sessions(postgres_url: str, template: str) -> Iterator[tuple[Session, Session]]:
    """Sessions of the service: in a small register, and in a large one."""
    fill = _FILL + _FILL_ONE.format("region") + _FILL_ONE.format("campaign")
    with make_database(postgres_url, template) as small, make_database(postgres_url, template) as large:
        for url, count in ((small, SMALL), (large, LARGE)):
            with psycopg.connect(url, autocommit=True) as connection:
                cursor = psycopg.ClientCursor(connection)  # many statements at once
                cursor.execute(fill.encode(), {"count": count, "groups": GROUPS})
                for table in TABLES:
                    connection.execute(b"VACUUM ANALYZE serving." + table.encode())
        with session(small) as first, session(large) as second:
            yield first, second


def _then(count: int) -> int:
    return count // 2


def _now(_: int) -> int:
    return NOW


def of_regions(position: Any, within: list[str] | None, after: str | None) -> Any:
    """Return the statement of a page of regions in a register of some size."""
    return lambda count: heard(lambda db: regions_read.page(db, position(count), within, after, PAGE))


def of_campaigns(position: Any, after: str | None) -> Any:
    """Return the statement of a page of campaigns."""
    return lambda count: heard(lambda db: campaigns_read.page(db, position(count), after, PAGE))


def of_one(read: Any, position: Any) -> Any:
    """Return the statement of one group."""
    return lambda count: heard(lambda db: read.get(db, position(count), "g007"))


def of_items(read: Any, position: Any, *sorts: str) -> Any:
    """Return the statement of what is named of a group."""
    return lambda count: heard(lambda db: groups_read.items(db, read._STATEMENTS, position(count), "g007", list(sorts)))


def _recorded(count: int) -> int:
    return count


READS: Final = {
    "regions": of_regions(_now, None, None),
    "regions, deep": of_regions(_now, None, "g140"),
    "regions as of a position": of_regions(_then, None, None),
    "regions within a country": of_regions(_now, [f"g{n:03}" for n in range(60, 90)], None),
    "a region": of_one(regions_read, _now),
    "a region as of a position": of_one(regions_read, _then),
    "what is named of a region": of_items(regions_read, _recorded, "disruption", "left_out"),
    "what is named of a region as of a position": of_items(regions_read, _then, "disruption", "left_out"),
    "campaigns": of_campaigns(_now, None),
    "campaigns, deep": of_campaigns(_now, "g140"),
    "campaigns as of a position": of_campaigns(_then, None),
    "a campaign": of_one(campaigns_read, _now),
    "a campaign as of a position": of_one(campaigns_read, _then),
    "what is named of a campaign": of_items(campaigns_read, _recorded, "assessment", "left_out"),
    "what is named of a campaign as of a position": of_items(campaigns_read, _then, "assessment", "left_out"),
}


@pytest.mark.parametrize("ask", READS.values(), ids=READS)
def test_a_read_costs_the_same_in_a_small_register_and_in_a_large_one(
    sessions: tuple[Session, Session], ask: Any
) -> None:
    small, large = sessions[0].plan(ask(SMALL)), sessions[1].plan(ask(LARGE))
    assert large.read_whole(*GROWING) == []
    assert large.buffers <= 2 * small.buffers + 60, (small.buffers, large.buffers)


ITEMS: Final = (CODES, ["disruption"] * 2, IDS[:2], ["d"] * 2, [9, 9])
BATCH: Final[dict[str, tuple[Any, ...]]] = {
    "latest": (CODES,),
    "included": (IDS,),
    "members": (IDS, []),
    "edges": (CODES, IDS),
    "end": ITEMS,
    "forget": (IDS, CODES, IDS[:2]),
}


@pytest.fixture(scope="module")
def following(sessions: tuple[Session, Session]) -> Iterator[tuple[Session, Session]]:
    """The same as followers have them."""
    for each in sessions:
        each.set(SESSION)
    yield sessions
    for each in sessions:
        each.set(dict.fromkeys(SESSION))


@pytest.mark.parametrize("projection", [regions, campaigns])
@pytest.mark.parametrize("statement", BATCH)
def test_what_a_batch_needs_is_found_by_index(
    following: tuple[Session, Session], projection: Any, statement: str
) -> None:
    call = Call(getattr(projection._STATEMENTS, statement), BATCH[statement])
    small, large = following[0].plan(call), following[1].plan(call)
    assert large.read_whole(*GROWING) == []
    if (projection, statement) != (campaigns, "edges"):  # it looks at every incident of the campaigns
        assert large.buffers <= 2 * small.buffers + 200, (small.buffers, large.buffers)


def test_a_table_that_is_read_whole_would_be_noticed(sessions: tuple[Session, Session]) -> None:
    plan = sessions[1].plan(Call("SELECT max(document) FROM region_items WHERE document LIKE $1", ("%never%",)))
    assert plan.read_whole(*GROWING) == ["region_items"]
