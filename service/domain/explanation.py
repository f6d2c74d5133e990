"""Why a derived number is what it is: every amount that was claimed, and what the rule made of it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import astuple

from service.domain.facts import Amount, Claim, Facts
from service.domain.resolution import (
    COUNTS,
    NOBODY,
    RULES,
    Number,
    Said,
    counts,
    lower_bound,
    range_of,
    rank,
    resolve,
    with_none,
)

Decision = Annotated[
    Literal[
        "nothing_counts", "only_one", "reliability", "credibility", "confidence", "stated_at", "count_before_none",
        "first_by_id", "highest_of_parts",
    ],
    Meta(
        description=(
            "What made the claim of `best` the first: `nothing_counts`: none is; `only_one`: no other counts for it; "
            "`highest_of_parts`: only parts of the incident were counted; otherwise by what it beats the next one."
        )
    ),
]  # fmt: skip
Role = Annotated[
    Literal["best", "counted", "lower_bound", "not_counted"],
    Meta(
        description=(
            "`best`: the number is from it; `counted`: it may widen the range; `lower_bound`: it speaks of a part of "
            "the incident, and bounds the whole."
        )
    ),
]
Reason = Annotated[
    Literal["denied", "unknown", "bounds_nothing"],
    Meta(description="Why it is not counted; `bounds_nothing`: a part that has none, or at most so many."),
]
_BY: Final[tuple[Decision, ...]] = ("reliability", "credibility", "confidence", "stated_at", "count_before_none")
"""What the places of a rank compare."""


class Account(Struct, frozen=True, omit_defaults=True):
    """What one claim says of the number, and what became of it."""

    claim: Annotated[str | None, Meta(description="null: it is said in nobody's name.")]
    amount: Amount
    role: Role
    covers: Annotated[Literal["whole", "part"], Meta(description="How much of the incident it speaks of.")]
    place: Annotated[int, Meta(ge=1, description="Of what counts for `best`, which comes how early.")] | UnsetType = (
        UNSET
    )
    reason: Reason | UnsetType = UNSET
    low: int | UnsetType = UNSET
    high: Annotated[int, Meta(description="Absent: open, or not counted.")] | UnsetType = UNSET
    by: Annotated[Claim, Meta(description="Whose claim it is, with all that it is compared by.")] | UnsetType = UNSET


class Explanation(Struct, frozen=True, omit_defaults=True):
    """A number with its reasons."""

    number: Number
    decided_by: Decision
    accounts: Annotated[list[Account], Meta(description="What counts for `best` first, in the order of its place.")]
    raised_by: (
        Annotated[str, Meta(description="The claim of a part that gives the whole a lower bound, which changed it.")]
        | UnsetType
    ) = UNSET


def numbers(facts: Facts) -> dict[str, Said]:
    """Return what is said of each number, by its JSON Pointer into `derived`."""
    return {pointer: said for pointer, said in _numbers(facts) if said}


def _numbers(facts: Facts) -> Iterator[tuple[str, Said]]:
    for key, thing in facts.objects.items():
        if thing.counts is not UNSET:
            for name, said in zip(COUNTS, astuple(thing.counts), strict=True):
                yield f"/objects/{key}/{name}", said
    if facts.casualties is not UNSET:
        harm = facts.casualties
        for name, said in (("killed", harm.killed), ("injured", harm.injured)):
            yield f"/casualties/{name}", with_none(said, harm.claims) if harm.none_reported else said
    for key, entry in facts.damage.items():
        said = with_none(entry.count, entry.claims) if entry.none_reported else entry.count
        yield f"/damage/{key}/count", said


def explain(facts: Facts, said: Said, version: int) -> Explanation:
    """Say why these amounts come to their number, by a version of the rule."""
    claims = facts.claims
    parts = RULES[version](facts).intersection(said)
    number = resolve(said, claims, parts)
    order = _order(said, claims, parts)
    accounts = []
    for key in [*order, *sorted(said.keys() - set(order))]:
        amount, claim = said[key], claims.get(key, NOBODY)
        reason = _reason(amount, claim, part=key in parts)
        low, high = (UNSET, None) if reason else range_of(amount)
        accounts.append(
            Account(
                claim=key or None,
                amount=amount,
                role="not_counted" if reason else _role(key, order),
                covers="part" if key in parts else "whole",
                place=order.index(key) + 1 if key in order else UNSET,
                reason=reason or UNSET,
                low=low,
                high=UNSET if high is None or key in parts else high,
                by=claims.get(key, UNSET),
            )
        )
    bound, part = lower_bound(said, claims, parts)
    changes = bound > 0 and part not in order and number != resolve(_whole(said, parts), claims)
    return Explanation(
        number, _decided(said, claims, order, parts=not parts.isdisjoint(order)), accounts, part if changes else UNSET
    )


def _whole(said: Said, parts: frozenset[str]) -> Said:
    return {key: amount for key, amount in said.items() if key not in parts}


def _order(said: Said, claims: Mapping[str, Claim], parts: frozenset[str]) -> list[str]:
    """Return the claims that `best` can be from, the one that it is from first."""
    ranked = [key for key in sorted(said) if not _reason(said[key], claims.get(key, NOBODY), part=key in parts)]
    ranked.sort(key=lambda key: rank(claims.get(key, NOBODY), said[key]), reverse=True)
    if whole := [key for key in ranked if key not in parts]:
        return whole
    return sorted(ranked, key=lambda key: -range_of(said[key])[0])


def _decided(said: Said, claims: Mapping[str, Claim], order: list[str], *, parts: bool) -> Decision:
    if len(order) < 2:  # noqa: PLR2004  # there is nothing to compare
        return "only_one" if order else "nothing_counts"
    first, second = order[:2]
    if parts and range_of(said[first])[0] > range_of(said[second])[0]:
        return "highest_of_parts"
    ranks = [rank(claims.get(key, NOBODY), said[key]) for key in (first, second)]
    return next((by for by, one, other in zip(_BY, *ranks, strict=True) if one != other), "first_by_id")


def _reason(amount: Amount, claim: Claim, *, part: bool) -> Reason | None:
    if not counts(amount, claim):
        return "unknown" if amount.unknown else "denied"
    return "bounds_nothing" if part and range_of(amount)[0] == 0 else None


def _role(key: str, order: list[str]) -> Role:
    if key not in order:
        return "lower_bound"
    return "best" if key == order[0] else "counted"
