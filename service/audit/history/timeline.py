"""An incident's events in order, with what each of them changed: who said what, when, and why."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import UNSET, Struct

from service.audit.history.differences import Difference, differences
from service.audit.history.phrases import code, moment
from service.audit.logged import Logged
from service.domain import events
from service.domain.events import Expunged, Retracted, Revised, UnreadableEvent
from service.domain.events import Logged as Said
from service.domain.incident import Incident, evolve
from service.remote import Refused


class Step(Struct, frozen=True):
    """One event and what it changed."""

    event: Logged
    said: Said
    before: Incident | None
    after: Incident
    changed: list[Difference]

    @property
    def deed(self) -> str:
        """What was done."""
        again = self.event.type == "reported" and self.before is not None
        return "reported again" if again else self.event.type

    @property
    def reason(self) -> str:
        """Why, in the words of whoever recorded it."""
        return self.said.reason if isinstance(self.said, Revised | Retracted) else ""

    @property
    def details(self) -> list[tuple[str, str]]:
        """What else was recorded with it, as labels and texts."""
        said, found = self.said, []
        if isinstance(said, Retracted):
            found.append(("taken back because", code(said.reason_code)))
            if said.replaced_by is not UNSET:
                found.append(("replaced by incident", str(said.replaced_by)))
        if isinstance(said, Revised | Retracted) and said.effective_at is not UNSET:
            found.append(("effective since", moment(said.effective_at)))
        return found


def steps(logged: Iterable[Logged]) -> Iterator[Step]:
    """
    Yield an incident's events with what each changed.

    What an expunged event changed is not told: what is left after it (domain/remnant.py) is nobody's word.
    """
    now: Incident | None = None
    for each in logged:
        said = read(each)
        after = _evolved(now, said, each)
        unchanged = isinstance(said, Expunged | Retracted)
        changed = [] if unchanged else differences(now.facts if now else None, after.facts)
        yield Step(each, said, now, after, changed)
        now = after


def read(logged: Logged) -> Said:
    """Return what an event says; raise Refused if this release does not know its form."""
    try:
        return events.decode(logged.type, logged.schema_version, logged.data)
    except (UnreadableEvent, msgspec.DecodeError) as error:
        raise Refused(
            f"The event at position {logged.position} is in a form that this release does not know ({error}): "
            "use a newer one."
        ) from error


def title(incident: Incident) -> str:
    """Return what an incident is called."""
    return str(incident.facts["title"])


def _evolved(now: Incident | None, said: Said, logged: Logged) -> Incident:
    try:
        return evolve(now, said)
    except ValueError as error:
        raise Refused(f"The event at position {logged.position} cannot be the first of an incident.") from error
