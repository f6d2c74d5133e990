"""CSV of any sort of item: columns from its type, cells that are read back as they were, and no formulas."""

import csv
import io
from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from service.api.columns import Columns, choose, flat, rows
from service.api.refusals import WrongRequest


class Total(Struct):
    best: int | None
    high: int | None


class Area(Struct):
    destroyed: Total
    code: str
    killed: Total | None
    sources: list[str]
    names: dict[str, str]
    trend: list[Total]
    real: bool
    share: float | UnsetType = UNSET


NAMES = [
    *("code", "destroyed.best", "destroyed.high", "killed.best", "killed.high"),
    *("sources", "names", "trend", "real", "share"),
]
AREA: dict[str, Any] = {
    "code": "RU-KLU", "destroyed": {"best": 0, "high": None}, "killed": None, "sources": ["gov", "mod"],
    "names": {"ru": "Калуга"}, "trend": [{"best": 1, "high": None}], "real": True,
}  # fmt: skip


def table(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode(), newline=""), strict=True))


def test_columns_are_the_dotted_names_of_what_is_single_and_the_name_of_all_comes_first() -> None:
    header, cells = table(rows(flat(Area), [AREA], header=True))
    assert header == NAMES
    assert cells == ["RU-KLU", "0", "", "", "", "gov mod", '{"ru":"Калуга"}', '[{"best":1,"high":null}]', "true", ""]


def test_the_header_comes_once() -> None:
    assert table(rows(flat(Area), [AREA, AREA], header=False)) == [table(rows(flat(Area), [AREA], header=True))[1]] * 2


def test_chosen_columns_come_in_the_order_given_and_a_name_takes_in_what_is_below() -> None:
    header, cells = table(rows(choose(flat(Area), "share,destroyed,code,code"), [AREA], header=True))
    assert (header, cells) == (["share", "destroyed.best", "destroyed.high", "code"], ["", "0", "", "RU-KLU"])


@pytest.mark.parametrize("wanted", ["", "nothing", "dest", "code,", "destroyed.", "names.ru"])
def test_a_column_that_is_not_there_is_refused(wanted: str) -> None:
    with pytest.raises(WrongRequest) as refused:
        choose(flat(Area), wanted)
    assert "one of code, destroyed.best," in refused.value.pointed[0].message


@pytest.mark.parametrize("text", ["a,b", 'a "b"', "a\r\nb", "a\nb", "a\rb", "Ё", "", " a ", "a;b", "12", "-5", "+1.5"])
def test_a_cell_is_read_back_as_it_was(text: str) -> None:
    columns = Columns(["a", "b"], lambda item: [item["a"], "end"])
    assert table(rows(columns, [{"a": text}], header=True)) == [["a", "b"], [text, "end"]]


@pytest.mark.parametrize("text", ["=1", "+a", "-a", "@a", "\ta", "\ra", "\na", "-1+1", "-", "+1e", "=1\n"])
def test_a_cell_that_begins_like_a_formula_does_not_stay_one(text: str) -> None:
    columns = Columns(["a"], lambda item: [item["a"]])
    assert table(rows(columns, [{"a": text}], header=False)) == [[f"'{text}"]]
