"""
What the tests stand on: a real PostgreSQL, and the service as its users start it.

The server is chosen once: DATABASE_URL if it is set, a container with POSTGRES=container, an embedded one otherwise.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Ledger, make_database, migrated, postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server, as somebody who may make databases and roles."""
    with postgres(os.environ) as url:
        yield url


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a migrated database that others are copied from."""
    return migrated(postgres_url)


@pytest.fixture
def database_url(postgres_url: str, template: str) -> Iterator[str]:
    """The address of a migrated, empty database for one test."""
    with make_database(postgres_url, template) as url:
        yield url


@pytest.fixture(scope="session")
def ledger(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A running service that all tests share: none may count on what else is in it."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        yield running


@pytest.fixture
def own_ledger(database_url: str) -> Iterator[Ledger]:
    """A running service with an empty register, for one test."""
    with Ledger(database_url) as running:
        yield running


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with other people's data (LEDGER_SHARED, or ../shared); the test is skipped where it is absent."""
    folder = Path(os.environ.get("LEDGER_SHARED", Path(__file__).parent.parent.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the shared data is not on this machine: set LEDGER_SHARED to the folder that holds data/")
    return folder / "data"
