"""What a projection is: tables, and how the events of the log change them."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import asyncpg
from msgspec import Struct

from service.store.changes import Change, Snapshot

_TABLES: Final = Path(__file__).parent / "tables"
_READERS: Final = "-- For readers, at the end of a build:\n"


class Projection(Struct, frozen=True):
    """
    A read model that is made of the log, and of nothing else.

    `apply` takes changes in the order of the log, none twice and none left out, inside the transaction that moves
    the checkpoint: what it wrote before is there, what it writes now is there with the checkpoint or not at all.
    It may read and write the projection's own tables alone, whatever the clock says.
    """

    name: str
    version: int
    """To be raised with whatever changes what is written: the projection is then built anew."""
    tables: tuple[str, ...]
    """All that service/projections/tables/{name}.sql makes."""
    apply: Callable[[asyncpg.Connection, Sequence[Change]], Awaitable[None]]
    make: Callable[[Snapshot], object]
    """What `apply` asks of each snapshot by `made`, and what takes its time: a function of the snapshot alone."""
    followed: bool = True
    """False of `incidents`: the append writes it, in its own transaction; here it is only made anew, in place."""

    @property
    def definition(self) -> str:
        """The statements that make its tables, none of them with a schema in its name."""
        return self._statements.partition(_READERS)[0]

    @property
    def indexes(self) -> str:
        """
        The statements that make the indexes that readers alone need; they do nothing where these are there.

        To make them of all rows at once takes less than to add to them row by row, and a build has no readers.
        """
        return self._statements.partition(_READERS)[2]

    @property
    def _statements(self) -> str:
        return (_TABLES / f"{self.name}.sql").read_text(encoding="utf-8") if self.tables else ""
