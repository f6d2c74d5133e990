"""The servers that are measured: the service, started as a user starts it, and the bare handler beside it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final, Self

import psutil

from bench.memory import MemoryWatch
from bench.results import CannotMeasure

ROOT: Final = Path(__file__).parent.parent
SERVE: Final = (sys.executable, "-m", "service", "serve")
CREATE_KEY: Final = (
    *(sys.executable, "-m", "service", "keys", "create", "bench"),
    *("--scope", "incidents:write", "--scope", "incidents:read", "--scope", "log:read"),
)
READY: Final = "/health/ready"
BARE: Final = (sys.executable, "-m", "bench.bare")
_START_SECONDS: Final = 60


class Server:
    """A server process (with its children) on a port of its own, its memory watched from start to stop."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str], ready: str, log: Path) -> None:
        self.port: Final = _free_port()
        self._environment: Final = os.environ | {"HOST": "127.0.0.1", "PORT": str(self.port)} | environment
        self.key = "none"
        began = time.perf_counter()
        with log.open("wb") as output:
            self._process: Final = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        self.memory: Final = MemoryWatch(self._process.pid)
        self._wait(ready, log)
        self.start_seconds: Final = time.perf_counter() - began

    @classmethod
    def service(cls, uri: str, log: Path, *, projector: bool) -> Self:
        """Start the service on a database and make an API key."""
        server = cls(SERVE, {"DATABASE_URL": uri, "PROJECTOR": str(int(projector))}, READY, log)
        made = subprocess.run(
            CREATE_KEY, cwd=ROOT, env=server._environment, capture_output=True, text=True, check=False
        )
        found = re.search(r"ilk_[0-9a-f]+_[\w-]+", made.stdout)
        if found is None:
            server.stop()
            raise CannotMeasure(f"no API key could be made: {made.stdout}{made.stderr}")
        server.key = found[0]
        return server

    @classmethod
    def bare(cls, document_bytes: int, log: Path) -> Self:
        """Start the bare handler; its documents are as long as the service's."""
        return cls(BARE, {"BARE_BYTES": str(document_bytes)}, "/v1/incidents/one", log)

    def processes(self) -> list[psutil.Process]:
        """Return the server and its children."""
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def stop(self) -> None:
        """Stop it as a service manager would."""
        self.memory.stop()
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait(self, path: str, log: Path) -> None:
        for _ in range(_START_SECONDS * 20):
            time.sleep(0.05)
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                continue
        self.stop()
        raise CannotMeasure(f"the server did not come up: {log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
