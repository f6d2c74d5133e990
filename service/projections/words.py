"""What each claim of an incident stands for: a source's words, so that it shows when they are changed."""

from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from service.domain.facts import AirObject, Casualties, Damage, Entry, Facts, Quantity, Statement

Words = dict[tuple[str, ...], object]
"""By where they are in the facts."""
_COLLECTIONS: Final = (
    "locations", "objects", "damage", "disruptions", "responses", "statements", "assessments", "related",
)  # fmt: skip


def words(facts: Facts) -> dict[str, Words]:
    """Return by claim: itself, its amounts, and the entries that name it without what others say there."""
    found: dict[str, Words] = {key: {("claims",): claim} for key, claim in facts.claims.items()}
    for name in _COLLECTIONS:
        for key, entry in getattr(facts, name).items():
            _add(found, (name, key), entry)
    if facts.casualties is not UNSET:
        _add(found, ("casualties",), facts.casualties)
    return found


def _add(found: dict[str, Words], at: tuple[str, ...], entry: Entry) -> None:
    quantities, silent = _quantities(entry)
    claims = entry.claims
    if isinstance(entry, Statement) and entry.claim is not UNSET:
        claims = (*claims, entry.claim)
    if claims:
        bare = replace(entry, claims=(), **silent)
        for claim in claims:
            found[claim][at] = bare
    for name, quantity in quantities.items():
        for claim, amount in quantity.items():
            found[claim][(*at, name)] = amount


def _quantities(entry: Entry) -> tuple[dict[str, Quantity], dict[str, Any]]:
    """Return the quantities of an entry, and what it has where nobody says any."""
    match entry:
        case AirObject() if entry.counts is not UNSET:
            counts = entry.counts
            named = {name: getattr(counts, name) for name in counts.__struct_fields__}
            return named, {"counts": UNSET}
        case Casualties():
            return {"killed": entry.killed, "injured": entry.injured}, {"killed": {}, "injured": {}}
        case Damage():
            return {"count": entry.count}, {"count": {}}
        case _:
            return {}, {}
