"""Whatever is taken out of whatever history: what is left is valid, holds nothing of it, and can be gone on from."""

import json
import random
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import remnant
from service.domain.checks import Codes, faults
from service.domain.commands import Report, Retract, Revise
from service.domain.errors import Invalid, NothingChanged
from service.domain.events import SCHEMA_VERSION, Event, Expunged, Logged, decode, encode, type_of
from service.domain.facts import Facts
from service.domain.flags import flags
from service.domain.incident import Incident, decide, evolve, facts_of, replay
from service.domain.patch import difference, merge
from service.domain.resolution import derive
from service.store.changes import Snapshot, change
from service.store.events import Recorded

Json = dict[str, Any]
CODES: Final = Codes(
    frozenset({"RU", "UA"}), frozenset({"RU-KLU", "RU-MOW", "UA-30"}), {"UUWW": (0.0, 0.0)}, frozenset(), frozenset()
)
IDS: Final = ("a", "b", "c")
PLACES: Final[list[Json]] = [
    {},
    {"country": "RU"},
    {"subdivision": "RU-KLU"},
    {"country": "UA", "subdivision": "UA-30"},
    {"subdivision": "RU-MOW"},
]


class Author:
    """
    Makes valid facts in which everything that can refer to a claim does.

    By dice of its own: hypothesis chooses the seed, and is ten times as fast as with a strategy for each part.
    """

    def __init__(self, seed: int) -> None:
        self._dice: Final = random.Random(seed)
        self._claims: Final = self._some(self._claim, 3)

    def document(self) -> Json:
        """Return the facts."""
        some, entry, text, quantity = self._some, self._entry, self._text, self._quantity
        kind = self._dice.choice(["power_outage", "airport_closed"])
        to = {"d": self._dice.choice([{"place": "Kazan"}, {"country": "RU", "subdivision": "RU-KLU"}])}
        quoted = {"claim": self._dice.choice(sorted(self._claims))} if self._claims else {}
        counts = self._parts({}, observed=quantity(), destroyed=quantity())
        return self._parts(
            {"title": text(), "kind": self._dice.choice(["strike", "sighting"]), "claims": self._claims},
            summary=text(),
            message_status=self._dice.choice(["actual", "test"]),
            locations=some(self._location),
            objects=some(lambda: entry({"type": self._dice.choice(["uav", "missile"])}, counts=counts)),
            casualties=entry({}, killed=quantity(), injured=quantity()),
            damage=some(lambda: entry({}, count=quantity(), description=text())),
            disruptions=some(lambda: entry({"kind": kind}, airport="UUWW", diverted_to=to)),
            responses=some(lambda: entry({"kind": "investigation"}, by=text())),
            statements=some(lambda: entry({"text": text()}, **quoted)),
            assessments=some(lambda: entry({"kind": "pattern", "text": text()})),
            campaigns=self._dice.sample(IDS, self._dice.randint(0, 2)),
            related=some(lambda: entry({"incident": str(UUID(int=9)), "relation": "follows"})),
            external_ids=some(text, 1),
        )

    def _text(self) -> str:
        return f"w{self._dice.randrange(10**6)}"

    def _some(self, make: Callable[[], Any], most: int = 2) -> Json:
        return {key: make() for key in self._dice.sample(IDS, self._dice.randint(0, most))}

    def _parts(self, required: Json, /, **optional: Any) -> Json:
        return required | {name: part for name, part in optional.items() if self._dice.random() < 0.5}

    def _entry(self, required: Json, /, **optional: Any) -> Json:
        return self._parts(required, claims=self._told(), **optional)

    def _told(self) -> list[str]:
        return self._dice.sample(sorted(self._claims), self._dice.randint(0, len(self._claims)))

    def _quantity(self) -> Json:
        return {key: self._amount() for key in self._told()}

    def _amount(self) -> Json:
        low = self._dice.randrange(9)
        exact = self._parts({"value": low}, about=True, verbatim=self._text())
        bounds: list[Json] = [{"low": low, "high": low + self._dice.randrange(9)}, {"at_least": low}, {"at_most": low}]
        return self._dice.choice([exact, *bounds, {"none_reported": True}, {"unknown": True}])

    def _claim(self) -> Json:
        part_of = {"incident": str(UUID(int=7)), "claim": "x"}
        scope = self._parts({}, place=self._dice.choice(PLACES), part_of=part_of)
        return self._parts({}, source=self._text(), verbatim=self._text(), scope=scope)

    def _location(self) -> Json:
        place: Json = self._dice.choice(PLACES)
        return self._dice.choice([place, self._entry({}, place=self._text(), alternatives={"else": PLACES[3]})])


