"""
What a client may write, where its key is bound to some namespaces of external ids, to some subdivisions, or to both.

Within *namespaces* are the incidents that have an external id in one of them: the source's own records. What a command
claims, changes or releases of external ids must be in them, too. Within *subdivisions* are the incidents that have a
location and whose every location names one of them, or one below it; where something was launched is none of the
places of an incident, and what its words may also mean (`alternatives`) is not where it is.

A command must begin and end within the bounds: nobody takes an incident of others into his own, or his own out of them.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain.checks import Codes
from service.domain.errors import Fault
from service.domain.facts import Facts
from service.domain.shape import token


class Bounds(Struct, frozen=True):
    """What one key may write; an empty tuple binds nothing."""

    namespaces: tuple[str, ...] = ()
    subdivisions: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = (("external ids of", self.namespaces), ("locations in", self.subdivisions))
        return " and ".join(f"{what} {', '.join(allowed)}" for what, allowed in named if allowed)


FREE: Final = Bounds()
"""Bound to nothing."""


def outside(bounds: Bounds, facts: Facts, codes: Codes) -> str | None:
    """Return a sentence that says why an incident, as it stands, is not within the bounds; None if it is."""
    if bounds.namespaces and not facts.external_ids.keys() & set(bounds.namespaces):
        return f"The incident has no external id of {', '.join(bounds.namespaces)}: this key may not change it"
    if bounds.subdivisions and any(_misplaced(bounds, facts, codes)):
        return f"The incident is not in {', '.join(bounds.subdivisions)} alone: this key may not change it"
    return None


def faults_of_change(bounds: Bounds, before: Facts | None, after: Facts, codes: Codes) -> list[Fault]:
    """Return where what an incident is to become leaves the bounds; the pointers lead into the facts."""
    found = [*_external_ids(bounds, before, after)] if bounds.namespaces else []
    if bounds.subdivisions:
        found += _misplaced(bounds, after, codes)
    return found


def released(bounds: Bounds, facts: Facts) -> list[str]:
    """Return the namespaces beyond the bounds whose external ids a retraction would release."""
    return sorted(facts.external_ids.keys() - set(bounds.namespaces)) if bounds.namespaces else []


def _external_ids(bounds: Bounds, before: Facts | None, after: Facts) -> Iterator[Fault]:
    allowed, named = set(bounds.namespaces), ", ".join(bounds.namespaces)
    had = {} if before is None else before.external_ids
    for namespace in sorted(had.keys() | after.external_ids.keys()):
        if namespace not in allowed and had.get(namespace) != after.external_ids.get(namespace):
            yield Fault(f"/external_ids/{token(namespace)}", f"This key may write external ids of {named} alone")
    if not after.external_ids.keys() & allowed:
        yield Fault("/external_ids", f"This key writes only incidents that have an external id of {named}")


def _misplaced(bounds: Bounds, facts: Facts, codes: Codes) -> Iterator[Fault]:
    named = ", ".join(bounds.subdivisions)
    places = {key: place for key, place in facts.locations.items() if place.role != "launch"}
    if not places:
        yield Fault("/locations", f"This key writes only incidents that have a location in {named}")
    for key, place in places.items():
        if place.subdivision is UNSET or not _part_of(place.subdivision, bounds.subdivisions, codes):
            yield Fault(f"/locations/{token(key)}/subdivision", f"This key may write of {named} alone")


def _part_of(subdivision: str, allowed: Sequence[str], codes: Codes) -> bool:
    above: str | None = subdivision
    while above is not None and above not in allowed:
        above = codes.parents.get(above)
    return above is not None
