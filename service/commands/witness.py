"""witness: be one, for the logs of others."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number

from service import settings as configuration
from service.settings import WrongSetting

if TYPE_CHECKING:
    from service.notes import Signer
    from service.witnesses.cosigner import Cosigner

app: Final = App(
    name="witness", help="Be a witness (C2SP tlog-witness): cosign what logs have signed, while they only grow."
)


@app.command
def make_key(name: str) -> None:
    """
    Make a key to cosign with, and print it: it belongs in WITNESS_KEY.

    Parameters
    ----------
    name
        The name of the witness: where it is served, without the scheme, such as `witness.example.org/w1`.

    """
    from service import notes  # noqa: PLC0415

    try:
        print(notes.make_key(name, notes.WITNESS))  # noqa: T201
    except notes.WrongKey as error:
        sys.exit(str(error))


@app.command
def public_key() -> None:
    """Print the public key, which logs and readers need, of WITNESS_KEY."""
    print(_signer().verifier)  # noqa: T201


@app.command
def serve(
    *,
    state: Path,
    log: Annotated[list[str], Parameter(negative="")],
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 8100,
) -> None:
    """
    Cosign the checkpoints of logs that prove that they have only grown, with the key in WITNESS_KEY.

    Parameters
    ----------
    state
        The folder that keeps what was cosigned last. With it lost, the key must not be used any more.
    log
        The public key of a log, `name+id+base64`; give it once for each log and each of its keys.
    host
        The address to listen on.
    port
        The port to listen on.

    """
    import uvloop  # noqa: PLC0415

    from service import listening  # noqa: PLC0415
    from service.witnesses import server  # noqa: PLC0415

    signer = _signer()
    try:
        address = listening.address_of(host, port)
    except OSError as error:
        sys.exit(f"--port {port} of --host {host} cannot be listened on: {error.strerror}.")
    witness = _cosigner(state, signer, log)
    print(f"Witness {signer.verifier}\nSubmit to http://{host}:{port}", flush=True)  # noqa: T201
    uvloop.run(server.serve(witness, address, port))


def _cosigner(state: Path, signer: "Signer", log: Sequence[str]) -> "Cosigner":
    from service.notes import LOG, WrongKey, read_public  # noqa: PLC0415
    from service.witnesses.cosigner import Cosigner, WrongFolder  # noqa: PLC0415

    try:
        return Cosigner(state, signer, [read_public(each, LOG) for each in log])
    except WrongKey as error:
        sys.exit(f"--log cannot be used: {error}.")
    except WrongFolder as error:
        sys.exit(str(error))


def _signer() -> "Signer":
    from service.notes import WITNESS, WrongKey, read_private  # noqa: PLC0415

    key = configuration.read(os.environ).witness_key
    if not key:
        raise WrongSetting("WITNESS_KEY is not set: `witness make-key` makes one.")
    try:
        return read_private(key, WITNESS)
    except WrongKey as error:
        raise WrongSetting(f"WITNESS_KEY cannot be used: {error}.") from error  # not shown: it is secret
