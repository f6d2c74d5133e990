"""Start what the tests talk to: PostgreSQL in three ways, databases in it, and the service as a process."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql

from service import keys
from service.api.operation import Scope
from service.building import build
from service.db import Database
from service.domain.bounds import FREE, Bounds
from service.migrate import migrate
from service.notes import LOG, Signer
from service.projections.every import PROJECTIONS

ROOT: Final = Path(__file__).parent.parent
SIGNING_KEY: Final = Signer("ledger.example/v1/log", LOG, bytes(range(32)))
"""Signs the logs of the tests."""
NO_TLS: Final = False
"""For `verify`: a client that need not read the certificates of the world is made in 1 ms instead of 30."""
SCOPES: Final[tuple[Scope, ...]] = ("incidents:read", "incidents:write", "log:read", "webhooks:manage", "admin:read")


@contextlib.contextmanager
def postgres(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the address of a server, started if need be."""
    if environ.get("DATABASE_URL"):
        yield environ["DATABASE_URL"]
    elif environ.get("POSTGRES") == "container":
        with _container() as url:
            yield url
    else:
        with _embedded() as url:
            yield url


@contextlib.contextmanager
def _embedded() -> Iterator[str]:
    from service.embedded import get_server  # noqa: PLC0415  # not where another server is used

    with tempfile.TemporaryDirectory(prefix="ledger-tests-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "postgres")
        try:
            info = server.get_postmaster_info()
            yield f"postgresql://postgres@/postgres?host={info.socket_dir}&port={info.port}"
        finally:
            server.cleanup()


@contextlib.contextmanager
def _container() -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415

    container = PostgresContainer(os.environ.get("POSTGRES_IMAGE", "postgres:18"), driver=None)
    container.ports = {"5432": ("127.0.0.1", None)}
    with container as running:
        yield running.get_connection_url()


def with_database(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def migrated(url: str) -> str:
    """Make and migrate a database to copy others from, and return its name."""
    name = f"ledger_template_{uuid4().hex[:12]}"
    _create(url, name, None)
    migrate(with_database(url, name))
    asyncio.run(_project(with_database(url, name)))
    return name


async def _project(url: str) -> None:
    """Make the tables of every projection, as a projector does when it starts."""
    db = Database(url, 1)
    await db.open()
    for projection in PROJECTIONS:
        await build(db, projection, lambda *_: None)
    await db.close()


@contextlib.contextmanager
def make_database(url: str, template: str | None = None) -> Iterator[str]:
    """Make a database, yield its address, and drop it."""
    name = f"ledger_{uuid4().hex[:12]}"
    _create(url, name, template)
    try:
        yield with_database(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(url: str, name: str, template: str | None) -> None:
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*args: str, environ: Mapping[str, str], check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `incident-ledger` as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "service", *args], env=os.environ | environ, cwd=ROOT, check=check,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


async def _make_key(url: str, actor: str, scopes: Sequence[Scope], bounds: Bounds) -> str:
    db = Database(url, 1)
    await db.open()
    try:
        return await keys.create(db, actor, scopes, None, bounds=bounds, by="the tests")
    finally:
        await db.close()


class Ledger:
    """The service on a database, in processes of its own; every test that uses it closes it."""

    def __init__(self, database_url: str, **environ: str) -> None:
        self.database_url: Final = database_url
        self.port: Final = free_port()
        self.url: Final = f"http://127.0.0.1:{self.port}"
        self.environ: Final = {
            "DATABASE_URL": database_url, "PORT": str(self.port), "HOST": "127.0.0.1", "LOG_LEVEL": "warning",
            "DEMO": "", "SIGNING_KEY": str(SIGNING_KEY), **environ,
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None
        self.output: IO[bytes] | None = None
        """What it writes to. None: its errors are shown with the test's, the rest is dropped."""
        self.key = ""

    def __enter__(self) -> Self:
        """Start, and make a key with every scope."""
        self.start()
        self.key = self.make_key(*SCOPES)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start the service and wait until it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"], env=os.environ | self.environ, cwd=ROOT,
            stdout=self.output or subprocess.DEVNULL, stderr=self.output, start_new_session=True,
        )  # fmt: skip
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def wait_until_ready(self, seconds: float = 30) -> None:
        """Wait until the service answers that it is ready."""
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (status := self.process.poll()) is not None:
                raise ChildProcessError(f"the service ended with {status} before it was ready")
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health/ready", timeout=6, verify=NO_TLS).status_code == httpx.codes.OK:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{self.url} is not ready after {seconds} s")

    def stop(self) -> int:
        """Ask the service to stop, as Ctrl-C does, and return its exit status."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """Kill every process of the service, as kill -9 does."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def kill_server_alone(self) -> None:
        """Kill the process that was started, and none of those that it has started."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def make_key(self, *scopes: Scope, actor: str = "tester", bounds: Bounds = FREE) -> str:
        """Make an API key; in a thread, since a test may run in a loop of its own."""
        if not self.database_url:  # only the service knows where its own database is
            flags = [flag for scope in scopes for flag in ("--scope", scope)]
            return command("keys", "create", actor, *flags, environ=self.environ).stdout.strip()
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(asyncio.run, _make_key(self.database_url, actor, scopes, bounds)).result()

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """Return a client that sends a key: the one with every scope, if none is given."""
        return httpx.Client(
            base_url=self.url, timeout=30, headers={"Authorization": f"Bearer {key or self.key}", **headers},
            verify=NO_TLS,
        )  # fmt: skip

    def access(self) -> dict[str, str]:
        """Return where the service is and the key to it, as a client's environment says it."""
        return {"LEDGER_URL": self.url, "LEDGER_KEY": self.key}

    def sql(self, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        """Run a statement on the database as its owner."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), args or None)
            return cursor.fetchall() if cursor.description else []
