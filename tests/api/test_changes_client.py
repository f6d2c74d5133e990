"""
A client that loses its connection at any moment ends with exactly what the server has, whatever happened meanwhile.

CHANGES_EXAMPLES says how many stories are tried.
"""

import os
from collections.abc import Callable
from typing import Any, Final

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.api.keeper import Keeper, served
from tests.api.samples import Json, report, report_again, retract, revise, unique

EXAMPLES: Final = int(os.environ.get("CHANGES_EXAMPLES", "12"))
FILTERS: Final[list[Json]] = [
    {"kind": "strike", "limit": 1},
    {"limit": 2},
    {"status": "any", "fields": "id,revision,status"},
    {"status": "retracted", "limit": 1},
    {"message_status": "any", "kind": "alert", "limit": 2},
    {"bbox": "30,40,40,60"},
]
PATCHES: Final[list[Json]] = [
    {"kind": "strike"}, {"kind": "alert"}, {"message_status": "exercise"}, {"message_status": None},
    {"locations": {"a": {"point": [35, 50]}}}, {"locations": {"a": {"point": [-35, 50]}}}, {"locations": None},
]  # fmt: skip

numbers: Final = st.integers(0, 2)
events: Final = st.one_of(
    st.tuples(st.just("report"), st.sampled_from(["strike", "alert"]), numbers),
    st.tuples(st.just("change"), numbers, st.sampled_from(range(len(PATCHES)))),
    st.tuples(st.just("change"), numbers, st.sampled_from(range(2))),
    st.tuples(st.just("retract"), numbers, numbers),
)
requests: Final = st.tuples(
    st.sampled_from(["ask", "ask", "ask", "lose", "cut", "hold", "late", "twice"]), numbers, st.integers(0, 40)
)
steps_of_a_story: Final = st.lists(st.one_of(events, events, events, requests, requests), min_size=15, max_size=60)
filters_of_a_story: Final = st.lists(st.sampled_from([*FILTERS[:1] * 5, *FILTERS]), min_size=1, max_size=2)


class Story:
    """A register of one campaign, and clients that keep parts of it."""

    def __init__(self, client: httpx.Client, filters: list[Json]) -> None:
        self.client: Final = client
        self.campaign: Final = unique()
        self.incidents: Final[list[Json]] = []
        self.keepers: Final = [Keeper(campaign=self.campaign, **each) for each in filters]
        self.held: Final[list[tuple[Keeper, Json, httpx.Response]]] = []

    def report(self, kind: str, _: int) -> None:
        """Report one more."""
        self.incidents.append(report(self.client, campaigns=[self.campaign], kind=kind))

    def change(self, number: int, patch: int) -> None:
        """Revise one; what stands is marked, so that no revision changes nothing."""
        at = self._stands(number, "active")
        if at is not None:
            one = self.incidents[at]
            self.incidents[at] = revise(self.client, one["id"], PATCHES[patch] | {"title": f"r{one['revision']}"})

    def retract(self, number: int, _: int) -> None:
        """Retract one that stands; report one again that does not."""
        if self.incidents:
            at = number % len(self.incidents)
            one = self.incidents[at]
            if one["status"] == "active":
                self.incidents[at] = retract(self.client, one["id"])
            else:
                self.incidents[at] = report_again(self.client, one["id"], campaigns=[self.campaign], kind="alert")

    def _stands(self, number: int, status: str) -> int | None:
        standing = [at for at, each in enumerate(self.incidents) if each["status"] == status]
        return standing[number % len(standing)] if standing else None

    def _keeper(self, number: int) -> Keeper:
        return self.keepers[number % len(self.keepers)]

    def ask(self, number: int, _: int) -> None:
        """Ask, and take the answer in."""
        self._keeper(number).ask(self.client)

    def lose(self, number: int, _: int) -> None:
        """Ask, and lose the answer."""
        self.client.get("/v1/changes", params=self._keeper(number).request())

    def cut(self, number: int, length: int) -> None:
        """Ask, and have the connection break in the midst of the answer."""
        with self.client.stream("GET", "/v1/changes", params=self._keeper(number).request()) as answer:
            next(answer.iter_raw(length + 1), None)

    def hold(self, number: int, _: int) -> None:
        """Ask, and have the answer come late."""
        keeper = self._keeper(number)
        asked = keeper.request()
        self.held.append((keeper, asked, self.client.get("/v1/changes", params=asked)))

    def late(self, _: int, which: int) -> None:
        """Have one that was late come now; it may come again."""
        if self.held:
            keeper, asked, answer = self.held[which % len(self.held)]
            keeper.take(asked, answer)

    def twice(self, number: int, _: int) -> None:
        """Ask, and have the answer come twice."""
        keeper = self._keeper(number)
        asked = keeper.request()
        answer = self.client.get("/v1/changes", params=asked)
        keeper.take(asked, answer)
        keeper.take(asked, answer)


@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(filters=filters_of_a_story, steps=steps_of_a_story)
def test_whoever_loses_his_connection_ends_with_what_the_server_has(
    client: httpx.Client, filters: list[Json], steps: list[Any]
) -> None:
    story = Story(client, filters)
    for name, first, second in steps:
        do: Callable[[Any, Any], None] = getattr(story, name)
        do(first, second)
    for keeper in story.keepers:
        keeper.catch_up(client)
        query = {name: value for name, value in keeper.query.items() if name != "limit"}
        assert keeper.documents == served(client, **query), keeper.query
