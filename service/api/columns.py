"""
CSV (RFC 4180): rows and columns of lists.

A header row, CRLF, UTF-8 without a byte order mark. What is not known is an empty cell: never a zero. A cell that
a spreadsheet would take for a formula begins with ' (OWASP, CSV injection); plain numbers are left as they are.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, inspect

from service.api.refusals import MAX_FAULTS, Pointed, WrongRequest

Cell = str | int | float | bool | None
Item = Mapping[str, Any]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NAMES: Final = {("code",), ("slug",)}
"""What an item is called: to the left of all that is said of it."""
_PLAIN_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")


class Columns(Struct, frozen=True):
    """The columns of one sort of item: their names, and the cells of an item in the same order."""

    names: Sequence[str]
    row: Callable[[Item], Sequence[Cell]]


def choose(columns: Columns, text: str) -> Columns:
    """Return only the columns that are named, in the order given, or raise WrongRequest; `a` takes in `a.b`."""
    chosen: list[int] = []
    faults = []
    for name in text.split(","):
        found = [n for n, each in enumerate(columns.names) if each == name or each.startswith(f"{name}.")]
        if not name or not found:
            known = ", ".join(columns.names)
            faults.append(
                Pointed("/fields", f"There is no column {name or 'without a name'}: one of {known}.", "query")
            )
        chosen += [n for n in found if n not in chosen]
    if faults:
        raise WrongRequest(faults[:MAX_FAULTS])
    return Columns([columns.names[n] for n in chosen], lambda item: _picked(columns.row(item), chosen))


def _picked(row: Sequence[Cell], chosen: Sequence[int]) -> Sequence[Cell]:
    return [row[n] for n in chosen]


def rows(columns: Columns, items: Sequence[Item], *, header: bool) -> bytes:
    """Return the rows of some items, after the header row if it is wanted."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if header:
        writer.writerow(columns.names)
    writer.writerows([_cell(each) for each in columns.row(item)] for item in items)
    return text.getvalue().encode()


def _cell(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA) and _PLAIN_NUMBER.fullmatch(value) is None:
        return f"'{value}"
    return value


def flat(of: type[Struct]) -> Columns:
    """
    Return the columns of any item, from its type: the dotted names of what is single in it.

    A list of what is single is joined with spaces; a map, and a list of anything else, is JSON.
    """
    found = sorted(_leaves((), inspect.type_info(of)), key=lambda leaf: leaf[0] not in _NAMES)
    return Columns([".".join(path) for path, _ in found], lambda item: [cell(_at(item, path)) for path, cell in found])


def _leaves(path: tuple[str, ...], kind: inspect.Type) -> Iterator[tuple[tuple[str, ...], Callable[[Any], Cell]]]:
    kinds = [each for each in _members(kind) if not isinstance(each, inspect.NoneType)]
    structs = [each for each in kinds if isinstance(each, inspect.StructType)]
    if structs and len(structs) == len(kinds):
        fields = {field.encode_name: field.type for each in structs for field in each.fields}
        for name, below in fields.items():
            yield from _leaves((*path, name), below)
    else:
        yield path, _single


def _members(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.Metadata):
        yield from _members(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _members(each)
    else:
        yield kind


def _at(item: Any, path: Sequence[str]) -> Any:  # noqa: ANN401  # JSON
    for step in path:
        if not isinstance(item, dict) or step not in item:
            return None
        item = item[step]
    return item


def _single(value: Any) -> Cell:  # noqa: ANN401  # JSON
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return " ".join([str(_cell_text(each)) for each in value])
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    cell: Cell = value
    return cell


def _cell_text(value: Cell) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
