"""
What is left of an incident when events of it are without their data.

A report comes to stand-ins, a revision to nothing, a retraction to one without its reason. A later patch was made for
facts that are no longer all there: it is merged into what is left, and of the outcome only what makes sense is kept.
"""

from collections.abc import Container
from typing import Any, Final

import msgspec

from service.domain import shape
from service.domain.events import Retracted
from service.domain.facts import Facts
from service.domain.forms import MAX_ENTRIES

Json = dict[str, Any]

GONE: Final = "[expunged]"
FACTS: Final = Facts(GONE, "other")
RETRACTION: Final = Retracted("expunged", GONE)

_STAND_INS: Final = {"title": GONE, "kind": "other"}
_ENTRIES: Final = (
    "locations", "objects", "damage", "disruptions", "responses", "statements", "assessments", "related",
)  # fmt: skip
_QUANTITIES: Final = ("killed", "injured", "count")


def merged(facts: Json, patch: Json) -> Json:
    """Return valid facts: what `patch` makes of facts that are perhaps not those that it was made for."""
    loose = _merge(facts, patch)
    try:
        msgspec.convert(loose, Facts)
    except msgspec.ValidationError:
        loose = _STAND_INS | shape.fitting_parts(_bounded(loose), Facts)
    fit = msgspec.convert(_sensible(loose), Facts)
    # through the bytes, as facts are made JSON everywhere
    document: Json = msgspec.json.decode(msgspec.json.encode(fit))
    return document


def _merge(target: Json, patch: Json) -> Json:
    """Merge as RFC 7396 does, but make nothing in order to delete something in it."""
    found = dict(target)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            there = found.get(key)
            inner = _merge(there if isinstance(there, dict) else {}, value)
            if inner or not value or isinstance(there, dict):
                found[key] = inner
        else:
            found[key] = value
    return found


def _bounded(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return it with the latest entries of maps in which the deletion of others is gone."""
    if not isinstance(value, dict):
        return value
    kept = list(value.items())[-MAX_ENTRIES:]
    return {key: _bounded(each) for key, each in kept}


def _sensible(facts: Json) -> Json:
    """Return the facts without what names a claim that is not there, or says something in no form."""
    claims = facts.get("claims", {})
    kept = dict(facts)
    for name in _ENTRIES:
        if name in kept:
            kept[name] = _entries(kept[name], claims)
    if "casualties" in kept:
        kept |= _entries({"casualties": kept.pop("casualties")}, claims)
    if "claims" in kept:
        kept["claims"] = _places(claims)
    return kept


def _entries(entries: Json, claims: Container[str]) -> Json:
    """Return the entries; one of which nothing is left goes, one in which there was nothing stays."""
    kept = {key: _entry(entry, claims) for key, entry in entries.items()}
    return {key: entry for key, entry in kept.items() if entry or not entries[key]}


def _entry(entry: Json, claims: Container[str]) -> Json:
    kept: Json = _places(entry)
    if "claims" in kept:
        kept["claims"] = [claim for claim in kept["claims"] if claim in claims]
    if "claim" in kept and kept["claim"] not in claims:
        del kept["claim"]
    for name in _QUANTITIES:
        if name in kept:
            kept[name] = _quantity(kept[name], claims)
    if "counts" in kept:
        counts = {name: _quantity(said, claims) for name, said in kept["counts"].items()}
        kept["counts"] = {name: said for name, said in counts.items() if said}
    return {name: part for name, part in kept.items() if part not in ([], {}) or entry[name] == part}


def _quantity(said: Json, claims: Container[str]) -> Json:
    return {claim: amount for claim, amount in said.items() if claim in claims and _has_one_form(amount)}


def _has_one_form(amount: Json) -> bool:
    if ("low" in amount) != ("high" in amount) or amount.get("low", 0) > amount.get("high", 0):
        return False
    forms = [name in amount for name in ("value", "low", "at_least", "at_most")]
    return sum(forms) + bool(amount.get("none_reported")) + bool(amount.get("unknown")) == 1


def _places(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return it with no place that is in two countries: which of the two was meant, nobody can say any more."""
    if not isinstance(value, dict):
        return value
    country, subdivision = value.get("country"), value.get("subdivision")
    torn = isinstance(country, str) and isinstance(subdivision, str) and not subdivision.startswith(f"{country}-")
    return {key: _places(each) for key, each in value.items() if not torn or key not in ("country", "subdivision")}
