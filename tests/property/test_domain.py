"""Laws that hold for any facts, any patch and any sequence of commands."""

import json
from datetime import datetime
from typing import Any, get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from service.domain import vocabulary
from service.domain.checks import Codes, faults
from service.domain.commands import Command, Report, Retract, Revise
from service.domain.errors import AlreadyReported, AlreadyRetracted, Invalid, NotFound, NothingChanged
from service.domain.events import Event, Reported, Retracted, decode, encode, type_of
from service.domain.facts import AirObject, Amount, Casualties, Claim, Counts, Facts, Location, Occurred
from service.domain.flags import flags
from service.domain.incident import decide, evolve, facts_of, replay
from service.domain.instants import canonical, normalise
from service.domain.patch import difference, merge
from service.domain.resolution import Number, derive, resolve
from service.domain.shape import misfits

NO_CODES = Codes(frozenset({"RU"}), frozenset(), frozenset(), frozenset(), frozenset())


def one_of(choices: Any) -> st.SearchStrategy[Any]:
    """Return a choice of one of the vocabulary's lists."""
    return st.sampled_from(get_args(get_args(choices)[0]))


def maybe(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(msgspec.UNSET), some)


ids = st.sampled_from(["a", "b", "c", "d"])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
counts = st.integers(0, 60)
offsets = st.sampled_from(["Z", "+03:00", "-11:30"])
instants = st.builds(
    lambda moment, offset: moment.isoformat() + offset,
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - offset follows
    offsets,
)
claims = st.builds(
    Claim,
    source=maybe(st.sampled_from(["governor", "agency"])),
    confidence=maybe(one_of(vocabulary.Confidence)),
    reliability=maybe(one_of(vocabulary.Reliability)),
    credibility=maybe(one_of(vocabulary.Credibility)),
    stated_at=maybe(instants.map(canonical)),
    verbatim=maybe(texts),
)
amounts = st.one_of(
    st.builds(lambda count: Amount(value=count), counts),
    st.builds(lambda low, more: Amount(low=low, high=low + more), counts, counts),
    st.builds(lambda count: Amount(at_least=count), counts),
    st.builds(lambda count: Amount(at_most=count), counts),
    st.just(Amount(none_reported=True)),
    st.just(Amount(unknown=True)),
)
quantities = st.dictionaries(ids, amounts, max_size=4)
CLAIMS = {"a": Claim(source="governor"), "b": Claim(), "c": Claim(), "d": Claim(confidence="denied")}
facts = st.builds(
    Facts,
    title=texts,
    kind=one_of(vocabulary.Kind),
    message_status=one_of(vocabulary.MessageStatus),
    occurred=maybe(st.builds(Occurred, start=maybe(instants), end=maybe(instants))),
    locations=st.dictionaries(
        ids,
        st.builds(Location, country=maybe(st.just("RU")), point=maybe(st.tuples(st.floats(0, 90), st.floats(0, 90)))),
    ),
    objects=st.dictionaries(
        ids,
        st.builds(
            AirObject,
            type=one_of(vocabulary.ObjectType),
            counts=maybe(st.builds(Counts, observed=quantities, destroyed=quantities)),
        ),
        max_size=2,
    ),
    casualties=maybe(st.builds(Casualties, killed=quantities, none_reported=st.booleans())),
    claims=st.just(CLAIMS),
    campaigns=st.lists(ids, unique=True).map(tuple),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)
