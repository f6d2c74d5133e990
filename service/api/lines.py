"""Lines out of a stream of bytes, in bounded memory."""

from collections.abc import AsyncIterator
from typing import Final

MAX_LINE: Final = 1024 * 1024


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
