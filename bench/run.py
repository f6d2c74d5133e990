"""Measure everything in one run, in turn, and say whether the ratios are as wanted."""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cyclopts import App
from rich.console import Console

from bench import live, projecting, proofs, report, stages
from bench.contest import Plan, Run, Stage
from bench.growth import MEASURES, SMALL, contender, growth
from bench.postgres import refuse_memory
from bench.results import SERVICE, TARGETS, CannotMeasure, Verdict, grown, judge, judge_memory
from bench.server import Server

_STAGES: Final[dict[Stage, Callable[[Run, Server], None]]] = {
    "append": stages.append,
    "batch": stages.batch,
    "get": stages.get,
    "log": stages.log,
}
RESULTS: Final = Path(__file__).parent / "results.json"

app = App(help=__doc__)


@app.default
def measure(
    *,
    rounds: int = 3,
    seconds: float = 5.0,
    growth_events: int = 1_000_000,
    only: tuple[Stage, ...] = (*_STAGES, "projections", "growth", "proofs", "live"),
) -> int:
    """
    Run the benchmark; the exit code is 1 if a target is not met, 2 if something could not be measured.

    Parameters
    ----------
    rounds
        Turns that everybody gets.
    seconds
        How long a turn is.
    growth_events
        How many events the large register has.
    only
        The stages to run.

    """
    console = Console(width=None if sys.stdout.isatty() else 140, soft_wrap=not sys.stdout.isatty())
    work = Path(tempfile.mkdtemp(prefix="ledger-bench-"))
    try:
        verdicts = _measure(work, console, Plan(rounds, seconds, growth_events, only))
    except CannotMeasure as error:
        console.print(f"Cannot measure: {error}", markup=False)
        return 2
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0 if all(verdict.met for verdict in verdicts) else 1


def _measure(work: Path, console: Console, plan: Plan) -> list[Verdict]:
    file_system = refuse_memory(work)
    run = Run(work, console, plan)
    try:
        facts = report.machine(run.cluster.settings(), file_system)
        for name, value in facts.items():
            console.print(f"{name:<40}{value}", markup=False)
        _compare(run)
        if "projections" in plan.only:
            stages.projections(run)
        if "growth" in plan.only:
            growth(run)
        if "proofs" in plan.only:
            proofs.proofs(run)
        lively = live.live(run) if "live" in plan.only else None
    finally:
        run.close()
    targets = TARGETS + grown(MEASURES, contender(plan.growth_events), contender(SMALL))
    verdicts = judge(run.samples, targets) + projecting.verdicts(run) + proofs.verdicts(run) + live.verdicts(lively)
    verdicts += judge_memory(run.peaks)
    report.tables(console, run.samples, verdicts)
    for name, seen in run.notes.items():
        console.print(f"{name:<60}{seen:>12,.1f}", markup=False)
    report.write(
        RESULTS,
        machine=facts,
        verdicts=verdicts,
        notes=run.notes,
        samples=run.samples,
        **projecting.write(run),
        **proofs.write(run),
    )
    return verdicts


def _compare(run: Run) -> None:
    chosen = [stage for name, stage in _STAGES.items() if name in run.plan.only]
    if not chosen:
        return
    stages.prepare(run)
    server = run.start(stages.LEDGER)
    run.notes["start of the server with an empty register, s"] = server.start_seconds
    for stage in chosen:
        stage(run, server)
    run.stop(server, f"server of the {SERVICE} in the comparisons")


if __name__ == "__main__":
    sys.exit(app())
