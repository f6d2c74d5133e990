"""
Be a witness: cosign what a log signed, if it has only grown since (C2SP tlog-witness, tlog-cosignature).

What was cosigned last of each log is kept in a folder, a file a log: the checkpoint with both signatures. It is on the
disk before the cosignature leaves. So neither `kill -9` nor requests at once lead to two roots of one size, or back.
"""

import fcntl
import hashlib
import logging
import os
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from service.domain.merkle import EMPTY, NotProven, verify_consistency
from service.notes import Checkpoint, NotSigned, Signer, Verifier, parts, read_body, read_checkpoint
from service.witnesses.submission import Garbled, Submission, read_submission

_log: Final = logging.getLogger(__name__)


class WrongFolder(Exception):
    """What was cosigned cannot be read there, or another witness works with it; the message says why."""


class NotCosigned(Exception):
    """The checkpoint is not cosigned; the message says why, and `status` how HTTP says it."""

    status = 400


class UnknownLog(NotCosigned):
    """No such log is witnessed here."""

    status = 404


class NotTheLogs(NotCosigned):
    """It is not signed by the log."""

    status = 403


class Behind(NotCosigned):
    """The submission goes on from another size than that of the last checkpoint that was cosigned."""

    status = 409

    def __init__(self, size: int) -> None:
        self.size: Final = size
        super().__init__(f"The last one that was cosigned has {size} leaves.")


class Forked(NotCosigned):
    """Another root of this size was cosigned."""

    status = 409


class NotGrown(NotCosigned):
    """It is not proven that the log has only grown."""

    status = 422


class Cosigner:
    """Cosigns the checkpoints of logs, each known by its name and its keys; one works with a folder at a time."""

    def __init__(self, folder: Path, signer: Signer, logs: Sequence[Verifier]) -> None:
        self._signer: Final = signer
        self._logs: Final = logs
        self._folder: Final = folder
        self._turn: Final = threading.Lock()
        self._kept: Final[set[str]] = set()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock: Final = (folder / "lock").open("w")  # kept open: the lock lasts as long as this process
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for each in logs:
                self._last(each.name)
        except BlockingIOError as error:
            self.close()
            raise WrongFolder(f"{folder} cannot be used: another witness works with it.") from error
        except WrongFolder:
            self.close()
            raise

    def cosign(self, raw: bytes) -> str:
        """Return the line that cosigns the checkpoint in a submission; raise NotCosigned."""
        try:
            asked = read_submission(raw)
            body, signatures = parts(asked.note)
            new = read_body(body)
        except (Garbled, NotSigned) as error:
            raise NotCosigned(str(error)) from error
        line = self._line_of_log(new.origin, body, signatures)
        if asked.old > new.size:
            raise NotCosigned(f"A tree of {new.size} leaves does not go on from one of {asked.old}.")
        with self._turn:
            try:
                _judge(self._last(new.origin), new, asked)
            except (Forked, NotGrown) as refusal:
                _log.warning("not cosigned: %s This was signed by the log: %r", refusal, f"{body}\n{line}")
                raise
            own = self._signer.sign(body, int(time.time()))
            self._keep(new.origin, f"{body}\n{line}{own}")
        return own

    def close(self) -> None:
        """Let another work with the folder."""
        self._lock.close()

    def _line_of_log(self, origin: str, body: str, signatures: str) -> str:
        keys = [each for each in self._logs if each.name == origin]
        if not keys:
            raise UnknownLog(f"The log {origin[:200]!r} is not witnessed here.")
        try:
            lines = [line for each in keys if (line := each.signed(body, signatures)) is not None]
        except NotSigned as error:
            raise NotTheLogs(f"{error}.") from error
        if not lines:
            raise NotTheLogs("It is signed by no key of this log that is known here.")
        return lines[0]

    def _last(self, origin: str) -> Checkpoint:
        """Return what was cosigned last of a log: of one that is new here, the tree without leaves."""
        path = self._path(origin)
        try:
            found = read_checkpoint(path.read_bytes().decode(), self._signer.verifier)
        except FileNotFoundError as error:
            if origin in self._kept:
                raise WrongFolder(f"{path} was here, and is gone.") from error
            return Checkpoint(origin, 0, EMPTY)
        except (NotSigned, UnicodeDecodeError) as error:
            raise WrongFolder(f"{path} is not what this witness wrote: {error}.") from error
        if found.origin != origin:
            raise WrongFolder(f"{path} is not what this witness wrote: it is of {found.origin}.")
        self._kept.add(origin)
        return found

    def _keep(self, origin: str, note: str) -> None:
        """Put a checkpoint in the place of the last one; it is on the disk when this returns."""
        path = self._path(origin)
        whole = path.with_suffix(".new")
        with whole.open("wb") as file:
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
        whole.replace(path)
        self._kept.add(origin)
        with _opened(self._folder) as folder:
            os.fsync(folder)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"


def _judge(last: Checkpoint, new: Checkpoint, asked: Submission) -> None:
    """Raise NotCosigned unless the new checkpoint goes on from the last one."""
    if asked.old != last.size:
        raise Behind(last.size)
    if new.size == last.size and new.root != last.root:
        raise Forked(f"Another root of {last.size} leaves was cosigned: {b64encode(last.root).decode()}.")
    if new.size == last.size or not last.size:
        if asked.proof:
            raise NotGrown("There is nothing to prove, and a proof.")
        return
    try:
        verify_consistency(last.size, new.size, last.root, new.root, asked.proof)
    except NotProven as error:
        raise NotGrown(f"It is not proven that the log has only grown: {error}.") from error


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
