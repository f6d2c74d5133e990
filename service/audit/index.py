"""What an audit knows of every event: where it is, which one of its incident came before it, and how it was sealed."""

import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final, Self

from service.audit.logged import Logged
from service.audit.verdicts import Different

_BUCKETS: Final = 32
_LOG: Final = "log.ndjson"
_OFFSETS: Final = "offsets"
_LEAVES: Final = "leaves"
_PREVIOUS: Final = "previous"
_LAST: Final = "last"
_INCIDENTS: Final = "incidents"
_EVENT_IDS: Final = "event_ids"
_NUMBER: Final = struct.Struct("=Q")
_RANGE: Final = struct.Struct("=2Q")


class Writer:
    """
    Takes the proven events in order and writes an index of them, beside their lines, into a directory.

    It is all fixed-size records on disk, sorted a bucket at a time: 17 bytes of memory an event, and no objects.
    """

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self._files: Final = ExitStack()
        self._log: Final = self._opened(_LOG)
        self._leaves: Final = self._opened(_LEAVES)
        self._offsets: Final = self._opened(_OFFSETS)
        self._incidents: Final = [self._opened(f"{_INCIDENTS}-{number}") for number in range(_BUCKETS)]
        self._event_ids: Final = [self._opened(f"{_EVENT_IDS}-{number}") for number in range(_BUCKETS)]
        self._size = self._end = 0
        self._recorded_at = ""
        self._wrong: list[Different] = []
        self.expunged: Final[list[int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def _opened(self, name: str) -> BinaryIO:
        return self._files.enter_context((self._folder / name).open("wb"))

    def take(self, event: Logged, line: bytes) -> None:
        """Take the next event; what is wrong with it is told by `finish`, once it is known to be the sealed one."""
        self._log.write(line + b"\n")
        self._leaves.write(event.leaf)
        self._offsets.write(_NUMBER.pack(self._end))
        self._size, self._end = self._size + 1, self._end + len(line) + 1
        position = event.position.to_bytes(8)
        # the last byte: the first ones of a UUIDv7 are its time
        incidents, event_ids = (each[15] % _BUCKETS for each in (event.incident, event.event_id))
        self._incidents[incidents].write(event.incident + position + event.revision.to_bytes(4))
        self._event_ids[event_ids].write(event.event_id + position)
        if event.recorded_at <= self._recorded_at:
            self._tell(event.position, f"it was recorded at {event.recorded_at}, not after the one before it")
        self._recorded_at = event.recorded_at
        if event.data is None:
            self.expunged.append(event.position)

    def _tell(self, position: int, what: str) -> None:
        self._wrong.append(Different(position, f"Position {position} is as it was sealed, but {what}."))

    def finish(self) -> None:
        """Write the rest of it; raise Different of the first event that cannot follow those before it."""
        self._offsets.write(_NUMBER.pack(self._end))
        self._files.close()
        previous, last = array("Q", [0]) * (self._size + 1), bytearray(self._size + 1)
        for number in range(_BUCKETS):
            self._follow(self._sorted(f"{_INCIDENTS}-{number}", 28), previous, last)
            self._look_for_twins(self._sorted(f"{_EVENT_IDS}-{number}", 24))
        if self._wrong:
            raise min(self._wrong, key=lambda each: each.position)
        (self._folder / _PREVIOUS).write_bytes(previous)
        (self._folder / _LAST).write_bytes(last)

    def _sorted(self, name: str, width: int) -> list[bytes]:
        """Return the records of a bucket, which is not needed any more, in their order."""
        path = self._folder / name
        bucket = path.read_bytes()
        path.unlink()
        return sorted([bucket[n : n + width] for n in range(0, len(bucket), width)])

    def _follow(self, records: list[bytes], previous: "array[int]", last: bytearray) -> None:
        before, at = b"", 0
        revision = 0
        for record in records:
            incident, position = record[:16], int.from_bytes(record[16:24])
            following = incident == before
            revision = revision + 1 if following else 1
            if int.from_bytes(record[24:]) != revision:
                self._tell(position, f"it is not revision {revision} of its incident, as the events before it have it")
            previous[position] = at if following else 0
            if before and not following:
                last[at] = 1
            before, at = incident, position
        if before:
            last[at] = 1

    def _look_for_twins(self, records: list[bytes]) -> None:
        before = b""
        for record in records:
            if record[:16] == before:
                self._tell(int.from_bytes(record[16:]), "an event before it has the same event_id")
            before = record[:16]


class Stored:
    """The bytes of a file, read where they are asked for; mapped, its pages would be the memory of each process."""

    def __init__(self, path: Path) -> None:
        self._file: Final = path.open("rb", 0)
        self._length: Final = path.stat().st_size

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, end, _ = part.indices(self._length)
        return os.pread(self._file.fileno(), end - start, start)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Index:
    """The index in a directory, as any process can open it."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._log: Final = Stored(folder / _LOG)
        self.leaves: Final = Stored(folder / _LEAVES)
        """Their hashes, one after the other."""
        self._offsets: Final = Stored(folder / _OFFSETS)
        self._previous: Final = Stored(folder / _PREVIOUS)
        self._last: Final = (folder / _LAST).read_bytes()
        self.size: Final = len(self._last) - 1

    def line(self, position: int) -> bytes:
        """Return an event as it was served."""
        at = (position - 1) * _NUMBER.size
        start, end = _RANGE.unpack(self._offsets[at : at + _RANGE.size])
        return self._log[start : end - 1]

    def close(self) -> None:
        """Close its files."""
        for each in (self._log, self.leaves, self._offsets, self._previous):
            each.close()

    def is_last(self, position: int) -> bool:
        """Whether the event is the last one of its incident."""
        return bool(self._last[position])

    def history(self, position: int) -> Iterator[bytes]:
        """Yield the events of an incident, up to one of them, in their order."""
        found = [position]
        while before := self._before(found[-1]):
            found.append(before)
        return (self.line(each) for each in reversed(found))

    def _before(self, position: int) -> int:
        """Return the position of the event before one, of the same incident; 0 if there is none."""
        at = position * _NUMBER.size
        return int(_NUMBER.unpack(self._previous[at : at + _NUMBER.size])[0])
