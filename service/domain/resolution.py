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

That is rule 1. Rule 2 is the same but for claims whose scope covers only a part of the incident (scopes.py). What
is counted in a part is a bound of the whole and never a competing total of it:

8. A claim of a part gives the whole a lower bound: the number that it vouches for (5). A bound of 0, which is all
   that `at_most` and `none_reported` of a part come to, says nothing of the whole. Of several the highest holds.
9. It raises the bottom of each range of the whole that reaches up to it; 3 to 7 then hold of the claims of the
   whole, their ranges so raised. A range that ends below the bound stays as it is claimed, and is disputed by it;
   where all do, `high` is null.
10. Where no claim of the whole counts, the bound is `best` and `low`, from the part that gives it (of equals, the
    one that 4 prefers), and `high` is null.

Every version of the rule stays: `derive` takes any of RULES. docs/rules.md has examples.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import astuple

from service.domain.facts import Amount, Claim, Counts, Facts
from service.domain.scopes import NONE, partial
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
NOBODY: Final = Claim()
"""The claim behind what is said in nobody's name."""
_CONFIDENCE: Final = {"confirmed": 3, "believed": 2, "preliminary": 1}
_RELIABILITY: Final = {"A": 5, "B": 4, "C": 3, "D": 2, "E": 1, "F": 0}
COUNTS: Final = Counts.__struct_fields__

RULES: Final[Mapping[int, Callable[[Facts], frozenset[str]]]] = {1: lambda _: NONE, 2: partial}
"""Of each version of the rule: the claims that it takes to speak of a part of the incident."""

Said = dict[str, Amount]
Rank = tuple[int, int, int, str, bool]


def derive(facts: Facts, version: int = RULE_VERSION) -> Derived:
    """Return every number that the claims of `facts` come to, by a version of the rule."""
    claims, parts = facts.claims, RULES[version](facts)
    objects = {}
    for key, thing in facts.objects.items():
        if thing.counts is not UNSET:
            said = zip(COUNTS, astuple(thing.counts), strict=True)
            if numbers := {name: resolve(amounts, claims, parts) for name, amounts in said if amounts}:
                objects[key] = numbers
    casualties = {}
    if facts.casualties is not UNSET:
        harm = facts.casualties
        for name, amounts in (("killed", harm.killed), ("injured", harm.injured)):
            if said_of := with_none(amounts, harm.claims) if harm.none_reported else amounts:
                casualties[name] = resolve(said_of, claims, parts)
    damage = {}
    for key, entry in facts.damage.items():
        if said_of := with_none(entry.count, entry.claims) if entry.none_reported else entry.count:
            damage[key] = {"count": resolve(said_of, claims, parts)}
    return Derived(objects, casualties, damage, version)


def resolve(said: Said, claims: Mapping[str, Claim], parts: frozenset[str] = NONE) -> Number:
    """Return what the amounts, each under the id of its claim, come to; "" is the id of nobody."""
    if parts and not parts.isdisjoint(said):
        return _beside_parts(said, claims, parts)
    bottoms: list[int] = []
    tops: list[int | None] = []
    best: tuple[Rank, str, int] | None = None
    for key in sorted(said) if len(said) > 1 else said:
        amount, claim = said[key], claims.get(key, NOBODY)
        if amount.unknown or claim.confidence == "denied":
            continue
        bottom, top = range_of(amount)
        bottoms.append(bottom)
        tops.append(top)
        standing = rank(claim, amount)
        if best is None or standing > best[0]:
            best = standing, key, bottom
    if best is None:
        return _UNKNOWN
    _, key, vouched = best
    closed = [top for top in tops if top is not None]
    return Number(
        state="none_reported" if said[key].none_reported else "counted",
        best=None if said[key].at_most is not UNSET else vouched,
        low=min(bottoms),
        high=max(closed) if len(closed) == len(tops) else None,
        disputed=bool(closed) and max(bottoms) > min(closed),
        claim=key or UNSET,
    )


def _beside_parts(said: Said, claims: Mapping[str, Claim], parts: frozenset[str]) -> Number:
    """Return what rule 2 makes of amounts of which some are of a part."""
    bound, part = lower_bound(said, claims, parts)
    whole = {key: amount for key, amount in said.items() if key not in parts}
    number = resolve(whole, claims)
    if bound == 0:
        return number
    if number.state == "unknown":
        return Number("counted", bound, bound, None, disputed=False, claim=part)
    ranges = [range_of(amount) for key, amount in whole.items() if counts(amount, claims.get(key, NOBODY))]
    exceeded = [top for _, top in ranges if top is not None and top < bound]
    best_range = range_of(whole["" if number.claim is UNSET else number.claim])
    return Number(
        number.state,
        best=None if number.best is None else _raised(best_range, bound),
        low=min(_raised(each, bound) for each in ranges),
        high=None if len(exceeded) == len(ranges) else number.high,
        disputed=number.disputed or bool(exceeded),
        claim=number.claim,
    )


def lower_bound(said: Said, claims: Mapping[str, Claim], parts: frozenset[str]) -> tuple[int, str]:
    """Return the highest lower bound that claims of a part give the whole, and whose it is; 0 if none does."""
    bounds = [
        (range_of(said[key])[0], rank(claims.get(key, NOBODY), said[key]), key)
        for key in sorted(parts.intersection(said))
        if counts(said[key], claims.get(key, NOBODY))
    ]
    bound, _, part = max(bounds, key=lambda each: each[:2], default=(0, None, ""))
    return bound, part


def _raised(reach: tuple[int, int | None], bound: int) -> int:
    bottom, top = reach
    return max(bottom, bound) if top is None or bound <= top else bottom


def counts(amount: Amount, claim: Claim) -> bool:
    """Say whether what a claim says of a number counts at all."""
    return not amount.unknown and claim.confidence != "denied"


def with_none(said: Said, claims: tuple[str, ...]) -> Said:
    """Return the amounts with those that `none_reported` of the whole entry adds."""
    return dict.fromkeys(claims or ("",), _NONE_REPORTED) | said


def range_of(amount: Amount) -> tuple[int, int | None]:
    """Return from where to where an amount that counts reaches; None is open."""
    if amount.value is not UNSET:
        return amount.value, amount.value
    if amount.low is not UNSET and amount.high is not UNSET:
        return amount.low, amount.high
    if amount.at_least is not UNSET:
        return amount.at_least, None
    return 0, 0 if amount.at_most is UNSET else amount.at_most


def rank(claim: Claim, amount: Amount) -> Rank:
    """Return what claims of one number are compared by: the highest comes first."""
    return (
        0 if claim.reliability is UNSET else _RELIABILITY[claim.reliability],
        -6 if claim.credibility is UNSET else -claim.credibility,
        0 if claim.confidence is UNSET else _CONFIDENCE[claim.confidence],
        "" if claim.stated_at is UNSET else claim.stated_at,
        not amount.none_reported,
    )
