"""What the disruptions of one incident say of airports: which are closed, since when, and where flights go."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from service.domain import forms, vocabulary
from service.domain.facts import Claim, Disruption, Diversion, Facts

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
"""What asyncpg writes as infinity."""
Role = Literal["closed", "denied", "diverted_from", "diverted_to"]
_KINDS: Final = frozenset(["airport_closed", "flights_diverted", "airspace_closed"])


class Voice(Struct, frozen=True, omit_defaults=True):
    """Whose claim it is."""

    source: forms.Slug | UnsetType = UNSET
    source_name: str | UnsetType = UNSET
    attribution: vocabulary.Attribution | UnsetType = UNSET
    relayed_by: forms.Slug | UnsetType = UNSET
    stated_at: str | UnsetType = UNSET
    confidence: vocabulary.Confidence | UnsetType = UNSET


class Said(Struct, frozen=True, kw_only=True):
    """One disruption of air traffic, as an incident has it."""

    disruption: Annotated[str, Meta(description="Its key among the incident's disruptions.")]
    kind: vocabulary.DisruptionKind
    airport: Annotated[
        forms.Airport | None,
        Meta(description="The airport that is disrupted; null: the sources do not say which, see `subdivisions`."),
    ]
    airports_state: Annotated[vocabulary.AirportsState | None, Meta(description="null: not said.")]
    countries: Annotated[tuple[forms.Country, ...], Meta(description="Of the incident's locations.")]
    subdivisions: Annotated[tuple[forms.Subdivision, ...], Meta(description="Of the incident's locations.")]
    area: str | None
    description: str | None
    since: Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})]
    since_basis: Annotated[
        Literal["said", "occurred", "unknown"],
        Meta(
            description=(
                "Where `since` is from. `said`: the disruption has a start; `occurred`: it has none, and that of the "
                "incident is taken; `unknown`: nobody says, `since` is null, and it counts from when it was recorded."
            )
        ),
    ]
    until: Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})]
    until_basis: Annotated[
        Literal["said", "unknown", "open"],
        Meta(
            description=(
                "`said`: it is over at `until`; `unknown`: it is said to be over, but not when: it counts as over "
                "from when that was recorded; `open`: nobody says that it is over."
            )
        ),
    ]
    diverted_to: Annotated[
        tuple[Diversion, ...],
        Meta(description="Where flights are sent, by this and by the diversions beside it in the same incident."),
    ]
    claims: Annotated[dict[forms.ClaimId, Voice], Meta(description="Who says so; empty: nobody is named.")]


class Told(Struct, frozen=True):
    """A disruption, and what it says of which airports."""

    said: Said
    arrivals: tuple[str, ...]
    """The airports to which it sends flights."""

    @property
    def role(self) -> Role:
        """What it says of the airport that is disrupted; what every one of its claims denies is denied."""
        voices = self.said.claims.values()
        if voices and all(voice.confidence == "denied" for voice in voices):
            return "denied"
        return "diverted_from" if self.said.kind == "flights_diverted" else "closed"


def told(facts: Facts) -> dict[str, Told]:
    """Return every disruption that has to do with airports; an exercise closes none."""
    if facts.message_status != "actual" or not facts.disruptions:
        return {}
    found = {key: each for key, each in facts.disruptions.items() if _is_about_airports(each)}
    if not found:
        return {}
    subdivisions = {each.subdivision for each in facts.locations.values() if each.subdivision is not UNSET}
    countries = {each.country for each in facts.locations.values() if each.country is not UNSET}
    countries.update(each[:2] for each in subdivisions)
    places = tuple(sorted(countries)), tuple(sorted(subdivisions))
    return {key: _told(key, facts, places, found) for key in sorted(found)}


def _is_about_airports(disruption: Disruption) -> bool:
    return disruption.kind in _KINDS and (
        disruption.kind != "airspace_closed"
        or disruption.airport is not UNSET
        or disruption.airports_state is not UNSET
    )


def _told(
    key: str, facts: Facts, places: tuple[tuple[str, ...], tuple[str, ...]], among: Mapping[str, Disruption]
) -> Told:
    disruption = among[key]
    occurred = None if facts.occurred is UNSET else facts.occurred.start or facts.occurred.end or None
    said = Said(
        disruption=key,
        kind=disruption.kind,
        airport=disruption.airport or None,
        airports_state=disruption.airports_state or None,
        countries=places[0],
        subdivisions=places[1],
        area=disruption.area or None,
        description=disruption.description or None,
        since=disruption.start or occurred,
        since_basis="said" if disruption.start else "occurred" if occurred else "unknown",
        until=disruption.end or None,
        until_basis="said" if disruption.end else "unknown" if disruption.status == "ended" else "open",
        diverted_to=_diversions(key, among),
        claims={name: _voice(facts.claims[name]) for name in disruption.claims},
    )
    arrivals = {each.airport for each in disruption.diverted_to.values() if each.airport is not UNSET}
    return Told(said, tuple(sorted(arrivals)))


def _diversions(key: str, among: Mapping[str, Disruption]) -> tuple[Diversion, ...]:
    """Return where flights go by a disruption, and by the diversions beside it that may be from the same airport."""
    this = among[key]
    places = _own(this) if this.diverted_to else []
    if len(among) > 1 and this.kind != "flights_diverted":
        for other, each in sorted(among.items()):
            if other != key and each.kind == "flights_diverted" and each.airport in (UNSET, this.airport):
                places += [place for place in _own(each) if place not in places]
    return tuple(places)


def _own(disruption: Disruption) -> list[Diversion]:
    return [disruption.diverted_to[key] for key in sorted(disruption.diverted_to)]


def _voice(claim: Claim) -> Voice:
    return Voice(
        claim.source, claim.source_name, claim.attribution, claim.relayed_by, claim.stated_at, claim.confidence
    )
