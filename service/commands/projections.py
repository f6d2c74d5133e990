"""projections: the read models, seen, mended and rebuilt."""

import sys
from typing import Final

from cyclopts import App
from rich.console import Console

from service.commands.terminal import err, with_database

app: Final = App(name="projections", help="See, mend and rebuild the read models.")


@app.command
def status() -> None:
    """Show how far each projection is, and what stopped those that have stopped."""
    from service import upkeep  # noqa: PLC0415

    found = with_database(upkeep.status)
    Console(width=None if sys.stdout.isatty() else 200).print(upkeep.table(found))
    sys.exit(1 if any(each.error for each in found) else 0)


@app.command
def retry(name: str) -> None:
    """
    Let a projection that has stopped try the event again that stopped it.

    Parameters
    ----------
    name
        As `projections status` shows it.

    """
    from service import upkeep  # noqa: PLC0415

    try:
        retried = with_database(lambda db: upkeep.retry(db, name))
    except upkeep.NoSuchProjection as error:
        sys.exit(str(error))
    err.print(f"{name} tries again" if retried else f"{name} had not stopped", highlight=False)


@app.command
def rebuild(name: str) -> None:
    """
    Make a projection anew from the whole log, while the old one serves; a run that was broken off goes on.

    Parameters
    ----------
    name
        As `projections status` shows it.

    """
    from service import upkeep  # noqa: PLC0415

    try:
        with_database(lambda db: upkeep.rebuild(db, name, err))
    except (upkeep.NoSuchProjection, upkeep.NotRebuilt) as error:
        sys.exit(str(error))
