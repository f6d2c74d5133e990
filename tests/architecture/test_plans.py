"""Lists, pages of the log and the append stay quick when the register is large: no table is read from end to end."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from service.api.incident_filters import circle
from service.db import Database
from service.projections import incidents_list
from service.projections.incidents_list import Filters, Key, Page, Sort
from service.store import events
from service.store.events import Selection
from tests.api.samples import FACTS, batch
from tests.architecture.filled import COUNT, a_few, fill
from tests.architecture.plans import MODES, Call, Mode, Session, heard, session
from tests.running import Ledger, make_database

EVERYTHING: Final[dict[str, Any]] = {
    "tags": [], "status": None, "message_status": None, "occurred_from": None, "occurred_to": None,
    "recorded_from": None, "recorded_to": None, "box": None,
}  # fmt: skip
DEFAULTS: Final = {"status": "active", "message_status": "actual"}
FILTERS: Final[dict[str, dict[str, Any]]] = {
    "nothing": {},
    "defaults": DEFAULTS,
    "status": {"status": "retracted"},
    "message status": {"message_status": "exercise"},
    "feed": {"message_status": "actual"},
    "country": DEFAULTS | {"tags": ["country:UA"]},
    "kind": DEFAULTS | {"tags": ["kind:strike"]},
    "object type": DEFAULTS | {"tags": ["object_type:uav"]},
    "source": DEFAULTS | {"tags": ["source:source-strike"]},
    "campaign": DEFAULTS | {"tags": ["campaign:c7"]},
    "external id": DEFAULTS | {"tags": ["external_id:x/777"]},
    "word": DEFAULTS | {"tags": ["word:w7"]},
    "what no incident has": DEFAULTS | {"tags": ["campaign:there-is-none"]},
    "several tags": DEFAULTS | {"tags": ["country:UA", "kind:strike", "word:drones"]},
    "occurred from": DEFAULTS | {"occurred_from": datetime(2025, 11, 1, tzinfo=UTC)},
    "occurred to": DEFAULTS | {"occurred_to": datetime(2022, 4, 1, tzinfo=UTC)},
    "occurred between": DEFAULTS | {
        "occurred_from": datetime(2024, 5, 1, tzinfo=UTC), "occurred_to": datetime(2024, 5, 8, tzinfo=UTC),
    },
    "recorded from": DEFAULTS | {"recorded_from": datetime(2026, 1, 1, 5, tzinfo=UTC)},
    "recorded to": DEFAULTS | {"recorded_to": datetime(2026, 1, 1, 1, tzinfo=UTC)},
    "box": DEFAULTS | {"box": (30.0, 45.0, 40.0, 55.0)},
    "box over the antimeridian": DEFAULTS | {"box": (170.0, -60.0, -170.0, 60.0)},
}  # fmt: skip
PLACES: Final[dict[str, dict[str, Any]]] = {
    "box": {"box": (30.0, 45.0, 40.0, 55.0)},
    "near": {"near": circle("35,50,500")},
}
_WEEK: Final = {"occurred_from": datetime(2024, 5, 1, tzinfo=UTC), "occurred_to": datetime(2024, 5, 8, tzinfo=UTC)}
TIMES: Final[dict[str, dict[str, Any]]] = {
    "week": _WEEK,
    "week in a country": DEFAULTS | _WEEK | {"tags": ["country:UA"]},
    "week in a box": _WEEK | {"box": (-180.0, -80.0, 180.0, 80.0)},
    "lately": {"occurred_from": datetime(2025, 12, 1, tzinfo=UTC)},
}
COSTLY: Final = ("several tags", "status", "occurred from")
"""Lists beside whose plans one for any arguments looks cheap to PostgreSQL, which then would keep to it for all."""
SORTS: Final[tuple[Sort, ...]] = ("-recorded", "recorded", "-occurred")
ORDER: Final[dict[Sort, str]] = {
    "-recorded": "incidents_position_key", "recorded": "incidents_position_key", "-occurred": "incidents_by_occurrence",
}  # fmt: skip
PAGE: Final = 50
SHORT: Final = 10


@pytest.fixture(scope="module")
def filled(postgres_url: str, template: str) -> Iterator[str]:
    """The address of a register of twenty thousand incidents."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        with ledger.client() as client:
            a_few(client)
        fill(ledger)
        yield url


@pytest.fixture(scope="module")
def service(filled: str) -> Iterator[Session]:
    """A connection such as the service has."""
    with session(filled) as opened:
        yield opened


