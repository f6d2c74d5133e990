"""What processes take of the machine: the memory of a server from start to stop, and whether all is quiet."""

import threading
import time
from collections.abc import Callable
from typing import Final

import psutil

_MEMORY_SECONDS: Final = 0.1
_QUIET_WINDOW_SECONDS: Final = 0.5
_QUIET_CORES: Final = 0.1
_QUIET_LIMIT_SECONDS: Final = 120.0


class MemoryWatch:
    """The highest sum of resident memory that a process and its children reached."""

    def __init__(self, pid: int) -> None:
        self._process: Final = psutil.Process(pid)
        self._peak = 0
        self._stopped: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @property
    def peak_mib(self) -> float:
        """Return the peak so far; pages that parent and child share count twice."""
        return self._peak / 2**20

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(_MEMORY_SECONDS):
            try:
                processes = [self._process, *self._process.children(recursive=True)]
                self._peak = max(self._peak, sum(p.memory_info().rss for p in processes))
            except psutil.NoSuchProcess:
                continue


def wait_until_quiet(processes: Callable[[], list[psutil.Process]]) -> float:
    """Wait until `processes` do next to nothing, or for two minutes, and return the seconds waited."""
    began = time.perf_counter()
    while time.perf_counter() - began < _QUIET_LIMIT_SECONDS:
        before = cpu_seconds(processes())
        time.sleep(_QUIET_WINDOW_SECONDS)
        after = cpu_seconds(processes())
        busy = sum(after[pid] - before.get(pid, 0.0) for pid in after)
        if busy < _QUIET_CORES * _QUIET_WINDOW_SECONDS:
            break
    return time.perf_counter() - began - _QUIET_WINDOW_SECONDS


def cpu_seconds(processes: list[psutil.Process]) -> dict[int, float]:
    """Return what each of these processes has taken of a core until now."""
    spent = {}
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent[process.pid] = times.user + times.system
    return spent
