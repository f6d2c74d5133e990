"""Locks among all processes that work on one database."""

from typing import Final

import asyncpg

from service.db import sql

_TRY: Final = sql("lock_try")
_ALIVE: Final = sql("lock_alive")
_PATIENCE: Final = sql("lock_patience")


async def try_lock(connection: asyncpg.Connection, name: str) -> bool:
    """Take a lock for as long as the connection lives; False if another has it."""
    return bool(await connection.fetchval(_TRY, name))


async def be_impatient(connection: asyncpg.Connection, limit: str) -> None:
    """Let every statement of this transaction wait for locks no longer than `limit`, such as 500ms."""
    await connection.execute(_PATIENCE, limit)


async def still_there(connection: asyncpg.Connection) -> None:
    """Raise one of db.AWAY if the connection is lost, and with it every lock that it held."""
    await connection.fetchval(_ALIVE)
