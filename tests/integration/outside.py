"""Witnesses outside of the ledger: `incident-ledger witness serve` as a process, and others that misbehave."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self

import httpx

from service.notes import WITNESS, NotSigned, Verifier, make_key, parts, read_checkpoint
from tests.api.samples import report
from tests.running import NO_TLS, ROOT, SIGNING_KEY, free_port

LOG: Final = SIGNING_KEY.verifier
PATIENCE: Final = 15.0


class Witness:
    """A witness with its key and its folder, that can be killed and started again."""

    def __init__(self, folder: Path, name: str = "witness.example/w1", logs: Sequence[Verifier] = (LOG,)) -> None:
        self.key: Final = make_key(name, WITNESS)
        self.port: Final = free_port()
        self.url: Final = f"http://127.0.0.1:{self.port}"
        self.named: Final = f"{self.key.verifier} {self.url}"
        """What WITNESSES says of it."""
        self.said: Final = folder.with_suffix(".said")
        self.folder: Final = folder
        self._logs: Final = [word for each in logs for word in ("--log", str(each))]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.kill()

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = ["witness", "serve", "--state", str(self.folder), "--port", str(self.port), *self._logs]
        with self.said.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service", *command], env=os.environ | {"WITNESS_KEY": str(self.key)},
                cwd=ROOT, stdout=said, stderr=said,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it, as kill -9 does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(10)

    def ask(self, body: str | bytes) -> httpx.Response:
        """Send a submission."""
        content = body.encode() if isinstance(body, str) else body
        return httpx.post(f"{self.url}/add-checkpoint", content=content, timeout=20, verify=NO_TLS)


@contextlib.contextmanager
def misbehaving(answer: Callable[[BaseHTTPRequestHandler, bytes], object]) -> Iterator[str]:
    """Yield the address of somebody who is asked as a witness is, and answers as the test says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with contextlib.suppress(OSError):
                answer(self, body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "text/plain") -> None:
    """Answer a request."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def wait(holds: Callable[[], Any], what: str) -> Any:
    """Wait until it holds, and return what it said."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.03)
    return found


def cosigned(client: httpx.Client, least: int, *keys: Verifier, path: str = "/v1/log/checkpoint") -> str:
    """Wait until the checkpoint that is served is of so large a tree, and cosigned with these keys, and return it."""

    def look() -> str | None:
        answer = client.get(path)
        try:
            return answer.text if answer.is_success and read_checkpoint(answer.text, LOG, *keys).size >= least else None
        except NotSigned:
            return None

    return str(wait(look, f"a checkpoint of {least} cosigned by {[each.name for each in keys]}"))


def names(note: str) -> list[str]:
    """Return who signed a checkpoint."""
    return [line.split()[1] for line in parts(note)[1].splitlines()]


def recorded(client: httpx.Client) -> int:
    """Report an incident and return its position."""
    return int(report(client)["position"])
