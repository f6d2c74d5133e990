"""A list as of a moment costs the same wherever the moment is, however deep the page and however long the log."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from service.api.incident_filters import circle
from service.db import Database
from service.projections import incidents_list
from service.projections.incidents_list import Filters, Key, Page, Sort
from tests.architecture.filled import a_few
from tests.architecture.plans import Call, Plan, Session, heard, session
from tests.architecture.test_plans import DEFAULTS, EVERYTHING, FILTERS, PAGE, SORTS
from tests.architecture.versions import lengthen
from tests.running import Ledger, make_database

SHORT: Final = 6_000
LONG: Final = 36_000
MOMENTS: Final = (3, 100, SHORT // 2, SHORT)
LATER: Final = (SHORT * 2, LONG // 2, LONG)
MORE: Final[dict[str, dict[str, Any]]] = {
    "one of some": DEFAULTS | {"one_of": ["campaign:c7", "campaign:c9"]},
    "early": DEFAULTS | {"early": True},
    "near": DEFAULTS | {"near": circle("30,50,300")},
    "near over the antimeridian": DEFAULTS | {"near": circle("179.9,10,300")},
    "destroyed": DEFAULTS | {"tags": ["destroyed:2"], "destroyed": 3},
}  # fmt: skip
_DAY: Final = {"occurred_from": datetime(2022, 9, 1, tzinfo=UTC), "occurred_to": datetime(2022, 9, 2, tzinfo=UTC)}
TIMES: Final[dict[str, dict[str, Any]]] = {
    "day": _DAY,
    "day in a country": DEFAULTS | {"tags": ["country:UA"], **_DAY},
    "day in a box": DEFAULTS | {"box": (30.0, 45.0, 40.0, 55.0), **_DAY},
    "day with a word": DEFAULTS | {"tags": ["word:w7"], **_DAY},
}  # fmt: skip

_MONTH: Final = {"occurred_from": datetime(2022, 9, 1, tzinfo=UTC), "occurred_to": datetime(2022, 10, 1, tzinfo=UTC)}
MONTHS: Final[dict[str, dict[str, Any]]] = {
    "month": _MONTH,
    "month in a country": DEFAULTS | {"tags": ["country:RU"], **_MONTH},
    "month in a box": DEFAULTS | {"box": (-180.0, -80.0, 0.0, 80.0), **_MONTH},
    "years with a word": DEFAULTS | {"tags": ["word:w9"], "occurred_from": datetime(2022, 3, 1, tzinfo=UTC)},
}
LONG_TIME: Final = {"occurred_from": datetime(2022, 9, 1, tzinfo=UTC), "occurred_to": datetime(2025, 9, 1, tzinfo=UTC)}
INDEX: Final[dict[str, str]] = {
    "campaign": "incident_versions_by_tag", "word": "incident_versions_by_tag",
    "what no incident has": "incident_versions_by_tag", "one of some": "incident_versions_by_tag",
    "early": "incident_versions_early",
}  # fmt: skip
ORDER: Final[dict[Sort, str]] = {
    "-recorded": "incident_versions_pkey", "recorded": "incident_versions_pkey",
    "-occurred": "incident_versions_by_occurrence",
}  # fmt: skip


def listing(sort: Sort, wanted: dict[str, Any], as_of: int, after: Key | None = None, *, busy: bool = False) -> Call:
    """Return the statement of a list as of a position; `busy`: of a time in which much happened."""
    filters = Filters(**(EVERYTHING | wanted))
    looked = [{"many": busy}] if filters.occurred_from is not None else []
    return heard(lambda db: incidents_list.page(db, filters, sort, PAGE, after, as_of), *looked)


def middle(sort: Sort, as_of: int, share: float) -> Key:
    """Return a cursor in the midst of what there was."""
    position = int(as_of * share)
    if sort != "-occurred":
        return (position,)
    return (datetime(2022, 2, 24, tzinfo=UTC) + timedelta(hours=position), UUID(int=0))


Costs = dict[tuple[Sort, int, float | None], int]


def first_pages(service: Session, moments: tuple[int, ...]) -> Costs:
    """Return how many pages of the database the pages of a list cost, as of each moment."""
    found: Costs = {}
    for sort in SORTS:
        for moment in moments:
            for share in (None, 0.25, 0.75):
                after = None if share is None else middle(sort, moment, share)
                found[sort, moment, share] = service.plan(listing(sort, DEFAULTS, moment, after)).buffers
    return found


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[tuple[Ledger, Costs]]:
    """A register with a long log, and what lists cost while it was short."""
    with make_database(postgres_url, template) as url, Ledger(url, PROJECTOR="0") as ledger:
        with ledger.client() as client:
            a_few(client)
        lengthen(ledger, 1, SHORT)
        with session(url) as opened:
            costs = first_pages(opened, MOMENTS)
        lengthen(ledger, SHORT + 1, LONG)
        yield ledger, costs


@pytest.fixture(scope="module")
def service(register: tuple[Ledger, Costs]) -> Iterator[Session]:
    """A connection such as the service has."""
    with session(register[0].database_url) as opened:
        yield opened


def test_what_a_page_costs_does_not_grow_with_the_log(register: tuple[Ledger, Costs], service: Session) -> None:
    now = first_pages(service, MOMENTS)
    assert {key: (cost, now[key]) for key, cost in register[1].items() if now[key] > cost * 1.5 + 40} == {}


def test_what_a_page_costs_does_not_grow_with_the_moment_or_the_depth(service: Session) -> None:
    costs = first_pages(service, LATER)
    assert {key: cost for key, cost in costs.items() if cost > PAGE * 6} == {}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("moment", [SHORT, *LATER])
@pytest.mark.parametrize("wanted", [{}, DEFAULTS], ids=["nothing", "defaults"])
def test_the_order_of_a_list_is_that_of_an_index(
    service: Session, sort: Sort, moment: int, wanted: dict[str, Any]
) -> None:
    plan = service.plan(listing(sort, wanted, moment))
    assert ORDER[sort] in plan.indexes()
    assert plan.scans("incident_versions") <= {"Index Scan", "Index Only Scan"}
    assert plan.sorted_rows() <= PAGE + 1, "only the page itself is put together in order"


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("moment", [100, LONG // 2, LONG])
@pytest.mark.parametrize("wanted", (FILTERS | MORE).values(), ids=FILTERS | MORE)
@pytest.mark.parametrize("paged", [False, True], ids=["first page", "after a cursor"])
def test_no_list_reads_the_table_whole(
    service: Session, sort: Sort, moment: int, wanted: dict[str, Any], paged: bool
) -> None:
    plan = service.plan(listing(sort, wanted, moment, middle(sort, moment, 0.5) if paged else None))
    assert plan.read_whole("incident_versions") == []


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", INDEX)
def test_what_few_have_is_found_by_an_index(service: Session, sort: Sort, name: str) -> None:
    plan: Plan = service.plan(listing(sort, (FILTERS | MORE)[name], LONG))
    assert any(each.startswith(INDEX[name]) for each in plan.indexes())
    assert plan.buffers < LONG / 40


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", ["near", "near over the antimeridian"])
def test_what_is_near_is_found_by_the_index_of_places(service: Session, sort: Sort, name: str) -> None:
    assert "incident_versions_by_extent" in service.plan(listing(sort, MORE[name], LONG)).indexes()


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("moment", [SHORT, *LATER])
@pytest.mark.parametrize("wanted", TIMES.values(), ids=TIMES)
def test_few_versions_in_a_stretch_of_time_are_found_by_it(
    service: Session, sort: Sort, moment: int, wanted: dict[str, Any]
) -> None:
    for share in (None, 0.5):
        plan = service.plan(listing(sort, wanted, moment, None if share is None else middle(sort, moment, share)))
        used = {each for each in plan.indexes() if not each.startswith(("followers", "incident_versions_early"))}
        used -= {"incident_versions_pkey"}  # by which the time of that position is found
        assert used <= {"incident_versions_by_spell", "incident_versions_by_extent"}, used
        assert plan.buffers < LONG / 60


@pytest.mark.parametrize("sort", SORTS)
def test_many_versions_in_a_stretch_of_time_are_met_on_the_way(service: Session, sort: Sort) -> None:
    for share in (None, 0.9):
        after = None if share is None else middle(sort, LONG, share)
        plan = service.plan(listing(sort, LONG_TIME, LONG, after, busy=True))
        assert ORDER[sort] in plan.indexes()
        assert "incident_versions_by_spell" not in plan.indexes()
        assert plan.sorted_rows() <= PAGE + 1


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("wanted", MONTHS.values(), ids=MONTHS)
def test_how_many_versions_are_in_a_stretch_of_time_changes_no_page(
    register: tuple[Ledger, Costs], monkeypatch: pytest.MonkeyPatch, sort: Sort, wanted: dict[str, Any]
) -> None:
    """Small pages, that the way through the register often ends before: then the time is asked for after all."""
    few = asyncio.run(_pages(register[0].database_url, sort, wanted))
    monkeypatch.setattr(incidents_list, "_MANY", 1)
    monkeypatch.setattr(incidents_list, "_REACH", 20)
    assert asyncio.run(_pages(register[0].database_url, sort, wanted)) == few
    assert len(few) >= 4


async def _pages(url: str, sort: Sort, wanted: dict[str, Any]) -> list[Page]:
    filters, pages, after = Filters(**(EVERYTHING | wanted)), list[Page](), None
    db = Database(url, 1)
    await db.open()
    try:
        while not pages or after is not None:
            pages.append(await incidents_list.page(db, filters, sort, 2, after, LONG // 2))
            after = pages[-1].last
    finally:
        await db.close()
    return pages
