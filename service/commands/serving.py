"""serve, migrate, project: what runs the service."""

import os
import sys

from service import settings as configuration
from service.commands.terminal import database_url, err


def serve() -> None:
    """
    Serve the API; without DATABASE_URL on a PostgreSQL of its own.

    Listens on PORT (8000) of HOST (127.0.0.1) and keeps its data in DATA_DIR (~/.local/share/incident-ledger).
    DEMO=1 records four example incidents in an empty log and prints a key and calls to try. Ctrl-C stops it.
    """
    from service import serving  # noqa: PLC0415

    serving.serve(configuration.read(os.environ))


def migrate() -> None:
    """Bring the database of OWNER_DATABASE_URL (or DATABASE_URL) to the current schema."""
    from service import migrate as migrations  # noqa: PLC0415

    settings = configuration.read(os.environ)
    url = settings.owner_database_url or database_url(settings)
    try:
        applied = migrations.migrate(url)
    except migrations.MigrationRefused as error:
        sys.exit(str(error))
    for name in applied:
        err.print(f"applied {name}", highlight=False)


def project() -> None:
    """
    Keep the projections up to date, the log sealed and webhooks told, as `serve` does.

    Of several, one works and the others stand by.
    With PROJECTOR=0, `serve` leaves it to this one.
    """
    import uvloop  # noqa: PLC0415
    from msgspec.structs import replace  # noqa: PLC0415

    from service.follow import follow  # noqa: PLC0415
    from service.signing import signer  # noqa: PLC0415

    settings = configuration.read(os.environ)
    uvloop.run(follow(replace(settings, database_url=database_url(settings)), signer(settings)))
