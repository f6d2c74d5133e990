"""`incident-ledger serve` as a person starts it, and a line to a service that can be cut."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import psutil

from tests.running import NO_TLS, ROOT, free_port

SETTINGS: Final = ("DATABASE_URL", "OWNER_DATABASE_URL", "DATA_DIR", "HOST", "PORT", "DEMO", "LOG_LEVEL")


def environment(**given: str) -> dict[str, str]:
    """Return the environment with these settings and no others."""
    return {name: value for name, value in os.environ.items() if name not in SETTINGS} | given


def eventually(holds: Callable[[], object], seconds: float = 15) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


class Served:
    """A service with an embedded database, in a process group of its own, as in a terminal."""

    def __init__(self, data_dir: Path, **given: str) -> None:
        self.port: Final = free_port()
        self.url: Final = f"http://127.0.0.1:{self.port}"
        self._output: Final = data_dir.parent / f"{self.port}.out"
        self._data_dir: Final = data_dir
        with self._output.open("wb") as output:
            self.process: Final = subprocess.Popen(
                [sys.executable, "-m", "service", "serve"], cwd=ROOT, stdout=output, stderr=output,
                env=environment(PORT=str(self.port), DATA_DIR=str(data_dir), **given), start_new_session=True,
            )  # fmt: skip

    @property
    def printed(self) -> str:
        """What it has said."""
        return self._output.read_text()

    @property
    def key(self) -> str:
        """The key that it printed."""
        return re.findall(r"^Key +(\S+)$", self.printed, re.MULTILINE)[0]

    def calls(self) -> dict[str, str]:
        """Return the printed commands by what they are said to do."""
        found = re.findall(r"^(\w[^\n]*):\n((?:  [^\n]*\n)+)", self.printed, re.MULTILINE)
        return {what: command.strip() for what, command in found}

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Wait until the service answers that it is ready."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health/ready", timeout=6, verify=NO_TLS).status_code == httpx.codes.OK:
                    return
            time.sleep(0.05)
        raise TimeoutError(self.printed)

    def interrupt(self) -> int:
        """Press Ctrl-C, which every process of the terminal's group hears, and return the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def kill(self) -> None:
        """Kill the service's own processes; the database stays, as after kill -9 of the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def left(self) -> list[str]:
        """Return the commands of the processes that are still there, the database's too."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                command = " ".join(process.cmdline())  # none: it has ended, and its parent has not looked yet
                if command and (str(self._data_dir) in command or os.getpgid(process.pid) == self.process.pid):
                    found.append(command)
        return found


@contextlib.contextmanager
def serving(data_dir: Path, **given: str) -> Iterator[Served]:
    """Start a service, wait until it is ready, and leave nothing of it behind."""
    served = Served(data_dir, **given)
    try:
        served.wait_until_ready()
        yield served
    finally:
        if served.process.poll() is None:
            served.interrupt()


@contextlib.contextmanager
def cut_line(port: int, after: int, *, then: bytes = b"") -> Iterator[str]:
    """
    Yield the address of a line to a service, of which the first connection breaks after so many bytes of answers.

    Later ones last; or they are answered with `then`, if it is given.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def carry() -> None:
        with contextlib.suppress(OSError):
            for number in range(100):
                near, _ = listener.accept()
                if number and then:
                    near.recv(65536)
                    near.sendall(then)
                    near.close()
                else:
                    _carry(near, port, 10**12 if number else after)

    threading.Thread(target=carry, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _carry(near: socket.socket, port: int, left: int) -> None:
    """Carry one request there and its answer back."""
    with near, socket.create_connection(("127.0.0.1", port)) as far:
        far.sendall(near.recv(65536))
        while left > 0 and (piece := far.recv(min(65536, left))):
            near.sendall(piece)
            left -= len(piece)
