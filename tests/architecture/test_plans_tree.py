"""Proofs and checkpoints stay quick when the tree is large: what they read is found by its primary key."""

from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from service.domain.merkle import Range, consistency, inclusion
from service.domain.tiles import tiles_of
from service.store import tree
from tests.architecture.plans import MODES, Mode, Session, heard, session
from tests.running import make_database

LEAVES: Final = 20_000
"""Each came alone, so a tile of level 0 is put together from 256 rows: the dearest that there is."""
_FILL: Final = """
INSERT INTO tree_hashes (level, first, hashes)
SELECT level, n, sha256(n::text::bytea)
  FROM generate_series(0, 1) level, generate_series(0, (%(leaves)s >> level * 8) - 1) n;
INSERT INTO signed_checkpoints (size, root, signed_at, note)
SELECT n, sha256(n::text::bytea), now(), 'a note' FROM generate_series(1, %(leaves)s) n;
"""


@pytest.fixture(scope="module")
def service(postgres_url: str, template: str) -> Iterator[Session]:
    """A connection such as the service has, to a database with a large tree."""
    with make_database(postgres_url, template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            psycopg.ClientCursor(connection).execute(_FILL.encode(), {"leaves": LEAVES})
            connection.execute("VACUUM ANALYZE tree_hashes, signed_checkpoints")
        with session(url) as opened:
            yield opened


@pytest.mark.parametrize(
    "needed", [inclusion(LEAVES // 3, LEAVES), consistency(LEAVES // 3, LEAVES)], ids=["inclusion", "consistency"]
)
def test_the_tiles_of_a_proof_are_found_by_their_place(service: Session, needed: list[Range]) -> None:
    wanted = tiles_of(needed)
    call = heard(lambda db: tree.tiles(db, wanted))
    service.repeat(call)
    plan = service.plan(call)
    assert plan.indexes() == {"tree_hashes_pkey"}
    assert plan.read_whole("tree_hashes") == []
    assert plan.buffers < len(wanted) * 20


@pytest.mark.parametrize("mode", MODES)
def test_a_checkpoint_is_found_by_its_size(service: Session, mode: Mode) -> None:
    plan = service.plan(heard(lambda db: tree.checkpoints(db, LEAVES // 2, 1)), mode)
    assert "signed_checkpoints_pkey" in plan.indexes()
    assert plan.read_whole("signed_checkpoints") == []
    assert plan.buffers < 20
