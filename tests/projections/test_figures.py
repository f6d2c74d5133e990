"""Regions and campaigns are at every position what all incidents of then add up to."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from service.db import Database
from service.domain.facts import Facts
from service.store.changes import Changes
from tests.projections import naive
from tests.projections.histories import World
from tests.running import Ledger, make_database

Json = dict[str, Any]
SAME: Final = ("incidents", "retracted", "by_kind", "totals", "incidents_with_damage")


@pytest.fixture(scope="module", params=[11, 12], ids=lambda seed: f"history {seed}")
def register(request: pytest.FixtureRequest, postgres_url: str, template: str) -> Iterator[Ledger]:
    """A register with a random history."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        with running.client() as client:
            World(request.param).record(client, 4)
        yield running


async def states(register: Ledger) -> list[naive.World]:
    """Return how all incidents stood after each event."""
    db = Database(register.database_url, 1)
    await db.open()
    try:
        changes, found, world = Changes(db), [], naive.World()
        while taken := await changes.after(len(found)):
            for each in taken:
                world = world | {each.after.incident: each.after}
                found.append(world)
        return found
    finally:
        await db.close()


def expected(world: naive.World, groups: Callable[[Facts], set[str]]) -> dict[str, Json]:
    """Return what each group comes to."""
    inside = defaultdict(list)
    for each in world.values():
        if each.facts.message_status == "actual":
            for code in groups(each.facts):
                inside[code].append(each)
    return {code: naive.figures(world, members) for code, members in inside.items()}


def read(client: httpx.Client, path: str, position: int) -> Json:
    """Read as of a position."""
    answer = client.get(path, params={"as_of": str(position), "limit": "500"} if path.count("/") == 2 else
                        {"as_of": str(position)})  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.headers["Log-Position"] == str(position)
    return dict(answer.json())


async def test_every_region_at_every_position_is_what_its_incidents_add_up_to(register: Ledger) -> None:
    worlds = await states(register)
    with register.client() as client:
        for position, world in enumerate(worlds, 1):
            found = {each["code"]: each for each in read(client, "/v1/regions", position)["items"]}
            naively = expected(world, naive.regions)
            # one that was there, and now nothing is, comes to nothing
            for code, each in found.items():
                want = naively.get(code) or naive.figures({}, [])
                assert {name: each[name] for name in SAME} == {name: want[name] for name in SAME}, (position, code)
                last = each["last_incident"]
                assert (last and (last["start"], last["id"])) == want["last"], (position, code)
                assert each["open_disruptions"] == len(want["disruptions"])
                assert each["open_investigations"] == len(want["investigations"])
            assert set(naively) <= set(found)
            if position % 20 == 0:
                for code, want in naively.items():
                    one = read(client, f"/v1/regions/{code}", position)
                    assert len(want["disruptions"]) < 100, "all are listed"
                    for name in ("disruptions", "investigations"):
                        assert sorted((each["incident"], each["key"]) for each in one[name]) == want[name]
                    left = [(each["incident"], each["measure"], each["claim"]) for each in one["left_out"]]
                    assert sorted(left) == want["left_out"], (position, code)
    assert any(each["left_out"] for each in expected(worlds[-1], naive.regions).values()), "something is left out"


async def test_every_campaign_at_every_position_is_what_its_incidents_add_up_to(register: Ledger) -> None:
    worlds = await states(register)
    with register.client() as client:
        for position, world in enumerate(worlds, 1):
            found = {each["slug"]: each for each in read(client, "/v1/campaigns", position)["items"]}
            naively = expected(world, naive.campaigns)
            assert set(naively) <= set(found)
            for slug, each in found.items():
                want = naively.get(slug) or naive.figures({}, [])
                assert {name: each[name] for name in SAME} == {name: want[name] for name in SAME}, (position, slug)
                assert each["regions"] == want["regions"]
                last = want["last"] and want["last"][0]
                assert (each["first_occurred"], each["last_occurred"]) == (want["first"], last)
                assert each["bbox"] == box(want["points"])
            if position % 20 == 0:
                for slug, want in naively.items():
                    one = read(client, f"/v1/campaigns/{slug}", position)
                    said = sorted((each["incident"], each["key"]) for each in one["said_by"])
                    assert said == want["said"][:100]
                    left = [(each["incident"], each["measure"], each["claim"]) for each in one["left_out"]]
                    assert sorted(left) == want["left_out"]


def box(points: list[tuple[float, float]]) -> list[float] | None:
    """Return what holds the points."""
    if not points:
        return None
    longitudes, latitudes = zip(*points, strict=True)
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]
