"""What an audit knows of every event: where it is, which one of its incident came before it, and how it was sealed."""

import mmap
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from service.audit.logged import Logged
from service.audit.verdicts import Different

_BUCKETS: Final = 64
_LOG: Final = "log.ndjson"
_OFFSETS: Final = "offsets"
_LEAVES: Final = "leaves"
_PREVIOUS: Final = "previous"
_LAST: Final = "last"


class Writer:
    """
    Takes the proven events in order and writes an index of them, beside their lines, into a directory.

    It is all fixed-size records, sorted a bucket at a time: 100 bytes of memory an event, and no objects.
    """

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self._log: Final = (folder / _LOG).open("wb")
        self._leaves: Final = (folder / _LEAVES).open("wb")
        self._offsets: Final = array("Q", [0])
        self._incidents: Final = [bytearray() for _ in range(_BUCKETS)]
        self._event_ids: Final = [bytearray() for _ in range(_BUCKETS)]
        self._recorded_at = ""
        self._wrong: list[Different] = []
        self.expunged: Final[list[int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()
        self._leaves.close()

    def take(self, event: Logged, line: bytes) -> None:
        """Take the next event; what is wrong with it is told by `finish`, once it is known to be the sealed one."""
        self._log.write(line + b"\n")
        self._leaves.write(event.leaf)
        self._offsets.append(self._offsets[-1] + len(line) + 1)
        position = event.position.to_bytes(8)
        # the last byte: the first ones of a UUIDv7 are its time
        self._incidents[event.incident[15] % _BUCKETS] += event.incident + position + event.revision.to_bytes(4)
        self._event_ids[event.event_id[15] % _BUCKETS] += event.event_id + position
        if event.recorded_at <= self._recorded_at:
            self._tell(event.position, f"it was recorded at {event.recorded_at}, not after the one before it")
        self._recorded_at = event.recorded_at
        if event.data is None:
            self.expunged.append(event.position)

    def _tell(self, position: int, what: str) -> None:
        self._wrong.append(Different(position, f"Position {position} is as it was sealed, but {what}."))

    def finish(self) -> None:
        """Write the rest of it; raise Different of the first event that cannot follow those before it."""
        self._log.close()
        self._leaves.close()
        size = len(self._offsets) - 1
        previous, last = array("Q", bytes(8 * (size + 1))), bytearray(size + 1)
        for bucket in self._incidents:
            self._follow(bucket, previous, last)
            bucket.clear()
        for bucket in self._event_ids:
            self._look_for_twins(bucket)
            bucket.clear()
        if self._wrong:
            raise min(self._wrong, key=lambda each: each.position)
        for name, content in ((_OFFSETS, self._offsets), (_PREVIOUS, previous), (_LAST, last)):
            with (self._folder / name).open("wb") as file:
                file.write(content)

    def _follow(self, bucket: bytearray, previous: "array[int]", last: bytearray) -> None:
        before, at = b"", 0
        revision = 0
        for record in _sorted(bucket, 28):
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

    def _look_for_twins(self, bucket: bytearray) -> None:
        before = b""
        for record in _sorted(bucket, 24):
            if record[:16] == before:
                self._tell(int.from_bytes(record[16:]), "an event before it has the same event_id")
            before = record[:16]


def _sorted(bucket: bytearray, width: int) -> list[bytes]:
    return sorted([bytes(bucket[n : n + width]) for n in range(0, len(bucket), width)])


class Index:
    """The index in a directory, as any process can open it."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._log: Final = (folder / _LOG).open("rb", 0)  # not mapped: its pages would count as this process's memory
        self.leaves: Final = _mapped(folder / _LEAVES)
        """Their hashes, one after the other."""
        self._offsets: Final = _numbers(folder / _OFFSETS)
        self._previous: Final = _numbers(folder / _PREVIOUS)
        self._last: Final = (folder / _LAST).read_bytes()
        self.size: Final = len(self._last) - 1

    def line(self, position: int) -> bytes:
        """Return an event as it was served."""
        start = self._offsets[position - 1]
        return os.pread(self._log.fileno(), self._offsets[position] - 1 - start, start)

    def close(self) -> None:
        """Close its files."""
        self._log.close()

    def is_last(self, position: int) -> bool:
        """Whether the event is the last one of its incident."""
        return bool(self._last[position])

    def history(self, position: int) -> Iterator[bytes]:
        """Yield the events of an incident, up to one of them, in their order."""
        found = [position]
        while before := self._previous[found[-1]]:
            found.append(before)
        return (self.line(each) for each in reversed(found))


def _mapped(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


def _numbers(path: Path) -> memoryview:
    return memoryview(_mapped(path)).cast("Q")
