"""Every statement stands in a file of service/sql, is one that the service's role may run, and has one owner."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import sql

from service.db import SERVICE_ROLE
from tests.architecture.sources import SERVICE, modules, named, parsed, texts

STATEMENTS: Final = sorted((SERVICE / "sql").glob("*.sql"))
MAY_SPEAK_SQL: Final = {"service/embedded.py", "service/migrate.py"}
"""They make the server, its roles and its schema, before there is anything to work on."""
THE_OWNERS: Final = {"expunged_add", "expunged_vacuum"}
"""What the service may not do."""
_SQL: Final = re.compile(
    r"\bSELECT\b.+\bFROM\b|\bSELECT\s+[\w$(]+\(|\bINSERT\s+INTO\b|\bUPDATE\s+\w+\s+SET\b|\bDELETE\s+FROM\b|\bTRUNCATE\s+\w"
    r"|\b(?:CREATE|ALTER|DROP)\s+(?:TABLE|ROLE|DATABASE|INDEX|FUNCTION|SCHEMA)\b|\b(?:LISTEN|NOTIFY|EXECUTE)\s+\w",
    re.DOTALL,
)


@pytest.mark.parametrize(
    "statement", [each for each in STATEMENTS if each.stem not in THE_OWNERS], ids=lambda path: path.stem
)
def test_the_role_of_the_service_may_run_it(database_url: str, statement: Path) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(SERVICE_ROLE)))
        connection.execute("SET search_path TO public, serving")
        connection.execute(b"PREPARE tried AS " + statement.read_bytes())
        nulls = [sql.NULL] * _parameters(connection)
        arguments = sql.SQL("({})").format(sql.SQL(", ").join(nulls)) if nulls else sql.SQL("")
        connection.execute(sql.SQL("EXPLAIN EXECUTE tried{}").format(arguments))  # checks the privileges too


def _parameters(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT cardinality(parameter_types) FROM pg_prepared_statements").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda path: path.stem)
def test_each_parameter_is_explained(statement: Path) -> None:
    lines = statement.read_text(encoding="utf-8").splitlines()
    remarks = "\n".join(line for line in lines if line.startswith("--"))
    used = set(re.findall(r"\$\d+", "\n".join(line for line in lines if not line.startswith("--"))))
    assert remarks
    assert used == set(re.findall(r"\$\d+", remarks))


def test_each_is_loaded_in_exactly_one_place() -> None:
    loaded = Counter(name for path in modules("service") for name in _loaded(parsed(path)))
    assert loaded == dict.fromkeys([path.stem for path in STATEMENTS], 1)


def _loaded(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sql":
            (name,) = node.args
            assert isinstance(name, ast.Constant), "a statement's name is written out, or nobody can find it"
            yield str(name.value)


def test_there_is_no_sql_in_python() -> None:
    found = [
        f"{named(path)}:{line}: {text[:80]}"
        for path in modules("service")
        if named(path) not in MAY_SPEAK_SQL
        for line, text in texts(parsed(path))
        if _SQL.search(text)
    ]
    assert found == []


def test_sql_in_python_would_be_noticed() -> None:
    spoken = [named(path) for path in modules("service") if any(_SQL.search(text) for _, text in texts(parsed(path)))]
    assert "service/embedded.py" in spoken
