"""The register in plain dicts: what the service is to answer, written without looking at how it does it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from service import words

Json = dict[str, Any]
EVENTS = {"report": "reported", "revise": "revised", "retract": "retracted"}
EMPTY_IS_ABSENT = ("locations", "objects", "claims", "campaigns", "external_ids", "summary")


def merged(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch, by the pseudocode of RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def instant(text: str) -> str:
    """Return an instant as it is kept."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def kept(facts: Json) -> Json:
    """Return facts as they are kept: in UTC, and without what says nothing."""
    result = {name: value for name, value in facts.items() if value or name not in EMPTY_IS_ABSENT}
    if result.get("message_status") == "actual":
        del result["message_status"]
    if "occurred" in result:
        result["occurred"] = {name: instant(value) for name, value in result["occurred"].items()}
    if "objects" in result:
        result["objects"] = {name: _without_empty_counts(thing) for name, thing in result["objects"].items()}
    return result


def _without_empty_counts(thing: Json) -> Json:
    if "counts" not in thing:
        return thing
    return {**thing, "counts": {name: said for name, said in thing["counts"].items() if said}}


def valid(facts: Json) -> bool:
    """Whether facts made of the parts in strategies.py can be recorded."""
    counts = [
        said for thing in facts.get("objects", {}).values() for said in thing.get("counts", {}).values()
    ]  # fmt: skip
    claims, places = facts.get("claims", {}), facts.get("locations", {}).values()
    return (
        "title" in facts
        and "kind" in facts
        and all(claim in claims for said in counts for claim in said)
        and all(place.get("subdivision", "").startswith(place.get("country", "")) for place in places if len(place) > 1)
    )


def plain(document: Json) -> Json:
    """Return what the model knows of a document: all but what is worked out from the facts."""
    return {name: value for name, value in document.items() if name not in ("derived", "flags")}


@dataclass(frozen=True)
class Asked:
    """A command as a client gives it."""

    command: str
    body: Json
    incident: str | None = None
    external_id: str | None = None
    expected: frozenset[int] | None = None
    """The revisions that it may be at; None: any."""
    key: str | None = None

    @property
    def is_new(self) -> bool:
        return self.incident is None and self.external_id is None

    def same_as(self, first: "Asked") -> bool:
        return (self.command, self.body, self.incident) == (first.command, first.body, first.incident)


@dataclass(frozen=True)
class Due:
    """The answer that is due: an event that is recorded, or was (`position`), or a problem."""

    status: int = 201
    problem: str = ""
    facts: Json | None = None
    position: int | None = None


@dataclass
class Register:
    """Every event after `start`, and how every incident stood after each of its own."""

    start: int = 0
    log: list[Json] = field(default_factory=list)
    states: dict[str, list[Json]] = field(default_factory=dict)
    keys: dict[str, tuple[Asked, int]] = field(default_factory=dict)
    """What each Idempotency-Key was used for, and the position of what was recorded."""

    @classmethod
    def of(cls, log: Iterable[Json], start: int = 0) -> Self:
        """Return the register that a log adds up to; it has no gaps."""
        register = cls(start)
        for event in log:
            register.take(event)
        return register

    @property
    def head(self) -> int:
        return self.start + len(self.log)

    def take(self, event: Json, facts: Json | None = None) -> Json:
        """Take the next event and return the incident after it; `facts` are those that the event leads to."""
        states = self.states.setdefault(event["incident"], [])
        assert event["position"] == self.head + 1
        assert event["revision"] == len(states) + 1
        assert not self.log or event["recorded_at"] > self.log[-1]["recorded_at"]
        after = {
            "id": event["incident"],
            "status": "retracted" if event["type"] == "retracted" else "active",
            "revision": event["revision"],
            "position": event["position"],
            "recorded_at": event["recorded_at"],
            "reported_at": states[0]["recorded_at"] if states else event["recorded_at"],
            "actor": event["actor"],
            "facts": facts_after(states[-1]["facts"] if states else None, event) if facts is None else facts,
        }
        if event["type"] == "retracted":
            after["retraction"] = event["data"]
        self.log.append(event)
        states.append(after)
        return after

    def assume(self, asked: Asked, due: Due) -> None:
        """Go on as if this had been recorded."""
        now = self.find(asked)
        event: Json = {
            "position": self.head + 1,
            "revision": now["revision"] + 1 if now else 1,
            "incident": now["id"] if now else f"the one of position {self.head + 1}",
            "type": EVENTS[asked.command],
            "recorded_at": f"~{self.head + 1:09}",
            "actor": "somebody",
            "data": {},
        }
        self.take(event, due.facts)
        self.remember(asked)

    def remember(self, asked: Asked) -> None:
        """Remember that the last event was recorded for this command."""
        if asked.key is not None:
            self.keys[asked.key] = (asked, self.head)

    def now(self) -> list[Json]:
        """Return every incident as it stands."""
        return [states[-1] for states in self.states.values()]

    def due(self, asked: Asked) -> Due:
        """Say what a command is to be answered with."""
        if asked.key in self.keys:
            first, position = self.keys[asked.key]
            return Due(position=position) if asked.same_as(first) else Due(422, "idempotency-key-reused")
        now = self.find(asked)
        if now is None and not asked.is_new:
            return Due(404, "not-found")
        if now is not None and asked.expected is not None and now["revision"] not in asked.expected:
            return Due(412, "revision-conflict")
        if asked.command == "report":
            active = now is not None and now["status"] == "active"
            return Due(409, "not-retracted") if active else self._recorded(asked.body["facts"], now)
        assert now is not None
        return Due(409, "already-retracted") if now["status"] == "retracted" else self._changed(asked, now)

    def _changed(self, asked: Asked, now: Json) -> Due:
        if asked.command == "retract":
            return Due(facts=now["facts"])
        after = merged(now["facts"], asked.body["patch"])
        if valid(after) and kept(after) == now["facts"]:
            return Due(422, "nothing-changed")
        return self._recorded(after, now)

    def find(self, asked: Asked) -> Json | None:
        """Return the incident that a command is about."""
        if asked.external_id is not None:
            return self.holder(asked.external_id)
        states = self.states.get(asked.incident or "")
        return states[-1] if states else None

    def holder(self, external_id: str) -> Json | None:
        """Return the active incident that has an external id."""
        for state in self.now():
            if state["status"] == "active" and external_id in external_ids(state["facts"]):
                return state
        return None

    def _recorded(self, facts: Json, now: Json | None) -> Due:
        if not valid(facts):
            return Due(400, "invalid-request")
        for external_id in external_ids(facts):
            holder = self.holder(external_id)
            if holder is not None and (now is None or holder["id"] != now["id"]):
                return Due(409, "external-id-taken")
        return Due(facts=kept(facts))


