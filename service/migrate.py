"""Bring a database to the schema of migrations/, once, in order, whoever else is starting."""

import hashlib
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

_PACKAGED: Final = Path(__file__).parent / "migrations"
MIGRATIONS: Final = _PACKAGED if _PACKAGED.exists() else Path(__file__).parent.parent / "migrations"


class MigrationRefused(Exception):
    """A migration failed, or one that ran before has been edited since; the message names it."""


def migrate(url: str) -> list[str]:
    """
    Apply what is missing and return its file names.

    Parallel starts wait for each other; a file that was edited after it ran is refused by its checksum.
    """
    files = _digest()
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            if _last_applied(connection) == files:
                return []
            _forget_failures(connection)
    except psycopg.Error as error:
        reason = str(error).partition("\n")[0]
        raise MigrationRefused(f"The database cannot be reached as its owner: {reason}.") from error
    applied = _apply(url)
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("COMMENT ON TABLE dblift_schema_history IS {}").format(files))
    return applied


def _digest() -> str:
    """Return what stands for the names and the content of all files."""
    digest = hashlib.sha256()
    for file in sorted(MIGRATIONS.glob("*.sql")):
        digest.update(f"{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return f"sha256 of the files: {digest.hexdigest()}"


def _last_applied(connection: psycopg.Connection[tuple[object, ...]]) -> object:
    """Return the digest of the files that the schema was last brought to: to know of it takes a tenth of a run."""
    row = connection.execute("SELECT obj_description(to_regclass('dblift_schema_history'), 'pg_class')").fetchone()
    return row and row[0]


def _apply(url: str) -> list[str]:
    # loaded where there is something to do: it takes longer to load than all else at a start
    from dblift.api import DBLiftClient  # noqa: PLC0415
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    # dblift wants a user and a password in the engine's address; libpq finds them (or needs none) by its own rules
    engine = create_engine(
        "postgresql+psycopg://owner:unused@localhost/ledger",
        creator=lambda: psycopg.connect(url, application_name="incident-ledger migrate"),
        poolclass=NullPool,
    )
    with DBLiftClient.from_sqlalchemy(engine, migrations_dir=str(MIGRATIONS)) as client:
        result = client.migrate()
    if not result.success:
        raise MigrationRefused(f"Not migrated: {result.error_message}")
    return [migration.script for migration in result.migrations]


def _forget_failures(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    # A file that failed was rolled back, whole: it may be tried again. dblift's `repair` accepts edited files, too.
    if connection.execute("SELECT FROM pg_tables WHERE tablename = 'dblift_schema_history'").fetchone() is not None:
        connection.execute("DELETE FROM dblift_schema_history WHERE NOT success")
