"""audit history, diff, report: what the log tells of incidents, for people, and proven."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from cyclopts import Parameter
from rich.console import Console

from service.commands.terminal import LOCAL, Key, PublicKey, Url, err
from service.commands.verdict import judged

if TYPE_CHECKING:
    from service.notes import Verifier


def history(
    incident: UUID, *, url: Url = LOCAL, key: Key, public_key: PublicKey | None = None, time_zone: str = "UTC"
) -> None:
    """
    Tell who said what of an incident, when, what each event changed, and why.

    Exit status 0: it is told, and holds; 1: it does not hold, and nothing is told; 2: that could not be found out.

    Parameters
    ----------
    incident
        Its id.
    url
        Where the service is.
    key
        An API key with log:read; in the environment it stays out of the list of processes.
    public_key
        The log's, as `seal public-key` prints it: then every event is proven to be in the signed log first.
    time_zone
        In which times are told, such as Europe/Moscow.

    """
    from service.audit.history import told  # noqa: PLC0415

    _answer(lambda: told.show(incident, url, key, _verifier(public_key), time_zone, _out()))


def diff(
    *, since: Annotated[str, Parameter(name="--from")], until: Annotated[str, Parameter(name="--to")],
    subdivision: str | None = None, url: Url = LOCAL, key: Key, public_key: PublicKey | None = None,
    time_zone: str = "UTC",
) -> None:  # fmt: skip
    """
    Tell what changed in what was known between two moments: new, revised, retracted; old and new numbers.

    Exit status 0: all that is told holds; 1: something does not; 2: that could not be found out.

    Parameters
    ----------
    since
        A time such as 2026-05-01T09:00:00Z, a date, or a position of the log.
    until
        The same, later.
    subdivision
        Only incidents there (ISO 3166-2), such as RU-KLU.
    url
        Where the service is.
    key
        An API key with log:read and incidents:read; in the environment it stays out of the list of processes.
    public_key
        The log's: then every event is proven to be in the signed log.
    time_zone
        In which times are told, such as Europe/Moscow.

    """
    from service.audit.history import between  # noqa: PLC0415

    _answer(lambda: between.show(since, until, subdivision, url, key, _verifier(public_key), time_zone, _out(), err))


def report(
    incident: UUID, *, out: Path, url: Url = LOCAL, key: Key, public_key: PublicKey, checkpoint: Path | None = None,
    time_zone: str = "UTC",
) -> None:  # fmt: skip
    """
    Write one HTML file that tells an incident's history and proves it; it opens, and can be checked, offline.

    Nothing is written unless every event, proof and signature holds. Exit status 0: they do; 1: they do not; 2: that
    could not be found out.

    Parameters
    ----------
    incident
        Its id.
    out
        The file to write.
    url
        Where the service is.
    key
        An API key with log:read; in the environment it stays out of the list of processes.
    public_key
        The log's, as its operator has published it.
    checkpoint
        A file with a signed checkpoint that you kept: the log is proven to have only grown since.
    time_zone
        In which times are told, such as Europe/Moscow.

    """
    from service.audit.history import report  # noqa: PLC0415
    from service.notes import LOG, read_public  # noqa: PLC0415

    _answer(lambda: report.write(incident, out, url, key, read_public(public_key, LOG), checkpoint, time_zone, err))


def _out() -> Console:
    return Console(highlight=False)


def _verifier(public_key: str | None) -> "Verifier | None":
    from service.notes import LOG, read_public  # noqa: PLC0415

    return None if public_key is None else read_public(public_key, LOG)


def _answer(work: Callable[[], None]) -> None:
    """Do it, and exit as it ends."""
    try:
        with judged():
            work()
    except BrokenPipeError:  # whoever reads has had enough; what is buffered must not be tried again at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
