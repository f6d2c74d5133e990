"""What one incident adds to the figures of a region or a campaign. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar, get_args
from uuid import UUID

from msgspec import UNSET, Struct

from service.domain import vocabulary
from service.domain.facts import Claim, Disruption, Entry, Facts, Response
from service.domain.resolution import Number
from service.store.changes import Snapshot

MEASURES: Final = ("observed", "destroyed", "impacted", "lost_contact", "killed", "injured")
_OF_OBJECTS: Final = MEASURES[:4]
_OF_INCIDENTS: Final = MEASURES[4:]
_PLACES: Final = {name: measure for measure, name in enumerate(MEASURES)}
KINDS: Final[tuple[str, ...]] = get_args(get_args(vocabulary.Kind)[0])
INCIDENTS, RETRACTED, DAMAGED, DISRUPTIONS, INVESTIGATIONS = range(5)
_KINDS_AT: Final = 5
_SUMS_AT: Final = _KINDS_AT + len(KINDS)
WIDTH: Final = 10
COUNTED, NONE_REPORTED, UNKNOWN, VOUCHED, BEST, LOW, CLOSED, HIGH, DISPUTED, LEFT_OUT = range(WIDTH)
SIZE: Final = _SUMS_AT + WIDTH * len(MEASURES)
"""How many figures there are: they are kept side by side, so that one addition adds all of them."""
T = TypeVar("T")

Item = tuple[str, str]
"""What sort of thing is listed, and its key in the incident."""
Box = tuple[float, float, float, float]
"""West, south, east, north."""


def kind_at(kind: str) -> int:
    """Return the place of the number of incidents of a kind."""
    return _KINDS_AT + KINDS.index(kind)


def measure_at(measure: int) -> int:
    """Return the place of the first figure of a measure."""
    return _SUMS_AT + WIDTH * measure


class Extent(Struct, frozen=True, array_like=True):
    """From when to when, the last of which incident, and where; None is not known."""

    first: str | None = None
    last: tuple[str, str] | None = None
    box: Box | None = None

    def __or__(self, other: "Extent") -> "Extent":
        """Return what holds both."""
        firsts, lasts = _known(self.first, other.first), _known(self.last, other.last)
        box = self.box or other.box
        if self.box and other.box:
            (a, b, c, d), (west, south, east, north) = self.box, other.box
            box = (min(a, west), min(b, south), max(c, east), max(d, north))
        return Extent(min(firsts, default=None), max(lasts, default=None), box)

    def reaches(self, edge: "Extent") -> bool:
        """Say whether it is at the edge of what holds it, which may be nearer without it."""
        if self.first is not None and (edge.first is None or self.first <= edge.first):
            return True
        if self.last is not None and (edge.last is None or self.last >= edge.last):
            return True
        if self.box is None or edge.box is None:
            return self.box is not None
        (a, b, c, d), (west, south, east, north) = self.box, edge.box
        return a <= west or b <= south or c >= east or d >= north


NOWHERE: Final = Extent()


class Input(Struct, frozen=True, array_like=True):
    """One number of an incident of which a claim is part of another's."""

    measure: int
    key: str
    """Of the object, or empty."""
    claim: str
    figures: list[int]


class Member(Struct, frozen=True, array_like=True):
    """An incident that counts, as far as it matters to what is included in what."""

    groups: list[str]
    numbered: int
    """A bit for each measure of which it has a number."""
    edges: dict[str, tuple[UUID, str]]
    """Of its claims, the claims of other incidents that include them."""
    inputs: list[Input]


class Contribution(Struct, frozen=True):
    """What an incident adds to each of its groups, if none of its numbers are included in another's."""

    groups: list[str]
    figures: list[int]
    places: list[str]
    extent: Extent
    items: Mapping[Item, str]
    member: Member | None
    """None of one that was retracted."""


class Grouping(Struct, frozen=True):
    """What incidents are grouped by, and what is kept of them beside the figures."""

    groups: Callable[[Facts], list[str]]
    places: Callable[[Facts], list[str]]
    extent: Callable[[Snapshot], Extent]
    items: Callable[[Snapshot], dict[Item, str]]


NOTHING: Final = Contribution([], [0] * SIZE, [], NOWHERE, {}, None)


