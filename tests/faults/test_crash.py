"""Kill and stop things in mid-load, again and again: nothing acknowledged is lost, nothing repeated is doubled."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator

import pytest

from tests.faults.postgres import Postgres, mortal_postgres
from tests.faults.rounds import (
    both_killed,
    interrupted,
    postgres_frozen,
    postgres_killed,
    server_killed,
    survive,
    worker_killed,
)
from tests.running import Ledger, make_database, migrated

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "20"))
FEWER = max(ROUNDS // 4, 1)


@pytest.fixture(scope="module")
def mortal() -> Iterator[Postgres]:
    """A PostgreSQL that may be killed."""
    with mortal_postgres() as server:
        yield server


@pytest.fixture
def mortal_ledger(mortal: Postgres) -> Iterator[Ledger]:
    """A service with an empty register, on a PostgreSQL that may be killed."""
    with make_database(mortal.url, migrated(mortal.url)) as url, Ledger(url) as ledger:
        yield ledger


def test_nothing_is_lost_when_postgres_is_killed_and_then_both(mortal: Postgres, mortal_ledger: Ledger) -> None:
    """The short form, for every day: `make faults` runs the rest."""
    deaths = iter([postgres_killed, both_killed])
    survive(2, mortal_ledger, lambda: next(deaths)(mortal_ledger, mortal))


@pytest.mark.faults
@pytest.mark.timeout(1800)
class TestAgainAndAgain:
    def test_the_service_is_killed(self, own_ledger: Ledger) -> None:
        survive(ROUNDS, own_ledger, lambda: server_killed(own_ledger))

    def test_its_worker_is_killed(self, own_ledger: Ledger) -> None:
        survive(FEWER, own_ledger, lambda: worker_killed(own_ledger))

    @pytest.mark.parametrize("go_wrong", [postgres_killed, both_killed])
    def test_postgres_is_killed(
        self, mortal: Postgres, mortal_ledger: Ledger, go_wrong: Callable[[Ledger, Postgres], None]
    ) -> None:
        survive(ROUNDS, mortal_ledger, lambda: go_wrong(mortal_ledger, mortal))

    def test_postgres_stands_still_for_seconds(self, mortal: Postgres, mortal_ledger: Ledger) -> None:
        survive(FEWER, mortal_ledger, lambda: postgres_frozen(mortal_ledger, mortal), loses_answers=False)

    def test_the_service_is_interrupted(self, database_url: str) -> None:
        ledger = Ledger(database_url)
        with tempfile.TemporaryFile() as ledger.output:
            with ledger:
                survive(FEWER, ledger, lambda: interrupted(ledger), loses_answers=False)
            ledger.output.seek(0)
            assert re.findall(".*(?:Traceback|Error|ERROR|WARN).*", ledger.output.read().decode()) == []

    def test_a_killed_service_leaves_a_database_that_the_next_one_takes_over(self) -> None:
        """As with `make serve`: PostgreSQL is the service's own, and outlives it."""
        with tempfile.TemporaryDirectory(prefix="ledger-faults-") as folder, Ledger("", DATA_DIR=folder) as ledger:
            survive(FEWER, ledger, lambda: server_killed(ledger))
