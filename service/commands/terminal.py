"""What the commands share: where they say things, how they reach a service or its database."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from cyclopts import Parameter
from rich.console import Console

from service import settings as configuration
from service.settings import Settings, WrongSetting

if TYPE_CHECKING:
    from service.db import Database

err: Final = Console(stderr=True)
Url = Annotated[str, Parameter(env_var="LEDGER_URL")]
Key = Annotated[str, Parameter(env_var="LEDGER_KEY")]
PublicKey = Annotated[str, Parameter(env_var="LEDGER_PUBLIC_KEY")]
"""The log's: `name+id+base64`."""
LOCAL: Final = "http://127.0.0.1:8000"
_T = TypeVar("_T")


def database_url(settings: Settings) -> str:
    """Return the database's address, or that of the embedded one that `serve` is running."""
    if settings.database_url:
        return settings.database_url
    from service import embedded  # noqa: PLC0415

    running = embedded.address(settings.data_dir)
    if running is None:
        raise WrongSetting("DATABASE_URL is not set, and no embedded database is running in DATA_DIR: start `serve`.")
    return running


def with_database(work: Callable[["Database"], Awaitable[_T]]) -> _T:
    from asyncpg import PostgresError  # noqa: PLC0415

    from service.db import Database, DatabaseAway, NotBuilt  # noqa: PLC0415

    async def run() -> _T:
        db = Database(database_url(configuration.read(os.environ)), 1)
        await db.open()
        try:
            return await work(db)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except DatabaseAway as error:
        sys.exit(f"The database cannot be reached: {error}.")
    except (NotBuilt, PostgresError) as error:
        sys.exit(f"The database refuses: {error}. A new one needs `incident-ledger migrate` first.")
