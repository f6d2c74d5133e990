"""A mirror on disk: the events of a log as they were served, of which every one was proven to be a sealed one."""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Struct

from service.audit.chain import Chain
from service.audit.verdicts import Different, Unverified
from service.domain.merkle import Frontier
from service.notes import Checkpoint, NotSigned, Verifier, read_checkpoint

_LOG: Final = "log.ndjson"
_CHECKPOINTS: Final = "checkpoints.ndjson"
_STATE: Final = "state.json"
_CONFLICT: Final = "conflicting-checkpoint"


class _State(Struct, forbid_unknown_fields=True):
    """What of the files counts: what is behind it was being written when a run was broken off."""

    key: str
    size: int
    nodes: list[bytes]
    """Of the tree of so many leaves (merkle.Frontier)."""
    log_bytes: int
    checkpoints_bytes: int
    checkpoints_sha256: str


class _Note(Struct, forbid_unknown_fields=True):
    note: str


class Kept:
    """The mirror in a directory; one process writes it at a time. Raises Unverified where it is none, or damaged."""

    def __init__(self, folder: Path, key: Verifier) -> None:
        self._folder: Final = folder
        self._key: Final = key
        self._state: Final = self._read_state()
        if self._state.key != str(key):
            raise Unverified(f"The mirror in {folder} is of a log with another key: {self._state.key}.")

    def _read_state(self) -> _State:
        path = self._folder / _STATE
        try:
            raw = path.read_bytes()
            state = msgspec.json.decode(raw, type=_State)
        except FileNotFoundError:
            raise Unverified(f"There is no mirror in {self._folder}: {_STATE} is not there.") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unverified(f"The mirror in {self._folder} is damaged: {_STATE} cannot be read ({error}).") from error
        if msgspec.json.encode(state) != raw:
            raise Unverified(f"The mirror in {self._folder} is damaged: {_STATE} is not as it was written.")
        return state

    @property
    def size(self) -> int:
        """The last position that it holds."""
        return self._state.size

    def tree(self) -> Frontier:
        """Return the tree of what it holds, as it was when that was proven."""
        return Frontier(self._state.size, self._state.nodes)

    def lines(self) -> Iterator[bytes]:
        """Yield its events, from the first byte."""
        left = self._state.log_bytes
        with self._opened(_LOG, left).open("rb") as file:
            for line in file:
                if len(line) > left or not line.endswith(b"\n"):
                    break
                left -= len(line)
                yield line[:-1]
                if not left:
                    return
        if left:
            raise Unverified(f"The mirror in {self._folder} is damaged: {_LOG} does not end where an event does.")

    def checkpoints(self) -> list[Checkpoint]:
        """Return the signed checkpoints that it holds."""
        raw = self._opened(_CHECKPOINTS, self._state.checkpoints_bytes).read_bytes()[: self._state.checkpoints_bytes]
        if hashlib.sha256(raw).hexdigest() != self._state.checkpoints_sha256:
            raise Unverified(f"The mirror in {self._folder} is damaged: {_CHECKPOINTS} is not as it was written.")
        try:
            notes = msgspec.json.Decoder(_Note).decode_lines(raw)
            found = [read_checkpoint(each.note, self._key) for each in notes]
        except (msgspec.DecodeError, UnicodeDecodeError, NotSigned) as error:
            raise Unverified(f"The mirror in {self._folder} is damaged: {_CHECKPOINTS}: {error}.") from error
        if self.size and (not found or found[-1].size != self.size):
            raise Unverified(f"The mirror in {self._folder} is damaged: it has no signed checkpoint of {self.size}.")
        return found

    def _opened(self, name: str, least: int) -> Path:
        path = self._folder / name
        there = path.stat().st_size if path.exists() else 0
        if there < least:
            told = f"{name} has {there} bytes of the {least} that it had. Mirror the log anew, into another directory."
            raise Unverified(f"The mirror in {self._folder} is truncated: {told}")
        return path

    def proven(self) -> Iterator[bytes]:
        """Yield its events, from the first byte, proven by the checkpoints that it holds."""
        chain = Chain(self.checkpoints(), _no_tiles)
        try:
            for line in self.lines():
                chain.take(line)
                yield line
            chain.end()
        except Different as damage:
            raise Unverified(f"The mirror in {self._folder} is damaged. {damage}") from damage
        if (chain.tree.size, chain.tree.root()) != (self.size, self.tree().root()):
            raise Unverified(f"The mirror in {self._folder} is damaged: {_STATE} is of another tree.")

    def testify(self, note: str) -> Path:
        """Keep a signed checkpoint that contradicts it, and return where."""
        path = self._folder / _CONFLICT
        path.write_text(note, encoding="utf-8")
        return path


class Growing(Kept):
    """A mirror that is added to; what a run that was broken off left behind it is cut away."""

    def __init__(self, folder: Path, key: Verifier) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / _STATE).exists():
            if (folder / _LOG).exists():
                raise Unverified(f"{folder} holds a {_LOG} and no {_STATE}: give an empty directory.")
            _replace(folder / _STATE, msgspec.json.encode(_State(str(key), 0, [], 0, 0, hashlib.sha256().hexdigest())))
        super().__init__(folder, key)
        self._log: Final = self._grow(_LOG, self._state.log_bytes)
        try:
            self._notes: Final = self._grow(_CHECKPOINTS, self._state.checkpoints_bytes)
        except BaseException:
            self._log.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()
        self._notes.close()

    def _grow(self, name: str, length: int) -> "_File":
        (self._folder / name).touch()
        return _File(self._opened(name, length), length)

    def add(self, line: bytes) -> None:
        """Add an event; it counts once it is proven and kept."""
        self._log.write(line + b"\n")

    def keep(self, tree: Frontier, proven_bytes: int, notes: Sequence[tuple[Checkpoint, str]]) -> None:
        """Let all events up to a proven tree count, with the checkpoints that prove them."""
        for _, note in notes:
            self._notes.write(msgspec.json.encode(_Note(note)) + b"\n")
        self._log.flush()
        self._notes.flush()
        self._state.size, self._state.nodes, self._state.log_bytes = tree.size, [*tree.nodes], proven_bytes
        self._state.checkpoints_bytes, self._state.checkpoints_sha256 = self._notes.length, self._notes.sha256()
        _replace(self._folder / _STATE, msgspec.json.encode(self._state))

    @property
    def length(self) -> int:
        """The bytes of the events that were added, counting or not."""
        return self._log.length


class _File:
    """Appended to by one process, from a length on."""

    def __init__(self, path: Path, length: int) -> None:
        self._file: Final = path.open("r+b")
        self.length = length
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise Unverified(f"Another process is writing {path}.") from error
        self._file.truncate(length)
        self._file.seek(length)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.length += len(data)

    def sha256(self) -> str:
        self._file.seek(0)
        found = hashlib.sha256(self._file.read(self.length)).hexdigest()
        self._file.seek(self.length)
        return found

    def flush(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def _replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _no_tiles(start: int, end: int) -> Sequence[bytes]:
    raise Unverified(f"A mirror has no tiles of the leaves {start} to {end}.")
