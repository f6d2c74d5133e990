"""Statistics read what the interval holds, whatever else is in the register."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import psycopg
import pytest

from service.projections import sums
from service.projections.sums import Asked, Dimension, Metric, Source
from tests.architecture.plans import MODES, Call, Mode, Session, heard, session
from tests.running import make_database

INCIDENTS: Final = 40_000
A_DAY: Final = 40
"""How many there are of each day."""
START: Final = datetime(2024, 1, 1, tzinfo=UTC)
_FILL: Final = """
INSERT INTO serving.measures
SELECT n, CASE WHEN n % 10 = 0 THEN n + 5 ELSE 9223372036854775807 END,
       CASE WHEN n % 50 = 0 THEN '-infinity' ELSE timestamptz '2023-01-01' + (n % 1000) * interval '1 day' END,
       gen_random_uuid(), 1, 2, 0, 0, 'actual', (ARRAY['strike', 'alert'])[1 + n % 2], 'uav', '{RU}',
       ARRAY['RU-' || n % 80], NULL, ARRAY[n % 90, n % 90, n % 90, 0, 0], NULL, NULL, NULL, NULL,
       CASE WHEN n % 100 = 1 THEN '{NULL,a}'::text[] END, CASE WHEN n % 100 = 1 THEN '{a}'::text[] END,
       CASE WHEN n % 100 = 1 THEN ARRAY[gen_random_uuid()] END, CASE WHEN n % 100 = 1 THEN '{b}'::text[] END
  FROM generate_series(1, %(count)s) n
"""


@pytest.fixture(scope="module")
def service(postgres_url: str, template: str) -> Iterator[Session]:
    """A connection such as the service has, to measures of three years."""
    with make_database(postgres_url, template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = psycopg.ClientCursor(connection)
            cursor.execute(_FILL.replace("%(count)s", str(INCIDENTS)).encode())
            connection.execute("VACUUM ANALYZE serving.measures")
        with session(url) as opened:
            yield opened


def asked(days: int, start: datetime = START) -> Asked:
    return Asked(position=None, rule_version=2, start=start, end=start + timedelta(days=days), message_status="actual")


def summing(days: int, metric: Metric = "destroyed", *by: Dimension, start: datetime = START) -> Call:
    """Return the statement that adds up."""
    edges = {(UUID(int=number), "a"): (UUID(int=number + 1), "b") for number in range(20)}
    source = Source(INCIDENTS, INCIDENTS, edges)
    starts = [START + timedelta(days=number) for number in range(days)]
    return heard(lambda db: sums.sums(db, asked(days, start), source, metric, by, starts))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "by", [(), ("period",), ("period", "subdivision"), ("kind", "object_type", "country")], ids="+".join
)
def test_sums_read_the_interval_by_its_index(service: Session, mode: Mode, by: tuple[Dimension, ...]) -> None:
    plan = service.plan(summing(7, "destroyed", *by), mode)
    assert plan.read_whole("measures") == []
    assert plan.indexes() == {"measures_by_occurrence"}
    assert plan.buffers < 7 * A_DAY + 50


def test_the_cost_is_that_of_the_interval(service: Session) -> None:
    week, month = (service.plan(summing(days)).buffers for days in (7, 28))
    assert month < 4 * week
    assert service.plan(summing(28, start=START.replace(year=2020))).buffers < 5


@pytest.mark.parametrize("mode", MODES)
def test_what_is_part_of_what_is_found_without_the_rest(service: Session, mode: Mode) -> None:
    plan = service.plan(heard(lambda db: sums.source(db, asked(7))), mode)
    assert plan.read_whole("measures") == []
    assert {"measures_included", "measures_of_incident"} <= plan.indexes()
    assert plan.buffers < 100


@pytest.mark.parametrize("mode", MODES)
def test_what_nobody_dates_is_counted_by_its_index(service: Session, mode: Mode) -> None:
    plan = service.plan(heard(lambda db: sums.undated(db, asked(7), INCIDENTS)), mode)
    assert plan.read_whole("measures") == []
    assert plan.buffers < INCIDENTS // 50 + 50
