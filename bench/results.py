"""What was measured, what it is compared with, and whether the comparison is as wanted."""

from statistics import median
from typing import Final

import msgspec


class CannotMeasure(Exception):
    """A measurement that would not be worth anything; the message says why."""


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one contender did in one turn."""

    count: int
    seconds: float
    client_cpu: float | None = None
    """Share of one core that the client took, where it is a process of its own."""


class Sample(msgspec.Struct, frozen=True):
    """One turn of one contender."""

    measure: str
    contender: str
    round: int
    count: int
    seconds: float
    client_cpu: float | None

    @property
    def rate(self) -> float:
        """Return how many a second."""
        return self.count / self.seconds


class Target(msgspec.Struct, frozen=True):
    """A ratio of medians: `ours` to the best of `against`, in one measure."""

    name: str
    measure: str
    ours: str
    against: tuple[str, ...]
    at_least: float


class Verdict(msgspec.Struct, frozen=True):
    """A target and what came of it; `low` and `high` are the ratios of single rounds."""

    name: str
    against: str
    ratio: float
    low: float
    high: float
    wanted: str
    met: bool


SERVICE: Final = "incident ledger"
EVENTSOURCING: Final = "eventsourcing"
EVENTSOURCING_FUNCTIONS: Final = "eventsourcing, db functions"
EMMETT: Final = "emmett-postgresql"
PGBENCH: Final = "pgbench bare INSERT"
BARE: Final = "bare handler"
COPY: Final = "COPY"
COPY_BINARY: Final = "COPY, binary format"

APPEND: Final = "append one event"
BATCHES_SINGLY: Final = "append batches of 100, one at a time"
BATCHES: Final = "append batches of 100, 8 at a time"
GET: Final = "GET one incident"
LOG: Final = "read the whole log"
COLD: Final = "GET one incident, nothing cached"

MEMORY_MIB: Final = 150.0

_PEERS: Final = (EVENTSOURCING, EMMETT)
TARGETS: Final = (
    Target("one event: ledger over HTTP / better peer", APPEND, SERVICE, _PEERS, 1.5),
    Target("one event: ledger over HTTP / bare INSERT", APPEND, SERVICE, (PGBENCH,), 0.25),
    Target("batches of 100, one at a time: ledger over HTTP / better peer", BATCHES_SINGLY, SERVICE, _PEERS, 1.2),
    Target("batches of 100, 8 at a time: ledger over HTTP / better peer", BATCHES, SERVICE, _PEERS, 1.2),
    Target("GET one: ledger / bare handler", GET, SERVICE, (BARE,), 0.3),
    Target("log as NDJSON over HTTP / COPY", LOG, SERVICE, (COPY,), 0.4),
)


def grown(measures: tuple[str, ...], large: str, small: str) -> tuple[Target, ...]:
    """Return the targets that compare a large register with a small one."""
    return tuple(Target(f"{m}: {large} / {small}", f"growth: {m}", large, (small,), 0.8) for m in measures)


def rates(samples: list[Sample], measure: str, contender: str) -> list[float]:
    """Return the rates of one contender, a round each."""
    return [s.rate for s in samples if s.measure == measure and s.contender == contender]


def judge(samples: list[Sample], targets: tuple[Target, ...]) -> list[Verdict]:
    """Return a verdict on every target that was measured."""
    verdicts = []
    for target in targets:
        ours = rates(samples, target.measure, target.ours)
        others = {name: rates(samples, target.measure, name) for name in target.against}
        if not ours or not all(others.values()):
            continue
        best = max(others, key=lambda name: median(others[name]))
        ratio = median(ours) / median(others[best])
        single = [a / b for a, b in zip(ours, others[best], strict=True)]
        wanted = f">= {target.at_least}"
        verdicts.append(Verdict(target.name, best, ratio, min(single), max(single), wanted, ratio >= target.at_least))
    return verdicts


def judge_memory(peaks: dict[str, float]) -> list[Verdict]:
    """Return a verdict on each server's peak, in MiB."""
    wanted = f"< {MEMORY_MIB:.0f}"
    return [
        Verdict(f"memory of {name}, MiB", "-", mib, mib, mib, wanted, mib < MEMORY_MIB) for name, mib in peaks.items()
    ]
