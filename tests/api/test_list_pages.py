"""GET /v1/incidents: order, pages, cursors that stay true while others write."""

from typing import Final

import httpx
import pytest

from tests.api.samples import Json, following, head, report, retract, revise, unique, walk

SORTS: Final = ("-recorded", "recorded", "-occurred")


def pages_of(client: httpx.Client, path: str) -> list[list[Json]]:
    """Return the items of each page; `next_cursor` and Link must say the same."""
    pages = []
    for answer in walk(client, path):
        found = answer.json()
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert int(answer.headers["Log-Position"]) == head(client)
        assert (following(answer) is None) == (found["next_cursor"] is None)
        assert found["next_cursor"] is None or f"cursor={found['next_cursor']}" in str(following(answer))
        pages.append(found["items"])
    return pages


@pytest.fixture(scope="module")
def seven(client: httpx.Client) -> tuple[str, list[Json]]:
    """The campaign of seven incidents, and these: times in another order than recorded, two the same, one without."""
    campaign = unique()
    times: list[Json] = [{"occurred": {"start": f"2026-05-0{day}T00:00:00Z"}} for day in (3, 1, 2, 2, 9, 5)]
    return campaign, [report(client, title=f"{n}", campaigns=[campaign], **at) for n, at in enumerate([*times, {}])]


def expected(incidents: list[Json], sort: str) -> list[str]:
    if sort == "-occurred":
        return [
            each["id"]
            for each in sorted(
                incidents, key=lambda one: (one["facts"].get("occurred", {}).get("start", ""), one["id"]), reverse=True
            )
        ]
    return [each["id"] for each in sorted(incidents, key=lambda one: one["position"], reverse=sort == "-recorded")]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 500])
def test_pages_together_are_the_list_in_order(
    client: httpx.Client, seven: tuple[str, list[Json]], sort: str, limit: int
) -> None:
    campaign, incidents = seven
    pages = pages_of(client, f"/v1/incidents?campaign={campaign}&sort={sort}&limit={limit}")
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert 0 < len(pages[-1]) <= limit
    assert [each["id"] for page in pages for each in page] == expected(incidents, sort)


def test_latest_recorded_first_and_fifty_is_the_default(client: httpx.Client, seven: tuple[str, list[Json]]) -> None:
    campaign, incidents = seven
    found = client.get(f"/v1/incidents?campaign={campaign}").json()["items"]
    assert [each["id"] for each in found] == expected(incidents, "-recorded")
    client.post(
        "/v1/batches",
        content=b'{"command":"report","facts":{"title":"t","kind":"other"}}\n' * 60,
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert len(client.get("/v1/incidents").json()["items"]) == 50


def test_the_link_keeps_every_parameter(client: httpx.Client, seven: tuple[str, list[Json]]) -> None:
    campaign, _ = seven
    answer = client.get(f"/v1/incidents?campaign={campaign}&limit=1&occurred_from=2026-05-01T00:00:00%2B03:00")
    again = client.get(str(following(answer)))
    assert again.json()["applied_filters"] == answer.json()["applied_filters"]
    assert again.json()["items"] != answer.json()["items"]


@pytest.mark.parametrize("sort", SORTS)
def test_nothing_is_doubled_or_skipped_while_others_report(client: httpx.Client, sort: str) -> None:
    campaign = unique()
    times = [{"start": f"2026-05-0{day}T00:00:00Z"} for day in (3, 1, 2, 5)]
    incidents = [report(client, campaigns=[campaign], occurred=at) for at in times]
    seen: list[str] = []
    for answer in walk(client, f"/v1/incidents?campaign={campaign}&sort={sort}&limit=1"):
        seen += [each["id"] for each in answer.json()["items"]]
        if len(seen) < 5:
            report(client, campaigns=[campaign], occurred={"start": f"2026-06-0{len(seen)}T00:00:00Z"})
    assert len(seen) == len(set(seen))
    mine = [each for each in seen if each in {one["id"] for one in incidents}]
    assert mine == expected(incidents, sort)


def test_by_recorded_a_reader_sees_what_changes_behind_the_cursor_again(client: httpx.Client) -> None:
    campaign = unique()
    first, second, third = (report(client, title=title, campaigns=[campaign]) for title in "abc")
    path = f"/v1/incidents?campaign={campaign}&sort=recorded&limit=2"
    page = client.get(path).json()
    assert [each["id"] for each in page["items"]] == [first["id"], second["id"]]
    revise(client, first["id"], {"title": "changed"})
    found = client.get(f"{path}&cursor={page['next_cursor']}").json()["items"]
    assert [each["id"] for each in found] == [third["id"], first["id"]]


def test_a_cursor_counts_though_its_incident_is_gone_from_the_list(client: httpx.Client) -> None:
    campaign = unique()
    incidents = [report(client, campaigns=[campaign], occurred={"start": "2026-05-01T00:00:00Z"}) for _ in range(3)]
    for sort in SORTS:
        first, second, third = expected(incidents, sort)
        path = f"/v1/incidents?campaign={campaign}&sort={sort}&limit=1&status=active"
        cursor = client.get(path).json()["next_cursor"]
        if sort == SORTS[-1]:
            retract(client, first)
        found = client.get(f"{path}&cursor={cursor}").json()
        assert [each["id"] for each in found["items"]] == [second]
        assert [each["id"] for each in client.get(f"{path}&cursor={found['next_cursor']}").json()["items"]] == [third]
