"""
Which claims cover only a part of their incident, as far as their scope says so.

A scope's place is narrower than the incident when one of the incident's places (where something was launched is
none) is not in it: when the scope names a country, a subdivision or a place that is not said of that place, nor of
one of its alternatives. Names are compared as they are written, but for capitals. Its window is narrower when it begins
after the incident does, or ends before it, as far as both say when. What the incident does not say, no scope is
narrower than. `part_of` alone makes no part: it says where the same number is counted once more.
"""

from typing import Final

from msgspec import UNSET, UnsetType

from service.domain.facts import Facts, Location, Place, Scope, Window

NONE: Final[frozenset[str]] = frozenset()


def partial(facts: Facts) -> frozenset[str]:
    """Return the ids of the claims that cover only a part of the incident."""
    for claim in facts.claims.values():
        if claim.scope is not UNSET:  # few incidents have one at all
            break
    else:
        return NONE
    claims = facts.claims.items()
    return frozenset(key for key, claim in claims if claim.scope is not UNSET and _narrower(claim.scope, facts))


def _narrower(scope: Scope, facts: Facts) -> bool:
    place, window, occurred = scope.place, scope.window, facts.occurred
    if place is not UNSET and not all(
        _covers(place, location) for location in facts.locations.values() if location.role != "launch"
    ):
        return True
    return window is not UNSET and occurred is not UNSET and _inside(window, occurred)


def _covers(place: Place, location: Location) -> bool:
    return _said_of(place, location) or any(_said_of(place, each) for each in location.alternatives.values())


def _said_of(place: Place, of: Place | Location) -> bool:
    return (
        (place.subdivision is UNSET or place.subdivision == of.subdivision)
        and (place.country is UNSET or place.country in {of.country, _country(of.subdivision)})
        and (place.place is UNSET or (of.place is not UNSET and place.place.casefold() == of.place.casefold()))
    )


def _country(subdivision: str | UnsetType) -> str | UnsetType:
    return UNSET if subdivision is UNSET else subdivision[:2]


def _inside(window: Window, occurred: Window) -> bool:
    return _earlier(occurred.start, window.start) or _earlier(window.end, occurred.end)


def _earlier(one: str | UnsetType, other: str | UnsetType) -> bool:
    # the kept form of instants is in the order of the times
    return one is not UNSET and other is not UNSET and one < other
