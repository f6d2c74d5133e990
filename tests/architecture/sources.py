"""The project's own Python, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.running import ROOT

SERVICE: Final = ROOT / "service"
FOLDERS: Final = ("service", "tests", "bench")


def modules(*folders: str) -> list[Path]:
    """Return every module of these folders."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not {"__pycache__", "node_modules"} & set(path.parts)
    )


@cache
def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def named(path: Path) -> str:
    """Return how a report calls a file."""
    return str(path.relative_to(ROOT))


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield every string of a module that is not a docstring, with its line."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
