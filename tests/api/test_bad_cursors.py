"""Cursors of other lists, and cursors that somebody made up."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from tests.api.samples import pointers, refusal, report, revise, unique

LISTS: Final = {
    "campaign": "/v1/incidents?limit=1&campaign={campaign}",
    "oldest first": "/v1/incidents?limit=1&campaign={campaign}&sort=recorded",
    "by occurrence": "/v1/incidents?limit=1&campaign={campaign}&sort=-occurred",
    "any status": "/v1/incidents?limit=1&campaign={campaign}&status=any",
    "revisions": "/v1/incidents/{incident}/revisions?limit=1",
}


@pytest.fixture(scope="module")
def lists(client: httpx.Client) -> Mapping[str, tuple[str, str]]:
    """Several lists, each over two, with the cursor of its second page."""
    campaign = unique()
    times = ("2026-05-01T02:30:00Z", "2026-05-02T02:30:00Z")
    incident = [report(client, campaigns=[campaign], occurred={"start": time})["id"] for time in times][0]  # noqa: RUF015
    revise(client, incident, {"summary": "s"})
    paths = {name: path.format(campaign=campaign, incident=incident) for name, path in LISTS.items()}
    return {name: (path, client.get(path).json()["next_cursor"]) for name, path in paths.items()}


@pytest.mark.parametrize("of", LISTS)
@pytest.mark.parametrize("on", LISTS)
def test_a_cursor_counts_on_the_list_that_gave_it_alone(
    client: httpx.Client, lists: Mapping[str, tuple[str, str]], of: str, on: str
) -> None:
    answer = client.get(f"{lists[on][0]}&cursor={lists[of][1]}")
    if of == on:
        assert len(answer.json()["items"]) == 1
    else:
        assert pointers(refusal(answer, 400, "invalid-request"), "query") == {"/cursor"}


def test_a_cursor_of_the_same_list_with_another_limit_counts(
    client: httpx.Client, lists: Mapping[str, tuple[str, str]]
) -> None:
    path, cursor = lists["campaign"]
    assert client.get(f"{path.replace('limit=1', 'limit=7')}&cursor={cursor}").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_with_one_letter_changed_gives_no_500(
    client: httpx.Client, lists: Mapping[str, tuple[str, str]], name: str
) -> None:
    path, cursor = lists[name]
    for at in range(len(cursor)):
        changed = cursor[:at] + chr(ord(cursor[at]) ^ 1) + cursor[at + 1 :]
        answer = client.get(f"{path}&cursor={quote(changed)}")
        assert answer.status_code in {200, 400}, (changed, answer.text)


KEYS: Final[tuple[Any, ...]] = (
    [], [10**30], [2**63], [-(10**30)], [2**63 - 1], ["x"], ["x", "y"], ["-infinity", "x"], [None], [[]], {},
    None, "x", ["2026-05-01T00:00:00Z"], ["2026-05-01T00:00:00Z", "x"], ["99999-01-01T00:00:00Z", "0" * 36],
    ["a\u0000", "b\u0000"], [1.5], [True], ["2026-05-01T02:30:00.000000Z", 5], [1, 2, 3], ["9" * 300],
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_with_a_forged_key_gives_no_500(
    client: httpx.Client, lists: Mapping[str, tuple[str, str]], name: str
) -> None:
    path, cursor = lists[name]
    listing, _ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for key in KEYS:
        forged = base64.urlsafe_b64encode(json.dumps([listing, key]).encode()).decode().rstrip("=")
        answer = client.get(f"{path}&cursor={forged}")
        if answer.status_code != 200:
            assert pointers(refusal(answer, 400, "invalid-request"), "query") == {"/cursor"}, key