documents = st.integers(0, 2**32).map(lambda seed: Author(seed).document())
steps = st.lists(st.tuples(st.sampled_from(["add"] * 5 + ["say", "retract"]), documents), min_size=3, max_size=7)
taken_out = st.just(set[int]()) | st.sets(st.integers(0, 4), min_size=1, max_size=3)
Steps = list[tuple[str, Json]]


def history(sequence: Steps, given_: Incident | None = None) -> list[Event]:
    """Return the events that lead from one document to the next, as a client that sends differences records them."""
    events: list[Event] = []
    now = given_
    for place, (what, said) in enumerate(sequence):
        if now is None or now.status == "retracted":
            command: Any = Report(msgspec.convert(said, Facts))
        elif what == "retract":
            command = Retract("legal", f"reason {place}")
        else:
            wanted = mixed(now.facts, canonical(said)) if what == "add" else canonical(said)
            command = Revise(f"reason {place}", difference(now.facts, wanted))
        try:
            events.append(decide(command, now, CODES))
        except (NothingChanged, Invalid):  # of two valid places, one in two countries can come
            continue
        now = evolve(now, events[-1])
    return events


def mixed(now: Json, said: Json) -> Json:
    """Return facts that are partly these and partly those, with the claims of both."""
    dice = random.Random(json.dumps(said))
    wanted = dict(now)
    for name, part in said.items():
        sort = dice.randrange(4)
        if isinstance(part, dict) and name != "casualties" and (sort or name == "claims"):
            wanted[name] = {**now.get(name, {}), **part}
            for key in part.keys() & now.get(name, {}).keys():
                if sort == 1:  # some of the entry is said anew
                    wanted[name][key] = {**now[name][key], **part[key]} if isinstance(part[key], dict) else part[key]
        elif sort < 2:
            wanted[name] = part
    return wanted


def canonical(said: Json) -> Json:
    """Return facts as they are stored."""
    return dict(json.loads(msgspec.json.encode(msgspec.convert(said, Facts))))


def without(events: list[Event], gone: AbstractSet[int]) -> list[Logged]:
    """Return the events as they are read when the data of some is gone."""
    return [
        decode(type_of(event), SCHEMA_VERSION, None if place in gone else encode(event))
        for place, event in enumerate(events)
    ]


def strings(value: Any) -> Iterator[str]:
    """Yield every string in JSON, keys and values."""
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(each)
    if isinstance(value, str):
        yield value


@given(steps, taken_out)
def test_what_is_left_is_valid_and_holds_nothing_that_is_gone(sequence: Steps, gone: set[int]) -> None:
    events = history(sequence)
    kept = {text for place, event in enumerate(events) if place not in gone for text in strings(plain(event))}
    now: Incident | None = None
    for event in without(events, gone):
        now = evolve(now, event)
        facts = facts_of(now)
        assert faults(facts, CODES) == []
        assert now.facts == canonical(now.facts)
        assert set(strings(now.facts)) <= kept | {remnant.GONE, "other", *NAMES}
        assert flags(facts, derive(facts), "2026-01-01T00:00:00.000000Z") is not None
    whole = replay(events)
    assert now is not None and whole is not None
    assert (now.revision, now.status) == (whole.revision, whole.status)
    assert now.expunged == len(gone & set(range(len(events))))
    if not now.expunged:
        assert now == whole


NAMES: Final = {"title", "kind", "claims"}
"""What facts always have, whoever said it."""


def plain(event: Event) -> Any:
    """Return an event as JSON."""
    return json.loads(encode(event))


