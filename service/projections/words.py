"""Whose words a revision changes: each claim stands for itself, its amounts, and the entries that name it."""

from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from service.domain.facts import AirObject, Casualties, Damage, Entry, Facts, Quantity, Statement

_COLLECTIONS: Final = (
    "locations", "objects", "damage", "disruptions", "responses", "statements", "assessments", "related",
)  # fmt: skip
_Words = dict[tuple[str, str], object]
"""What one entry says, by claim and by the name of the quantity; "" is the entry itself."""


def reworded(before: Facts, after: Facts) -> set[str]:
    """Return the claims whose words are not what they were; what others say beside them changes none of theirs."""
    found = {key for key, claim in before.claims.items() if after.claims.get(key) != claim}
    for name in _COLLECTIONS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            for key in old.keys() | new.keys():
                found |= _differing(old.get(key), new.get(key))
    if before.casualties != after.casualties:
        found |= _differing(before.casualties or None, after.casualties or None)
    return found


def _differing(before: Entry | None, after: Entry | None) -> set[str]:
    if before == after:
        return set()
    old, new = _words(before), _words(after)
    return {at[0] for at in old.keys() | new.keys() if old.get(at) != new.get(at)}


def _words(entry: Entry | None) -> _Words:
    if entry is None:
        return {}
    quantities, silent = _quantities(entry)
    bare = replace(entry, claims=(), **silent)
    found: _Words = {(claim, ""): bare for claim in entry.claims}
    if isinstance(entry, Statement) and entry.claim is not UNSET:
        found[entry.claim, ""] = bare
    for name, quantity in quantities.items():
        for claim, amount in quantity.items():
            found[claim, name] = amount
    return found


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
