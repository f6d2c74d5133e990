"""Trees that were rewritten, services that fail, and read models that are not what the log comes to."""

from pathlib import Path
from typing import Final

import pytest

from service.audit.verdicts import Different
from tests.audit.register import Tampered, audited, fill, mirrored, settled
from tests.running import Ledger

REWRITE: Final = (
    "UPDATE events SET data = %s, data_sha256 = sha256(nonce || convert_to(%s, 'UTF8')) WHERE position = 20"
)
GROW: Final = """
    UPDATE tree_hashes t SET hashes = (
        SELECT string_agg(sha256('\\x00'::bytea || convert_to(log_leaf(e), 'UTF8')), '' ORDER BY e.position)
          FROM events e WHERE e.position > t.first AND e.position <= t.first + length(t.hashes) / 32)
     WHERE level = 0
"""
"""Let the tree be that of the events, whatever they now are."""


def test_who_rewrites_the_tree_too_cannot_sign_it(register: Ledger, tampered: Tampered, tmp_path: Path) -> None:
    assert mirrored(register, tmp_path) == "mirrored"
    data = '{"facts":{"title":"Nothing happened","kind":"sighting"}}'
    with tampered.by((REWRITE, (data, data)), (GROW, ())):
        found = audited(register)
        assert isinstance(found, Different)
        assert 1 < found.position <= 20 <= found.until < 60, found
        assert "Positions 12 to 40" in str(found)
        exactly = audited(register, tmp_path)
        assert isinstance(exactly, Different)
        assert exactly.position == 20
    assert isinstance(audited(register, tmp_path), str)


def test_an_event_that_the_service_fails_with_is_named(register: Ledger) -> None:
    (definition,) = register.sql("SELECT pg_get_functiondef('log_line'::regproc)")[0]
    try:
        register.sql(definition.replace("SELECT '{", "SELECT left('', 0 / (e.position - 13)::int) || '{"))
        found = audited(register)
    finally:
        register.sql(definition)
    assert isinstance(found, Different)
    assert found.position == 13
    assert "the service cannot serve it" in str(found)


INSERT: Final = """
    INSERT INTO incidents SELECT gen_random_uuid(), revision, 3, recorded_at, reported_at, status, message_status,
           occurred_start, occurred_end, tags, places, extent, replace(document, '"position":38', '"position":3')
      FROM incidents WHERE position = 38
"""
"""An incident at the position of one that has moved on."""


@pytest.mark.parametrize(
    ("statement", "position", "told"),
    [
        ("UPDATE tree_hashes SET hashes = set_bit(hashes, 1000, 1 - get_bit(hashes, 1000)) WHERE first = 11", 15,
         "the tile 0/000.p/40 has another hash"),
        ("UPDATE signed_checkpoints SET note = replace(note, chr(10) || '11', chr(10) || '12') WHERE size = 11", 11,
         "is not as it was signed"),
        ("UPDATE signed_checkpoints SET root = sha256(root) WHERE size = 11", 11, "is listed as what it does not say"),
        ("UPDATE incidents SET document = replace(document, 'Two drones', 'Two doves')", 8, "/facts/title"),
        ("UPDATE serving.incident_versions SET document = replace(document, 'Number 3', 'Number 4')", 15, "as of then"),
        ("UPDATE incidents SET status = 'retracted' WHERE position = 30", 30, "is none of them"),
        ("UPDATE incidents SET document = left(document, 300) WHERE position = 22", 22, "what is no incident"),
        ("DELETE FROM incidents WHERE position = 31", 31, "missing from the list as they stand now"),
        ("DELETE FROM serving.incident_versions WHERE position = 31", 31, "missing from the list as of then"),
        (INSERT, 3, "the log has no such state"),
    ],
)  # fmt: skip
def test_what_is_made_of_the_log_is_held_to_it(
    register: Ledger, tampered: Tampered, statement: str, position: int, told: str
) -> None:
    with tampered.by((statement, ())):
        found = audited(register)
    assert isinstance(found, Different), found
    assert (found.position, told in str(found)) == (position, True), found


APPEND: Final = """
    INSERT INTO events SELECT 41, gen_random_uuid(), gen_random_uuid(), 1, type, schema_version, now(), actor, nonce,
           data_sha256, data FROM events WHERE position = 1;
    UPDATE log_head SET (position, recorded_at) = (SELECT position, recorded_at FROM events WHERE position = 41)
"""


def test_an_event_that_was_not_appended_is_of_no_incident(database_url: str) -> None:
    with Ledger(database_url) as ledger:
        fill(ledger)
        ledger.sql(APPEND)
        settled(ledger, 41)
        found = audited(ledger)
        assert isinstance(found, Different)
        assert found.position == 41
        assert "is missing from the list as they stand now" in str(found)
