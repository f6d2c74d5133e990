"""Single values of the facts in plain words: codes, times, places, amounts, and whose word a claim is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Json = dict[str, Any]
Claims = Mapping[str, Json]
_CODES: Final = {
    "uav": "UAV",
    "fpv_uav": "FPV UAV",
    "part_of_day": "part of the day",
    "not_stated": "not stated",
    "role_only": "known by role only",
    "unspecified": "not said which",
    "under_way": "under way",
    "air_defence": "air defence",
    "source_withdrew": "the source withdrew it",
    "false_report": "it was a false report",
    "duplicate": "it is a duplicate",
    "merged": "it was merged with another",
    "out_of_scope": "it does not belong in the register",
    "data_entry_error": "it was an error of data entry",
    "legal": "for legal reasons",
    "test_data": "it was test data",
    "duplicate_of": "a duplicate of",
    "split_from": "split from",
    "follows": "follows",
    "part_of": "a part of",
}
RELIABILITY: Final = {
    "A": "A, completely reliable", "B": "B, usually reliable", "C": "C, fairly reliable",
    "D": "D, not usually reliable", "E": "E, unreliable", "F": "F, not judged",
}  # fmt: skip
CREDIBILITY: Final = {
    1: "1, confirmed by others", 2: "2, probably true", 3: "3, possibly true",
    4: "4, doubtful", 5: "5, improbable", 6: "6, not judged",
}  # fmt: skip
_MANY: Final = {
    "uav": "UAVs", "fpv_uav": "FPV UAVs", "aircraft": "aircraft", "missile": "missiles", "rocket": "rockets",
    "cruise_missile": "cruise missiles", "ballistic_missile": "ballistic missiles", "guided_bomb": "guided bombs",
    "unknown_air_target": "unknown air targets",
}  # fmt: skip
ROLES: Final = {
    "target": "the target", "impact": "where it hit", "interception": "where it was intercepted",
    "launch": "where it was launched",
}  # fmt: skip
_TARGETS: Final = {
    "residential": "homes", "administrative": "administrative buildings", "industrial": "industry",
    "energy": "energy supply", "transport": "transport", "military": "military targets", "other": "other things",
}  # fmt: skip
COUNTED: Final = {
    "observed": "observed", "destroyed": "destroyed", "impacted": "that hit", "lost_contact": "lost from sight",
    "killed": "killed", "injured": "injured", "count": "how many",
}  # fmt: skip
"""The numbers that claims give."""


def code(value: object) -> str:
    """Return a code in words; one that this release does not know, without its underscores."""
    return _CODES.get(str(value), str(value).replace("_", " "))


def many(value: object) -> str:
    """Return what several objects of a type are called."""
    return _MANY.get(str(value), code(value))


def moment(instant: str) -> str:
    """Return an instant to the second, or as exactly as it is said."""
    day, _, time = instant.removesuffix("Z").partition("T")
    clock = time.removesuffix(".000000").removesuffix(":00") if time else ""
    return f"{day} {clock} UTC".replace("  ", " ")


def target(value: object) -> str:
    """Return what a damage was done to."""
    return _TARGETS.get(str(value), code(value))


def quoted(text: str) -> str:
    return f"\u201c{text}\u201d"


def named(claim: Json) -> str:
    """Return what whoever claims it is called."""
    name = claim.get("source_name") or str(claim.get("source", "")).replace("-", " ")
    if not name:
        relayed = str(claim.get("relayed_by", "")).replace("-", " ")
        name = "source not stated" if claim.get("attribution") == "not_stated" else "an unnamed source"
        name += f", relayed by {relayed}" if relayed else ""
    return str(name)


def who(claim: Json | None) -> str:
    """Return whose word a claim is, and how sure it is."""
    if not claim:
        return "nobody named"
    confidence = claim.get("confidence")
    return f"{named(claim)}, {code(confidence)}" if confidence else named(claim)


def whose(ids: Sequence[str], claims: Claims) -> str:
    """Return whose words claims are, each name once."""
    return "; ".join(dict.fromkeys(who(claims.get(each)) for each in ids))


def amount(said: Json) -> str:
    """Return what one claim says of a number."""
    about = "about " if said.get("about") else ""
    if said.get("none_reported"):
        text = "none reported"
    elif said.get("unknown"):
        text = "no number given"
    elif "value" in said:
        text = f"{about}{said['value']}"
    elif "low" in said:
        text = f"{about}{said['low']} to {said['high']}"
    elif "at_least" in said:
        text = f"at least {about}{said['at_least']}"
    else:
        text = f"at most {about}{said.get('at_most')}"
    return f"{text} ({quoted(said['verbatim'])})" if "verbatim" in said else text


def place(value: Json) -> str:
    """Return where, in one name: `Kaluga Oblast (RU-KLU)`; "" where no place is named."""
    region = value.get("subdivision") or value.get("country") or ""
    named = value.get("place") or ""
    at = f"{named} ({region})" if named and region else named or region
    return f"{value['airport']}, {at}".removesuffix(", ") if "airport" in value else str(at)
