"""What a sync costs depends on what has changed, not on how long the log is or how much the filters match."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from service.projections import changed, passing
from service.projections.changed import Stretch
from service.projections.incidents_list import Filters
from service.store import events
from tests.architecture.filled import COUNT, a_few, fill
from tests.architecture.plans import Call, Session, heard, session
from tests.architecture.test_plans import EVERYTHING, FILTERS
from tests.architecture.test_plans_as_of import MORE
from tests.architecture.versions import lengthen
from tests.running import Ledger, make_database

FEW: Final = 50


@pytest.fixture(scope="module")
def service(postgres_url: str, template: str) -> Iterator[Session]:
    """A connection such as the service has, to a register of twenty thousand incidents with their versions."""
    with make_database(postgres_url, template) as url, Ledger(url, PROJECTOR="0") as ledger:
        with ledger.client() as client:
            a_few(client)
        fill(ledger)
        lengthen(ledger, 1, COUNT)
        with session(url) as opened:
            yield opened


def delta(wanted: dict[str, Any], behind: int, limit: int = 500) -> Call:
    """Return the statement that tells of what has changed since so many positions ago."""
    filters = Filters(**(EVERYTHING | wanted))
    held = Stretch(COUNT + 10 - behind, COUNT + 10 - behind)
    return heard(lambda db: changed.page(db, filters, held, limit))


@pytest.mark.parametrize("behind", [FEW, COUNT - 10])
@pytest.mark.parametrize("wanted", (FILTERS | MORE).values(), ids=FILTERS | MORE)
def test_a_delta_goes_by_the_order_of_the_log_and_from_incident_to_incident(
    service: Session, wanted: dict[str, Any], behind: int
) -> None:
    plan = service.plan(delta(wanted, behind))
    assert plan.read_whole("incidents", "incident_versions", "events") == []
    assert {"incidents_position_key", "incident_versions_of_incident"} <= plan.indexes()
    assert plan.indexes() <= {"incidents_position_key", "incident_versions_of_incident", "followers_pkey"}
    assert plan.sorted_rows() <= 501, "only the page itself is put together in order"


@pytest.mark.parametrize("wanted", (FILTERS | MORE).values(), ids=FILTERS | MORE)
def test_a_delta_costs_what_has_changed(service: Session, wanted: dict[str, Any]) -> None:
    assert service.plan(delta(wanted, FEW)).buffers < FEW * 8
    assert service.plan(delta(wanted, COUNT - 10)).buffers < changed.LOOK * 8


def test_an_idle_sync_looks_at_one_event_and_the_head(service: Session) -> None:
    plan = service.plan(heard(lambda db: events.mark(db, COUNT)))
    assert "events_pkey" in plan.indexes()
    assert plan.read_whole("events", "incidents") == []
    assert plan.buffers < 15


@pytest.mark.parametrize("name", ["campaign", "word", "what no incident has"])
def test_whether_to_begin_anew_is_found_by_index_where_few_match(service: Session, name: str) -> None:
    filters = Filters(**(EVERYTHING | FILTERS[name]))
    plan = service.plan(heard(lambda db: changed.outgrown(db, filters, 1)))
    assert plan.read_whole("incidents") == []
    assert "incidents_by_tag" in plan.indexes()


def test_whether_to_begin_anew_stops_where_enough_match(service: Session) -> None:
    filters = Filters(**(EVERYTHING | FILTERS["defaults"]))
    call = heard(lambda db: changed.outgrown(db, filters, 1))
    assert max(node.rows for node in service.plan(call).nodes) <= 10_000


@pytest.mark.parametrize("after", [0, COUNT // 2, COUNT - 10])
def test_what_passes_by_is_found_by_index(service: Session, after: int) -> None:
    plan = service.plan(Call(passing._PASSING, (after, after + 200, 200)))
    assert plan.read_whole("incidents", "incident_versions", "events") == []
    assert plan.buffers < 200 * 25
    one = service.plan(Call(passing._PASSING, (after, after + 1, 200)))
    assert one.buffers < 40
