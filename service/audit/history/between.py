"""`audit diff`: what changed in what was known between two moments of the log."""

import re
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from service.audit.history import evidence, timeline
from service.audit.history.differences import differences, number
from service.audit.history.evidence import asked
from service.audit.history.printed import Page, many, when, zone_of
from service.audit.history.prover import Prover
from service.audit.history.timeline import Step
from service.audit.verdicts import Different
from service.domain.instants import canonical
from service.domain.resolution import Number
from service.domain.vocabulary import CountState
from service.notes import Checkpoint, Verifier
from service.remote import Refused, open_client, patiently, progress

_PAGE: Final = 1000
_POSITION: Final = re.compile("[0-9]{1,18}")
_DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPAN: Final = timedelta(days=5 * 366)
"""The longest interval that /v1/statistics adds up."""
_TOTALS: Final = ("observed", "destroyed", "impacted", "lost_contact", "killed", "injured")
_IN_BRIEF: Final = ("kind", "when it happened", "place")
"""What is told of the facts of a new incident; its numbers are told all."""
_COLOURS: Final = {"new": "green", "retracted": "red"}


class Moment(Struct, frozen=True):
    """Where the log was at the time, or the position, that was asked for."""

    position: int
    at: str


class _Stamp(Struct):
    position: int
    incident: UUID
    recorded_at: str


class _Stamps(Struct):
    items: list[_Stamp]


class _Reflected(Struct):
    position: int


class _Inputs(Struct):
    counted: int
    none_reported: int


class _Total(Struct):
    best: int | None
    low: int | None
    high: int | None
    disputed: int
    inputs: _Inputs


class _Sums(Struct):
    total: dict[str, int | _Total]
    no_known_time: int


def show(
    since: str, until: str, subdivision: str | None, url: str, key: str, verifier: Verifier | None, time_zone: str,
    out: Console, err: Console,
) -> None:  # fmt: skip
    """Write which incidents changed between two moments, in the order of the log, and what it all comes to."""
    page, zone = Page(out), zone_of(time_zone)
    with open_client(url, key) as client, progress(err) as bar:
        start, end = moment(client, "--from", since), moment(client, "--to", until)
        if start.position > end.position:
            raise Refused("--from is after --to: give them the other way round.")
        changed = _changed(client, start, end, bar, err)
        signed = None if verifier is None else evidence.latest(client, verifier, max(end.position, 1))[1]
        prover = None if signed is None else Prover(client, signed)
        if out.is_terminal:  # what is told shows by itself how far it is
            bar.stop()
        stated = f"position {start.position} ({when(start.at, zone)}) and {end.position} ({when(end.at, zone)})"
        page.line(f"What changed in what was known between {stated}", "bold")
        counted: Counter[str] = Counter()
        left = end.position - start.position
        for incident in bar.track(changed, description="comparing incidents"):
            told = patiently(partial(_steps, client, incident, end.position, prover), err)
            left -= sum(1 for step in told if step.event.position > start.position)
            if subdivision is None or subdivision in _subdivisions(told):
                counted[_tell(page, incident, told, start.position, zone)] += 1
        if left:
            said = "The service tells other events of the incidents than of the whole log."
            raise Different(start.position + 1, said)
        page.line()
        _summary(page, client, (start, end), subdivision, counted)
        page.line(_vouched(signed, verifier))


def _changed(client: httpx.Client, start: Moment, end: Moment, bar: Progress, err: Console) -> list[UUID]:
    """Return the incidents of the events between two moments, in the order of the log."""
    found: dict[UUID, None] = {}
    task = bar.add_task("reading the log", total=end.position - start.position)
    after = start.position
    while after < end.position:
        stamps = patiently(partial(_stamps, client, after, end.position), err)
        _no_gap(stamps, after)
        found |= dict.fromkeys(each.incident for each in stamps)
        after += len(stamps)
        bar.update(task, completed=after - start.position)
    return list(found)


def moment(client: httpx.Client, option: str, text: str) -> Moment:
    """Return what an option means: a position, a time with an offset, or a date (its midnight in UTC)."""
    try:
        wanted = (
            text if _POSITION.fullmatch(text) else canonical(f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text)
        )
    except ValueError:
        raise Refused(f"{option}: a time such as 2026-05-01T09:00:00Z, a date, or a position of the log.") from None
    try:
        position = asked(client, "/v1/statistics", _Reflected, as_of=wanted).position
        if position:
            stamp = asked(client, f"/v1/log/{position}", _Stamp)
            return Moment(position, stamp.recorded_at if wanted.isdigit() else wanted)
        first = _stamps(client, 0, 1)[:1]
    except Refused as error:
        raise type(error)(f"{option}: {error}") from error
    if not first:
        raise Refused("The log is empty.")
    if wanted.isdigit():
        return Moment(0, first[0].recorded_at)
    began = first[0].recorded_at
    raise Refused(f"{option}: nothing was recorded before {began}, when the log begins. Position 0 is before it all.")


