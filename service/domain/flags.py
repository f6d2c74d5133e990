"""What is odd about a record. Odd is never refused: a register that refuses a true report loses it."""

from collections.abc import Iterator, Mapping

from msgspec import UNSET

from service.domain.facts import Claim, Disruption, Facts, Response, Window
from service.domain.resolution import Derived, Number
from service.domain.vocabulary import Flag


def flags(facts: Facts, derived: Derived, recorded_at: str) -> list[Flag]:
    """Return the names of what is odd, in order; `recorded_at` is an instant in its kept form."""
    return sorted(_odd(facts, derived, recorded_at))


def _odd(facts: Facts, derived: Derived, recorded_at: str) -> Iterator[Flag]:
    if any(number.disputed for number in _numbers(derived)):
        yield "counts_disputed"
    if any(_exceeds(numbers) for numbers in derived.objects.values()):
        yield "destroyed_exceeds_observed"
    if facts.occurred is not UNSET and _after(facts.occurred.start, recorded_at):
        yield "occurred_after_recorded"
    if not facts.claims or any(_is_nobodys(claim) for claim in facts.claims.values()):
        yield "source_missing"
    if any(_after(window.start, window.end) for window in _windows(facts)):
        yield "start_after_end"


def _after(first: object, second: object) -> bool:
    return isinstance(first, str) and isinstance(second, str) and first > second


def _exceeds(numbers: Mapping[str, Number]) -> bool:
    """Say whether the best number destroyed is above all that anybody observed."""
    destroyed, observed = numbers.get("destroyed"), numbers.get("observed")
    if destroyed is None or observed is None or destroyed.best is None or observed.high is None:
        return False
    return destroyed.best > observed.high


def _is_nobodys(claim: Claim) -> bool:
    """Say whether neither a source is given nor even a role, nor the wish to stay unnamed."""
    return claim.source is UNSET and claim.attribution not in ("role_only", "anonymous")


def _numbers(derived: Derived) -> Iterator[Number]:
    for numbers in derived.objects.values():
        yield from numbers.values()
    yield from derived.casualties.values()
    for numbers in derived.damage.values():
        yield from numbers.values()


def _windows(facts: Facts) -> Iterator[Window | Disruption | Response]:
    if facts.occurred is not UNSET:
        yield facts.occurred
    yield from facts.disruptions.values()
    yield from facts.responses.values()
    for claim in facts.claims.values():
        if claim.scope is not UNSET and claim.scope.window is not UNSET:
            yield claim.scope.window
