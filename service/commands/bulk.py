"""import, export: many commands sent, the whole log fetched."""

import os
import sys
from pathlib import Path

from cyclopts.types import ExistingFile, NonNegativeInt

from service.commands.terminal import LOCAL, Key, Url, err


def import_file(file: ExistingFile, *, url: Url = LOCAL, key: Key) -> None:
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
    from service.remote import Refused  # noqa: PLC0415

    try:
        failed = bulk.import_file(file, url, key, err)
    except Refused as error:
        sys.exit(f"{error}\nThe import is not finished: run it again to go on.")
    sys.exit(1 if failed else 0)


def export(file: Path | None = None, *, after: NonNegativeInt = 0, url: Url = LOCAL, key: Key) -> None:
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
    from service.remote import Refused  # noqa: PLC0415

    try:
        bulk.export(file, after, url, key, err)
    except Refused as error:
        sys.exit(f"{error}\nThe log is not exported whole.")
    except BrokenPipeError:  # whoever reads has had enough; what is buffered must not be tried again at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
