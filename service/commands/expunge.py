"""expunge: take the data of events out of the log, and out of everything that is made of it."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.table import Table

from service import settings as configuration
from service.commands.terminal import database_url, err, with_database

if TYPE_CHECKING:
    from service.expunge import Found


def expunge(
    *positions: int,
    reason: str,
    actor: str,
    yes: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """
    Take the data of events out of the log, for good: personal data, a court's order. Their leaves stay.

    It works on the database as its owner (OWNER_DATABASE_URL, or DATABASE_URL). What says that it was done, by whom and
    why, is public wherever the events are. A run that was broken off is simply repeated.

    Parameters
    ----------
    positions
        Where in the log the events are.
    reason
        Why; everybody who reads the log sees it, so it must not repeat what is to go.
    actor
        Who does it: a name for people.
    yes
        Do not ask.

    """
    if not positions or not reason.strip() or not actor.strip():
        sys.exit("Say which positions, who (--actor) and why (--reason).")
    found = _found(positions)
    _show(found)
    if not yes and not _confirmed():
        sys.exit("Nothing was expunged.")
    _expunge(positions, actor, reason)
    err.print("Nothing that is served holds it any more. Purge what caches were allowed to keep:", highlight=False)
    for path in _cached(found):
        print(path)  # noqa: T201


def _found(positions: Sequence[int]) -> "Sequence[Found]":
    from service import expunge as expunging  # noqa: PLC0415

    try:
        return with_database(lambda db: expunging.find(db, positions))
    except expunging.NoSuchEvents as error:
        sys.exit(str(error))


def _expunge(positions: Sequence[int], actor: str, reason: str) -> None:
    from service import expunge as expunging  # noqa: PLC0415
    from service.upkeep import NotRebuilt  # noqa: PLC0415

    settings = configuration.read(os.environ)
    owner_url = settings.owner_database_url or database_url(settings)
    try:
        with_database(lambda db: expunging.expunge(db, owner_url, positions, actor, reason, err))
    except expunging.NotTheOwner as error:
        sys.exit(f"Only the owner of the database may do this: set OWNER_DATABASE_URL ({error}).")
    except NotRebuilt as error:
        sys.exit(
            f"The data is out of the log, but {error}. What is still served may hold it: mend that, and run this again."
        )


def _cached(found: "Sequence[Found]") -> Sequence[str]:
    from service import expunge as expunging  # noqa: PLC0415

    return expunging.cached(found)


def _show(found: "Sequence[Found]") -> None:
    table = Table(
        "position", "type", "recorded at", "by", "incident", "other events of it that keep their data", box=None
    )
    for each in found:
        told = each.recorded
        others = ", ".join(map(str, each.others)) or "none"
        table.add_row(
            str(told.position), told.type, f"{told.recorded_at:%Y-%m-%d %H:%M}", told.actor, str(told.incident), others
        )
    err.print(table)
    for each in found:
        if each.expunged:
            gone = each.expunged
            err.print(
                f"{each.recorded.position} was expunged at {gone.at} by {gone.actor}: {gone.reason}", highlight=False
            )


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        sys.exit("Nobody can be asked here: say --yes.")
    return err.input("This cannot be undone. Expunge them? (yes) ").strip().lower() == "yes"
