"""
The rule by which claims become one number: which one is shown, how far they reach, whether they disagree.

1. A claim whose confidence is `denied`, and an amount that is `unknown`, count towards nothing.
2. Every other amount is a range: `value` n is n..n, `low`/`high` is itself, `at_least` n is n..open,
   `at_most` n is 0..n, `none_reported` is 0..0. `about` widens nothing: a tolerance would be our invention.
3. `low` and `high` are the outermost bounds of all ranges; `high` is null where one of them is open.
4. `best` comes from one claim: the most reliable (A before F), then the most credible (1 before 6), then
   confirmed before believed before preliminary before unsaid, then the latest `stated_at` (unsaid is oldest),
   then a count before `none_reported`, then the first by id.
5. Of that claim, `best` is the number that it vouches for: `value`, `low`, `at_least`, or 0 where none were
   reported. `at_most` vouches for none, so `best` is null: the middle of a range is nobody's word.
6. `disputed` when two ranges do not meet. So 'none reported' beside a count above zero is a dispute, and
   keeps `low` at 0.
7. `state` is `counted` or `none_reported` as the claim of `best` has it: `none_reported` is no count of zero.
   It is `unknown`, and the numbers null, where no range is left.

`none_reported` of all casualties, or of a damage, holds for each of its numbers in the name of each of the
entry's claims that says nothing else of that number; an entry without claims says it in nobody's name.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import astuple

from service.domain.facts import Amount, Claim, Counts, Facts
from service.domain.vocabulary import RULE_VERSION, CountState


class Number(Struct, frozen=True):
    """What the claims come to; `claim` is the one that `best` is from."""

    state: CountState
    best: int | None
    low: int | None
    high: int | None
    disputed: bool
    claim: str | UnsetType = UNSET


class Derived(Struct, frozen=True):
    """The numbers of one incident, by the rule of this version; only what somebody spoke of appears."""

    objects: dict[str, dict[str, Number]]
    casualties: dict[str, Number]
    damage: dict[str, dict[str, Number]]
    rule_version: int = RULE_VERSION


_UNKNOWN: Final = Number("unknown", None, None, None, disputed=False)
_NONE_REPORTED: Final = Amount(none_reported=True)
_UNATTRIBUTED: Final = Claim()
_CONFIDENCE: Final = {"confirmed": 3, "believed": 2, "preliminary": 1}
_RELIABILITY: Final = {"A": 5, "B": 4, "C": 3, "D": 2, "E": 1, "F": 0}
_COUNTS: Final = Counts.__struct_fields__

Said = dict[str, Amount]
Rank = tuple[int, int, int, str, bool]


def derive(facts: Facts) -> Derived:
    """Return every number that the claims of `facts` come to."""
    claims = facts.claims
    objects = {}
    for key, thing in facts.objects.items():
        if thing.counts is not UNSET:
            said = zip(_COUNTS, astuple(thing.counts), strict=True)
            if numbers := {name: resolve(amounts, claims) for name, amounts in said if amounts}:
                objects[key] = numbers
    casualties = {}
    if facts.casualties is not UNSET:
        harm = facts.casualties
        for name, amounts in (("killed", harm.killed), ("injured", harm.injured)):
            if said_of := _with_none(amounts, harm.claims) if harm.none_reported else amounts:
                casualties[name] = resolve(said_of, claims)
    damage = {}
    for key, entry in facts.damage.items():
        if said_of := _with_none(entry.count, entry.claims) if entry.none_reported else entry.count:
            damage[key] = {"count": resolve(said_of, claims)}
    return Derived(objects, casualties, damage)


def resolve(said: Said, claims: Mapping[str, Claim]) -> Number:
    """Return what the amounts, each under the id of its claim, come to; "" is the id of nobody."""
    bottoms: list[int] = []
    tops: list[int | None] = []
    best: tuple[Rank, str] | None = None
    for key in sorted(said) if len(said) > 1 else said:
        amount, claim = said[key], claims.get(key, _UNATTRIBUTED)
        if amount.unknown or claim.confidence == "denied":
            continue
        bottom, top = _range(amount)
        bottoms.append(bottom)
        tops.append(top)
        rank = _rank(claim, amount)
        if best is None or rank > best[0]:
            best = rank, key
    if best is None:
        return _UNKNOWN
    key = best[1]
    closed = [top for top in tops if top is not None]
    return Number(
        state="none_reported" if said[key].none_reported else "counted",
        best=None if said[key].at_most is not UNSET else _range(said[key])[0],
        low=min(bottoms),
        high=max(closed) if len(closed) == len(tops) else None,
        disputed=bool(closed) and max(bottoms) > min(closed),
        claim=key or UNSET,
    )


def _with_none(said: Said, claims: tuple[str, ...]) -> Said:
    return dict.fromkeys(claims or ("",), _NONE_REPORTED) | said


def _range(amount: Amount) -> tuple[int, int | None]:
    if amount.value is not UNSET:
        return amount.value, amount.value
    if amount.low is not UNSET and amount.high is not UNSET:
        return amount.low, amount.high
    if amount.at_least is not UNSET:
        return amount.at_least, None
    return 0, 0 if amount.at_most is UNSET else amount.at_most


def _rank(claim: Claim, amount: Amount) -> Rank:
    return (
        0 if claim.reliability is UNSET else _RELIABILITY[claim.reliability],
        -6 if claim.credibility is UNSET else -claim.credibility,
        0 if claim.confidence is UNSET else _CONFIDENCE[claim.confidence],
        "" if claim.stated_at is UNSET else claim.stated_at,
        not amount.none_reported,
    )
