"""GET /v1/changes: whoever asks again and again, and does what he is told, holds what the list holds."""

from typing import Any, Final

import httpx
import msgspec
import pytest

from service.api import change_tokens
from service.projections import changed
from tests.api.keeper import Keeper, served
from tests.api.samples import Json, Raw, batch, head, report, report_again, retract, revise, unique
from tests.architecture.filled import a_few, fill
from tests.running import Ledger

MSGPACK: Final = {"Accept": "application/msgpack"}


@pytest.fixture
def campaign() -> str:
    """A campaign of this test's own, to filter by."""
    return unique()


def page(answer: httpx.Response) -> Json:
    """Return a page of changes."""
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def reasons(answer: httpx.Response) -> dict[str, str]:
    """Return the tombstones of an answer, by incident."""
    return {each["id"]: each["reason"] for each in page(answer)["tombstones"]}


def test_at_first_there_is_all_that_the_filters_match(client: httpx.Client, campaign: str) -> None:
    made = [report(client, campaigns=[campaign], title=f"t{n}") for n in range(3)]
    report(client)
    retract(client, made[1]["id"])
    keeper = Keeper(campaign=campaign)
    (answer,) = keeper.catch_up(client)
    first = page(answer)
    assert first["items"] == [made[0], made[2]]
    assert (first["tombstones"], first["reset"], first["more"]) == ([], True, False)
    assert first["applied_filters"] == {"campaign": campaign, "status": "active", "message_status": "actual"}
    assert int(answer.headers["Log-Position"]) >= made[2]["position"] + 1


def test_then_there_is_what_has_changed_each_incident_once(client: httpx.Client, campaign: str) -> None:
    old = [report(client, campaigns=[campaign]) for _ in range(3)]
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    revise(client, old[0]["id"], {"title": "one"})
    last = revise(client, old[0]["id"], {"title": "two"})
    new = report(client, campaigns=[campaign])
    gone = report(client, campaigns=[campaign])
    retract(client, gone["id"])
    (answer,) = keeper.catch_up(client)
    delta = page(answer)
    assert delta["items"] == [last, new], "in the order of the log, and nothing of what it never held"
    assert (delta["tombstones"], delta["reset"], delta["more"]) == ([], False, False)
    assert keeper.documents == served(client, campaign=campaign)


def test_nothing_new_is_no_content_and_the_token_stays(client: httpx.Client, campaign: str) -> None:
    report(client, campaigns=[campaign])
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    report(client)  # of no concern
    answer = keeper.ask(client)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Log-Position"] == str(head(client))


def test_an_idle_answer_is_less_than_300_bytes_in_all(ledger: Ledger, client: httpx.Client) -> None:
    keeper = Keeper()
    keeper.catch_up(client)
    with Raw(ledger.port) as raw:
        request = f"GET /v1/changes?since={keeper.since} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ledger.key}\r\n"
        raw.send(request.encode(), b"Accept-Encoding: gzip, br\r\n\r\n")
        answer = raw.until(b"\r\n\r\n")
        raw.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            raw.socket.recv(1)
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert len(answer) <= 300, answer


def test_a_retraction_is_a_tombstone_that_says_why(client: httpx.Client, campaign: str) -> None:
    made = report(client, campaigns=[campaign])
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    done = retract(client, made["id"], replaced_by=report(client)["id"])
    answer = keeper.ask(client)
    (tombstone,) = page(answer)["tombstones"]
    assert tombstone == {
        "id": made["id"], "reason": "retracted", "revision": 2, "position": done["position"],
        "recorded_at": done["recorded_at"], "retraction": done["retraction"],
    }  # fmt: skip
    assert keeper.documents == {}
    again = report_again(client, made["id"], campaigns=[campaign])
    assert page(keeper.ask(client))["items"] == [again]
    assert keeper.documents == {made["id"]: again}


