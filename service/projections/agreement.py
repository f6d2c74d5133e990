"""Where two sources give a number of the same thing: whether what they say can both be true."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final

from msgspec import UNSET

from service.domain.facts import Amount, Claim, Facts
from service.domain.resolution import Number, resolve

Pair = tuple[str, str]
"""Two sources, in the order of their slugs."""
_NONE_REPORTED: Final = Amount(none_reported=True)


def agreement(facts: Facts) -> dict[Pair, tuple[int, int]]:
    """Return, of each two sources, in how many numbers some of their ranges meet, and in how many none do."""
    found: dict[Pair, tuple[int, int]] = {}
    if len(facts.claims) > 1:
        for said in _quantities(facts):
            if len(said) > 1:
                for pair, meet in _meetings(_ranges(said, facts.claims)):
                    agree, disagree = found.get(pair, (0, 0))
                    found[pair] = (agree + meet, disagree + (not meet))
    return found


def _quantities(facts: Facts) -> Iterator[Mapping[str, Amount]]:
    for thing in facts.objects.values():
        if thing.counts is not UNSET:
            counts = thing.counts
            yield from (counts.observed, counts.destroyed, counts.impacted, counts.lost_contact)
    if facts.casualties is not UNSET:
        harm = facts.casualties
        none = dict.fromkeys(harm.claims, _NONE_REPORTED) if harm.none_reported else {}
        yield from (none | harm.killed, none | harm.injured)
    for entry in facts.damage.values():
        none = dict.fromkeys(entry.claims, _NONE_REPORTED) if entry.none_reported else {}
        yield none | entry.count


def _ranges(said: Mapping[str, Amount], claims: Mapping[str, Claim]) -> dict[str, list[Number]]:
    """Return the ranges by source; the rule of `resolve` says what a claim's range is, and which claims have none."""
    found: dict[str, list[Number]] = {}
    for key, amount in said.items():
        source = claims[key].source
        if source is not UNSET and (number := resolve({key: amount}, claims)).state != "unknown":
            found.setdefault(source, []).append(number)
    return found


def _meetings(ranges: Mapping[str, list[Number]]) -> Iterator[tuple[Pair, bool]]:
    for one, other in combinations(sorted(ranges), 2):
        yield (one, other), any(_meet(a, b) for a in ranges[one] for b in ranges[other])


def _meet(a: Number, b: Number) -> bool:
    return _reaches(a, b.low) and _reaches(b, a.low)


def _reaches(number: Number, low: int | None) -> bool:
    return number.high is None or low is None or low <= number.high
