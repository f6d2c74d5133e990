"""The key that signs the log: given as SIGNING_KEY, or made once beside the embedded database."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from service.notes import LOG, Signer, WrongKey, make_key, read_private
from service.settings import Settings, WrongSetting

_FILE: Final = "signing.key"


def signer(settings: Settings) -> Signer | None:
    """Return the key; None if the database is not the embedded one and none is given. Raise WrongSetting."""
    if settings.signing_key:
        return _read("SIGNING_KEY", settings.signing_key)
    if settings.database_url:
        return None
    path = settings.data_dir / _FILE
    with suppress(FileExistsError):
        _make(path)
    return _read(f"The key in {path}", path.read_text(encoding="ascii"))


def _read(name: str, text: str) -> Signer:
    try:
        return read_private(text, LOG)
    except WrongKey as error:
        raise WrongSetting(f"{name} cannot be used: {error}.") from error  # not shown: it is secret


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    named = f"{socket.gethostname()}/incident-ledger-{token_hex(4)}"
    whole = path.with_suffix(f".{os.getpid()}")
    with open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(f"{make_key(named, LOG)}\n")
    try:
        path.hardlink_to(whole)  # it gets its name when it is whole, and never takes that of another
    finally:
        whole.unlink()