def test_what_a_revision_moved_out_of_the_filters_is_a_tombstone(client: httpx.Client, campaign: str) -> None:
    made = report(client, campaigns=[campaign], kind="strike")
    keeper, other = Keeper(campaign=campaign, kind="strike"), Keeper(campaign=campaign, kind="alert")
    for each in (keeper, other):
        each.catch_up(client)
    moved = revise(client, made["id"], {"kind": "alert"})
    answer = keeper.ask(client)
    assert reasons(answer) == {made["id"]: "left_filter"}
    assert "retraction" not in page(answer)["tombstones"][0]
    assert page(other.ask(client))["items"] == [moved]
    back = revise(client, made["id"], {"kind": "strike"})
    assert page(keeper.ask(client))["items"] == [back]
    assert reasons(other.ask(client)) == {made["id"]: "left_filter"}


def test_what_left_and_came_back_meanwhile_is_as_it_stands(client: httpx.Client, campaign: str) -> None:
    made = report(client, campaigns=[campaign], kind="strike")
    keeper = Keeper(campaign=campaign, kind="strike")
    keeper.catch_up(client)
    revise(client, made["id"], {"kind": "alert"})
    back = revise(client, made["id"], {"kind": "strike"})
    delta = page(keeper.ask(client))
    assert (delta["items"], delta["tombstones"]) == ([back], [])


def test_who_wants_retracted_ones_gets_them_as_documents(client: httpx.Client, campaign: str) -> None:
    made = report(client, campaigns=[campaign])
    every, gone = Keeper(campaign=campaign, status="any"), Keeper(campaign=campaign, status="retracted")
    for each in (every, gone):
        each.catch_up(client)
    done = retract(client, made["id"])
    for each in (every, gone):
        assert page(each.ask(client))["items"] == [done]
    report_again(client, made["id"], campaigns=[campaign])
    assert reasons(gone.ask(client)) == {made["id"]: "left_filter"}


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_go_on_whatever_is_recorded_between_them(client: httpx.Client, campaign: str, limit: int) -> None:
    made = [report(client, campaigns=[campaign], kind="strike") for _ in range(5)]
    keeper = Keeper(campaign=campaign, kind="strike", limit=limit)
    keeper.ask(client)  # it has the first one or more, and not the last two
    revise(client, made[0]["id"], {"kind": "alert"})
    revise(client, made[4]["id"], {"kind": "alert"})
    retract(client, made[3]["id"])
    revise(client, made[1]["id"], {"title": "another"})
    keeper.catch_up(client)
    assert keeper.resets == 1
    assert keeper.documents == served(client, campaign=campaign, kind="strike")
    assert set(keeper.documents) == {made[1]["id"], made[2]["id"]}


def test_what_left_the_filters_before_its_turn_and_was_then_revised_again_is_not_kept(
    client: httpx.Client, campaign: str
) -> None:
    left, other = (report(client, campaigns=[campaign], kind="strike") for _ in range(2))
    keeper = Keeper(campaign=campaign, kind="strike", limit=1)
    keeper.catch_up(client)
    revise(client, left["id"], {"kind": "alert"})
    for _ in range(2):
        revise(client, other["id"], {"title": unique()})
        report(client, campaigns=[campaign], kind="strike")
    revise(client, left["id"], {"title": "it has left already, and is told of later"})
    assert page(keeper.ask(client))["more"], "only a part, that ends between the two"
    keeper.catch_up(client)
    assert left["id"] not in keeper.documents
    assert keeper.documents == served(client, campaign=campaign, kind="strike")


def test_what_was_told_of_in_a_part_and_then_left_the_filters_is_not_kept(client: httpx.Client, campaign: str) -> None:
    keeper = Keeper(campaign=campaign, kind="strike", limit=1)
    keeper.catch_up(client)
    made = [report(client, campaigns=[campaign], kind="strike") for _ in range(3)]
    assert page(keeper.ask(client))["items"] == [made[0]]
    revise(client, made[0]["id"], {"kind": "alert"})
    keeper.catch_up(client)
    assert set(keeper.documents) == {made[1]["id"], made[2]["id"]}


