"""An incident in plain sentences, for whoever reads a feed: what is said, of how much, and who says so."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service import names

Json = Mapping[str, Any]

EVENTS: Final[Mapping[str, str]] = {
    "interception": "Interception by air defence",
    "strike": "Strike from the air",
    "sighting": "Sighting of an object in the air",
    "debris": "Debris from the air",
    "alert": "Air alert",
    "other": "Aerial-security incident",
}
_OBJECTS: Final[Mapping[str, str]] = {
    "uav": "drones (UAV)",
    "fpv_uav": "FPV drones",
    "unknown_air_target": "unknown air targets",
    "aircraft": "aircraft",
}
_UNSURE: Final[Mapping[str, str]] = {"believed": " (believed to be)", "unknown": " (perhaps)"}
_NOT_REAL: Final[Mapping[str, str]] = {"exercise": "EXERCISE", "test": "TEST"}
_ANONYMOUS: Final = "an anonymous source"
_NOT_STATED: Final = "a source that is not stated"
_MOST: Final = 60
"""Lines, before whoever wants more has to read the incident itself."""


def title(item: Json) -> str:
    """Return the title, marked where it is about nothing real or no longer stands."""
    facts = item["facts"]
    marks = [_NOT_REAL.get(facts.get("message_status", "actual"))]
    marks.append("RETRACTED" if item["status"] == "retracted" else None)
    return "".join(f"{mark}: " for mark in marks if mark) + str(facts["title"])


def sentences(item: Json) -> str:
    """Return what is said, a line each; a number comes with its range, its dispute and the claim behind it."""
    lines = list(_lines(item))
    if len(lines) > _MOST:
        lines = [*lines[:_MOST], f"{len(lines) - _MOST} more: read the incident."]
    return "\n".join(lines)


def retraction(item: Json) -> str:
    """Say why an incident was taken back."""
    why = item.get("retraction", {})
    replaced = f" It is replaced by {why['replaced_by']}." if "replaced_by" in why else ""
    return f"Retracted ({why.get('reason_code', 'unknown')}): {why.get('reason', '')}{replaced}"


def _lines(item: Json) -> Iterator[str]:
    facts = item["facts"]
    if facts.get("summary"):
        yield facts["summary"]
    yield f"What: {EVENTS.get(facts['kind'], facts['kind'])}."
    where = [place(each) for each in facts.get("locations", {}).values()]
    yield f"Where: {'; '.join(where) if where else 'not stated'}."
    yield f"When: {_when(facts.get('occurred', {}))}."
    yield from _numbers(item)
    for each in facts.get("disruptions", {}).values():
        said = [each["kind"].replace("_", " "), *(each[name] for name in ("airport", "area", "status") if name in each)]
        yield f"Disruption: {', '.join(said)} ({_sources(each, facts)})."
    for key, each in facts.get("damage", {}).items():
        counted = item["derived"]["damage"].get(key, {}).get("count")
        said = ["" if counted is None else number(counted), each.get("target", ""), each.get("severity", "")]
        said += ["fire" if each.get("fire") else "", each.get("description", "")]
        yield f"Damage: {', '.join(part for part in said if part) or 'not described'} ({_sources(each, facts)})."


def place(said: Json) -> str:
    """Return a place as it is called, with its code and what it has to do with the incident."""
    code = said.get("subdivision") or said.get("country")
    called = said.get("place") or (names.called(code) if code else None) or said.get("verbatim") or "not stated"
    others = [place(each) for each in said.get("alternatives", {}).values()]
    role = f", {said['role']}" if "role" in said else ""
    coded = f"{called} ({code})" if code else called
    return f"{coded}{role}" + (f", or {' or '.join(others)}" if others else "")


def _when(said: Json) -> str:
    start, end = (_instant(said[name]) if name in said else None for name in ("start", "end"))
    told = f"from {start} to {end}" if start and end else start or (f"until {end}" if end else "not stated")
    if "precision" in said and (start or end):
        told += f", known to the {said['precision'].replace('_', ' ')}"
    return f"{told} ('{said['verbatim']}')" if "verbatim" in said else told


def _instant(text: str) -> str:
    return f"{text[:10]} {text[11:16]} UTC"


def _numbers(item: Json) -> Iterator[str]:
    facts, derived = item["facts"], item["derived"]
    for key, numbers in derived["objects"].items():
        kind, sure = facts["objects"][key]["type"], facts["objects"][key].get("certainty")
        for name, each in numbers.items():
            what = f"{_OBJECTS.get(kind, kind.replace('_', ' ') + 's')}{_UNSURE.get(sure, '')} {name.replace('_', ' ')}"
            yield f"{what[0].upper()}{what[1:]}: {number(each)}{_by(each, facts)}."
    for name, each in derived["casualties"].items():
        yield f"{name.capitalize()}: {number(each)}{_by(each, facts)}."


def number(derived: Json) -> str:
    """Return a derived number in words: the best one, how far the claims reach, whether they disagree."""
    if derived["state"] == "unknown":
        return "unknown"
    best, low, high = derived["best"], derived["low"], derived["high"]
    told = (
        "none reported" if derived["state"] == "none_reported" else str(best) if best is not None else "no best number"
    )
    if low != high or best is None:
        told += f" (claims reach from {low} to {'no upper bound' if high is None else high})"
    return f"{told}, disputed" if derived["disputed"] else told


def _by(derived: Json, facts: Json) -> str:
    return f", by {source(facts.get('claims', {}).get(derived['claim'], {}))}" if "claim" in derived else ""


def _sources(entry: Json, facts: Json) -> str:
    told = [source(facts["claims"][each]) for each in entry.get("claims", ()) if each in facts.get("claims", {})]
    return "; ".join(dict.fromkeys(told)) or f"by {_NOT_STATED}"


def source(claim: Json) -> str:
    """Say who makes a claim, and how sure he says to be."""
    nobody = _ANONYMOUS if claim.get("attribution") == "anonymous" else _NOT_STATED
    told = claim.get("source_name") or claim.get("source") or nobody
    if "relayed_by" in claim:
        told += f", relayed by {claim['relayed_by']}"
    return f"{told} ({claim['confidence']})" if "confidence" in claim else told
