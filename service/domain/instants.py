"""
Instants as text: RFC 3339 in any offset comes in, UTC with six fraction digits and `Z` is kept.

In that form the order of the texts is the order of the times.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from service.domain.facts import Claim, Disruption, Facts, Response, Window
from service.domain.forms import INSTANT_PATTERN

_FORM: Final = re.compile(INSTANT_PATTERN)
_KEPT_LENGTH: Final = len("2026-05-01T02:30:00.000000Z")
_MESSAGE: Final = "must be a time that exists, with an offset and six fraction digits at most"

Spell = TypeVar("Spell", Window, Disruption, Response)


@lru_cache(maxsize=1024)
def canonical(text: str) -> str:
    """Return the instant in the form that is kept; raise ValueError if there is no such time."""
    if _FORM.fullmatch(text) is None:
        raise ValueError(_MESSAGE)
    try:
        text = text.upper()
        moment = datetime.fromisoformat(text).astimezone(UTC)
        if len(text) == _KEPT_LENGTH and text.endswith("Z"):
            return text
    except (ValueError, OverflowError) as error:
        raise ValueError(_MESSAGE) from error
    return moment.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def normalise(facts: Facts) -> Facts:
    """Return the same facts with every instant in its kept form; they must be without fault."""
    changed: dict[str, Any] = {}
    if facts.occurred is not UNSET and (occurred := _spell(facts.occurred)) is not facts.occurred:
        changed["occurred"] = occurred
    for identity, disruption in facts.disruptions.items():
        if (spell := _spell(disruption)) is not disruption:
            changed.setdefault("disruptions", dict(facts.disruptions))[identity] = spell
    for identity, response in facts.responses.items():
        if (action := _spell(response)) is not response:
            changed.setdefault("responses", dict(facts.responses))[identity] = action
    for identity, claim in facts.claims.items():
        if (stated := _claim(claim)) is not claim:
            changed.setdefault("claims", dict(facts.claims))[identity] = stated
    return replace(facts, **changed) if changed else facts


def _spell(spell: Spell) -> Spell:
    start = spell.start if spell.start is UNSET else canonical(spell.start)
    end = spell.end if spell.end is UNSET else canonical(spell.end)
    return spell if start == spell.start and end == spell.end else replace(spell, start=start, end=end)


def _claim(claim: Claim) -> Claim:
    if claim.stated_at is not UNSET and (stated_at := canonical(claim.stated_at)) != claim.stated_at:
        claim = replace(claim, stated_at=stated_at)
    scope = claim.scope
    if scope is not UNSET and scope.window is not UNSET:
        window = _spell(scope.window)
        if window is not scope.window:
            claim = replace(claim, scope=replace(scope, window=window))
    return claim
