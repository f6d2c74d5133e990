"""How PostgreSQL would carry out the service's own statements, with the arguments that the service gives them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal, cast

import psycopg
from msgspec import Struct
from psycopg import sql

from service.db import SERVICE_ROLE, Database

Mode = Literal["force_custom_plan", "force_generic_plan", "auto"]
MODES: Final[tuple[Mode, ...]] = ("force_custom_plan", "force_generic_plan", "auto")
_ENOUGH: Final = 7
"""Runs after which PostgreSQL has decided between a plan for these arguments and one for any."""


class Call(Struct, frozen=True):
    """A statement and its arguments."""

    statement: str
    args: tuple[Any, ...]


class _Heard(Exception):
    def __init__(self, call: Call) -> None:
        self.call: Final = call


class _Listener:
    """Stands where the service has its pool, and keeps what it is asked."""

    async def fetchrow(self, statement: str, *args: object) -> None:
        raise _Heard(Call(statement, args))

    fetch = fetchrow


def heard(ask: Callable[[Database], Awaitable[object]]) -> Call:
    """Return the one statement that the service would run."""
    try:
        asyncio.run(_run(ask))
    except _Heard as told:
        return told.call
    raise AssertionError("it asked the database nothing")


async def _run(ask: Callable[[Database], Awaitable[object]]) -> None:
    await ask(cast("Database", _Listener()))


class Node(Struct):
    """A node of a plan, as far as it matters here."""

    kind: str
    relation: str | None
    index: str | None
    rows: int



class Plan:
    """A plan that was carried out."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.nodes: Final = list(_nodes(root))
        self.buffers: Final = int(root["Shared Hit Blocks"]) + int(root["Shared Read Blocks"])
        """Pages that were looked at."""

    def read_whole(self, *tables: str) -> list[str]:
        """Return those of the tables that are read from end to end."""
        return [str(each.relation) for each in self.nodes if each.kind == "Seq Scan" and each.relation in tables]

    def indexes(self) -> set[str]:
        """Return the indexes that are used."""
        return {each.index for each in self.nodes if each.index}

    def sorted_rows(self) -> int:
        """Return how many rows at most one of its sorts was given."""
        given = [below.rows for sort, below in zip(self.nodes, self.nodes[1:], strict=False) if sort.kind == "Sort"]
        return max(given, default=0)

    def kinds(self) -> set[str]:
        """Return the kinds of its nodes."""
        return {each.kind for each in self.nodes}


def _nodes(raw: dict[str, Any]) -> Iterator[Node]:
    yield Node(raw["Node Type"], raw.get("Relation Name"), raw.get("Index Name"), round(raw["Actual Rows"]))
    for below in raw.get("Plans", ()):
        yield from _nodes(below)


class Session:
    """A connection as the service has it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection: Final = connection
        self._names: dict[str, sql.Identifier] = {}

    def plan(self, call: Call, mode: Mode) -> Plan:
        """Carry out a call and return how."""
        self._connection.execute(sql.SQL("SET plan_cache_mode = {}").format(sql.Literal(mode)))
        name = self._prepared(call.statement)
        arguments = sql.SQL(", ").join([sql.Literal(each) for each in call.args])
        run = sql.SQL("EXECUTE {}({})").format(name, arguments)
        for _ in range(_ENOUGH if mode == "auto" else 0):
            self._connection.execute(run)
        row = self._connection.execute(sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {}").format(run)).fetchone()
        assert row is not None
        return Plan(row[0][0]["Plan"])

    def first_row(self, call: Call) -> dict[str, Any]:
        """Carry out a call and return its first row."""
        name = self._prepared(call.statement)
        run = sql.SQL("EXECUTE {}({})").format(name, sql.SQL(", ").join([sql.Literal(each) for each in call.args]))
        cursor = self._connection.execute(run)
        row = cursor.fetchone()
        assert row is not None and cursor.description is not None
        return dict(zip([column.name for column in cursor.description], row, strict=True))

    def _prepared(self, statement: str) -> sql.Identifier:
        if statement not in self._names:
            name = self._names[statement] = sql.Identifier(f"statement_{len(self._names)}")
            self._connection.execute(sql.SQL("PREPARE {} AS ").format(name).as_bytes(None) + statement.encode())
        return self._names[statement]


@contextmanager
def session(url: str) -> Iterator[Session]:
    """Open a connection in the role of the service, with its settings."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(SERVICE_ROLE)))
        connection.execute(b"SET jit = off")
        connection.execute(b"SET timezone = 'UTC'")
        yield Session(connection)
