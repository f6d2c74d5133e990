"""
The running service against a model of it: whatever is asked, in whatever order, both say the same.

MODEL_EXAMPLES=500 looks longer, at other examples each time, and makes what it finds as small as it can.
"""

import json
import os
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.property.conversation import Conversation
from tests.property.register_model import Asked, Json
from tests.property.strategies import EXTERNAL_KEYS, facts, filters, patches
from tests.running import Ledger

EXAMPLES = os.environ.get("MODEL_EXAMPLES")
RUN = "this-run"
"""Stands for the namespace of the external ids of one example."""
IF_MATCH = st.sampled_from(["right", "right", "right", "weak", "any", "one of many", "old", "future", "none"])
EXPECTED = st.sampled_from(["any", "any", "right", "old"])
REASON_CODES = st.sampled_from(["duplicate", "false_report"])
which = st.integers(0, 30)
reports = st.builds(lambda told: ("report", {"facts": told}), facts(RUN))
revisions = st.builds(lambda patch: ("revise", {"patch": patch}), patches(RUN))
retractions = st.builds(lambda code: ("retract", {"reason_code": code}), REASON_CODES)
changes = revisions | revisions | reports | retractions
lines = st.tuples(reports | changes, st.sampled_from(["new", "id", "external id"]), which, EXPECTED,
                  st.sampled_from(["", "", "key", "again"]))  # fmt: skip
some_incident = precondition(lambda machine: machine.both.model.states)


class Register(RuleBasedStateMachine):
    """Every rule asks both; the comparing is done in conversation.py."""

    client: httpx.Client

    def __init__(self) -> None:
        super().__init__()
        self.both = Conversation(self.client)
        self.asked_with_key: list[tuple[Asked, str | None]] = []

    @rule(said=reports, keyed=st.booleans())
    def report(self, said: tuple[str, Json], keyed: bool) -> None:
        self._write(self._asked(said, keyed), None)

    @some_incident
    @rule(said=changes, of=which, if_match=IF_MATCH, keyed=st.booleans())
    def change(self, said: tuple[str, Json], of: int, if_match: str, keyed: bool) -> None:
        now = self._incident(of)
        header, expected = _if_match(if_match, now["revision"])
        self._write(replace(self._asked(said, keyed), incident=now["id"], expected=expected), header)

    @rule(said=changes)
    def change_what_is_not_there(self, said: tuple[str, Json]) -> None:
        self._write(replace(self._asked(said, True), incident=str(uuid4()), expected=frozenset([1])), '"1"')

    @precondition(lambda machine: machine.asked_with_key)
    @rule(of=which, how=st.sampled_from(["the same", "the same", "in other words", "of another"]), other=which)
    def ask_again(self, of: int, how: str, other: int) -> None:
        asked, if_match = self.asked_with_key[of % len(self.asked_with_key)]
        if how == "in other words":
            asked = replace(asked, body=self._unique(asked.command, asked.body))
        elif how == "of another" and self.both.model.states and not asked.is_new:
            now = self._incident(other)
            if_match, expected = _if_match("right", now["revision"])
            asked = replace(asked, incident=now["id"], expected=expected)
        self.both.write(asked, if_match)

    @rule(given=st.lists(lines, min_size=1, max_size=6))
    def batch(self, given: list[Any]) -> None:
        self._batch(given, atomic=False)

    @rule(given=st.lists(lines, min_size=1, max_size=3))
    def batch_of_all_or_none(self, given: list[Any]) -> None:
        self._batch(given, atomic=True)

    def _batch(self, given: list[Any], *, atomic: bool) -> None:
        batch: list[Asked] = []
        for said, target, of, expected, keyed in given:
            before = [asked for asked in batch + [each for each, _ in self.asked_with_key] if asked.key]
            if keyed == "again" and before:
                batch.append(replace(before[of % len(before)], expected=None))
            else:
                batch.append(self._aimed(self._asked(said, keyed == "key"), target, of, expected))
        self.both.write_all(batch, atomic=atomic)

    @some_incident
    @rule(said=changes, of=which)
    def rehearse(self, said: tuple[str, Json], of: int) -> None:
        now = self._incident(of)
        header, expected = _if_match("right", now["revision"])
        self.both.rehearse(replace(self._asked(said, False), incident=now["id"], expected=expected), header)

    @some_incident
    @rule(of=which, revision=st.integers(1, 5))
    def read(self, of: int, revision: int) -> None:
        now = self._incident(of)
        states = self.both.model.states[now["id"]]
        self.both.read(now["id"], now)
        self.both.read(now["id"], states[revision - 1] if revision <= len(states) else None, revision=str(revision))

    @some_incident
    @rule(of=which, then=st.integers(0, 200), by=st.sampled_from(["position", "recorded_at"]))
    def read_as_of(self, of: int, then: int, by: str) -> None:
        incident = self._incident(of)["id"]
        event = self.both.model.log[then % len(self.both.model.log)]
        states = [each for each in self.both.model.states[incident] if each["position"] <= event["position"]]
        self.both.read(incident, states[-1] if states else None, as_of=str(event[by]))

    @some_incident
    @rule(of=which, limit=st.integers(1, 4))
    def read_history(self, of: int, limit: int) -> None:
        self.both.read_history(self._incident(of)["id"], limit)

    @rule(wanted=filters(RUN), limit=st.integers(1, 4))
    def read_list(self, wanted: dict[str, str], limit: int) -> None:
        self.both.read_list(self._own(wanted), limit)

    @some_incident
    @rule(after=st.integers(0, 100), of=which, by=st.sampled_from(["", "incident", "type"]), limit=st.integers(1, 9))
    def read_log(self, after: int, of: int, by: str, limit: int) -> None:
        log = self.both.model.log
        wanted = {by: log[of % len(log)][by]} if by else {}
        self.both.read_log(after % (len(log) + 1), wanted, limit if limit < 9 else None)

    def teardown(self) -> None:
        self.both.read_everything()

    def _incident(self, of: int) -> Json:
        now = self.both.model.now()
        return now[of % len(now)]

    def _write(self, asked: Asked, if_match: str | None) -> None:
        if asked.key is not None:
            self.asked_with_key.append((asked, if_match))
        self.both.write(asked, if_match)

    def _asked(self, said: tuple[str, Json], keyed: bool) -> Asked:
        command, body = said
        return Asked(command, self._own(self._unique(command, body)), key=uuid4().hex if keyed else None)

    def _unique(self, command: str, body: Json) -> Json:
        """Tell a body from every other: what is asked twice by chance would count as the same."""
        if command == "report":
            return {"facts": {**body["facts"], "title": f"{body['facts']['title']} {uuid4().hex}"}}
        return {**body, "reason": f"Because of {uuid4().hex}."}

    def _own(self, said: Any) -> Any:
        return json.loads(json.dumps(said).replace(RUN, self.both.name))

    def _aimed(self, asked: Asked, target: str, of: int, expected: str) -> Asked:
        """Name the incident that a line of a batch is about."""
        if asked.command == "report" and (target != "id" or not self.both.model.states):
            return asked
        if target == "id" and self.both.model.states:
            asked = replace(asked, incident=self._incident(of)["id"])
        else:
            asked = replace(asked, external_id=self._own(f"{RUN}/{EXTERNAL_KEYS[of % len(EXTERNAL_KEYS)]}"))
        now = self.both.model.find(asked)
        revision = now["revision"] if now else 1
        return replace(asked, expected={"any": None, "right": frozenset([revision])}.get(expected, frozenset([7])))


