"""keys: API keys, made, listed and revoked."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table

from service.api.operation import Scope
from service.commands.terminal import err, with_database

app: Final = App(name="keys", help="Make, list and revoke API keys.")
_Days = Annotated[float, Parameter(validator=Number(gt=0, lte=36_500))]


@app.command
def create(
    actor: str,
    *,
    scope: Annotated[list[Scope], Parameter(negative="")],
    expires_in_days: _Days | None = None,
) -> None:
    """
    Make an API key and print it: the only time that it can be seen.

    Parameters
    ----------
    actor
        The name under which its events are recorded, such as `newsroom`.
    scope
        What it may do; give it once for each.
    expires_in_days
        After how many days it stops working; never, if not given.

    """
    from service import keys  # noqa: PLC0415

    expires_at = None if expires_in_days is None else datetime.now(UTC) + timedelta(days=expires_in_days)
    try:
        print(with_database(lambda db: keys.create(db, actor, scope, expires_at)))  # noqa: T201
    except keys.WrongActor as error:
        sys.exit(str(error))


@app.command(name="list")
def list_keys() -> None:
    """List the keys, newest first; the secrets are nowhere."""
    from service import keys  # noqa: PLC0415

    table = Table("prefix", "actor", "scopes", "created", "expires", "revoked", box=None)
    for key in with_database(keys.list_all):
        times = (key.created_at, key.expires_at, key.revoked_at)
        table.add_row(
            key.prefix, key.actor, " ".join(key.scopes), *(f"{t:%Y-%m-%d %H:%M}" if t else "-" for t in times)
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@app.command
def revoke(prefix: str) -> None:
    """
    Revoke a key; servers that have just seen it may take it for five seconds more.

    Parameters
    ----------
    prefix
        The part of the key between `ilk_` and the next `_`.

    """
    from service import keys  # noqa: PLC0415

    if not with_database(lambda db: keys.revoke(db, prefix)):
        sys.exit(f"There is no key {prefix}.")
    err.print(f"revoked {prefix}", highlight=False)
