"""GET /v1/log: every event in order, as pages and as a stream, each with the hash of its very bytes."""

import hashlib
import json
import re
from typing import Final

import httpx
import pytest

from tests.api.samples import FACTS, Json, batch, following, head, refusal, report, retract, revise, walk
from tests.running import SCOPES, Ledger

STREAM: Final = {"Accept": "application/x-ndjson"}
FOR_EVER: Final = "private, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def some(ledger: Ledger, client: httpx.Client) -> tuple[int, int, str]:
    """The positions before and at the end of twelve events, and the incident that four of them are of."""
    after = head(client)
    incident = report(client, title="дрон <&> 🛸", summary='a\\b"c/\u2028')["id"]
    revise(client, incident, {"summary": None})
    retract(client, incident)
    batch(client, *[{"command": "report", "facts": FACTS}] * 7)
    with ledger.client(ledger.make_key(*SCOPES, actor="another")) as another:
        report(another)
        batch(another, {"command": "report", "incident": incident, "facts": FACTS})
    return after, head(client), incident


def events(client: httpx.Client, query: str) -> list[Json]:
    answer = client.get(f"/v1/log?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def lines(client: httpx.Client, query: str = "") -> list[bytes]:
    answer = client.get(f"/v1/log?{query}" if query else "/v1/log", headers=STREAM)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return answer.content.splitlines()


def test_a_page_is_in_order_and_says_where_to_go_on(client: httpx.Client, some: tuple[int, int, str]) -> None:
    after, last, _ = some
    answer = client.get(f"/v1/log?after={after}&limit=5")
    found = answer.json()
    assert [each["position"] for each in found["items"]] == list(range(after + 1, after + 6))
    assert found["next_after"] == after + 5
    assert dict(httpx.URL(str(following(answer))).params) == {"after": str(after + 5), "limit": "5"}
    assert int(answer.headers["Log-Position"]) == head(client) >= last


def test_pages_together_are_the_stream_and_each_event_is_the_line(
    client: httpx.Client, some: tuple[int, int, str]
) -> None:
    after, _, _ = some
    pages: list[Json] = []
    for answer in walk(client, f"/v1/log?after={after}&limit=5"):
        full = len(answer.json()["items"]) == 5
        assert answer.headers["Cache-Control"] == (FOR_EVER if full else "private, no-cache")
        pages += answer.json()["items"]
    assert pages == [json.loads(line) for line in lines(client, f"after={after}")]


def test_a_full_page_never_changes(client: httpx.Client, some: tuple[int, int, str]) -> None:
    after, _, _ = some
    before = client.get(f"/v1/log?after={after}&limit=4")
    report(client)
    assert client.get(f"/v1/log?after={after}&limit=4").content == before.content


@pytest.mark.parametrize("path", ["/v1/log?after={after}&limit=4", "/v1/log?after={after}", "/v1/log/{last}"])
def test_what_the_client_has_already_is_not_sent_again(
    client: httpx.Client, some: tuple[int, int, str], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after, last, _ = some
    monkeypatch.setitem(client.headers, "Accept-Encoding", "identity")  # compressed, its bytes and its tag are others
    url = path.format(after=after, last=last)
    first = client.get(url)
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    for held in (tag, f'"another", W/{tag}', "*"):
        again = client.get(url, headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert again.headers.get("Vary") == first.headers.get("Vary")
        assert "Content-Type" not in again.headers
    assert client.get(url, headers={"If-None-Match": '"another"'}).content == first.content
    asked = client.head(url)
    assert (asked.status_code, asked.content) == (200, b"")
    assert (asked.headers["ETag"], asked.headers["Content-Length"]) == (tag, str(len(first.content)))
    assert client.head(url, headers={"If-None-Match": tag}).status_code == 304


def test_another_page_has_another_tag(client: httpx.Client, some: tuple[int, int, str]) -> None:
    after, last, _ = some
    pages = [f"after={after}&limit=4", f"after={after}&limit=5", f"after={after + 1}&limit=4", f"after={last}"]
    before = [client.get(f"/v1/log?{page}").headers["ETag"] for page in pages]
    assert len(set(before)) == len(pages)
    report(client)
    now = [client.get(f"/v1/log?{page}").headers["ETag"] for page in pages]
    assert now[:3] == before[:3]
    assert now[3] != before[3], "it was not full, and now has one more"


def test_the_form_of_an_answer_depends_on_accept(client: httpx.Client, some: tuple[int, int, str]) -> None:
    """Page and stream have one address: who keeps the one for ever must not give it for the other."""
    for headers in ({}, STREAM):
        assert client.get(f"/v1/log?after={some[0]}&limit=2", headers=headers).headers["Vary"] == "Accept"


def test_a_head_of_the_stream_has_its_headers(client: httpx.Client, some: tuple[int, int, str]) -> None:
    answer = client.head("/v1/log", headers=STREAM)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert int(answer.headers["Log-Position"]) >= some[1]


def test_the_stream_is_the_whole_log_without_gaps(client: httpx.Client, some: tuple[int, int, str]) -> None:
    answer = client.get("/v1/log", headers=STREAM)
    found = [json.loads(line)["position"] for line in answer.content.splitlines()]
    assert found == list(range(1, head(client) + 1))
    assert answer.content.endswith(b"\n")
    assert answer.headers["Log-Position"] == str(found[-1])
    assert some[1] <= found[-1]


def test_the_hash_is_of_the_nonce_and_the_very_bytes_of_the_data(
    client: httpx.Client, some: tuple[int, int, str]
) -> None:
    for line in lines(client, f"after={some[0]}"):
        event = json.loads(line)
        data = re.fullmatch(rb'.*?,"data":(\{.*\})\}', line)
        assert data is not None
        assert json.loads(data[1]) == event["data"]
        assert hashlib.sha256(bytes.fromhex(event["nonce"]) + data[1]).hexdigest() == event["data_sha256"]
        assert len(event["nonce"]) == 32


def test_an_event_has_its_envelope(client: httpx.Client, some: tuple[int, int, str]) -> None:
    after, _, incident = some
    first, second, third = events(client, f"after={after}&limit=3")
    document = client.get(f"/v1/incidents/{incident}/revisions/1").json()
    assert list(first) == [
        "position", "event_id", "incident", "revision", "type", "schema_version", "recorded_at", "actor", "nonce",
        "data_sha256", "data",
    ]  # fmt: skip
    assert (first["incident"], first["revision"], first["type"]) == (incident, 1, "reported")
    assert (first["recorded_at"], first["actor"]) == (document["recorded_at"], "tester")
    assert first["data"] == {"facts": document["facts"]}
    assert second["data"] == {"reason": "The governor gave a number.", "patch": {"summary": None}}
    assert third["data"] == {"reason_code": "false_report", "reason": "It was a flock of birds."}


def test_an_event_is_served_by_its_position_for_ever(client: httpx.Client, some: tuple[int, int, str]) -> None:
    after, _, _ = some
    answer = client.get(f"/v1/log/{after + 1}")
    assert answer.json() == events(client, f"after={after}&limit=1")[0]
    assert answer.headers["Cache-Control"] == FOR_EVER
    found = refusal(client.get(f"/v1/log/{head(client) + 1}"), 404, "not-found")
    assert "incident" not in found["detail"]


@pytest.mark.parametrize("accept", [{}, STREAM], ids=["page", "stream"])
@pytest.mark.parametrize(
    ("query", "revisions"),
    [
        ("incident={incident}", [1, 2, 3, 4]),
        ("incident={incident}&type=retracted", [3]),
        ("incident={incident}&type=reported", [1, 4]),
        ("incident={incident}&actor=another", [4]),
        ("actor=another", [1, 4]),
        ("type=revised", [2]),
        ("actor=nobody", []),
        ("incident={incident}&limit=2", [1, 2]),
        ("limit=1", [1]),
    ],
)
def test_the_log_can_be_read_of_one_incident_actor_and_type(
    client: httpx.Client, some: tuple[int, int, str], accept: dict[str, str], query: str, revisions: list[int]
) -> None:
    after, last, incident = some
    answer = client.get(f"/v1/log?after={after}&{query.format(incident=incident)}", headers=accept)
    found = [json.loads(line) for line in answer.content.splitlines()] if accept else answer.json()["items"]
    assert [each["revision"] for each in found if each["position"] <= last] == revisions


def test_a_filtered_page_says_where_to_go_on(client: httpx.Client, some: tuple[int, int, str]) -> None:
    after, _, incident = some
    first = client.get(f"/v1/log?after={after}&incident={incident}&limit=2").json()
    second = client.get(f"/v1/log?after={first['next_after']}&incident={incident}&limit=2").json()
    third = client.get(f"/v1/log?after={second['next_after']}&incident={incident}&limit=2").json()
    assert [each["revision"] for page in (first, second, third) for each in page["items"]] == [1, 2, 3, 4]
    assert third["next_after"] is None


def test_beyond_the_head_there_is_nothing_and_it_is_not_kept(client: httpx.Client) -> None:
    answer = client.get(f"/v1/log?after={head(client)}")
    assert answer.json() == {"items": [], "next_after": None}
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert lines(client, f"after={head(client)}") == []
    assert lines(client, f"after={2**62}") == []


def test_a_thousand_are_a_page(client: httpx.Client) -> None:
    after = head(client)
    batch(client, *[{"command": "report", "facts": FACTS}] * 1003)
    answer = client.get(f"/v1/log?after={after}")
    assert len(answer.json()["items"]) == 1000
    assert answer.json()["next_after"] == after + 1000
    assert len(events(client, f"after={after + 1000}")) == 3
    every = lines(client, f"after={after}")
    assert [json.loads(line)["position"] for line in every] == list(range(after + 1, after + 1004))
    for limit in (1, 125, 126, 500, 501, 999, 1000):
        assert lines(client, f"after={after}&limit={limit}") == every[:limit]


def test_the_head_is_a_cheap_probe(client: httpx.Client) -> None:
    document = report(client)
    answer = client.get("/v1/head")
    assert answer.json() == {"position": document["position"], "recorded_at": document["recorded_at"]}
    assert len(answer.content) < 150
    assert answer.headers["Log-Position"] == str(document["position"])


def test_an_empty_log_has_a_head_too(own_ledger: Ledger) -> None:
    with own_ledger.client() as client:
        assert client.get("/v1/head").json() == {"position": 0, "recorded_at": None}
        assert client.get("/v1/log").json() == {"items": [], "next_after": None}
        assert client.get("/v1/log", headers=STREAM).content == b""
        assert client.get("/v1/incidents").json()["items"] == []
        assert client.get("/v1/incidents").headers["Log-Position"] == "0"
        refusal(client.get("/v1/log/1"), 404)