without_nulls = st.recursive(
    st.integers(-3, 3) | st.text(max_size=3) | st.lists(st.integers(0, 3), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)
documents = st.dictionaries(st.sampled_from("abc"), without_nulls, max_size=3)
commands = st.one_of(
    st.builds(Report, facts),
    st.builds(
        lambda said, fields: Revise("Because.", {field: json_of(said).get(field) for field in fields}),
        facts,
        st.lists(st.sampled_from(["kind", "title", "occurred", "objects", "casualties", "campaigns"]), unique=True),
    ).filter(lambda revise: revise.patch.get("kind", "") is not None and revise.patch.get("title", "") is not None),
    st.builds(Retract, one_of(vocabulary.ReasonCode), texts),
)


def json_of(struct: msgspec.Struct) -> dict[str, Any]:
    return dict(json.loads(msgspec.json.encode(struct)))


def carried_out(sequence: list[Command]) -> list[Event]:
    """Return the events that the commands lead to, where each is refused for the right reason or taken."""
    events: list[Event] = []
    for command in sequence:
        now = replay(events)
        refusal = None
        try:
            events.append(decide(command, now, NO_CODES))
        except (AlreadyReported, AlreadyRetracted, Invalid, NotFound, NothingChanged) as error:
            refusal = type(error)
        if isinstance(command, Report):
            assert refusal == (AlreadyReported if now is not None and now.status == "active" else None)
        elif now is None:
            assert refusal is NotFound
        elif now.status == "retracted":
            assert refusal is AlreadyRetracted
        else:
            assert refusal in ((NothingChanged, Invalid, None) if isinstance(command, Revise) else (None,))
    return events


@given(st.lists(commands, max_size=8))
def test_the_state_is_the_fold_of_the_events_as_they_are_stored(sequence: list[Command]) -> None:
    events = carried_out(sequence)
    stored = [(type_of(event), encode(event)) for event in events]
    assert [decode(type_, 1, data) for type_, data in stored] == events
    now = replay(events)
    assert now == replay(decode(type_, 1, data) for type_, data in stored)
    if now is not None:
        assert now.revision == len(events)
        assert (now.status == "retracted") == isinstance(events[-1], Retracted)
        assert now.facts == json_of(facts_of(now))
        assert not faults(facts_of(now), NO_CODES)


@given(st.lists(commands, max_size=8))
def test_the_facts_are_what_any_merge_patch_library_makes_of_the_log(sequence: list[Command]) -> None:
    document: Any = None
    for event in carried_out(sequence):
        data = json.loads(encode(event))
        if isinstance(event, Reported):
            document = data["facts"]
        elif not isinstance(event, Retracted):
            changed = merge(document, data["patch"])
            assert changed != document
            document = changed
    now = replay(carried_out(sequence))
    assert document == (now and now.facts)


@given(facts)
def test_normalising_is_done_once(said: Facts) -> None:
    normal = normalise(said)
    assert normalise(normal) is normal
    assert msgspec.json.decode(msgspec.json.encode(normal), type=Facts) == normal
    assert list(misfits(json_of(said), Facts)) == []


@given(facts, instants)
def test_anything_faultless_has_numbers_and_flags(said: Facts, recorded: str) -> None:
    event = decide(Report(said), None, NO_CODES)
    assert isinstance(event, Reported)
    derived = derive(event.facts)
    raised = flags(event.facts, derived, canonical(recorded))
    assert raised == sorted(set(raised))
    assert set(raised) <= set(get_args(get_args(vocabulary.Flag)[0]))
    assert derived == derive(facts_of(evolve(None, event)))


@given(instants, instants)
def test_the_order_of_the_texts_is_the_order_of_the_times(first: str, second: str) -> None:
    earlier = datetime.fromisoformat(first) < datetime.fromisoformat(second)
    assert earlier == (canonical(first) < canonical(second))
    assert canonical(canonical(first)) == canonical(first)


@given(json_values, json_values)
def test_a_merged_patch_stays_merged_and_leaves_no_null_of_its_own(target: Any, patch: Any) -> None:
    before = json.dumps([target, patch])
    once = merge(target, patch)
    assert merge(once, patch) == once
    assert json.dumps([target, patch]) == before
    if isinstance(patch, dict):
        assert all(once.get(key) is not None for key, value in patch.items() if value is not None)
        assert all(key not in once for key, value in patch.items() if value is None)


@given(documents, documents)
def test_the_difference_leads_from_one_document_to_the_other(before: Any, after: Any) -> None:
    patch = difference(before, after)
    assert merge(before, patch) == after
    assert (patch == {}) == (before == after)


@given(quantities, st.dictionaries(ids, claims, min_size=4), st.frozensets(ids))
def test_the_best_is_between_low_and_high(said: dict[str, Amount], by: dict[str, Claim], parts: frozenset[str]) -> None:
    number = resolve(said, by, parts)
    if number.state == "unknown":
        assert number == Number("unknown", None, None, None, disputed=False)
        return
    assert number.low is not None
    assert number.high is None or number.low <= number.high
    if number.best is not None:
        assert number.low <= number.best
        assert number.high is None or number.best <= number.high
    assert number.claim in said
    assert by[str(number.claim)].confidence != "denied"


@given(quantities, st.dictionaries(ids, claims, min_size=4), st.frozensets(ids), st.randoms(use_true_random=False))
def test_the_order_of_claims_does_not_matter(
    said: dict[str, Amount], by: dict[str, Claim], parts: frozenset[str], random: Any
) -> None:
    shuffled = list(said.items())
    random.shuffle(shuffled)
    assert resolve(dict(shuffled), by, parts) == resolve(said, by, parts)


@given(quantities, st.dictionaries(ids, claims, min_size=4), st.frozensets(ids))
def test_a_part_only_ever_narrows_what_the_whole_leaves_open(
    said: dict[str, Amount], by: dict[str, Claim], parts: frozenset[str]
) -> None:
    number = resolve(said, by, parts)
    whole = resolve({key: amount for key, amount in said.items() if key not in parts}, by)
    if whole.state == "unknown":
        assert number.high is None
        return
    assert (number.state, number.claim) == (whole.state, whole.claim)
    assert number.low is not None and whole.low is not None
    assert number.low >= whole.low
    assert number.high == whole.high or (number.high is None and number.disputed)
    assert number.disputed or not whole.disputed
    for part in parts.intersection(said):
        bound = resolve({part: said[part]}, by).low
        assert number.disputed or bound is None or number.low >= bound


@given(quantities, amounts, st.dictionaries(ids, claims, min_size=4), claims)
def test_one_more_claim_never_narrows(
    said: dict[str, Amount], amount: Amount, by: dict[str, Claim], claim: Claim
) -> None:
    before, after = resolve(said, by), resolve(said | {"new": amount}, by | {"new": claim})
    if before.state == "unknown":
        return
    assert before.low is not None
    assert after.low is not None
    assert after.low <= before.low
    assert after.high is None or (before.high is not None and after.high >= before.high)
    assert after.disputed or not before.disputed
