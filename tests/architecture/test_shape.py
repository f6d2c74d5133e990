"""The size and the names of things, and that no refusal is without its problem."""

import ast
from pathlib import Path
from typing import Final

import pytest

from service import register  # noqa: F401  # with the application, every refusal there is has been defined
from service.api.problems import KINDS, kind_of
from service.app import ROUTES
from service.domain.errors import Refused
from tests.architecture.sources import FOLDERS, modules, named, parsed

MAX_MODULE: Final = 300
MAX_FUNCTION: Final = 40
BANNED: Final = {"utils", "util", "helpers", "helper", "common", "base", "core", "lib", "manager", "managers", "misc"}
ABSTRACT: Final = {Refused, *[each for each in Refused.__subclasses__() if each.__name__.startswith("_")]}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_module_is_longer_than_300_lines(folder: str) -> None:
    sizes = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(folder)}
    assert sizes
    assert {name: lines for name, lines in sizes.items() if lines > MAX_MODULE} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_function_is_longer_than_40_lines(folder: str) -> None:
    sizes = {
        f"{named(path)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules(folder)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert sizes
    assert {name: lines for name, lines in sizes.items() if lines > MAX_FUNCTION} == {}


def test_no_module_is_named_after_nothing() -> None:
    assert [named(path) for path in modules(*FOLDERS) if set(_names(path)) & BANNED] == []


def _names(path: Path) -> list[str]:
    return [*named(path.parent).split("/"), path.stem]


def _below(kind: type[Refused]) -> set[type[Refused]]:
    return {kind} | {deeper for each in kind.__subclasses__() for deeper in _below(each)}


def test_every_refusal_is_a_problem_of_some_kind() -> None:
    assert ROUTES  # imported, hence every module that defines a refusal
    refusals = _below(Refused) - ABSTRACT
    assert len(refusals) > 15
    rows = [each for each in refusals if not any(reason in KINDS for reason in each.__mro__ if reason is not Exception)]
    assert [each.__name__ for each in rows if issubclass(each, Refused) and _falls_to_500(each)] == []


def _falls_to_500(kind: type[Refused]) -> bool:
    return kind_of(kind.__new__(kind))[0] is Exception


def test_every_refusal_of_the_domain_has_a_row_of_its_own() -> None:
    domain = [each for each in _below(Refused) - ABSTRACT if each.__module__ == "service.domain.errors"]
    assert len(domain) == 6
    assert [each.__name__ for each in domain if each not in KINDS] == []