def _if_match(how: str, revision: int) -> tuple[str | None, frozenset[int] | None]:
    """Return an If-Match header, and the revisions that it allows."""
    return {
        "right": (f'"{revision}"', frozenset([revision])),
        "weak": (f'W/"{revision}"', frozenset([revision])),
        "any": ("*", None),
        "one of many": (f'"{revision + 4}", "{revision}"', frozenset([revision, revision + 4])),
        "old": (f'"{revision - 1}"', frozenset([revision - 1])),
        "future": (f'"{revision + 1}"', frozenset([revision + 1])),
        "none": (None, None),
    }[how]


def test_the_service_and_the_model_say_the_same(ledger: Ledger) -> None:
    chosen = settings(
        max_examples=int(EXAMPLES or 25),
        stateful_step_count=30,
        derandomize=EXAMPLES is None,
        deadline=None,
        database=None,
        phases=[Phase.generate] if EXAMPLES is None else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    with ledger.client() as Register.client:
        run_state_machine_as_test(Register, settings=chosen)


@pytest.mark.parametrize("atomic", [False, True])
def test_a_line_is_decided_on_what_became_of_those_before_it(ledger: Ledger, atomic: bool) -> None:
    with ledger.client() as client:
        both = Conversation(client)
        held = {"facts": {"title": "Held", "kind": "strike", "external_ids": {both.name: "1"}}}
        by_external_id = Asked(
            "revise", {"reason": "More.", "patch": {"summary": "One."}}, external_id=f"{both.name}/1"
        )
        both.write(Asked("report", held))
        both.write(Asked("report", {"facts": {"title": "Other", "kind": "strike"}}))
        other = both.model.now()[1]["id"]
        retraction = {"reason": "Never was.", "reason_code": "false_report"}
        claim = {"reason": "Claimed.", "patch": {"external_ids": {both.name: "1"}}}
        both.write_all([Asked("report", held), by_external_id], atomic=atomic)
        both.write_all([Asked("retract", retraction, incident=other), Asked("report", held)], atomic=atomic)
        both.write_all(
            [
                Asked("revise", claim, incident=other),
                Asked("revise", {"reason": "More.", "patch": {"summary": "Two."}}, incident=other),
            ],
            atomic=atomic,
        )
        both.read_everything()


def test_a_list_is_read_to_its_end_whether_its_incidents_have_a_time_or_not(ledger: Ledger) -> None:
    timed = {"occurred": {"start": "2026-05-01T02:30:00Z"}}
    with ledger.client() as client:
        both = Conversation(client)
        for more in ({}, timed, {}, timed, {}):
            both.write(Asked("report", {"facts": {"title": "Drone", "kind": "sighting", **more}}))
        both.read_everything()
