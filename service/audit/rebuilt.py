"""The register made anew on the auditor's own machine: the proven events, every projection of them, and a server."""

import asyncio
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from service import embedded, keys
from service.audit.index import Index
from service.audit.logged import copied, read
from service.audit.telling import Telling
from service.audit.verdicts import Unverified
from service.building import build
from service.db import Database, connect, connect_as_owner
from service.following import SESSION, Follower, Stopped
from service.migrate import migrate
from service.projections.every import PROJECTIONS
from service.projections.projection import Projection
from service.settings import WrongSetting
from service.store import events, expunged
from service.store.changes import Changes, collect_seldom

_PART: Final = 5000
_PROCESSES: Final = 2
_START: Final = 60.0
"""Seconds that the server may take to start."""


@contextmanager
def rebuilt(folder: Path, index: Index, console: Console) -> Iterator[tuple[str, str]]:
    """Make the register anew, serve it, and yield its address and a key to it; raise Unverified where that fails."""
    try:
        with embedded.server(folder / "register") as url:
            migrate(url)
            with Telling(console, "events loaded", index.size) as telling:
                asyncio.run(_load(url, index, telling))
            _build(url, console)
            with _served(url) as address:
                yield address, asyncio.run(_key(url))
    except (WrongSetting, OSError) as error:
        raise Unverified(f"The register cannot be made anew here, for its projections: {error}") from error


async def _load(url: str, index: Index, telling: Telling) -> None:
    connection = await connect(url)
    try:
        gone = []
        for start in range(1, index.size + 1, _PART):
            part = [copied(read(index.line(each))) for each in range(start, min(start + _PART, index.size + 1))]
            gone += [each.position for each in part if not each.data]
            await events.load(connection, part)
            telling.reach(start + len(part))
    finally:
        await connection.close(timeout=2)
    if gone:
        owner = await connect_as_owner(url)
        try:
            await expunged.add(owner, gone, "auditor", "It was expunged in the log that is audited.")
        finally:
            await owner.close(timeout=2)


def _build(url: str, console: Console) -> None:
    """Build every projection that is asked of here: `incidents` was held to its events already."""
    names = [each.name for each in PROJECTIONS if each.followed]
    with (
        Telling(console, "projections made", len(names)) as telling,
        ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) as pool,
    ):
        asked = [pool.submit(build_one, url, name) for name in names]
        for number, each in enumerate(as_completed(asked), 1):
            each.result()
            telling.reach(number)


def build_one(url: str, name: str) -> None:
    """Build one projection, in a process of its own."""
    collect_seldom()
    projection = next(each for each in PROJECTIONS if each.name == name)
    try:
        asyncio.run(_built(url, projection))
    except Stopped as error:
        raise Unverified(f"{name} cannot be made anew: {error}") from error


async def _built(url: str, projection: Projection) -> None:
    """Build it and take what a build leaves to the projector: the last events."""
    db = Database(url, 2)
    await db.open()
    connection, changes = await connect(url, SESSION), Changes(db)
    try:
        await build(db, projection, lambda *_: None)
        follower = Follower(projection, connection, changes, building=False)
        while await follower.step():
            pass
    finally:
        await changes.close()
        await connection.close(timeout=2)
        await db.close()


async def _key(url: str) -> str:
    db = Database(url, 1)
    await db.open()
    try:
        return await keys.create(db, "auditor", ["incidents:read"], None)
    finally:
        await db.close()


@contextmanager
def _served(url: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    given = {
        "DATABASE_URL": url, "OWNER_DATABASE_URL": url, "HOST": "127.0.0.1", "PORT": str(port),
        "PROJECTOR": "0", "DEMO": "", "SIGNING_KEY": "", "LOG_LEVEL": "warning",
    }  # fmt: skip
    process = subprocess.Popen(  # our own module
        [sys.executable, "-m", "service", "serve"], env=os.environ | given, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/health/live", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise Unverified("The register that was made anew is not served: what its server said stands above.")