@given(steps, taken_out)
def test_followers_read_the_same_out_of_it(sequence: Steps, gone: set[int]) -> None:
    now: Incident | None = None
    snapshot: Snapshot | None = None
    for place, event in enumerate(history(sequence)):
        data = None if place in gone else encode(event).decode()
        recorded = Recorded(
            place + 1, UUID(int=place), UUID(int=1), place + 1, type_of(event), SCHEMA_VERSION,
            datetime(2026, 5, 1, tzinfo=UTC), "tester", data,
        )  # fmt: skip
        snapshot = change(recorded, snapshot, len(gone)).after
        now = evolve(now, decode(recorded.type, SCHEMA_VERSION, data))
        assert json.loads(snapshot.facts_json) == now.facts
        assert snapshot.facts == facts_of(now)
        assert (snapshot.status, snapshot.retraction, snapshot.expunged) == (now.status, now.retraction, now.expunged)


@given(steps, taken_out, documents)
def test_it_is_gone_on_from_as_from_any_other(sequence: Steps, gone: set[int], said: Json) -> None:
    now = replay(without(history(sequence), gone))
    for event in history([("say", said)], now):
        now = evolve(now, event)
    assert now is not None
    assert now.facts == canonical(said)


@given(documents, documents)
def test_where_nothing_is_missing_nothing_is_left_out(before: Json, after: Json) -> None:
    before, after = canonical(before), canonical(after)
    patch = difference(before, after)
    assert remnant.merged(before, patch) == merge(before, patch) == after


KALUGA: Final[Json] = {"locations": {"a": {"country": "RU", "subdivision": "RU-KLU"}}}
KEYS: Final[Json] = {"external_ids": {"country": "1", "subdivision": "2"}}


@pytest.mark.parametrize(
    ("facts", "patch", "left"),
    [
        ({}, {"objects": {"u": {"counts": {"destroyed": {"gov": {"value": 2}}}}}}, {}),
        ({}, {"locations": {"a": {"point": None}}}, {}),
        ({}, {"locations": {"a": {}}}, {"locations": {"a": {}}}),
        ({}, {"locations": {"a": {"place": "Kaluga", "claims": ["gov"]}}}, {"locations": {"a": {"place": "Kaluga"}}}),
        ({}, {"statements": {"s": {"text": "Yes.", "claim": "gov"}}}, {"statements": {"s": {"text": "Yes."}}}),
        ({}, {"damage": {"d": {"count": {"gov": {"value": 2}}}}}, {}),
        ({"claims": {"g": {}}}, {"casualties": {"killed": {"g": {"high": 3}}}}, {"claims": {"g": {}}}),
        ({"claims": {"g": {}}}, {"casualties": {"killed": {"g": {"about": True}}}}, {"claims": {"g": {}}}),
        ({"locations": {"a": {"country": "UA"}}}, {"locations": {"a": {"subdivision": "RU-KLU"}}}, {}),
        ({"locations": {"a": {"country": "RU"}}}, {"locations": {"a": {"subdivision": "RU-KLU"}}}, KALUGA),
        ({"external_ids": {"country": "1"}}, {"external_ids": {"subdivision": "2"}}, KEYS),
    ],
    ids=[
        "an entry without what it must have", "a deletion of nothing", "an entry in which there is nothing",
        "the name of a claim that is not there", "a statement of a claim that is not there", "all that was in an entry",
        "half a range", "a softened nothing", "a place in two countries", "a place in one",
        "keys that look like places",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(facts: Json, patch: Json, left: Json) -> None:
    named = {"title": "t", "kind": "strike"}
    assert remnant.merged(named | facts, patch) == named | left


def test_of_more_entries_than_there_may_be_the_latest_are_kept() -> None:
    named = {"title": "t", "kind": "strike"}
    first = {f"a{number}": {"place": "there"} for number in range(150)}
    second = {f"b{number}": {"place": "here"} for number in range(150)}
    left = remnant.merged(named | {"locations": first}, {"locations": second})["locations"]
    assert len(left) == 200
    assert second.items() <= left.items()


def test_an_event_without_data_is_of_its_type_and_holds_nothing() -> None:
    assert decode("reported", SCHEMA_VERSION, None) == Expunged("reported")
    now = replay([Expunged("reported"), Expunged("revised"), Expunged("retracted")])
    facts = {"title": "[expunged]", "kind": "other"}
    assert now == Incident(3, "retracted", facts, remnant.RETRACTION, 3)
    assert now is not None and now.retraction is not None
    assert (now.retraction.reason_code, now.retraction.reason) == ("expunged", "[expunged]")
