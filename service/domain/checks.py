"""What a schema cannot see: codes that do not exist, claims that are not there, numbers in no single form."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from service.domain import shape
from service.domain.errors import Fault
from service.domain.facts import (
    AirObject,
    Amount,
    Casualties,
    Claim,
    Disruption,
    Diversion,
    Entry,
    Facts,
    Location,
    Occurred,
    Place,
    Response,
    Statement,
    Window,
)
from service.domain.instants import canonical

MAX_FAULTS: Final = 100

_NO_CLAIM: Final = "names no claim of this incident"
_NOT_ONE_FORM: Final = "needs exactly one of: value, low with high, at_least, at_most, none_reported, unknown"
_STAND_INS: Final = {"title": "-", "kind": "other"}
_ENCODER: Final = msgspec.json.Encoder()
_IDENTIFIERS: Final = frozenset({"source", "relayed_by", "url", "language", "campaigns", "claim", "external_ids"})


class Codes(Struct, frozen=True):
    """The codes that exist today: ISO 3166-1, ISO 3166-2, ICAO, IANA time zones, BCP 47 languages."""

    countries: frozenset[str]
    subdivisions: frozenset[str]
    airports: Mapping[str, tuple[float, float]]
    """Of each, longitude and latitude."""
    time_zones: frozenset[str]
    languages: frozenset[str]
    parents: Mapping[str, str] = {}
    """Of a subdivision that is part of another: that one."""

    def within(self, region: str) -> list[str]:
        """Return the codes of a country or a subdivision and of all that is in it."""
        if region in self.countries:
            return [region, *sorted(code for code in self.subdivisions if code.startswith(f"{region}-"))]
        found = [region]
        for each in found:
            found += sorted(code for code, parent in self.parents.items() if parent == each and code not in found)
        return found


def faults(facts: Facts, codes: Codes) -> list[Fault]:
    """Return what is wrong, at most MAX_FAULTS; the pointers lead into the facts."""
    check = _Check(facts, codes)
    check.all(facts)
    return check.found[:MAX_FAULTS]


def faults_beside_misfits(loose: Any, codes: Codes) -> list[Fault]:  # noqa: ANN401  # any JSON
    """Return what is wrong with the parts of the facts that do have the right form; the others are not spoken of."""
    if not isinstance(loose, dict):
        return []
    facts = msgspec.convert(_STAND_INS | shape.fitting_parts(loose, Facts), Facts)
    named = loose.get("claims")
    if isinstance(named, dict):  # one that does not fit is there all the same
        facts = replace(facts, claims=dict.fromkeys(named, Claim()) | facts.claims)
    unfit = [fault.pointer for fault in islice(shape.misfits(loose, Facts), MAX_FAULTS)]
    # what is wrong with a thing of which a part was taken out may come of just that
    return [
        fault for fault in faults(facts, codes) if not any(f"{at}/".startswith(f"{fault.pointer}/") for at in unfit)
    ]


def instant_faults(at: str, **instants: str | UnsetType) -> list[Fault]:
    """Return the faults of the instants that do not exist, each named as the field that it is in."""
    found = []
    for name, instant in instants.items():
        if instant is not UNSET:
            try:
                canonical(instant)
            except ValueError as error:
                found.append(Fault(f"{at}/{name}", str(error)))
    return found


class _Check:
    """Collects the faults of one incident's facts; every report passes through here, so it builds no generators."""

    def __init__(self, facts: Facts, codes: Codes) -> None:
        self.found: list[Fault] = []
        self._codes: Final = codes
        self._claims: Final = facts.claims

    def all(self, facts: Facts) -> None:  # noqa: C901  # one line a field
        if facts.occurred is not UNSET:
            self._occurred(facts.occurred)
        for key, location in facts.locations.items():
            self._location(f"/locations/{key}", location)
        for key, thing in facts.objects.items():
            self._object(f"/objects/{key}", thing)
        if facts.casualties is not UNSET:
            self._casualties(facts.casualties)
        for key, damage in facts.damage.items():
            self._support(f"/damage/{key}", damage)
            self._quantity(f"/damage/{key}/count", damage.count)
        for key, disruption in facts.disruptions.items():
            self._disruption(f"/disruptions/{key}", disruption)
        for key, response in facts.responses.items():
            self._window(f"/responses/{key}", response)
            self._support(f"/responses/{key}", response)
        for key, statement in facts.statements.items():
            self._statement(f"/statements/{key}", statement)
        for key, assessment in facts.assessments.items():
            self._support(f"/assessments/{key}", assessment)
        for key, claim in self._claims.items():
            self._claim(f"/claims/{key}", claim)
        if len(facts.campaigns) > 1:
            self._campaigns(facts.campaigns)
        for key, related in facts.related.items():
            self._support(f"/related/{key}", related)
        self._characters(facts)

    def _fault(self, at: str, message: str) -> None:
        self.found.append(Fault(at, message))

    def _support(self, at: str, entry: Entry) -> None:
        for number, claim in enumerate(entry.claims):
            if claim not in self._claims:
                self._fault(f"{at}/claims/{number}", _NO_CLAIM)

    def _window(self, at: str, window: Window | Disruption | Response) -> None:
        self.found += instant_faults(at, start=window.start, end=window.end)

    def _occurred(self, occurred: Occurred) -> None:
        self._window("/occurred", occurred)
        zone = occurred.time_zone
        if zone is not UNSET and zone not in self._codes.time_zones:
            self._fault("/occurred/time_zone", f"{zone} is no IANA time zone")

    def _campaigns(self, campaigns: tuple[str, ...]) -> None:
        for number, campaign in enumerate(campaigns):
            if campaign in campaigns[:number]:
                self._fault(f"/campaigns/{number}", f"{campaign} is already in the list")

    def _location(self, at: str, location: Location) -> None:
        self._place(at, location)
        self._support(at, location)
        for key, place in location.alternatives.items():
            self._place(f"{at}/alternatives/{key}", place)

    def _place(self, at: str, place: Place | Location) -> None:
        country, subdivision = place.country, place.subdivision
        if country is not UNSET and country not in self._codes.countries:
            self._fault(f"{at}/country", f"{country} is no ISO 3166-1 code")
        if subdivision is UNSET:
            return
        if subdivision not in self._codes.subdivisions:
            self._fault(f"{at}/subdivision", f"{subdivision} is no ISO 3166-2 code")
        elif country is not UNSET and not subdivision.startswith(f"{country}-"):
            self._fault(f"{at}/subdivision", f"{subdivision} is not in {country}")

    def _object(self, at: str, thing: AirObject) -> None:
        self._support(at, thing)
        counts = thing.counts
        if counts is not UNSET:
            self._quantity(f"{at}/counts/observed", counts.observed)
            self._quantity(f"{at}/counts/destroyed", counts.destroyed)
            self._quantity(f"{at}/counts/impacted", counts.impacted)
            self._quantity(f"{at}/counts/lost_contact", counts.lost_contact)

    def _casualties(self, casualties: Casualties) -> None:
        self._support("/casualties", casualties)
        self._quantity("/casualties/killed", casualties.killed)
        self._quantity("/casualties/injured", casualties.injured)

    def _quantity(self, at: str, quantity: dict[str, Amount]) -> None:
        for key, amount in quantity.items():
            if key not in self._claims:
                self._fault(f"{at}/{key}", _NO_CLAIM)
            given = (
                (amount.value is not UNSET)
                + (amount.low is not UNSET or amount.high is not UNSET)
                + (amount.at_least is not UNSET)
                + (amount.at_most is not UNSET)
                + amount.none_reported
                + amount.unknown
            )
            if given != 1:
                self._fault(f"{at}/{key}", _NOT_ONE_FORM)
            if amount.low is UNSET and amount.high is UNSET:
                continue
            if amount.low is UNSET or amount.high is UNSET:
                self._fault(f"{at}/{key}", "low and high go together; for one bound say at_least or at_most")
            elif amount.low > amount.high:
                self._fault(f"{at}/{key}/low", f"low {amount.low} is above high {amount.high}")

    def _disruption(self, at: str, disruption: Disruption) -> None:
        self._window(at, disruption)
        self._support(at, disruption)
        self._airport(at, disruption)
        for key, diversion in disruption.diverted_to.items():
            self._place(f"{at}/diverted_to/{key}", diversion)
            self._airport(f"{at}/diverted_to/{key}", diversion)

    def _airport(self, at: str, entry: Disruption | Diversion) -> None:
        if entry.airport is not UNSET and entry.airport not in self._codes.airports:
            self._fault(f"{at}/airport", f"{entry.airport} is no ICAO code of an airport")

    def _statement(self, at: str, statement: Statement) -> None:
        self._support(at, statement)
        if statement.claim is not UNSET and statement.claim not in self._claims:
            self._fault(f"{at}/claim", _NO_CLAIM)
        language = statement.language
        if language is not UNSET and language.partition("-")[0].lower() not in self._codes.languages:
            self._fault(f"{at}/language", f"{language} is in no language that BCP 47 knows")

    def _claim(self, at: str, claim: Claim) -> None:
        self.found += instant_faults(at, stated_at=claim.stated_at)
        if claim.scope is not UNSET:
            if claim.scope.place is not UNSET:
                self._place(f"{at}/scope/place", claim.scope.place)
            if claim.scope.window is not UNSET:
                self._window(f"{at}/scope/window", claim.scope.window)

    def _characters(self, facts: Facts) -> None:
        # `$` lets one line feed pass at the end, in Python's patterns alone: hence the second half.
        data = _ENCODER.encode(facts)
        if b"\\u0000" in data or b'\\n"' in data:
            self.found += characters(msgspec.json.decode(data))


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
