"""GET /v1/stream for many at once: all are told, soon, and none costs much."""

import asyncio
import time
from typing import Final

import httpx
import psutil

from tests.api.samples import report, unique
from tests.running import Ledger

MANY: Final = 300
EACH: Final = 100 * 1024
"""Bytes of memory that a subscriber may cost."""


async def _subscribe(ledger: Ledger, campaign: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", ledger.port)
    request = f"GET /v1/stream?campaign={campaign} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ledger.key}\r\n\r\n"
    writer.write(request.encode())
    await asyncio.wait_for(reader.readuntil(b"retry: 2000\n"), 30)
    return reader, writer


async def _told(reader: asyncio.StreamReader) -> float:
    await asyncio.wait_for(reader.readuntil(b"event: incident\n"), 20)
    return time.monotonic()


def memory(ledger: Ledger) -> int:
    """Return the memory of the service's processes."""
    assert ledger.process is not None
    whole = psutil.Process(ledger.process.pid)
    return sum(each.memory_full_info().uss for each in [whole, *whole.children(recursive=True)])


async def test_many_are_told_at_once_and_none_costs_much(ledger: Ledger, client: httpx.Client) -> None:
    campaign = unique()
    report(client)
    first = await asyncio.gather(*[_subscribe(ledger, campaign) for _ in range(20)])
    before = memory(ledger)
    rest = [await asyncio.gather(*[_subscribe(ledger, campaign) for _ in range(50)]) for _ in range(MANY // 50)]
    cost = (memory(ledger) - before) / MANY
    everybody = [*first, *[each for some in rest for each in some]]
    waiting = [asyncio.create_task(_told(reader)) for reader, _ in everybody]
    began = time.monotonic()
    await asyncio.to_thread(report, client, campaigns=[campaign])
    heard = [await each for each in waiting]
    for _, writer in everybody:
        writer.close()
    assert len(heard) == MANY + 20
    assert max(heard) - began < 5
    assert cost < EACH, f"{cost:,.0f} bytes each"