def _stamps(client: httpx.Client, after: int, until: int) -> list[_Stamp]:
    found = asked(client, "/v1/log", _Stamps, after=after, limit=min(_PAGE, until - after)).items
    return [each for each in found if each.position <= until]


def _no_gap(stamps: list[_Stamp], after: int) -> None:
    if not stamps or [each.position for each in stamps] != list(range(after + 1, after + 1 + len(stamps))):
        raise Different(after + 1, f"The service leaves out positions of the log after {after}.")


def _steps(client: httpx.Client, incident: UUID, until: int, prover: Prover | None) -> list[Step]:
    logged = evidence.events_of(client, incident, until)
    if prover is not None:
        for each in logged:
            prover.prove(each)
    return list(timeline.steps(logged))


def _subdivisions(told: list[Step]) -> set[str]:
    places = [each for step in told for each in step.after.facts.get("locations", {}).values()]
    return {each.get("subdivision", "") for each in places}


def _tell(page: Page, incident: UUID, told: list[Step], start: int, zone: ZoneInfo) -> str:
    """Write what became of one incident, and return it in a word."""
    before = next((step.after for step in reversed(told) if step.event.position <= start), None)
    after, since = told[-1].after, [step for step in told if step.event.position > start]
    if before is None:
        became = "new"
    elif after.status == before.status:
        became = "revised"
    else:
        became = "retracted" if after.status == "retracted" else "reported again"
    page.line()
    also = ", and retracted since" if became == "new" and after.status == "retracted" else ""
    page.line(f"{became}{also}: {timeline.title(after)}", f"bold {_COLOURS.get(became, 'yellow')}")
    page.line(f"incident {incident}", "dim", 2)
    for step in since:
        page.line(f"{when(step.event.recorded_at, zone)} {step.deed} by {step.event.actor}", "", 2)
        page.told(step, zone, 4)
    changed = differences(before.facts if before else None, after.facts)
    if before is None:
        changed = [each for each in changed if each.sort == "number" or each.what in _IN_BRIEF]
    elif not changed and became == "revised":
        page.line("What is said is the same as before.", "", 2)
    page.differences(changed, 2)
    return became


def _summary(
    page: Page, client: httpx.Client, moments: tuple[Moment, Moment], subdivision: str | None, counted: Counter[str]
) -> None:
    if not counted:
        page.line("Nothing changed." if subdivision is None else f"Nothing changed in {subdivision}.")
        return
    told = ", ".join(f"{count:,} {word}" for word, count in counted.items())
    page.line(f"{many(counted.total(), 'incident')}: {told}.", "bold")
    last = datetime.fromisoformat(moments[1].at)
    query = {
        "occurred_from": _text(last - _SPAN),
        "occurred_to": _text(last),
        "metric": ",".join(("incidents", *_TOTALS)),
    }
    query |= {} if subdivision is None else {"subdivision": subdivision}
    was, now = (asked(client, "/v1/statistics", _Sums, **query, as_of=str(each.position)) for each in moments)
    undated = f"; {now.no_known_time:,} of no known time left out" if now.no_known_time else ""
    page.line(f"What is said to have happened in the five years before, as the service adds it up{undated}:")
    page.line(f"incidents: {was.total['incidents']:,} -> {now.total['incidents']:,}", "", 2)
    for name in _TOTALS:
        before, after = (_comes_to(each.total[name]) for each in (was, now))
        if before != "unknown" or after != "unknown":
            told = before if before == after else f"{before} -> {after}"
            page.line(f"{name.replace('_', ' ')}: {told}", "", 2)


def _comes_to(total: int | _Total) -> str:
    if isinstance(total, int):
        return str(total)
    state: CountState = "unknown"
    if total.inputs.counted or total.inputs.none_reported:
        state = "counted" if total.inputs.counted else "none_reported"
    disputed = f", {total.disputed:,} of them disputed" if total.disputed else ""
    return number(Number(state, total.best, total.low, total.high, disputed=False)) + disputed


def _text(instant: datetime) -> str:
    return canonical(instant.isoformat())


def _vouched(signed: Checkpoint | None, verifier: Verifier | None) -> str:
    if signed is None:
        return "Not verified: with --public-key, every event is proven to be in the signed log."
    of = f"the checkpoint of {signed.size:,} events that {verifier} signed"
    return f"Verified: every event that this is made of is proven to be in {of}; the totals are the service's word."