def test_what_comes_while_a_snapshot_is_told_comes_after_it(client: httpx.Client, campaign: str) -> None:
    made = [report(client, campaigns=[campaign], kind="strike") for _ in range(3)]
    keeper = Keeper(campaign=campaign, kind="strike", limit=2)
    keeper.ask(client)
    new = report(client, campaigns=[campaign], kind="strike")
    assert page(keeper.ask(client))["items"] == [made[2]]
    revise(client, new["id"], {"kind": "alert"})
    keeper.catch_up(client)
    assert set(keeper.documents) == {each["id"] for each in made}


def test_a_lost_answer_is_asked_for_again(client: httpx.Client, campaign: str) -> None:
    made = report(client, campaigns=[campaign])
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    retract(client, made["id"])
    lost = client.get("/v1/changes", params=keeper.request())
    again = client.get("/v1/changes", params=keeper.request())
    assert page(lost)["tombstones"] == page(again)["tombstones"]


def test_fields_and_forms(client: httpx.Client, campaign: str) -> None:
    made = report(client, campaigns=[campaign], summary="long")
    query = {"campaign": campaign, "fields": "id,facts.title"}
    wanted = [{"id": made["id"], "facts": {"title": made["facts"]["title"]}}]
    plain = client.get("/v1/changes", params=query)
    packed = client.get("/v1/changes", params=query, headers=MSGPACK)
    assert page(plain)["items"] == wanted
    assert packed.headers["Content-Type"] == "application/msgpack"
    assert msgspec.msgpack.decode(packed.content) == page(plain)
    retract(client, made["id"])
    gone = client.get("/v1/changes", params=query | {"since": page(plain)["next_since"]}, headers=MSGPACK)
    assert [each["reason"] for each in msgspec.msgpack.decode(gone.content)["tombstones"]] == ["retracted"]


def test_an_empty_register_has_a_token_too(own_ledger: Ledger) -> None:
    with own_ledger.client() as client:
        keeper = Keeper(limit=1)
        (answer,) = keeper.catch_up(client)
        assert (page(answer)["items"], page(answer)["reset"]) == ([], True)
        assert keeper.ask(client).status_code == 204
        made = [report(client) for _ in range(2)]
        keeper.ask(client)
        retract(client, made[0]["id"])
        keeper.catch_up(client)
        assert keeper.documents == served(client)


def test_much_of_no_concern_moves_the_token_on(client: httpx.Client, campaign: str) -> None:
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    before = keeper.since
    batch(client, *[{"command": "report", "facts": {"title": "t", "kind": "other"}}] * 250)
    answer = keeper.ask(client)
    assert page(answer)["items"] == []
    assert keeper.since != before


def test_an_old_token_is_begun_anew_where_that_is_less(own_ledger: Ledger) -> None:
    with own_ledger.client() as client:
        a_few(client)
        made = [report(client, campaigns=["own"]) for _ in range(3)]
        few, all_of_them = Keeper(campaign="own"), Keeper(status="any", message_status="any")
        for each in (few, all_of_them):
            each.catch_up(client)
        for each in made[:2]:
            retract(client, each["id"])
        fill(own_ledger, changed.LOOK + 500)
        own_ledger.sql("UPDATE followers SET position = (SELECT position FROM log_head) WHERE name = 'versions'")
        few.catch_up(client)
        assert few.resets == 2
        assert few.documents == served(client, campaign="own")
        answers = all_of_them.catch_up(client)
        assert all_of_them.resets == 1, "there, what has changed is less than all"
        assert len(answers) > 1
        assert all_of_them.documents == served(client, status="any", message_status="any")


def test_a_kept_document_of_an_older_edition_is_sent_anew(client: httpx.Client, campaign: str) -> None:
    report(client, campaigns=[campaign])
    keeper = Keeper(campaign=campaign)
    keeper.catch_up(client)
    listing: Any = ({"campaign": campaign, "status": "active", "message_status": "actual"}, None)
    token = change_tokens.decode(str(keeper.since), listing)
    keeper.since = change_tokens.encode(msgspec.structs.replace(token, edition=token.edition - 1))
    assert page(keeper.ask(client))["reset"]
