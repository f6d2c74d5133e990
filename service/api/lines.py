"""Lines out of a stream of bytes, in bounded memory."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

MAX_LINE: Final = 1024 * 1024
_AHEAD: Final = 256 * 1024
"""Bytes that may have been read ahead before the stream is left waiting."""


class LineTooLong:
    """Stands for a line of more than MAX_LINE bytes, which was read past and not kept."""


Line = tuple[int, bytes | LineTooLong]


async def lines(stream: AsyncIterator[bytes]) -> AsyncIterator[list[Line]]:
    """Yield the complete lines of each piece that arrives, numbered from 1; blank ones are counted and left out."""
    rest, number, skipping = b"", 0, False
    async for piece in stream:
        *complete, rest = (rest + piece).split(b"\n")
        found: list[Line] = []
        for line in complete:
            number += 1
            if skipping or len(line) > MAX_LINE:
                found.append((number, LineTooLong()))
            elif line.strip():
                found.append((number, line))
            skipping = False
        if len(rest) > MAX_LINE:
            rest, skipping = b"", True
        if found:
            yield found
    if skipping:
        yield [(number + 1, LineTooLong())]
    elif rest.strip():
        yield [(number + 1, rest)]


async def groups(stream: AsyncIterator[bytes], most: int) -> AsyncIterator[list[Line]]:
    """
    Yield the lines in groups of `most` or fewer: what came while the groups before were dealt with makes the next.

    So no line waits for one that has not been sent, and a client that sends one at a time is not served one at a time.
    """
    ahead = _Ahead()
    reader = asyncio.create_task(ahead.fill(stream))
    try:
        while group := await ahead.take(most):
            yield group
        await reader  # raises what broke the stream
    finally:
        reader.cancel()


class _Ahead:
    """Lines that have been read and not yet taken; one task fills it, another takes."""

    def __init__(self) -> None:
        self._lines: Final[deque[Line]] = deque()
        self._bytes = 0
        self._ended = False
        self._moved: Final = asyncio.Condition()

    async def fill(self, stream: AsyncIterator[bytes]) -> None:
        """Read the stream to its end, but not too far ahead."""
        try:
            async for arrived in lines(stream):
                async with self._moved:
                    self._lines.extend(arrived)
                    self._bytes += sum(map(_size, arrived))
                    self._moved.notify_all()
                    await self._moved.wait_for(lambda: self._bytes < _AHEAD)
        finally:
            async with self._moved:
                self._ended = True
                self._moved.notify_all()

    async def take(self, most: int) -> list[Line]:
        """Return what is there, once there is something; nothing at the end."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._lines or self._ended)
            taken = [self._lines.popleft() for _ in range(min(most, len(self._lines)))]
            self._bytes -= sum(map(_size, taken))
            self._moved.notify_all()
            return taken


def _size(line: Line) -> int:
    return len(line[1]) if isinstance(line[1], bytes) else 0
