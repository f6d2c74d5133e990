"""What is odd about a record. Odd is never refused: a register that refuses a true report loses it."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from service.domain.facts import Claim, Disruption, Facts, Response
from service.domain.resolution import Derived, Number
from service.domain.vocabulary import Flag


def flags(facts: Facts, derived: Derived, recorded_at: str) -> list[Flag]:
    """Return the names of what is odd, in order; `recorded_at` is an instant in its kept form."""
    odd: list[Flag] = []
    if _is_disputed(derived):
        odd.append("counts_disputed")
    if _exceeds(derived.objects.values()):
        odd.append("destroyed_exceeds_observed")
    if facts.occurred is not UNSET and _after(facts.occurred.start, recorded_at):
        odd.append("occurred_after_recorded")
    if not facts.claims or _has_nobodys(facts.claims.values()):
        odd.append("source_missing")
    if _ends_early(facts):
        odd.append("start_after_end")
    return odd


def _after(first: object, second: object) -> bool:
    return isinstance(first, str) and isinstance(second, str) and first > second


def _is_disputed(derived: Derived) -> bool:
    for numbers in (*derived.objects.values(), derived.casualties, *derived.damage.values()):
        for number in numbers.values():
            if number.disputed:
                return True
    return False


def _exceeds(objects: Iterable[Mapping[str, Number]]) -> bool:
    """Say whether the best number destroyed is above all that anybody observed."""
    for numbers in objects:
        destroyed, observed = numbers.get("destroyed"), numbers.get("observed")
        if destroyed is None or observed is None or destroyed.best is None or observed.high is None:
            continue
        if destroyed.best > observed.high:
            return True
    return False


def _has_nobodys(claims: Iterable[Claim]) -> bool:
    """Say whether one has neither a source nor even a role, nor the wish to stay unnamed."""
    return any(claim.source is UNSET and claim.attribution not in ("role_only", "anonymous") for claim in claims)


def _ends_early(facts: Facts) -> bool:
    if facts.occurred is not UNSET and _after(facts.occurred.start, facts.occurred.end):
        return True
    spells: Iterable[Disruption | Response] = (*facts.disruptions.values(), *facts.responses.values())
    for spell in spells:
        if _after(spell.start, spell.end):
            return True
    for claim in facts.claims.values():
        scope = claim.scope
        if scope is not UNSET and scope.window is not UNSET and _after(scope.window.start, scope.window.end):
            return True
    return False
