"""Whatever is changed in a table of a projection is found, and named."""

from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from typing import Final

import psycopg
import pytest
from msgspec import Struct
from rich.console import Console

from service.audit.asking import Service
from service.audit.index import Index
from service.audit.projections import compare
from service.audit.rebuilt import rebuilt
from service.audit.verdicts import Different
from service.audit.verify import prove
from tests.api.samples import head, report
from tests.audit.register import KEYS, audited, settled
from tests.running import SIGNING_KEY, Ledger, make_database

pytestmark = pytest.mark.faults
SILENT: Final = Console(file=StringIO())


class Two(Struct):
    """A register, and the one that was made of its log."""

    ledger: Ledger
    index: Index
    served: Service
    made: Service

    def differ(self) -> Different | None:
        """Compare them."""
        try:
            compare(self.index, self.served, self.made, SILENT)
        except Different as difference:
            return difference
        return None


@pytest.fixture(scope="module")
def two(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """The story's register, and one made of its log."""
    folder = tmp_path_factory.mktemp("audit")
    with ExitStack() as stack:
        url = stack.enter_context(make_database(postgres_url, template))
        ledger = stack.enter_context(Ledger(url, DEMO="1"))
        with ledger.client() as client:
            report(client)
            settled(ledger, head(client))
        served = stack.enter_context(Service(ledger.url, ledger.key, SILENT))
        latest, _ = served.checkpoint(0, SIGNING_KEY.verifier)
        prove(SIGNING_KEY.verifier, served, None, latest, folder, SILENT)
        index = Index(folder)
        stack.callback(index.close)
        address, key = stack.enter_context(rebuilt(folder, index, SILENT))
        yield Two(ledger, index, served, stack.enter_context(Service(address, key, SILENT)))


def test_what_is_made_of_the_same_log_is_the_same(two: Two) -> None:
    assert two.differ() is None


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("region_versions", "DELETE FROM {} WHERE code = 'RU-KLU'", "/v1/regions?as_of={}"),
        ("region_versions", "UPDATE {} SET document = translate(document, '4', '5') WHERE code = 'RU-KLU'", "RU-KLU"),
        ("region_codes", "DELETE FROM {} WHERE code = 'RU-BEL'", "/v1/regions?as_of={}, item RU-BEL"),
        ("region_items", "DELETE FROM {} WHERE code = 'RU-VOR'", "/v1/regions/RU-VOR?as_of={}: /investigations"),
        ("campaign_codes", "DELETE FROM {}", "/v1/campaigns?as_of={}"),
        ("campaign_items", "DELETE FROM {}", "/v1/campaigns/"),
        (
            "airport_disruptions",
            "UPDATE {} SET document = replace(document, 'airport', 'harbour')",
            "/v1/airports?as_of",
        ),
        ("airport_disruptions", "UPDATE {} SET ends = begins", "/v1/airports"),
        ("source_versions", "UPDATE {} SET record = replace(record, '1', '2')", "/v1/sources?as_of={}"),
        (
            "source_pairs",
            (
                "INSERT INTO {} SELECT a.slug, b.slug, 1, 1, 1"
                " FROM serving.sources a JOIN serving.sources b ON a.slug < b.slug"
            ),
            "/v1/sources/",
        ),
        ("measures", "UPDATE {} SET destroyed = (SELECT array_agg(d + 1) FROM unnest(destroyed) d)", "/v1/statistics?"),
        ("measures", "UPDATE {} SET kind = 'other'", "/v1/statistics?"),
        ("incident_versions", "UPDATE {} SET tags = array_remove(tags, 'kind:strike')", "/v1/incidents?"),
        ("incident_versions", "UPDATE {} SET tags = array_remove(tags, 'subdivision:RU-KLU')", "/v1/incidents?"),
    ],
)
def test_a_changed_table_is_named(two: Two, table: str, change: str, told: str) -> None:
    name = f"serving.{table}"
    with psycopg.connect(two.ledger.database_url) as connection:
        connection.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {name}".encode())
        assert connection.execute(change.format(name).encode()).rowcount, "it changes nothing"
        connection.commit()
        try:
            found = two.differ()
        finally:
            connection.execute(f"DELETE FROM {name}".encode())
            connection.execute(f"INSERT INTO {name} SELECT * FROM kept".encode())
    assert found is not None
    assert told.format(two.index.size) in str(found)


def test_it_is_all_in_one_verification(postgres_url: str, template: str) -> None:
    with make_database(postgres_url, template) as url, Ledger(url, DEMO="1") as ledger:
        with ledger.client() as client:
            settled(ledger, head(client))
        said = audited(ledger, None, KEYS, projections=True)
        assert isinstance(said, str), said
        assert "answers from projections are those of projections that were made here" in said