def contribution(snapshot: Snapshot, by: Grouping) -> Contribution:
    """Return what an incident adds; nothing if it is an exercise or a test."""
    if snapshot.facts.message_status != "actual":
        return NOTHING
    facts = snapshot.facts
    groups = by.groups(facts)
    if not groups:
        # what is nowhere may still be part of, or have parts
        return NOTHING if snapshot.retraction is not None else _nowhere(facts)
    if snapshot.retraction is not None:
        figures = [0] * SIZE
        figures[RETRACTED] = 1
        return Contribution(groups, figures, [], NOWHERE, {}, None)
    figures, member = _figures(snapshot, groups)
    return Contribution(groups, figures, by.places(facts), by.extent(snapshot), by.items(snapshot), member)


def _nowhere(facts: Facts) -> Contribution:
    edges = _edges(facts)
    if not edges:
        return NOTHING
    return Contribution([], NOTHING.figures, [], NOWHERE, {}, Member([], 0, edges, []))


def _figures(snapshot: Snapshot, groups: list[str]) -> tuple[list[int], Member]:
    facts = snapshot.facts
    figures = [0] * SIZE
    figures[INCIDENTS] = figures[kind_at(facts.kind)] = 1
    figures[DAMAGED] = int(_damaged(snapshot))
    figures[DISRUPTIONS] = sum(1 for _ in open_disruptions(facts))
    figures[INVESTIGATIONS] = sum(1 for _ in open_investigations(facts))
    edges, inputs, numbered = _edges(facts), [], 0
    unknown = [len(facts.objects) or 1] * len(_OF_OBJECTS) + [1] * len(_OF_INCIDENTS)
    for key, said in (*snapshot.derived.objects.items(), ("", snapshot.derived.casualties)):
        for name, number in said.items():
            if number.low is None:
                continue
            measure = _PLACES[name]
            unknown[measure] -= 1
            numbered |= 1 << measure
            _add(figures, measure_at(measure), number)
            if edges and number.claim is not UNSET and number.claim in edges:
                alone = [0] * WIDTH
                _add(alone, 0, number)
                inputs.append(Input(measure, key, number.claim, alone))
    figures[_SUMS_AT + UNKNOWN :: WIDTH] = unknown
    return figures, Member(groups, numbered, edges, inputs)


def _add(figures: list[int], at: int, number: Number) -> None:
    figures[at + (NONE_REPORTED if number.state == "none_reported" else COUNTED)] += 1
    if number.best is not None:
        figures[at + VOUCHED] += 1
        figures[at + BEST] += number.best
    figures[at + LOW] += number.low or 0
    if number.high is not None:
        figures[at + CLOSED] += 1
        figures[at + HIGH] += number.high
    figures[at + DISPUTED] += number.disputed


def _edges(facts: Facts) -> dict[str, tuple[UUID, str]]:
    found = {}
    for key, claim in facts.claims.items():
        if claim.scope is not UNSET and claim.scope.part_of is not UNSET:
            found[key] = (claim.scope.part_of.incident, claim.scope.part_of.claim)
    return found


def _damaged(snapshot: Snapshot) -> bool:
    facts, derived = snapshot.facts, snapshot.derived.damage
    for key, damage in facts.damage.items():
        said = derived.get(key)
        none = damage.none_reported or (said is not None and said["count"].state == "none_reported")
        if not none and not denied(damage, facts.claims):
            return True
    return False


def open_disruptions(facts: Facts) -> Iterator[tuple[Item, Disruption]]:
    """Yield those of which nobody says that they are over, nor denies them."""
    for key, each in facts.disruptions.items():
        if each.end is UNSET and each.status != "ended" and not denied(each, facts.claims):
            yield ("disruption", key), each


def open_investigations(facts: Facts) -> Iterator[tuple[Item, Response]]:
    """Yield those of which nobody says that they are over, nor denies them."""
    for key, each in facts.responses.items():
        over = each.kind != "investigation" or each.status == "completed" or each.end is not UNSET
        if not over and not denied(each, facts.claims):
            yield ("investigation", key), each


def denied(entry: Entry, claims: Mapping[str, Claim]) -> bool:
    """Say whether all who speak of it deny it."""
    said = [claims[key].confidence for key in entry.claims if key in claims]
    return bool(said) and all(each == "denied" for each in said)


def began(facts: Facts) -> str | None:
    """Return when it began, if that is said."""
    return None if facts.occurred is UNSET or facts.occurred.start is UNSET else facts.occurred.start


def regions(facts: Facts) -> list[str]:
    """Return the countries and subdivisions of an incident."""
    codes = set()
    for location in facts.locations.values():
        if location.country is not UNSET:
            codes.add(location.country)
        if location.subdivision is not UNSET:
            codes.add(location.subdivision)
            codes.add(location.subdivision[:2])
    return sorted(codes)


def _known(*values: T | None) -> list[T]:
    return [value for value in values if value is not None]
