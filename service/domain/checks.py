"""What a schema cannot see: codes that do not exist, claims that are not there, numbers in no single form."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.domain import shape
from service.domain.errors import Fault
from service.domain.facts import (
    AirObject,
    Amount,
    Claim,
    Disruption,
    Diversion,
    Entry,
    Facts,
    Location,
    Occurred,
    Place,
    Response,
    Window,
)
from service.domain.instants import canonical

MAX_FAULTS: Final = 100

_NO_CLAIM: Final = "names no claim of this incident"
_ENCODER: Final = msgspec.json.Encoder()
_IDENTIFIERS: Final = frozenset({"source", "relayed_by", "url", "language", "campaigns", "claim", "external_ids"})


class Codes(Struct, frozen=True):
    """The codes that exist today: ISO 3166-1, ISO 3166-2, ICAO, IANA time zones, BCP 47 languages."""

    countries: frozenset[str]
    subdivisions: frozenset[str]
    airports: frozenset[str]
    time_zones: frozenset[str]
    languages: frozenset[str]


def faults(facts: Facts, codes: Codes) -> list[Fault]:
    """Return what is wrong, at most MAX_FAULTS; the pointers lead into the facts."""
    return list(islice(_all(facts, codes), MAX_FAULTS))


def instant_fault(at: str, instant: str | UnsetType) -> Iterator[Fault]:
    """Yield the fault of an instant that does not exist."""
    if instant is not UNSET:
        try:
            canonical(instant)
        except ValueError as error:
            yield Fault(at, str(error))


def _all(facts: Facts, codes: Codes) -> Iterator[Fault]:
    claims = facts.claims
    if facts.occurred is not UNSET:
        yield from _occurred(facts.occurred, codes)
    for key, location in facts.locations.items():
        yield from _location(f"/locations/{key}", location, codes, claims)
    for key, thing in facts.objects.items():
        yield from _object(f"/objects/{key}", thing, claims)
    yield from _harm(facts)
    for key, disruption in facts.disruptions.items():
        yield from _disruption(f"/disruptions/{key}", disruption, codes, claims)
    for key, response in facts.responses.items():
        yield from _window(f"/responses/{key}", response)
        yield from _support(f"/responses/{key}", response, claims)
    yield from _words(facts, codes)
    for key, claim in claims.items():
        yield from _claim(f"/claims/{key}", claim, codes)
    yield from _campaigns(facts.campaigns)
    for key, related in facts.related.items():
        yield from _support(f"/related/{key}", related, claims)
    yield from _characters(facts)


def _support(at: str, entry: Entry, claims: dict[str, Claim]) -> Iterator[Fault]:
    for number, claim in enumerate(entry.claims):
        if claim not in claims:
            yield Fault(f"{at}/claims/{number}", _NO_CLAIM)


def _window(at: str, window: Window | Disruption | Response) -> Iterator[Fault]:
    yield from instant_fault(f"{at}/start", window.start)
    yield from instant_fault(f"{at}/end", window.end)


def _occurred(occurred: Occurred, codes: Codes) -> Iterator[Fault]:
    yield from _window("/occurred", occurred)
    zone = occurred.time_zone
    if zone is not UNSET and zone not in codes.time_zones:
        yield Fault("/occurred/time_zone", f"{zone} is no IANA time zone")


def _campaigns(campaigns: tuple[str, ...]) -> Iterator[Fault]:
    if len(set(campaigns)) < len(campaigns):
        for number, campaign in enumerate(campaigns):
            if campaign in campaigns[:number]:
                yield Fault(f"/campaigns/{number}", f"{campaign} is already in the list")


def _location(at: str, location: Location, codes: Codes, claims: dict[str, Claim]) -> Iterator[Fault]:
    yield from _place(at, location, codes)
    yield from _support(at, location, claims)
    for key, place in location.alternatives.items():
        yield from _place(f"{at}/alternatives/{key}", place, codes)


def _place(at: str, place: Place | Location, codes: Codes) -> Iterator[Fault]:
    country, subdivision = place.country, place.subdivision
    if country is not UNSET and country not in codes.countries:
        yield Fault(f"{at}/country", f"{country} is no ISO 3166-1 code")
    if subdivision is UNSET:
        return
    if subdivision not in codes.subdivisions:
        yield Fault(f"{at}/subdivision", f"{subdivision} is no ISO 3166-2 code")
    elif country is not UNSET and not subdivision.startswith(f"{country}-"):
        yield Fault(f"{at}/subdivision", f"{subdivision} is not in {country}")


def _object(at: str, thing: AirObject, claims: dict[str, Claim]) -> Iterator[Fault]:
    yield from _support(at, thing, claims)
    counts = thing.counts
    if counts is not UNSET:
        for name in counts.__struct_fields__:
            yield from _quantity(f"{at}/counts/{name}", getattr(counts, name), claims)


def _harm(facts: Facts) -> Iterator[Fault]:
    claims, casualties = facts.claims, facts.casualties
    if casualties is not UNSET:
        yield from _support("/casualties", casualties, claims)
        yield from _quantity("/casualties/killed", casualties.killed, claims)
        yield from _quantity("/casualties/injured", casualties.injured, claims)
    for key, damage in facts.damage.items():
        yield from _support(f"/damage/{key}", damage, claims)
        yield from _quantity(f"/damage/{key}/count", damage.count, claims)


def _quantity(at: str, quantity: dict[str, Amount], claims: dict[str, Claim]) -> Iterator[Fault]:
    for key, amount in quantity.items():
        if key not in claims:
            yield Fault(f"{at}/{key}", _NO_CLAIM)
        given = (
            (amount.value is not UNSET)
            + (amount.low is not UNSET or amount.high is not UNSET)
            + (amount.at_least is not UNSET)
            + (amount.at_most is not UNSET)
            + amount.none_reported
            + amount.unknown
        )
        if given != 1:
            yield Fault(
                f"{at}/{key}",
                "needs exactly one of: value, low with high, at_least, at_most, none_reported, unknown",
            )
        if amount.low is UNSET and amount.high is UNSET:
            continue
        if amount.low is UNSET or amount.high is UNSET:
            yield Fault(f"{at}/{key}", "low and high go together; for one bound say at_least or at_most")
        elif amount.low > amount.high:
            yield Fault(f"{at}/{key}/low", f"low {amount.low} is above high {amount.high}")


def _disruption(at: str, disruption: Disruption, codes: Codes, claims: dict[str, Claim]) -> Iterator[Fault]:
    yield from _window(at, disruption)
    yield from _support(at, disruption, claims)
    yield from _airport(at, disruption, codes)
    for key, diversion in disruption.diverted_to.items():
        yield from _place(f"{at}/diverted_to/{key}", diversion, codes)
        yield from _airport(f"{at}/diverted_to/{key}", diversion, codes)


def _airport(at: str, entry: Disruption | Diversion, codes: Codes) -> Iterator[Fault]:
    if entry.airport is not UNSET and entry.airport not in codes.airports:
        yield Fault(f"{at}/airport", f"{entry.airport} is no ICAO code of an airport")


def _words(facts: Facts, codes: Codes) -> Iterator[Fault]:
    claims = facts.claims
    for key, statement in facts.statements.items():
        at = f"/statements/{key}"
        yield from _support(at, statement, claims)
        if statement.claim is not UNSET and statement.claim not in claims:
            yield Fault(f"{at}/claim", _NO_CLAIM)
        language = statement.language
        if language is not UNSET and language.partition("-")[0].lower() not in codes.languages:
            yield Fault(f"{at}/language", f"{language} is in no language that BCP 47 knows")
    for key, assessment in facts.assessments.items():
        yield from _support(f"/assessments/{key}", assessment, claims)


def _claim(at: str, claim: Claim, codes: Codes) -> Iterator[Fault]:
    yield from instant_fault(f"{at}/stated_at", claim.stated_at)
    if claim.scope is not UNSET:
        if claim.scope.place is not UNSET:
            yield from _place(f"{at}/scope/place", claim.scope.place, codes)
        if claim.scope.window is not UNSET:
            yield from _window(f"{at}/scope/window", claim.scope.window)


def _characters(facts: Facts) -> Iterator[Fault]:
    # `$` lets one line feed pass at the end, in Python's patterns alone: hence the second half.
    data = _ENCODER.encode(facts)
    if b"\\u0000" in data or b'\\n"' in data:
        yield from characters(msgspec.json.decode(data))


def characters(value: Any, at: str = "", *, free: bool = True) -> Iterator[Fault]:  # noqa: ANN401 - any JSON
    """Yield the texts that hold U+0000, which nothing can store, and the identifiers that end a line."""
    if isinstance(value, dict):
        for key, entry in value.items():
            below = f"{at}/{shape.token(key)}"
            if "\0" in key or key.endswith("\n"):
                yield Fault(below, "an id holds a character that it may not hold")
            yield from characters(entry, below, free=free and key not in _IDENTIFIERS)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from characters(entry, f"{at}/{number}", free=free)
    elif isinstance(value, str):
        if "\0" in value:
            yield Fault(at, "the character U+0000 cannot be kept")
        elif not free and value.endswith("\n"):
            yield Fault(at, "may not end with a line feed")
