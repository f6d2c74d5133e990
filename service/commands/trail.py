"""trail: who made and revoked API keys and webhooks, and who took data out of the log."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.commands.terminal import with_database

if TYPE_CHECKING:
    from service.db import Database

_PAGE: Final = 1000


def trail(*, after: Annotated[int, Parameter(validator=Number(gte=0))] = 0) -> None:
    """
    Show who did what: keys and webhooks made and taken away, events expunged; the oldest first.

    Parameters
    ----------
    after
        Only what came after the entry of this number.

    """
    table = Table("number", "at", "deed", "by", "login", "subject", "details", box=None)
    for raw in with_database(lambda db: _entries(db, after)):
        entry = msgspec.json.decode(raw)
        details = msgspec.json.encode(entry.pop("details")).decode()
        table.add_row(*(Text("-" if each is None else str(each)) for each in entry.values()), Text(details))
    Console(width=None if sys.stdout.isatty() else 400).print(table)


async def _entries(db: "Database", after: int) -> list[bytes]:
    from service import trail as trailing  # noqa: PLC0415

    found: list[bytes] = []
    while True:
        page = await trailing.page(db, after, _PAGE)
        found += page.entries
        if len(page.entries) < _PAGE:
            return found
        after = page.last
