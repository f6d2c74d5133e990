"""How PostgreSQL would carry out the service's own statements, with the arguments that the service gives them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal, cast

import psycopg
from msgspec import Struct
from psycopg import sql

from service.db import Database

Mode = Literal["force_custom_plan", "force_generic_plan"]
MODES: Final[tuple[Mode, ...]] = ("force_custom_plan", "force_generic_plan")
_ENOUGH: Final = 7
"""Runs after which PostgreSQL has decided between a plan for these arguments and one for any."""
_SET_BY_THE_CLIENT: Final = "SELECT name, setting FROM pg_settings WHERE source = 'client'"


class Call(Struct, frozen=True):
    """A statement and its arguments."""

    statement: str
    args: tuple[Any, ...]


class _Heard(Exception):
    def __init__(self, call: Call) -> None:
        self.call: Final = call


class _Listener:
    """Stands where the service has its pool, and keeps what it is asked after it has given the answers that it has."""

    def __init__(self, answers: Sequence[Mapping[str, object]]) -> None:
        self._answers: Final = list(answers)

    async def fetchrow(self, statement: str, *args: object) -> Mapping[str, object]:
        if self._answers:
            return self._answers.pop(0)
        raise _Heard(Call(statement, args))

    fetch = fetchrow


def heard(ask: Callable[[Database], Awaitable[object]], *answers: Mapping[str, object]) -> Call:
    """Return the first statement that the service would run, or the one after those to which there are answers."""
    try:
        asyncio.run(_run(ask, answers))
    except _Heard as told:
        return told.call
    raise AssertionError("it asked the database nothing")


async def _run(ask: Callable[[Database], Awaitable[object]], answers: Sequence[Mapping[str, object]]) -> None:
    await ask(cast("Database", _Listener(answers)))


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

    def scans(self, table: str) -> set[str]:
        """Return in which ways a table is read."""
        return {each.kind for each in self.nodes if each.relation == table}


def _nodes(raw: dict[str, Any]) -> Iterator[Node]:
    yield Node(raw["Node Type"], raw.get("Relation Name"), raw.get("Index Name"), round(raw["Actual Rows"]))
    for below in raw.get("Plans", ()):
        yield from _nodes(below)


class Session:
    """A connection as the service has it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection: Final = connection
        self._names: dict[str, sql.Identifier] = {}

    def plan(self, call: Call, mode: Mode | None = None) -> Plan:
        """Carry out a call and return how: as the service would, if no mode is given."""
        if mode is not None:
            self._connection.execute(sql.SQL("SET plan_cache_mode = {}").format(sql.Literal(mode)))
        run = self._run(call)
        row = self._connection.execute(sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {}").format(run)).fetchone()
        assert row is not None
        return Plan(row[0][0]["Plan"])

    def set(self, settings: Mapping[str, str | None]) -> None:
        """Change settings; None is what the session began with."""
        for name, value in settings.items():
            if value is None:
                self._connection.execute(sql.SQL("RESET {}").format(sql.Identifier(name)))
            else:
                self._connection.execute("SELECT set_config(%s, %s, false)", [name, value])

    def repeat(self, call: Call) -> None:
        """Carry out a call so often that PostgreSQL makes up its mind about the statement."""
        for _ in range(_ENOUGH):
            self._connection.execute(self._run(call))

    def _run(self, call: Call) -> sql.Composed:
        arguments = sql.SQL(", ").join([sql.Literal(each) for each in call.args])
        return sql.SQL("EXECUTE {}({})").format(self._prepared(call.statement), arguments)

    def _prepared(self, statement: str) -> sql.Identifier:
        if statement not in self._names:
            name = self._names[statement] = sql.Identifier(f"statement_{len(self._names)}")
            self._connection.execute(sql.SQL("PREPARE {} AS ").format(name).as_bytes(None) + statement.encode())
        return self._names[statement]


@contextmanager
def session(url: str) -> Iterator[Session]:
    """Open a session like those in which the service reads: in its role, with its settings."""
    with psycopg.connect(url, autocommit=True) as connection:
        opened = Session(connection)
        opened.set(asyncio.run(_settings(url)))
        yield opened


async def _settings(url: str) -> dict[str, str]:
    """Ask a session of the service's own pool what was set when it was opened."""
    db = Database(url, 1)
    await db.open()
    try:
        return {row["name"]: row["setting"] for row in await db.fetch(_SET_BY_THE_CLIENT)}
    finally:
        await db.close()
