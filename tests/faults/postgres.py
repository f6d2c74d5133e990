"""A PostgreSQL that a test may kill, freeze and start again."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import psutil
import psycopg
import pytest

from service.embedded import get_server
from tests.running import free_port


class Postgres:
    """A server of one's own, as a child process that listens on TCP."""

    def __init__(self, folder: Path) -> None:
        prepared = get_server(folder / "postgres")
        self._program: Final = psutil.Process(prepared.get_pid()).exe()
        prepared.cleanup()
        self._data: Final = prepared.pgdata
        self._user: Final = prepared.system_user
        self._port: Final = free_port()
        self.url: Final = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, wait until it has recovered, and answers."""
        with (self._data / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "-D", self._data, "-h", "127.0.0.1", "-p", str(self._port), "-k", ""],
                user=self._user, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop the server, as its operator does: connections are cut, nothing needs recovery."""
        assert self._process is not None
        self.thaw()
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def kill(self) -> None:
        """Kill the postmaster and every one of its children, as kill -9 does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # no child is born while they are counted
        everyone = self._everyone()
        for process in everyone:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(20)
        gone, alive = psutil.wait_procs(everyone, 20)
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE], gone

    def freeze(self) -> None:
        """Stop every process where it is: connections stay open, and nobody answers."""
        for process in self._everyone():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that had done its work
                process.suspend()

    def thaw(self) -> None:
        """Let every process go on."""
        for process in self._everyone():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def _everyone(self) -> list[psutil.Process]:
        assert self._process is not None
        postmaster = psutil.Process(self._process.pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, if it is running."""
        assert self._process is not None
        if self._process.poll() is None:
            self.stop()


@contextlib.contextmanager
def mortal_postgres() -> Iterator[Postgres]:
    """Run a server that may be killed; the test is skipped where the tests are to use a server of somebody else's."""
    if os.environ.get("DATABASE_URL") or os.environ.get("POSTGRES") == "container":
        pytest.skip("it kills PostgreSQL, so it needs one of its own: run it without DATABASE_URL and POSTGRES")
    folder = tempfile.mkdtemp(prefix="ledger-faults-")
    Path(folder).chmod(0o755)
    try:
        with Postgres(Path(folder)) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
