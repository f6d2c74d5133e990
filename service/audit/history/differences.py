"""What changed between two states of an incident's facts, as sentences: pure, and of whatever the log may hold."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct

from service.audit.history.phrases import (
    COUNTED,
    Claims,
    Json,
    amount,
    code,
    many,
    named,
    place,
    quoted,
    target,
    who,
    whose,
)
from service.audit.history.wording import phrase, wording_of
from service.domain import facts as told
from service.domain.resolution import Number, derive

Sort = Literal["number", "said", "fact", "claim"]
"""Of a difference: what the claims come to; what one claim says of a number; any other fact; who claims, and how."""
Path = tuple[str, str, str]
"""Of a number: its collection, its entry and its name."""
_ENTRIES: Final[Mapping[str, type[Struct]]] = {
    "locations": told.Location, "objects": told.AirObject, "damage": told.Damage, "disruptions": told.Disruption,
    "responses": told.Response, "statements": told.Statement, "assessments": told.Assessment, "related": told.Related,
    "claims": told.Claim,
}  # fmt: skip
_HEADLINE: Final[Mapping[str, tuple[str, ...]]] = {
    "locations": ("place", "subdivision", "country"), "objects": ("type", "model"), "damage": ("target",),
    "disruptions": ("kind", "airport", "area"), "responses": ("kind", "by"), "statements": ("text",),
    "assessments": ("kind",), "related": ("relation", "incident"),
    "claims": ("confidence",), "casualties": (),
}  # fmt: skip
"""The fields of an entry that are told in its headline."""
_LONG: Final = 60
_Key = TypeVar("_Key")


class Difference(Struct, frozen=True):
    """One thing that is said otherwise than before; None where it was not, or is no longer, said."""

    sort: Sort
    what: str
    before: str | None
    after: str | None
    by: str = ""

    def __str__(self) -> str:
        """Return it as a sentence."""
        what, by = self.what, f" ({self.by})" if self.by else ""
        if self.sort == "said" and self.by:
            what, by = f"{self.what}, by {self.by}", ""
        if self.before is None:
            return f"{what}: {self.after}{by}"
        if self.after is None:
            return f"{what}: {self.before} -> no longer said{by}"
        if self.before == self.after:
            return f"{what}: still {self.after}, now by other words{by}"
        return f"{what}: {self.before} -> {self.after}{by}"


class Figure(Struct, frozen=True):
    """A number of an incident: what the claims come to, by which claim, and what each of them says."""

    what: str
    comes_to: str
    by: str
    said: list[tuple[str, str]]


def differences(before: Json | None, after: Json | None) -> list[Difference]:
    """Return what the facts say otherwise than before, numbers first; None is an incident that is not there yet."""
    old, new = before or {}, after or {}
    return [*_numbers(old, new), *_facts(old, new)]


def figures(facts: Json) -> list[Figure]:
    """Return the numbers of an incident."""
    claims, said = facts.get("claims", {}), _amounts(facts)
    return [
        Figure(
            _named(path, facts), number(each), _by(each, claims),
            [(who(claims.get(key)), amount(one)) for key, one in said.get(path, {}).items()],
        )
        for path, each in _derived(facts).items()
    ]  # fmt: skip


def number(derived: Number) -> str:
    """Return what the claims come to."""
    best, low, high = derived.best, derived.low, derived.high
    if derived.state == "unknown":
        return "unknown"
    if derived.state == "none_reported":
        more = f", but up to {high} by others" if high else ", but more by others"
        text = "none reported" if high == 0 else f"none reported{more}"
    elif best is None:
        text = f"at least {low}" if high is None else f"between {low} and {high}" if low else f"at most {high}"
    elif high is None:
        text = f"{best} or more" if best == low else f"{best} (at least {low})"
    else:
        text = f"{best}" if low == high else f"{best} (between {low} and {high})"
    return f"{text}, sources disagree" if derived.disputed else text


def _numbers(old: Json, new: Json) -> Iterator[Difference]:
    was, now = _derived(old), _derived(new)
    for path in _ordered(was, now):
        before, after = was.get(path), now.get(path)
        if before != after:
            yield Difference(
                "number",
                _named(path, new if after else old),
                None if before is None else number(before),
                None if after is None else number(after),
                _by(after, new.get("claims", {})) if after else "",
            )


def _derived(facts: Json) -> dict[Path, Number]:
    """Return the numbers by the newest rule; none where the facts are not whole, as after an expunged report."""
    try:
        derived = derive(msgspec.convert(facts, told.Facts))
    except msgspec.ValidationError:
        return {}
    found = {("objects", key, name): n for key, counts in derived.objects.items() for name, n in counts.items()}
    found |= {("casualties", "", name): n for name, n in derived.casualties.items()}
    # that no damage is reported is told as the entry's own: nobody gave a number
    counted = [key for key in derived.damage if facts["damage"][key].get("count")]
    return found | {("damage", key, name): n for key in counted for name, n in derived.damage[key].items()}


def _by(derived: Number, claims: Claims) -> str:
    return "" if derived.claim is UNSET else who(claims.get(derived.claim))


def _amounts(facts: Json) -> dict[Path, Json]:
    """Return what each claim says of each number."""
    found = {
        ("objects", key, name): said
        for key, entry in facts.get("objects", {}).items()
        for name, said in entry.get("counts", {}).items()
    }
    casualties = facts.get("casualties", {})
    found |= {("casualties", "", name): casualties[name] for name in ("killed", "injured") if name in casualties}
    damage = facts.get("damage", {})
    return found | {("damage", key, "count"): entry["count"] for key, entry in damage.items() if "count" in entry}


def _named(path: Path, facts: Json) -> str:
    """Return what a number is called, apart from others of the same incident that would be called the same."""
    collection, key, name = path
    counted = COUNTED.get(name, name.replace("_", " "))
    if collection == "casualties":
        return f"people {counted}"
    entries = facts.get(collection, {})
    headline = _headline(collection, key, entries.get(key, {}))
    alike = [each for other, each in entries.items() if _headline(collection, other, each) == headline]
    told_apart = f"{headline} [{key}]" if len(alike) > 1 else headline
    return f"{told_apart} {counted}" if collection == "objects" else f"damage: {told_apart}, {counted}"


def _facts(old: Json, new: Json) -> Iterator[Difference]:
    names = [*told.Facts.__struct_fields__, *(each for each in new | old if each not in told.Facts.__struct_fields__)]
    for name in sorted(names, key="claims".__eq__):  # the claims last
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name in _ENTRIES:
            for key in _ordered(before or {}, after or {}):
                yield from _entry(name, key, (before or {}).get(key), (after or {}).get(key), old, new)
        elif name == "casualties":
            yield from _entry(name, "", before, after, old, new)
        elif name == "external_ids":
            for key in _ordered(before or {}, after or {}):
                yield from _value(f"record at {key}", (before or {}).get(key), (after or {}).get(key))
        elif name == "occurred":
            kind, label = told.Occurred, wording_of(told.Facts, name).label
            yield from _value(label, *(None if each is None else phrase(kind, each, {}) for each in (before, after)))
        else:
            label, words = wording_of(told.Facts, name)
            texts = (None if each is None or words is None else words(each, {}) for each in (before, after))
            yield from _value(label, *texts)


def _value(what: str, before: str | None, after: str | None) -> Iterator[Difference]:
    if before != after:
        yield Difference("fact", what, before, after)


def _entry(name: str, key: str, before: Json | None, after: Json | None, old: Json, new: Json) -> Iterator[Difference]:
    """Yield how one entry of a collection changed: as a whole where it comes or goes, else field by field."""
    if before == after:
        return
    kind = told.Casualties if name == "casualties" else _ENTRIES[name]
    sort: Sort = "claim" if name == "claims" else "fact"
    was, now = old.get("claims", {}), new.get("claims", {})
    label = wording_of(told.Facts, name).label
    if before is None or after is None:
        by = whose(after.get("claims", ()), now) if after else ""
        texts = [_whole(name, kind, *each) for each in ((before, was), (after, now))]
        if any(texts):
            yield Difference(sort, label, texts[0], texts[1], by)
    else:
        what = f"{label}: {headline}" if (headline := _headline(name, key, after)) else label
        for field in _ordered(before, after):
            said, says = before.get(field), after.get(field)
            wording = wording_of(kind, field)
            if said != says and wording.words is not None:
                words = [
                    None if v is None else wording.words(v, c) or "yes" for v, c in ((said, was), (says, now))
                ]  # fmt: skip
                by = "" if field == "claims" else whose(after.get("claims", ()), now)
                called = wording.label or field.replace("_", " ")
                yield Difference(sort, f"{what}, {called}", words[0], words[1], by)
    yield from _said(name, key, old, new)


def _said(collection: str, key: str, old: Json, new: Json) -> Iterator[Difference]:
    was, now = _amounts(old), _amounts(new)
    for path in _ordered(was, now):
        if path[:2] == (collection, key):
            said, says = was.get(path, {}), now.get(path, {})
            for claim in _ordered(said, says):
                before, after = said.get(claim), says.get(claim)
                if before != after:
                    texts = [None if each is None else amount(each) for each in (before, after)]
                    by = who((new if after else old).get("claims", {}).get(claim))
                    yield Difference("said", _named(path, new if after else old), texts[0], texts[1], by)


def _whole(name: str, kind: type[Struct], entry: Json | None, claims: Claims) -> str | None:
    if entry is None:
        return None
    told_there = ("claims", *_HEADLINE[name])
    if name == "claims":
        told_there += tuple(each for each in ("source_name", "source", "relayed_by") if each in entry)[:1]
        told_there += ("attribution",) if entry.get("attribution") == "not_stated" else ()
    rest = phrase(kind, entry, claims, leave=told_there)
    return "; ".join(each for each in (_TITLES[name](entry), rest) if each) or None


def _headline(collection: str, key: str, entry: Json) -> str:
    """Return what an entry is called."""
    if collection == "claims":
        return named(entry)
    title = _TITLES[collection](entry) or (entry.get("description", "") if collection == "damage" else "")
    return _short(title or key)


_TITLES: Final[Mapping[str, Callable[[Json], str]]] = {
    "casualties": lambda _: "",
    "locations": place,
    "objects": lambda entry: " ".join(filter(None, (many(entry.get("type", "objects")), entry.get("model")))),
    "damage": lambda entry: target(entry["target"]) if "target" in entry else "",
    "disruptions": lambda entry: _joined(entry, "in", "airport", "area"),
    "responses": lambda entry: _joined(entry, "by", "by"),
    "statements": lambda entry: quoted(entry.get("text", "")),
    "assessments": lambda entry: code(entry.get("kind", "")),
    "related": lambda entry: f"{code(entry.get('relation', ''))} incident {entry.get('incident', '')}",
    "claims": who,
}
"""All that an entry says in the fields of _HEADLINE."""


def _joined(entry: Json, word: str, *names: str) -> str:
    kind, at = code(entry.get("kind", "")), ", ".join(entry[each] for each in names if each in entry)
    return f"{kind} {word} {at}" if at else kind


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}\u2026"


def _ordered(before: Mapping[_Key, object], after: Mapping[_Key, object]) -> list[_Key]:
    return list(dict.fromkeys([*after, *before]))
