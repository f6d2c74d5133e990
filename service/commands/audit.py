"""audit: hold the service to its log, with nothing but its address and the public key of its log."""

from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from service.commands import history
from service.commands.terminal import LOCAL, Key, PublicKey, Url, err
from service.commands.verdict import judged

app: Final = App(
    name="audit",
    help=(
        "Hold the service to its log, with nothing but its address and a public key. Exit status of each: 0, it holds; "
        "1, it does not, what is served is not what was sealed; 2, that could not be found out."
    ),
)
for command in (history.history, history.diff, history.report):
    app.command(command)


@app.command
def mirror(folder: Path, *, url: Url = LOCAL, key: Key, public_key: PublicKey) -> None:
    """
    Download the log into a directory, as far as it is signed; each event is proven before it counts.

    A run that was broken off goes on where it stopped. Exit status 0: what is signed is there; 1: the log that is
    served does not continue the mirrored one, or is not as it was signed; 2: that could not be found out.

    Parameters
    ----------
    folder
        Where to: an empty directory, or a mirror.
    url
        Where the service is.
    key
        An API key with log:read; in the environment it stays out of the list of processes.
    public_key
        That of the log, as its operator hands it out: name+id+base64.

    """
    with judged():
        from service.audit import mirror as mirroring  # noqa: PLC0415
        from service.audit.asking import Service  # noqa: PLC0415

        verifier = mirroring.read_key(public_key)
        with Service(url, key, err) as service:
            mirroring.mirror(folder, service, verifier, err)


@app.command
def verify(
    folder: Path | None = None,
    *,
    url: Url = LOCAL,
    key: Key,
    public_key: PublicKey,
    witness: tuple[str, ...] = (),
    witnesses_needed: int | None = None,
    projections: Annotated[bool, Parameter(negative="--without-projections")] = True,
) -> None:
    """
    Verify the whole log, and hold everything that is served to it.

    Exit status 0: all is as the log says; 1: it is not, and the first difference is named; 2: that could not be found
    out.

    Parameters
    ----------
    folder
        A mirror: it is verified too, and the log is held to it.
    url
        Where the service is.
    key
        An API key with log:read and incidents:read; in the environment it stays out of the list of processes.
    public_key
        That of the log, as its operator hands it out: name+id+base64.
    witness
        The public key of a witness, who must have cosigned.
    witnesses_needed
        How many of the witnesses must have cosigned; all of them, if not given.
    projections
        Make every projection anew here, in a PostgreSQL of its own, and compare: it takes longest.

    """
    with judged():
        from service.audit import verify as verifying  # noqa: PLC0415

        keys = verifying.keys(public_key, witness, witnesses_needed)
        asked = verifying.Asked(url=url, key=key, keys=keys, mirror=folder, projections=projections)
        verifying.verify(asked, err)
