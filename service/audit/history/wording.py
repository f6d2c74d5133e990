"""Every field of the facts in plain words: what a reader of the history sees instead of JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from service.audit.history import phrases
from service.audit.history.phrases import COUNTED, Claims, Json, moment, place, quoted, who, whose
from service.domain import facts


class Wording(NamedTuple):
    """How a field is called, and what its values are in words; None: in words of its own (`differences.py`)."""

    label: str
    words: Callable[[Any, Claims], str] | None = None


def phrase(kind: type[Struct], value: Json, claims: Claims, leave: Sequence[str] = ()) -> str:
    """Return all that an entry says, but for the fields to `leave` out; "" if nothing is left."""
    known = WORDS[kind]
    told = []
    for name in [*(each for each in known if each in value), *(each for each in value if each not in known)]:
        wording = wording_of(kind, name)
        if name not in leave and wording.words is not None:
            words = wording.words(value[name], claims)
            told.append(f"{wording.label} {words}".strip() if words else wording.label)
    return "; ".join(told)


def wording_of(kind: type[Struct], name: str) -> Wording:
    """Return the wording of a field; one that this release does not know is shown as it stands."""
    return WORDS[kind].get(name) or Wording(name.replace("_", " "), _text)


def _text(value: object, _: Claims) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _code(value: object, _: Claims) -> str:
    return phrases.code(value)


def _role(value: str, _: Claims) -> str:
    return phrases.ROLES.get(value, phrases.code(value))


def _target(value: str, _: Claims) -> str:
    return phrases.target(value)


def _reliability(value: str, _: Claims) -> str:
    return phrases.RELIABILITY.get(value, value)


def _credibility(value: int, _: Claims) -> str:
    return phrases.CREDIBILITY.get(value, str(value))


def _quote(value: str, _: Claims) -> str:
    return quoted(value)


def _moment(value: str, _: Claims) -> str:
    return moment(value)


def _yes(value: bool, _: Claims) -> str:
    return "" if value else "no"


def _ids(value: Sequence[str], claims: Claims) -> str:
    return whose(value, claims)


def _one_id(value: str, claims: Claims) -> str:
    return who(claims.get(value))


def _slug(value: str, _: Claims) -> str:
    return value.replace("-", " ")


def _slugs(value: Sequence[str], _: Claims) -> str:
    return ", ".join(each.replace("-", " ") for each in value)


def _point(value: Sequence[float], _: Claims) -> str:
    longitude, latitude = value
    return f"{abs(latitude)}° {'N' if latitude >= 0 else 'S'}, {abs(longitude)}° {'E' if longitude >= 0 else 'W'}"


def _of(kind: type[Struct]) -> Callable[[Json, Claims], str]:
    return lambda value, claims: phrase(kind, value, claims)


def _each(kind: type[Struct]) -> Callable[[Json, Claims], str]:
    return lambda value, claims: " or ".join(phrase(kind, each, claims) for each in value.values())


def _place(value: Json, claims: Claims) -> str:
    return place(value) or phrase(facts.Place, value, claims)


def _places(joined: str) -> Callable[[Json, Claims], str]:
    return lambda value, claims: joined.join(_place(each, claims) for each in value.values())


_PLACE: Final = {
    "country": Wording("country", _text),
    "subdivision": Wording("region", _text),
    "place": Wording("named", _text),
}
_WINDOW: Final = {"start": Wording("from", _moment), "end": Wording("until", _moment)}
_CLAIMS: Final = Wording("by", _ids)
_VERBATIM: Final = Wording("in the source's words", _quote)
_SPELL: Final = {**_WINDOW, "description": Wording("", _text)}

WORDS: Final[Mapping[type[Struct], Mapping[str, Wording]]] = {
    facts.Facts: {
        "title": Wording("title", _text), "kind": Wording("kind", _code), "summary": Wording("summary", _text),
        "message_status": Wording("real, exercise or test", _code), "occurred": Wording("when it happened"),
        "locations": Wording("place"), "objects": Wording("in the air"), "casualties": Wording("casualties"),
        "damage": Wording("damage"), "disruptions": Wording("disruption"), "responses": Wording("response"),
        "statements": Wording("statement"), "assessments": Wording("assessment"), "claims": Wording("claim"),
        "campaigns": Wording("campaigns", _slugs), "related": Wording("related"),
        "external_ids": Wording("record elsewhere"),
    },
    facts.Occurred: {
        **_WINDOW, "precision": Wording("known to the", _code), "time_zone": Wording("told in the time of", _text),
        "verbatim": _VERBATIM,
    },
    facts.Window: _WINDOW,
    facts.Place: _PLACE,
    facts.Location: {
        "role": Wording("", _role), **_PLACE, "point": Wording("at", _point),
        "radius_m": Wording("radius in metres", _text), "precision": Wording("known to the", _code),
        "alternatives": Wording("or perhaps", _places(" or ")), "verbatim": _VERBATIM, "claims": _CLAIMS,
    },
    facts.Amount: {
        "value": Wording(""), "low": Wording("from"), "high": Wording("to"), "at_least": Wording("at least"),
        "at_most": Wording("at most"), "none_reported": Wording("none reported"), "unknown": Wording("no number given"),
        "about": Wording("about"), "verbatim": _VERBATIM,
    },
    facts.Counts: {name: Wording(COUNTED[name]) for name in ("observed", "destroyed", "impacted", "lost_contact")},
    facts.AirObject: {
        "type": Wording("type", _code), "certainty": Wording("type is", _code), "model": Wording("model", _text),
        "counts": Wording("numbers"), "claims": _CLAIMS,
    },
    facts.Casualties: {
        "killed": Wording("killed"), "injured": Wording("injured"), "none_reported": Wording("none reported", _yes),
        "claims": _CLAIMS,
    },
    facts.Damage: {
        "target": Wording("to", _target), "count": Wording("how many"),
        "severity": Wording("severity", _code), "description": Wording("", _text), "fire": Wording("fire", _yes),
        "none_reported": Wording("none reported", _yes), "claims": _CLAIMS,
    },
    facts.Diversion: {**_PLACE, "airport": Wording("airport", _text)},
    facts.Disruption: {
        "kind": Wording("", _code), "airport": Wording("airport", _text), "airports_state": Wording("airports", _code),
        "diverted_to": Wording("diverted to", _places(", ")), "area": Wording("in", _text),
        "status": Wording("status", _code), **_SPELL, "claims": _CLAIMS,
    },
    facts.Response: {
        "kind": Wording("", _code), "by": Wording("by", _text), "status": Wording("status", _code), **_SPELL,
        "claims": Wording("as said by", _ids),
    },
    facts.Statement: {
        "text": Wording("", _quote), "language": Wording("in the language", _text), "claim": Wording("by", _one_id),
        "claims": Wording("as said by", _ids),
    },
    facts.Assessment: {
        "kind": Wording("of", _code), "text": Wording("", _quote), "confidence": Wording("confidence", _code),
        "claims": _CLAIMS,
    },
    facts.PartOf: {"incident": Wording("incident", _text), "claim": Wording("claim", _text)},
    facts.Scope: {
        "place": Wording("place", _place), "window": Wording("time", _of(facts.Window)),
        "part_of": Wording("counted once more in", _of(facts.PartOf)),
    },
    facts.Claim: {
        "source": Wording("source", _text), "source_name": Wording("called", _text),
        "source_kind": Wording("sort of source", _code), "attribution": Wording("the source is", _code),
        "relayed_by": Wording("relayed by", _slug), "url": Wording("at", _text),
        "stated_at": Wording("stated at", _moment), "confidence": Wording("put as", _code),
        "reliability": Wording("reliability of the source", _reliability),
        "credibility": Wording("credibility", _credibility),
        "scope": Wording("covers only", _of(facts.Scope)), "verbatim": _VERBATIM,
    },
    facts.Related: {"relation": Wording("it is", _code), "incident": Wording("incident", _text), "claims": _CLAIMS},
}  # fmt: skip
"""The test of this table fails for a field of the facts that it does not have."""
