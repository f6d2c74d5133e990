"""The process that started this one: who was started beside it, or by it, ends when it has ended, however it did."""

import asyncio
import os
from typing import Final

_LOOK: Final = 1.0
"""Seconds between two looks: nothing tells of it."""


async def ended(started_by: int) -> None:
    """Wait until the process with this id is no longer the one that this process belongs to."""
    while os.getppid() == started_by:  # noqa: ASYNC110  # nothing tells of it
        await asyncio.sleep(_LOOK)
