"""Lists as of any moment: at each position of the log, exactly the incidents as they were then served."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.api.samples import Json, report, retract, revise
from tests.projections.histories import World
from tests.running import Ledger, make_database


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[httpx.Client]:
    """A client of a register with a random history."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as client:
        World(4).record(client, 5, 30)
        yield client


def head(client: httpx.Client) -> int:
    """Return where the log ends."""
    return int(client.get("/v1/head").json()["position"])


def pages(client: httpx.Client, **params: str) -> list[Json]:
    """Return all items of a list, page by page."""
    items: list[Json] = []
    while True:
        page = client.get("/v1/incidents", params=params).raise_for_status().json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        params["cursor"] = page["next_cursor"]


EVERYTHING = {"status": "any", "message_status": "any"}


def test_at_each_position_it_is_what_single_reads_say(register: httpx.Client) -> None:
    last = head(register)
    lines = register.get("/v1/log", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    incidents = list(dict.fromkeys(httpx.Response(200, text=line).json()["incident"] for line in lines))
    for position in (0, 1, last // 3, last // 2, last - 1, last):
        listed = pages(register, as_of=str(position), limit="7", **EVERYTHING)
        singly = {
            incident: answer.json()
            for incident in incidents
            if (
                answer := register.get(
                    f"/v1/incidents/{incident}", params={"as_of": str(position), "retracted": "include"}
                )
            ).status_code
            == 200
        }
        assert {each["id"]: each for each in listed} == singly
        assert len(listed) == len(singly)


@pytest.mark.parametrize("sort", ["-recorded", "recorded", "-occurred"])
@pytest.mark.parametrize(
    "filters",
    [{}, EVERYTHING, {"subdivision": "RU-KLU"}, {"kind": "strike"}, {"source": "agency", "status": "any"},
     {"bbox": "30,45,36,56"}, {"occurred_from": "2026-05-03T00:00:00Z", "occurred_to": "2026-05-06T00:00:00Z"}],
    ids=str,
)  # fmt: skip
def test_at_the_head_it_is_the_list_of_now_with_every_filter_in_every_order(
    register: httpx.Client, sort: str, filters: Json
) -> None:
    now = pages(register, sort=sort, limit="9", **filters)
    then = pages(register, sort=sort, limit="9", as_of=str(head(register)), **filters)
    assert then == now
    counted = register.get("/v1/incidents", params={"count": "true", "as_of": str(head(register)), **filters}).json()
    assert counted["count"] == len(now)


@pytest.mark.parametrize("sort", ["-recorded", "recorded", "-occurred"])
def test_pages_are_of_one_moment_while_events_arrive(ledger: Ledger, sort: str) -> None:
    with ledger.client() as client:
        source = f"desk-{sort.strip('-')}-{len(sort)}"
        told = {"claims": {"a": {"source": source}}}
        ids = [report(client, title=f"n{n}", **told)["id"] for n in range(6)]
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        asked = {"source": source, "as_of": moment, "sort": sort, "limit": "2"}
        first = client.get("/v1/incidents", params=asked).raise_for_status().json()
        revise(client, ids[0], {"title": "later"})
        retract(client, ids[3])
        report(client, title="new", **told)
        rest = pages(client, **asked, cursor=first["next_cursor"])
        found = [each["facts"]["title"] for each in first["items"] + rest]
        assert sorted(found) == [f"n{n}" for n in range(6)]
        assert {each["facts"]["title"] for each in pages(client, source=source)} == {
            "later", "n1", "n2", "n4", "n5", "new"
        }  # fmt: skip


def test_what_was_believed_then_about_a_night(ledger: Ledger) -> None:
    with ledger.client() as client:
        night = {"start": "2026-03-30T21:00:00Z", "end": "2026-03-31T03:00:00Z"}
        told = {"occurred": night, "claims": {"a": {"source": "of-that-night"}}}
        first = report(client, title="forty", **told)
        then = first["position"]
        last = revise(
            client, first["id"], {"title": "forty-two", "occurred": {"start": "2026-04-02T00:00:00Z", "end": None}}
        )
        asked = {
            "source": "of-that-night",
            "occurred_from": "2026-03-30T18:00:00Z",
            "occurred_to": "2026-03-31T06:00:00Z",
        }
        believed = client.get("/v1/incidents", params={**asked, "as_of": str(then)})
        assert [each["facts"]["title"] for each in believed.json()["items"]] == ["forty"]
        assert believed.headers["Log-Position"] == str(then)
        now = client.get("/v1/incidents", params={**asked, "as_of": str(last["position"])}).json()
        assert now["items"] == [], "it was another night"


@pytest.mark.parametrize(
    ("as_of", "said"),
    [("2999-01-01T00:00:00Z", "future"), ("99999999", "The log ends at position"), ("yesterday", "RFC 3339")],
)
def test_what_is_no_moment_of_the_log_is_refused(register: httpx.Client, as_of: str, said: str) -> None:
    answer = register.get("/v1/incidents", params={"as_of": as_of})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["in"]) == ("/as_of", "query")
    assert said in error["message"]