def listing(sort: Sort, wanted: dict[str, Any], after: Key | None = None, *, dense: bool = False) -> Call:
    """Return the statement of a list; `dense`: many incidents are in the place and the time that are asked for."""
    filters = Filters(**(EVERYTHING | wanted))
    asked = (
        [filters.occurred_from, filters.box or filters.near]
        if dense
        else [filters.occurred_from or filters.box or filters.near]
    )
    answers = [{"many": dense} for each in asked if each is not None]
    length = SHORT if dense else PAGE  # it looks through many times its length, which is to be few of those filled in
    return heard(lambda db: incidents_list.page(db, filters, sort, length, after), *answers)


def log_page(after: int, wanted: Selection | None = None) -> Call:
    """Return the statement of a page of the log."""
    return heard(lambda db: events.page(db, after, None, wanted or Selection(), PAGE))


def middle(sort: Sort, share: float) -> Key:
    """Return a cursor in the midst of a list."""
    if sort != "-occurred":
        return (int(COUNT * share),)
    first, last = datetime(2022, 2, 24, tzinfo=UTC), datetime(2025, 12, 13, tzinfo=UTC)
    return (first + (last - first) * share, UUID(int=0))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("paged", [False, True], ids=["first page", "after a cursor"])
def test_no_list_reads_the_table_whole(
    service: Session, mode: Mode, sort: Sort, wanted: dict[str, Any], paged: bool
) -> None:
    plan = service.plan(listing(sort, wanted, middle(sort, 0.5) if paged else None), mode)
    assert plan.read_whole("incidents", "events") == []


@pytest.fixture(scope="module")
def used(filled: str) -> Iterator[Session]:
    """A session of the service in which every list was asked for so often that PostgreSQL has settled on its plans."""
    with session(filled) as opened:
        for sort in SORTS:
            for name in [*COSTLY, *FILTERS]:
                opened.repeat(listing(sort, FILTERS[name]))
        yield opened


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("wanted", [{}, DEFAULTS], ids=["nothing", "defaults"])
@pytest.mark.parametrize("share", [None, 0.1, 0.5, 0.9])
def test_the_order_of_a_list_is_that_of_an_index(
    used: Session, sort: Sort, wanted: dict[str, Any], share: float | None
) -> None:
    plan = used.plan(listing(sort, wanted, None if share is None else middle(sort, share)))
    assert ORDER[sort] in plan.indexes()
    assert plan.scans("incidents") <= {"Index Scan", "Index Only Scan"}
    assert plan.sorted_rows() <= PAGE + 1, "only the page itself is put together in order"


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("wanted", [{}, DEFAULTS], ids=["nothing", "defaults"])
def test_a_page_at_depth_costs_what_the_first_costs(used: Session, sort: Sort, wanted: dict[str, Any]) -> None:
    first = used.plan(listing(sort, wanted)).buffers
    for share in (0.1, 0.5, 0.9):
        deep = used.plan(listing(sort, wanted, middle(sort, share))).buffers
        assert deep <= first * 1.5 + 20, (first, share, deep)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", ["external id", "campaign", "word", "what no incident has"])
def test_what_few_incidents_have_is_found_by_the_index_of_tags(used: Session, sort: Sort, name: str) -> None:
    plan = used.plan(listing(sort, FILTERS[name]))
    assert "incidents_by_tag" in plan.indexes()
    assert plan.buffers < COUNT / 20


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("wanted", PLACES.values(), ids=PLACES)
def test_few_incidents_in_a_place_are_found_by_it_and_many_on_the_way(
    used: Session, sort: Sort, wanted: dict[str, Any]
) -> None:
    assert "incidents_by_extent" in used.plan(listing(sort, wanted)).indexes()
    for share in (None, 0.5):
        plan = used.plan(listing(sort, wanted, None if share is None else middle(sort, share), dense=True))
        assert plan.indexes() & {"incidents_by_extent", ORDER[sort]} == {ORDER[sort]}
        assert plan.sorted_rows() <= PAGE + 1


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("wanted", TIMES.values(), ids=TIMES)
def test_few_incidents_in_a_stretch_of_time_are_found_by_it(used: Session, sort: Sort, wanted: dict[str, Any]) -> None:
    for share in (None, 0.5):
        plan = used.plan(listing(sort, wanted, None if share is None else middle(sort, share)))
        assert plan.indexes() - {"log_head_pkey"} <= {"incidents_by_spell", "incidents_by_extent"}, plan.indexes()
        assert plan.buffers < COUNT / 20


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", ["week", "lately"])
def test_many_incidents_in_a_stretch_of_time_are_met_on_the_way(used: Session, sort: Sort, name: str) -> None:
    plan = used.plan(listing(sort, TIMES[name], dense=True))
    assert plan.indexes() & {"incidents_by_spell", "incidents_by_occurrence", ORDER[sort]} == {ORDER[sort]}
    assert plan.sorted_rows() <= PAGE + 1


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("wanted", [*PLACES.values(), *TIMES.values()], ids=[*PLACES, *TIMES])
def test_how_many_are_in_a_place_or_time_changes_no_page(
    filled: str, monkeypatch: pytest.MonkeyPatch, sort: Sort, wanted: dict[str, Any]
) -> None:
    """Small pages, that the way through the register often ends before: then the place is asked for after all."""
    few = asyncio.run(_pages(filled, sort, wanted))
    monkeypatch.setattr(incidents_list, "_MANY", 1)
    monkeypatch.setattr(incidents_list, "_REACH", 20)
    assert asyncio.run(_pages(filled, sort, wanted)) == few
    assert len(few) >= 5


