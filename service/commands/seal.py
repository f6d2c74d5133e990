"""seal: the key that signs the log."""

import os
import sys
from typing import Final

from cyclopts import App

from service import settings as configuration
from service.settings import WrongSetting

app: Final = App(name="seal", help="Make the key that signs the log, and show the public one.")


@app.command
def make_key(origin: str) -> None:
    """
    Make a key to sign a log with, and print it: it belongs in SIGNING_KEY.

    Parameters
    ----------
    origin
        The name of the log: where it is served, without the scheme, such as `ledger.example.org/v1/log`.

    """
    from service import notes  # noqa: PLC0415

    try:
        print(notes.make_key(origin, notes.LOG))  # noqa: T201
    except notes.WrongKey as error:
        sys.exit(str(error))


@app.command
def public_key() -> None:
    """Print the public key, which auditors need, of SIGNING_KEY or of the embedded database's own."""
    from service.signing import signer  # noqa: PLC0415

    key = signer(configuration.read(os.environ))
    if key is None:
        raise WrongSetting("SIGNING_KEY is not set: the log is not sealed. `seal make-key` makes one.")
    print(key.verifier)  # noqa: T201
