"""A sealed register for each module, and what is done to it."""

from collections.abc import Iterator

import pytest

from tests.audit.register import COUNT, Tampered, fill
from tests.running import Ledger, make_database


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A sealed register of its own."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger:
        assert fill(ledger) == COUNT
        yield ledger


@pytest.fixture(scope="module")
def tampered(register: Ledger) -> Tampered:
    """What is done to its database."""
    return Tampered(register)
