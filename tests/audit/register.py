"""A small sealed register to be tampered with as a superuser, and put back; and audits of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
from rich.console import Console

from service.audit.asking import Service
from service.audit.mirror import mirror
from service.audit.verdicts import Different, Unverified
from service.audit.verify import Asked, Keys, verify
from service.notes import Verifier
from tests.api.samples import FACTS, batch, head, report, report_again, retract, revise
from tests.running import SIGNING_KEY, Ledger

COUNT: Final = 40
"""Events of the register."""
KEYS: Final = Keys(SIGNING_KEY.verifier)
TABLES: Final = ("events", "incidents", "tree_hashes", "signed_checkpoints", "log_head", "serving.incident_versions")


def fill(ledger: Ledger) -> int:
    """Record some of everything, wait until it is sealed, and return the last position."""
    with ledger.client() as client:
        incidents = [report(client, title=f"дрон {number}", summary="«Fire» \\ \t 🛸")["id"] for number in range(6)]
        revise(client, incidents[0], {"title": "Two drones", "claims": {"police": {"source": "harbour-police"}}})
        settled(ledger, 7)
        revise(client, incidents[0], {"summary": None})
        retract(client, incidents[1])
        retract(client, incidents[2])
        report_again(client, incidents[2], message_status="exercise")
        settled(ledger, 11)
        batch(client, *[{"command": "report", "facts": FACTS | {"title": f"Number {n}"}} for n in range(28)])
        report(client, message_status="test")
        settled(ledger, COUNT)
        return head(client)


def settled(ledger: Ledger, size: int) -> None:
    """Wait until so many events are sealed."""
    deadline = time.monotonic() + 10
    while ledger.sql("SELECT max(size) FROM signed_checkpoints")[0][0] != size:
        assert time.monotonic() < deadline, "it is not sealed"
        time.sleep(0.02)


class Tampered:
    """What is done to the database as somebody who may do anything, and is undone afterwards."""

    def __init__(self, ledger: Ledger) -> None:
        self._url: Final = ledger.database_url
        with self._connect() as connection:
            for table in TABLES:
                connection.execute(f"CREATE TABLE {_kept(table)} AS SELECT * FROM {table}")
            rows = connection.execute(
                "SELECT conrelid::regclass, conname FROM pg_constraint"
                " WHERE conrelid IN ('events'::regclass, 'tree_hashes'::regclass) AND contype IN ('c', 'u')"
            ).fetchall()
            for table, constraint in rows:
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")

    @contextmanager
    def by(self, *statements: tuple[str, tuple[Any, ...]]) -> Iterator[None]:
        """Carry out the statements for as long as the block lasts."""
        try:
            with self._connect() as connection:
                for statement, args in statements:
                    connection.execute(statement, args)
            yield
        finally:
            with self._connect() as connection:
                for table in TABLES:
                    connection.execute(f"DELETE FROM {table}")
                    connection.execute(f"INSERT INTO {table} SELECT * FROM {_kept(table)}")

    @contextmanager
    def _connect(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with psycopg.connect(self._url) as connection:
            connection.execute("SET session_replication_role = replica")
            yield connection


def _kept(table: str) -> str:
    return f"kept_{table.removeprefix('serving.')}"


class Reached(NamedTuple):
    """Where something is that may be a service, and a key to it."""

    url: str
    key: str


def audited(
    ledger: Ledger | Reached, folder: Path | None = None, keys: Keys = KEYS, *, projections: bool = False
) -> Different | Unverified | str:
    """Verify, and return what it ends with: what was said, if all is well."""
    said = StringIO()
    asked = Asked(url=ledger.url, key=ledger.key, keys=keys, mirror=folder, projections=projections)
    try:
        verify(asked, Console(file=said))
    except (Different, Unverified) as verdict:
        return verdict
    return said.getvalue()


def mirrored(
    ledger: Ledger | Reached, folder: Path, public_key: Verifier = SIGNING_KEY.verifier
) -> Different | Unverified | str:
    """Mirror, and return what it ends with."""
    said = Console(file=StringIO())
    try:
        with Service(ledger.url, ledger.key, said) as service:
            mirror(folder, service, public_key, said)
    except (Different, Unverified) as verdict:
        return verdict
    return "mirrored"
