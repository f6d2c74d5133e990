"""A nats-server that can be killed, and what is in its stream."""

import asyncio
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import nats
import pytest
from msgspec import Struct

from tests.running import free_port

STREAM: Final = "INCIDENTS"


class Stored(Struct):
    """A message of the stream."""

    seq: int
    subject: str
    headers: dict[str, str]
    data: bytes


class NatsServer:
    """nats-server with JetStream in a directory."""

    def __init__(self, folder: Path) -> None:
        self.port: Final = free_port()
        self.url: Final = f"nats://127.0.0.1:{self.port}"
        self._folder: Final = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        at = ["-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self._folder)]
        self._process = subprocess.Popen(["nats-server", *at], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("nats-server does not listen")

    def kill(self) -> None:
        """Kill it as kill -9 does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        """Run one."""
        if shutil.which("nats-server") is None:
            pytest.skip("nats-server is not on this machine: apt-get install nats-server")
        server = cls(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()

    def call(self, deed: Any) -> Any:
        """Do something as a client of JetStream: `deed` is given the context."""

        async def ask() -> Any:
            client = await nats.connect(self.url, allow_reconnect=False, connect_timeout=5)
            try:
                return await deed(client.jetstream(timeout=10))
            finally:
                await client.close()

        return asyncio.run(ask())

    def stored(self) -> list[Stored]:
        """Return all that is in the stream, in order."""

        async def read(stream: Any) -> list[Stored]:
            try:
                state = (await stream.stream_info(STREAM)).state
            except nats.js.errors.NotFoundError:
                return []
            if not state.messages:
                return []
            subscription = await stream.subscribe("incidents.>", stream=STREAM, ordered_consumer=True)
            found: list[Stored] = []
            while not found or found[-1].seq < state.last_seq:
                message = await subscription.next_msg(timeout=10)
                at = message.metadata.sequence.stream
                found.append(Stored(at, message.subject, dict(message.headers or {}), message.data))
            return found

        return list(self.call(read))

    def wait(self, count: int, seconds: float = 20) -> list[Stored]:
        """Return what is in the stream, once it is so much."""
        deadline = time.monotonic() + seconds
        while len(found := self.stored()) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} messages are there after {seconds} s"
            time.sleep(0.1)
        return found