async def _pages(url: str, sort: Sort, wanted: dict[str, Any]) -> list[Page]:
    db = Database(url, 1)
    await db.open()
    try:
        pages = [await incidents_list.page(db, Filters(**(EVERYTHING | wanted)), sort, 2, None)]
        while pages[-1].last is not None:
            pages.append(await incidents_list.page(db, Filters(**(EVERYTHING | wanted)), sort, 2, pages[-1].last))
    finally:
        await db.close()
    return pages


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("after", [0, COUNT // 2, COUNT - PAGE, COUNT * 2])
def test_a_page_of_the_log_is_found_by_its_position(service: Session, mode: Mode, after: int) -> None:
    plan = service.plan(log_page(after), mode)
    assert plan.indexes() == {"events_pkey"} | ({"log_head_pkey"} & plan.indexes())
    assert plan.buffers < PAGE * 2 + 20


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "wanted", [Selection(actor="actor-7"), Selection(type="reported"), Selection(incident=UUID(int=7))],
    ids=["actor", "type", "incident"],
)  # fmt: skip
def test_a_selection_from_the_log_does_not_read_it_whole(service: Session, mode: Mode, wanted: Selection) -> None:
    assert service.plan(log_page(COUNT // 2, wanted), mode).read_whole("events") == []


@pytest.mark.parametrize("size", [1, 50])
def test_what_was_planned_on_an_empty_register_does_not_read_tables_whole_later(own_ledger: Ledger, size: int) -> None:
    """Sessions of the service keep their plans: they are made here before there is anything, and used when there is."""
    with own_ledger.client() as client:
        for _ in range(10):
            _record(client, size)
        fill(own_ledger, counted=False)
        before = _rows_read_whole(own_ledger)
        for _ in range(10):
            _record(client, size)
    own_ledger.stop()
    _until_its_sessions_ended(own_ledger)  # which is when they tell what they did
    assert own_ledger.sql("SELECT position > %s FROM log_head", COUNT + 10 * size) == [(True,)]
    after = _rows_read_whole(own_ledger)
    assert {table: after[table] - before[table] for table in after if after[table] - before[table] > COUNT / 4} == {}


def _record(client: httpx.Client, size: int) -> None:
    results = batch(client, *[{"command": "report", "facts": FACTS} for _ in range(size)])
    named = [{"incident": each["incident"], "reason": "r"} for each in results]
    batch(client, *[{"command": "revise", "patch": {"title": "Revised"}} | each for each in named])
    batch(client, *[{"command": "retract", "reason_code": "legal"} | each for each in named])
    incident = named[0]["incident"]
    assert client.get(f"/v1/incidents/{incident}").status_code == 410
    assert len(client.get(f"/v1/incidents/{incident}/revisions").json()["items"]) == 3


def _until_its_sessions_ended(ledger: Ledger) -> None:
    statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 20
    while ledger.sql(statement) != [(0,)]:
        assert time.monotonic() < deadline, "a session stays"
        time.sleep(0.05)


def _rows_read_whole(ledger: Ledger) -> dict[str, int]:
    rows = ledger.sql("SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE relname IN ('events', 'incidents')")
    return dict(rows)


def test_a_table_that_is_read_whole_would_be_noticed(service: Session) -> None:
    plan = service.plan(Call("SELECT count(*) FROM incidents WHERE document LIKE $1", ("%never%",)))
    assert plan.read_whole("incidents") == ["incidents"]
