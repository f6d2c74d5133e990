"""`fields=`: only these parts of each item, each a dotted path that its type must have."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from service.api.refusals import MAX_FAULTS, Pointed, WrongRequest

Tree = dict[str, "Tree | None"]
"""What is wanted of an object: of each name all (None), or only what is below."""


def read(text: str, of: type[msgspec.Struct]) -> Tree:
    """Read a comma list of paths, or raise WrongRequest; a path beside a longer one of its own takes in all."""
    tree: Tree = {}
    faults = []
    for path in text.split(","):
        fault = _fault(path, _shape(of))
        if fault is not None:
            faults.append(Pointed("/fields", fault, "query"))
            continue
        below: Tree | None = tree
        *steps, last = path.split(".")
        for step in steps:
            below = None if below is None else below.setdefault(step, {})
        if below is not None:
            below[last] = None
    if faults:
        raise WrongRequest(faults[:MAX_FAULTS])
    return tree


def prune(value: Any, tree: Tree | None) -> Any:  # noqa: ANN401  # JSON
    """Return what is wanted of a value; what it does not have stays absent."""
    if tree is None:
        return value
    if isinstance(value, list):
        return [prune(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: prune(part, tree[name]) for name, part in value.items() if name in tree}


def _fault(path: str, shape: inspect.Type) -> str | None:
    here: list[inspect.Type] = [shape]
    passed: list[str] = []
    for step in path.split("."):
        names = [_names(each) for kind in here for each in _plain(kind)]
        following = [found[step] for found in names if found is not None and step in found]
        following += [each for kind in here for each in _any_name(kind)] if step else []
        if not following:
            known = sorted({name for found in names if found is not None for name in found})
            start = f"after {'.'.join(passed)}" if passed else "a path begins with"
            if not known:
                return f"There is no {path}: nothing comes {start}."
            comes = " comes" if passed else ""
            return f"There is no {path or 'empty path'}: {start}{comes} one of {', '.join(known)}."
        here = following
        passed.append(step)
    return None


@cache
def _shape(of: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(of)


def _plain(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yield what a type can be, looked at through unions, lists and constraints."""
    if isinstance(kind, inspect.Metadata):
        yield from _plain(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _plain(each)
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        yield from _plain(kind.item_type)
    else:
        yield kind


def _names(kind: inspect.Type) -> Mapping[str, inspect.Type] | None:
    if isinstance(kind, inspect.StructType):
        return {field.encode_name: field.type for field in kind.fields}
    return None


def _any_name(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yield what any name leads to: a map has the keys that its writers gave it."""
    for each in _plain(kind):
        if isinstance(each, inspect.DictType):
            yield each.value_type
        elif isinstance(each, inspect.AnyType):
            yield each