def listed(incidents: Iterable[Json], asked: dict[str, str]) -> list[Json]:
    """Return the incidents that a list with these query parameters is to hold, in its order."""
    wanted = {"status": "active", "message_status": "actual"} | asked
    sort = wanted.pop("sort", "-recorded")
    found = [each for each in incidents if all(_holds(each, name, value) for name, value in wanted.items())]
    if sort == "-occurred":
        return sorted(found, key=lambda each: (_occurred(each)[0], each["id"]), reverse=True)
    return sorted(found, key=lambda each: int(each["position"]), reverse=sort == "-recorded")


def _holds(incident: Json, name: str, value: str) -> bool:
    facts = incident["facts"]
    if name == "q":
        # What is one word is for tests/unit/test_words.py.
        said = words.terms(f"{facts['title']} {facts.get('summary', '')}")
        return all(word in said for word in words.words(value))
    if name.startswith("occurred_"):
        start, end = _occurred(incident)
        return start != "" and (end >= instant(value) if name == "occurred_from" else start < instant(value))
    if name == "recorded_from":
        return bool(incident["recorded_at"] >= value)
    return value == "any" or value in _named(incident, name)


def _named(incident: Json, name: str) -> set[str]:
    facts = incident["facts"]
    places = facts.get("locations", {}).values()
    subdivisions = {place["subdivision"] for place in places if "subdivision" in place}
    countries = {place["country"] for place in places if "country" in place}
    return {
        "status": {incident["status"]},
        "message_status": {facts.get("message_status", "actual")},
        "kind": {facts["kind"]},
        "country": countries | {subdivision[:2] for subdivision in subdivisions},
        "subdivision": subdivisions,
        "object_type": {thing["type"] for thing in facts.get("objects", {}).values()},
        "campaign": set(facts.get("campaigns", [])),
        "source": {claim["source"] for claim in facts.get("claims", {}).values() if "source" in claim},
        "external_id": set(external_ids(facts)),
    }[name]


def _occurred(incident: Json) -> tuple[str, str]:
    said = incident["facts"].get("occurred", {})
    start = said.get("start", said.get("end", ""))
    return start, said.get("end", start)


def external_ids(facts: Json) -> Iterator[str]:
    for namespace, key in facts.get("external_ids", {}).items():
        yield f"{namespace}/{key}"


def facts_after(facts: Json | None, event: Json) -> Json:
    """Return the facts after an event, by what the log says of it and nothing else."""
    data: Json = event["data"]
    if event["type"] == "reported":
        return dict(data["facts"])
    assert facts is not None
    return dict(merged(facts, data["patch"])) if event["type"] == "revised" else facts
