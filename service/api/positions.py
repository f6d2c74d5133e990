"""Which position of the log an answer is to reflect: `min-position`, `as_of`, and waiting until it is reached."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import Request
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api.parts import parts
from service.api.refusals import NotYet, Pointed, WrongRequest
from service.api.requests import Reading, headers, moment
from service.db import Database
from service.domain import forms
from service.store import events, followers, tree

_PATIENCE: Final = 5.0
_LOOKS: Final = 0.1
"""The longest time between two looks, in seconds."""
_POSITION: Final = re.compile(r"[0-9]{1,19}")

AsOf = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=forms.INSTANT_OR_POSITION_PATTERN,
        description="As it was known at this time, or when the log was at this position.",
        examples=["2026-05-01T09:00:00Z"],
    ),
]


class ReadHeaders(Struct, rename={"min_position": "min-position"}):
    """Headers of a read."""

    min_position: (
        Annotated[
            int,
            Meta(ge=0, le=2**63 - 1, description="What Log-Position must reach; it is waited for, 5 s at most."),
        ]
        | UnsetType
    ) = UNSET


Reached = Callable[[Database], Awaitable[int]]
"""Tells how far something has come, where its name does not."""


async def settle(
    request: Request[Any, Any, Any], reading: Reading, follower: str | Reached | None, as_of: str | UnsetType = UNSET
) -> int | None:
    """
    Wait until a follower has what the answer must reflect, and return the position that `as_of` means.

    Without a follower, it is the log itself. Finishes the reading: raises WrongRequest, or NotYet after five seconds.
    """
    least = 0
    if "min-position" in request.headers:
        sent: ReadHeaders | None = reading.of(headers, request, ReadHeaders)
        least = 0 if sent is None else sent.min_position or 0
    when = reading.of(_read_as_of, as_of)
    reading.finish()
    position = await _position(parts(request).db, when)
    if least or position:
        await reach(parts(request).db, follower, max(least, position or 0))
    return position


def _read_as_of(text: str | UnsetType) -> datetime | int | None:
    if text is not UNSET and _POSITION.fullmatch(text):
        return int(text)
    found = moment("as_of", text)
    if found is not None and found > datetime.now(UTC):
        raise WrongRequest([Pointed("/as_of", "It is in the future: nobody knows yet.", "query")])
    return found


async def _position(db: Database, when: datetime | int | None) -> int | None:
    if isinstance(when, datetime):
        return await events.position_at(db, when)
    if when is not None and when > (head := (await events.head(db))[0]):
        raise WrongRequest([Pointed("/as_of", f"The log ends at position {head}.", "query")])
    return when


async def reach(db: Database, follower: str | Reached | None, least: int) -> None:
    """Wait until a follower, or the log itself, has reached a position; raise NotYet after five seconds."""
    deadline = time.monotonic() + _PATIENCE
    pause = 0.005
    while (reached := await _reached(db, follower)) < least:
        if time.monotonic() + pause > deadline:
            raise NotYet(f"This is at position {reached} of the log, not yet at {least}.")
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LOOKS)


async def _reached(db: Database, follower: str | Reached | None) -> int:
    if follower is None:
        return (await events.head(db))[0]
    if not isinstance(follower, str):
        return await follower(db)
    if follower == tree.FOLLOWER:
        signed = await tree.sealed(db)
        return 0 if signed is None else signed.size
    return await followers.position(db, follower)
