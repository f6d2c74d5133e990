"""`audit history`: an incident's events as a person reads them."""

from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console

from service.audit.history import evidence, timeline
from service.audit.history.printed import Page, many, when, zone_of
from service.audit.history.timeline import Step
from service.notes import Verifier
from service.remote import Refused, open_client

_COLOURS: Final = {"reported": "green", "revised": "yellow", "retracted": "red"}


def show(incident: UUID, url: str, key: str, verifier: Verifier | None, time_zone: str, out: Console) -> None:
    """Write who said what of an incident, when, and what each event changed; with a key, all of it proven first."""
    zone = zone_of(time_zone)
    with open_client(url, key) as client:
        logged = evidence.events_of(client, incident)
        if not logged:
            raise Refused(f"There is no incident {incident} in the log.")
        proven = None if verifier is None else evidence.gather(client, logged, verifier, None)
    told = list(timeline.steps(logged))
    page, last = Page(out), told[-1].after
    page.line(timeline.title(last), "bold")
    page.line(f"incident {incident}, {last.status}, {many(last.revision, 'revision')}")
    for step in told:
        page.line()
        _event(page, step, zone)
    page.line()
    if proven is None:
        page.line("Not verified: with --public-key, every event is proven to be in the signed log.")
    else:
        of = f"the checkpoint of {proven.checkpoint.size:,} events that {proven.verifier} signed"
        page.line(f"Verified: {many(len(logged), 'event')} as recorded, each proven to be in {of}.")


def _event(page: Page, step: Step, zone: ZoneInfo) -> None:
    event = step.event
    where = f"by {event.actor}, position {event.position} of the log"
    page.line(
        f"Revision {event.revision}: {step.deed} {when(event.recorded_at, zone)} {where}",
        f"bold {_COLOURS[event.type]}",
    )
    page.told(step, zone, 2)
    page.differences(step.changed, 2)
