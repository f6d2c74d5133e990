"""The database lets through one change of an event: its data goes, it is said why, and nothing else changes."""

from collections.abc import Iterator
from typing import Final

import psycopg
import pytest
from psycopg import errors, sql

from service.db import SERVICE_ROLE
from tests.api.samples import report
from tests.running import Ledger

EMPTIED: Final = "data = NULL, nonce = NULL"
TOLD: Final = "INSERT INTO expunged (position, actor, reason) SELECT max(position), 'o', 'r' FROM events"
IT: Final = "WHERE position = (SELECT max(position) FROM events)"
REFUSED: Final = {
    "without saying so": [f"UPDATE events SET {EMPTIED} {IT}"],
    "another than was said": [TOLD, f"UPDATE events SET {EMPTIED} WHERE position = 1"],
    "the data alone": [TOLD, f"UPDATE events SET data = NULL {IT}"],
    "the nonce alone": [TOLD, f"UPDATE events SET nonce = NULL {IT}"],
    "for other data": [TOLD, f"UPDATE events SET data = '{{}}' {IT}"],
    "for no data of another kind": [TOLD, f"UPDATE events SET data = '', nonce = '' {IT}"],
    "for another hash": [TOLD, f"UPDATE events SET {EMPTIED}, data_sha256 = sha256('') {IT}"],
    "for another actor": [TOLD, f"UPDATE events SET {EMPTIED}, actor = 'x' {IT}"],
    "for another time": [TOLD, f"UPDATE events SET {EMPTIED}, recorded_at = now() {IT}"],
    "for another incident": [TOLD, f"UPDATE events SET {EMPTIED}, incident = gen_random_uuid() {IT}"],
    "and come back": [TOLD, f"UPDATE events SET {EMPTIED} {IT}", f"UPDATE events SET data = '{{}}', nonce = '' {IT}"],
    "and come back alone": [TOLD, f"UPDATE events SET {EMPTIED} {IT}", f"UPDATE events SET data = '{{}}' {IT}"],
    "twice": [TOLD, f"UPDATE events SET {EMPTIED} {IT}", f"UPDATE events SET {EMPTIED}, revision = 9 {IT}"],
    "with the event": [TOLD, f"DELETE FROM events {IT}"],
    "and be denied": [TOLD, f"UPDATE events SET {EMPTIED} {IT}", "DELETE FROM expunged"],
    "and be said of another": [TOLD, f"UPDATE events SET {EMPTIED} {IT}", "UPDATE expunged SET position = 1"],
    "for another reason": [TOLD, f"UPDATE events SET {EMPTIED} {IT}", "UPDATE expunged SET reason = 'better'"],
    "and all be forgotten": ["TRUNCATE expunged"],
    "never have been there": [
        ("INSERT INTO events VALUES"
        " (1000000, gen_random_uuid(), gen_random_uuid(), 1, 'reported', 1, now(), '', NULL, '', NULL)")
    ],
}  # fmt: skip
FORBIDDEN: Final = {
    "expunge": "SELECT expunge_events('{1}', 'o', 'r')",
    "say that it was expunged": "INSERT INTO expunged (position, actor, reason) VALUES (1, 'o', 'r')",
    "take the data out": f"UPDATE events SET {EMPTIED}",
    "give another reason": "UPDATE expunged SET reason = 'better'",
    "deny it": "DELETE FROM expunged",
    "deny it all": "TRUNCATE expunged",
    "replace what lets it through": "DROP FUNCTION refuse_change_but_expunging CASCADE",
    "stop what tells the truth": "ALTER TABLE expunged DISABLE TRIGGER ALL",
    "stop what keeps its projection": "ALTER TABLE incidents DISABLE TRIGGER ALL",
    "record an event without data": (
        "INSERT INTO events VALUES (1000000, gen_random_uuid(), gen_random_uuid(), 1, 'reported', 1, now(), 'a', NULL,"
        " sha256(''), NULL)"
    ),
}
BOTH: Final = {
    "vacant": "INSERT INTO expunged (position, actor, reason) VALUES (1000000, 'o', 'r')",
    "not true": TOLD,
}


@pytest.fixture
def owner(ledger: Ledger) -> Iterator[psycopg.Connection]:
    """A connection of the schema's owner, in a transaction that is undone, to a log with events."""
    with ledger.client() as client:
        report(client)
        report(client)
    with psycopg.connect(ledger.database_url) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("steps", REFUSED.values(), ids=REFUSED)
def test_the_data_of_an_event_cannot_go(owner: psycopg.Connection, steps: list[str]) -> None:
    *before, last = steps
    for each in before:
        owner.execute(each.encode())
    with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
        owner.execute(last.encode())


@pytest.mark.parametrize("told", BOTH.values(), ids=BOTH)
def test_nothing_is_said_to_be_expunged_that_is_not(owner: psycopg.Connection, told: str) -> None:
    owner.execute(told.encode())
    with pytest.raises(errors.IntegrityConstraintViolation, match="has not been expunged"):
        owner.commit()


@pytest.mark.parametrize("deed", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_service_may_not(owner: psycopg.Connection, deed: str) -> None:
    owner.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(SERVICE_ROLE)))
    with pytest.raises(errors.InsufficientPrivilege):
        owner.execute(deed.encode())


def test_the_owner_expunges_and_the_leaf_stays(owner: psycopg.Connection) -> None:
    last = (
        "SELECT log_leaf(e), log_line(e), e.data IS NULL, e.nonce IS NULL FROM events e ORDER BY position DESC LIMIT 2"
    )
    before = owner.execute(last.encode()).fetchall()
    told = "SELECT expunge_events(ARRAY(SELECT max(position) FROM events), %s, %s)"
    assert owner.execute(told.encode(), ['op "x"', "Art. 17 — «личные»\n\\".encode().decode()]).fetchone() == (1,)
    after = owner.execute(last.encode()).fetchall()
    assert [row[0] for row in after] == [row[0] for row in before]
    assert after[1] == before[1]
    assert after[0][2:] == (True, True)
    assert owner.execute(told.encode(), ["op", "again"]).fetchone() == (0,)
    line = owner.execute(
        "SELECT log_line(e)::json #>> '{expunged,reason}' FROM events e ORDER BY position DESC LIMIT 1"
    )
    assert line.fetchone() == ("Art. 17 — «личные»\n\\",)
    versions = owner.execute("SELECT DISTINCT version FROM followers WHERE name <> 'incidents' OR building").fetchall()
    assert versions == [(0,)]
    owner.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_line_of_the_log_is_rendered_inside_the_statement_that_asks_for_it(owner: psycopg.Connection) -> None:
    """A function that PostgreSQL calls for each row takes several times as long as the log does."""
    plan = owner.execute("EXPLAIN (VERBOSE, COSTS OFF) SELECT log_line(e) FROM events e").fetchall()
    assert "log_line" not in str(plan)
    assert "log_expunged" in str(plan)
