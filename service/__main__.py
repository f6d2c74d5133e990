"""The command line: serve, migrate, project, projections, keys, import, export."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from cyclopts import App, Parameter
from cyclopts.types import ExistingFile, NonNegativeInt
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table

from service import settings as configuration
from service.api.operation import Scope
from service.settings import Settings, WrongSetting

if TYPE_CHECKING:
    from service.db import Database

_err: Final = Console(stderr=True)
app: Final = App(
    name="incident-ledger",
    help="An append-only register of aerial-security incidents. Settings come from the environment: docs/running.md.",
    version_flags=[],
    error_console=_err,
)
keys_app: Final = App(name="keys", help="Make, list and revoke API keys.")
app.command(keys_app)
projections_app: Final = App(name="projections", help="See, mend and rebuild the read models.")
app.command(projections_app)
_T = TypeVar("_T")
_Days = Annotated[float, Parameter(validator=Number(gt=0, lte=36_500))]
_Url = Annotated[str, Parameter(env_var="LEDGER_URL")]
_Key = Annotated[str, Parameter(env_var="LEDGER_KEY")]
_LOCAL: Final = "http://127.0.0.1:8000"

# The imports inside the commands keep `--help` and the client's commands from loading the server and the database.


def main() -> None:
    """Run the command line; what a person can mend is one sentence and exit status 1."""
    try:
        app()
    except WrongSetting as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or 'The operating system refuses'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        sys.exit(130)


@app.command
def serve() -> None:
    """
    Serve the API; without DATABASE_URL on a PostgreSQL of its own.

    Listens on PORT (8000) of HOST (127.0.0.1) and keeps its data in DATA_DIR (~/.local/share/incident-ledger).
    DEMO=1 records four example incidents in an empty log and prints a key and calls to try. Ctrl-C stops it.
    """
    from service import serving  # noqa: PLC0415

    serving.serve(configuration.read(os.environ))


@app.command
def migrate() -> None:
    """Bring the database of OWNER_DATABASE_URL (or DATABASE_URL) to the current schema."""
    from service import migrate as migrations  # noqa: PLC0415

    settings = configuration.read(os.environ)
    url = settings.owner_database_url or _database_url(settings)
    try:
        applied = migrations.migrate(url)
    except migrations.MigrationRefused as error:
        sys.exit(str(error))
    for name in applied:
        _err.print(f"applied {name}", highlight=False)


@app.command
def project() -> None:
    """
    Keep the projections up to date, as `serve` does by default; of several, one works and the others stand by.

    With PROJECTOR=0, `serve` leaves it to this one.
    """
    import uvloop  # noqa: PLC0415

    from service import projector  # noqa: PLC0415

    uvloop.run(projector.project(_database_url(configuration.read(os.environ))))


@projections_app.command
def status() -> None:
    """Show how far each projection is, and what stopped those that have stopped."""
    from service import upkeep  # noqa: PLC0415

    found = _with_database(upkeep.status)
    Console(width=None if sys.stdout.isatty() else 200).print(upkeep.table(found))
    sys.exit(1 if any(each.error for each in found) else 0)


@projections_app.command
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
        retried = _with_database(lambda db: upkeep.retry(db, name))
    except upkeep.NoSuchProjection as error:
        sys.exit(str(error))
    _err.print(f"{name} tries again" if retried else f"{name} had not stopped", highlight=False)


@projections_app.command
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
        _with_database(lambda db: upkeep.rebuild(db, name, _err))
    except (upkeep.NoSuchProjection, upkeep.NotRebuilt) as error:
        sys.exit(str(error))


@keys_app.command
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
        print(_with_database(lambda db: keys.create(db, actor, scope, expires_at)))  # noqa: T201
    except keys.WrongActor as error:
        sys.exit(str(error))


@keys_app.command(name="list")
def list_keys() -> None:
    """List the keys, newest first; the secrets are nowhere."""
    from service import keys  # noqa: PLC0415

    table = Table("prefix", "actor", "scopes", "created", "expires", "revoked", box=None)
    for key in _with_database(keys.list_all):
        times = (key.created_at, key.expires_at, key.revoked_at)
        table.add_row(
            key.prefix, key.actor, " ".join(key.scopes), *(f"{t:%Y-%m-%d %H:%M}" if t else "-" for t in times)
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@keys_app.command
def revoke(prefix: str) -> None:
    """
    Revoke a key; servers that have just seen it may take it for five seconds more.

    Parameters
    ----------
    prefix
        The part of the key between `ilk_` and the next `_`.

    """
    from service import keys  # noqa: PLC0415

    if not _with_database(lambda db: keys.revoke(db, prefix)):
        sys.exit(f"There is no key {prefix}.")
    _err.print(f"revoked {prefix}", highlight=False)


@app.command(name="import")
def import_file(file: ExistingFile, *, url: _Url = _LOCAL, key: _Key) -> None:
    """
    Send a file of commands, one a line as in /v1/batches, and say which failed and why.

    A run that was broken off goes on where it stopped; a line is recorded once however often it is sent.

    Parameters
    ----------
    file
        NDJSON.
    url
        Where the service is.
    key
        An API key with incidents:write; in the environment it stays out of the list of processes.

    """
    from service import bulk  # noqa: PLC0415

    try:
        failed = bulk.import_file(file, url, key, _err)
    except bulk.Refused as error:
        sys.exit(f"{error}\nThe import is not finished: run it again to go on.")
    sys.exit(1 if failed else 0)


@app.command
def export(file: Path | None = None, *, after: NonNegativeInt = 0, url: _Url = _LOCAL, key: _Key) -> None:
    """
    Write the log as NDJSON, to a file or to stdout.

    Parameters
    ----------
    file
        Where to; stdout, if not given.
    after
        Leave out the events up to this position.
    url
        Where the service is.
    key
        An API key with log:read; in the environment it stays out of the list of processes.

    """
    from service import bulk  # noqa: PLC0415

    try:
        bulk.export(file, after, url, key, _err)
    except bulk.Refused as error:
        sys.exit(f"{error}\nThe log is not exported whole.")
    except BrokenPipeError:  # whoever reads has had enough; what is buffered must not be tried again at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _database_url(settings: Settings) -> str:
    """Return the database's address, or that of the embedded one that `serve` is running."""
    if settings.database_url:
        return settings.database_url
    from service import embedded  # noqa: PLC0415

    running = embedded.address(settings.data_dir)
    if running is None:
        raise WrongSetting("DATABASE_URL is not set, and no embedded database is running in DATA_DIR: start `serve`.")
    return running


def _with_database(work: Callable[["Database"], Awaitable[_T]]) -> _T:
    from asyncpg import PostgresError  # noqa: PLC0415

    from service.db import Database, DatabaseAway, NotBuilt  # noqa: PLC0415

    async def run() -> _T:
        db = Database(_database_url(configuration.read(os.environ)), 1)
        await db.open()
        try:
            return await work(db)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except DatabaseAway as error:
        sys.exit(f"The database cannot be reached: {error}.")
    except (NotBuilt, PostgresError) as error:
        sys.exit(f"The database refuses: {error}. A new one needs `incident-ledger migrate` first.")


if __name__ == "__main__":
    main()
