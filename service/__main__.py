"""The command line: serve, migrate, keys, import, export."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from service import settings as configuration
from service.settings import Settings, WrongSetting

app: Final = App(name="incident-ledger", help="An append-only register of aerial-security incidents.", version_flags=[])
keys_app: Final = App(name="keys", help="API keys: make, list, revoke.")
app.command(keys_app)
_out: Final = Console()
_err: Final = Console(stderr=True)
_T = TypeVar("_T")


def main() -> None:
    """Run the command line; what a person can mend is one sentence and exit status 1."""
    try:
        app()
    except WrongSetting as error:
        _err.print(str(error))
        sys.exit(1)


@app.command
def serve(*, host: str | None = None, port: int | None = None, demo: bool = False) -> None:
    """
    Serve the API; without DATABASE_URL on a PostgreSQL of its own, in DATA_DIR.

    Parameters
    ----------
    host
        Address to listen on (HOST; 127.0.0.1).
    port
        Port to listen on (PORT; 8000).
    demo
        Record the story's four incidents if the log is empty, and print a key to try things with (DEMO=1).

    """
    from service import serving  # noqa: PLC0415  # the other commands need neither server nor database to start

    given = {"HOST": host, "PORT": port and str(port), "DEMO": demo and "1"}
    os.environ.update({name: value for name, value in given.items() if value})
    serving.serve(_settings())


@app.command
def migrate() -> None:
    """Bring the database of OWNER_DATABASE_URL (or DATABASE_URL) to the current schema."""
    from service import migrate as migrations  # noqa: PLC0415

    settings = _settings()
    url = settings.owner_database_url or _database_url(settings)
    try:
        applied = migrations.migrate(url)
    except migrations.MigrationRefused as error:
        _err.print(f"Not migrated: {error}")
        sys.exit(1)
    for name in applied:
        _err.print(f"applied {name}")


@keys_app.command
def create(
    actor: str,
    *,
    scope: Annotated[list[str], Parameter(negative="")],
    expires_in_days: float | None = None,
) -> None:
    """
    Make an API key and print it: the only time that it can be seen.

    Parameters
    ----------
    actor
        The name under which its events are recorded, such as `newsroom`.
    scope
        incidents:read, incidents:write or log:read; give it once for each.
    expires_in_days
        After how many days it stops working; never, if not given.

    """
    from service import keys  # noqa: PLC0415

    unknown = set(scope) - SCOPES
    if unknown:
        _fail(f"There is no scope {', '.join(sorted(unknown))}; these are known: {', '.join(sorted(SCOPES))}.")
    expires_at = None if expires_in_days is None else datetime.now(UTC) + timedelta(days=expires_in_days)
    try:
        print(_with_database(lambda db: keys.create(db, actor, scope, expires_at)))  # noqa: T201
    except keys.WrongActor as error:
        _fail(str(error))


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
    _out.print(table)


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
        _fail(f"There is no key {prefix}.")
    _err.print(f"revoked {prefix}")


@app.command(name="import")
def import_file(
    file: Path,
    *,
    url: Annotated[str, Parameter(env_var="LEDGER_URL")] = "http://127.0.0.1:8000",
    key: Annotated[str, Parameter(env_var="LEDGER_KEY")],
) -> None:
    """
    Send a file of commands, one a line as in /v1/batches, and say which failed and why.

    A run that was broken off goes on where it stopped; a line is recorded once however often it is sent.

    Parameters
    ----------
    file
        NDJSON.
    url
        Where the service is (LEDGER_URL).
    key
        An API key with incidents:write (LEDGER_KEY).

    """
    from service import bulk  # noqa: PLC0415

    failed = bulk.import_file(file, url, key, _err)
    sys.exit(1 if failed else 0)


@app.command
def export(
    file: Path | None = None,
    *,
    after: int = 0,
    url: Annotated[str, Parameter(env_var="LEDGER_URL")] = "http://127.0.0.1:8000",
    key: Annotated[str, Parameter(env_var="LEDGER_KEY")],
) -> None:
    """
    Write the log as NDJSON, to a file or to stdout.

    Parameters
    ----------
    file
        Where to; stdout, if not given.
    after
        Leave out the events up to this position.
    url
        Where the service is (LEDGER_URL).
    key
        An API key with log:read (LEDGER_KEY).

    """
    from service import bulk  # noqa: PLC0415

    try:
        bulk.export(file, after, url, key)
    except bulk.Refused as error:
        _fail(str(error))


def _settings() -> Settings:
    return configuration.read(os.environ)


def _database_url(settings: Settings) -> str:
    """Return the database's address, or that of the embedded one that `serve` is running."""
    if settings.database_url:
        return settings.database_url
    from service import embedded  # noqa: PLC0415

    running = embedded.address(settings.data_dir)
    if running is None:
        raise WrongSetting("DATABASE_URL is not set, and no embedded database is running in DATA_DIR: start `serve`.")
    return running


def _with_database(work: Any) -> Any:  # noqa: ANN401  # whatever the work returns
    from service.db import Database  # noqa: PLC0415

    async def run() -> Any:  # noqa: ANN401
        db = Database(_database_url(_settings()), 1)
        await db.open()
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


def _fail(sentence: str) -> None:
    _err.print(sentence)
    sys.exit(1)


SCOPES: Final = frozenset(["incidents:read", "incidents:write", "log:read"])
_ = (Coroutine, _T)

if __name__ == "__main__":
    main()
