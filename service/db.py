"""The way to PostgreSQL: one pool for reading, statements from files, and what to say when it is away."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import asyncpg

SERVICE_ROLE: Final = "incident_ledger_service"
_SQL: Final = Path(__file__).parent / "sql"

AWAY: Final = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""What the driver raises when the server, not the statement, is at fault."""


PATIENCE: Final = 5.0
"""Seconds that it may take to get a connection."""
SILENCE: Final = 10.0
"""Seconds after which a server that says nothing counts as away."""


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached now; the same request may succeed later."""


class NotBuilt(Exception):
    """What is to be read is not there yet, or not in the form of this release: it is being made."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    def get_reset_query(self) -> str:
        """Spare the round trip: nothing here changes a session, every statement stands alone."""
        return ""


def sql(name: str) -> str:
    """Return the statement of service/sql/`name`.sql."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


async def connect(
    url: str,
    session: Mapping[str, str] = MappingProxyType({}),
    **options: Any,  # noqa: ANN401  # asyncpg's own
) -> asyncpg.Connection:
    """Open one connection in the service's role; `session` has settings beside those of every session."""
    return await asyncpg.connect(url, server_settings={**_SESSION, **session}, timeout=PATIENCE, **options)


async def connect_as_owner(url: str) -> asyncpg.Connection:
    """Open one connection in the login's own role: for the one thing that the service may not do to the log."""
    session = {name: value for name, value in _SESSION.items() if name != "role"}
    return await asyncpg.connect(url, server_settings=session, timeout=PATIENCE)


_SESSION: Final = {
    "role": SERVICE_ROLE,
    "application_name": "incident-ledger",
    "timezone": "UTC",
    "search_path": "public, serving",
    "jit": "off",  # every statement here is short; up to PostgreSQL 17 the append would be compiled at each call
}


class Database:
    """A pool of connections in the service's role that comes back by itself after an outage."""

    def __init__(self, url: str, pool_size: int) -> None:
        self.url: Final = url
        self._size: Final = pool_size
        self._pool: asyncpg.Pool | None = None
        self.head = 0
        """The last position that this process has seen."""

    async def open(self) -> None:
        """Make the pool; connections are made when first needed, so that the server may be away now."""
        self._pool = await asyncpg.create_pool(
            self.url,
            min_size=0,
            max_size=self._size,
            connection_class=_Connection,
            # a plan for any filters at all reads a whole index where there are none, and is then kept for good
            server_settings=_SESSION | {"plan_cache_mode": "force_custom_plan"},
            timeout=PATIENCE,
            command_timeout=SILENCE,
        )

    async def close(self) -> None:
        """Close every connection, by force after five seconds."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), 5)
            except TimeoutError:
                self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection; raise DatabaseAway if there is none to be had, or it breaks in use."""
        assert self._pool is not None, "open() comes first"  # noqa: S101
        try:
            async with self._pool.acquire(timeout=PATIENCE) as connection:
                try:
                    yield connection
                except AWAY:
                    connection.terminate()  # or the pool would lend it again
                    raise
        except AWAY as error:
            raise DatabaseAway(str(error)) from error
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
            raise NotBuilt(str(error)) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection inside a transaction."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetchrow(self, statement: str, *args: object) -> Any:  # noqa: ANN401  # a Record or None
        """Run one statement and return its first row."""
        async with self.connection() as connection:
            return await connection.fetchrow(statement, *args)

    async def fetch(self, statement: str, *args: object) -> Sequence[Any]:
        """Run one statement and return its rows."""
        async with self.connection() as connection:
            rows: Sequence[Any] = await connection.fetch(statement, *args)
            return rows

    async def execute(self, statement: str, *args: object) -> str:
        """Run one statement and return its command tag."""
        async with self.connection() as connection:
            return str(await connection.execute(statement, *args))
