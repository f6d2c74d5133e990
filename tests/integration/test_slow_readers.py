"""Readers of the whole log: whether fast, slow or gone, they hold no transaction, no connection and little memory."""

import asyncio
import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import psutil
import pytest

from service.db import Database
from service.store import events
from service.store.events import Selection
from tests.api.samples import Raw
from tests.architecture.filled import a_few, fill
from tests.running import Ledger, make_database

COUNT: Final = int(os.environ.get("LOG_EVENTS", "20000"))
POOL: Final = 2
READERS: Final = 12
"""Many more than the service has connections to PostgreSQL: one that kept a connection would leave none for others."""
STREAM: Final = {"Accept": "application/x-ndjson"}
_OPEN: Final = """
SELECT state, query FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'incident-ledger' AND pid <> pg_backend_pid()
   AND (xact_start IS NOT NULL OR backend_xmin IS NOT NULL)
"""


@pytest.fixture(scope="module")
def large(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A service with a large log, nothing that follows it, and few connections."""
    with make_database(postgres_url, template) as url, Ledger(url, PROJECTOR="0", POOL_SIZE=str(POOL)) as ledger:
        with ledger.client() as client:
            a_few(client)
        fill(ledger, COUNT)
        _read(ledger)  # what is loaded once is loaded now
        yield ledger


def _read(ledger: Ledger, pause: float = 0) -> tuple[int, str]:
    """Read the whole log, with a pause after each of the first pieces; return how long it is, and its hash."""
    hashed, size = hashlib.sha256(), 0
    with ledger.client() as client, client.stream("GET", "/v1/log", headers=STREAM) as answer:
        assert answer.status_code == 200
        for number, piece in enumerate(answer.iter_raw()):
            hashed.update(piece)
            size += len(piece)
            time.sleep(pause if number < 5 else 0)
    return size, hashed.hexdigest()


def _worker(ledger: Ledger) -> psutil.Process:
    assert ledger.process is not None
    (worker,) = psutil.Process(ledger.process.pid).children()
    return worker


def _memory(ledger: Ledger) -> float:
    """Return the resident memory of the process that serves, in MiB."""
    return float(_worker(ledger).memory_info().rss / 2**20)


def _connections(ledger: Ledger) -> int:
    """Return how many connections of clients the service has."""
    return sum(each.laddr.port == ledger.port and bool(each.raddr) for each in _worker(ledger).net_connections("tcp"))


@contextmanager
def _peak(ledger: Ledger) -> Iterator[list[float]]:
    """Yield the memory at the start, and after the block the highest too."""
    seen, over = [_memory(ledger)], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            seen.append(_memory(ledger))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def test_memory_is_flat_while_the_log_is_read(large: Ledger) -> None:
    with _peak(large) as seen:
        size = sum(_read(large)[0] for _ in range(3))
    assert size > 3 * COUNT * 700, "it is much more than may stay in memory"
    assert max(seen) - seen[0] < 8


@contextmanager
def _slow_readers(ledger: Ledger) -> Iterator[list[Raw]]:
    """Yield connections on which the log was asked for and the start of an answer has come, and no more is read."""
    with ExitStack() as opened:
        readers = []
        for _ in range(READERS):
            raw = opened.enter_context(Raw(ledger.port))
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            raw.send(f"GET /v1/log HTTP/1.1\r\nHost: l\r\nAccept: application/x-ndjson\r\n"
                     f"Authorization: Bearer {ledger.key}\r\n\r\n".encode())  # fmt: skip
            raw.until(b"\r\n\r\n")
            readers.append(raw)
        yield readers


def _trickle(readers: list[Raw], seconds: float) -> None:
    """Read 1 KiB a second on each connection."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for raw in readers:
            assert raw.socket.recv(1024)
        time.sleep(1)


def test_a_slow_reader_has_no_transaction_and_no_connection(large: Ledger) -> None:
    with _slow_readers(large) as readers:
        _trickle(readers, 1)
        for _ in range(10):
            assert large.sql(_OPEN) == []
            time.sleep(0.02)
        with large.client() as client:
            for _ in range(POOL * 2):
                assert client.get("/v1/log?limit=10").status_code == 200
        assert _read(large)[0] > COUNT, "others read all of it meanwhile"
        assert readers[0].socket.recv(1024), "and its own goes on"


def test_slow_readers_take_little_memory_and_no_more_with_time(large: Ledger) -> None:
    before = _memory(large)
    with _slow_readers(large) as readers:
        _trickle(readers, 1)
        stuck = _memory(large)
        assert (stuck - before) / READERS < 6, "MiB of each: what is read ahead for it"
        with _peak(large) as seen:
            _trickle(readers, 2 if COUNT < 10**5 else 60)
        assert max(seen) - stuck < 2


def test_a_slow_reader_gets_the_whole_log(large: Ledger) -> None:
    assert _read(large, pause=0.3) == _read(large)


def test_readers_that_leave_are_forgotten_at_once(large: Ledger) -> None:
    before = _connections(large)
    with _slow_readers(large) as readers:
        _trickle(readers, 1)
        assert _connections(large) == before + READERS
    deadline = time.monotonic() + 5
    while _connections(large) > before:
        assert time.monotonic() < deadline, "a connection stays"
        time.sleep(0.02)
    assert large.sql(_OPEN) == []


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_what_a_reader_that_left_had_asked_for_is_dropped(large: Ledger, taken: int) -> None:
    """No task stays that reads on, and every connection is free again."""
    asyncio.run(_leave(large.database_url, taken))


async def _leave(url: str, taken: int) -> None:
    db = Database(url, 1)
    await db.open()
    try:
        reader = asyncio.create_task(_take(db, taken))
        await asyncio.sleep(0.05)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        async with asyncio.timeout(5):
            while asyncio.all_tasks() != {asyncio.current_task()}:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
            assert (await events.head(db))[0] > COUNT, "the only connection is free"
    finally:
        await db.close()


async def _take(db: Database, pieces: int) -> None:
    async for _ in events.lines(db, 0, COUNT, Selection(), None):
        pieces -= 1
        if pieces < 0:
            await asyncio.sleep(60)
