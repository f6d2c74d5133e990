"""Feeds for the public: Atom with tombstones, CAP messages that refer to each other, GeoJSON; cacheable."""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from tests.api import xml
from tests.api.samples import NOBODY, Json, following, refusal, report, report_again, retract, revise, unique, walk
from tests.running import Ledger

HOSTILE: Final = "</title><script>alert('&')</script> ]]> \x08\x1b \u202e "
FEEDS: Final = ("atom", "cap", "geojson")
EACH = pytest.mark.parametrize("form", FEEDS)


@pytest.fixture(scope="module")
def public(ledger: Ledger) -> Iterator[httpx.Client]:
    """Somebody without a key, where everybody may read."""
    said = {"ANONYMOUS_READ": "1", "PUBLIC_URL": "https://l.example.org/air", "FEED_SENDER": "alerts@l.example.org"}
    with Ledger(ledger.database_url, **said) as running, httpx.Client(base_url=running.url, timeout=30) as anybody:
        yield anybody


def feed(client: httpx.Client, form: str, **query: str) -> Any:
    answer = client.get(f"/v1/feed.{form}", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == ("application/geo+json" if form == "geojson" else "application/atom+xml")
    return answer.json() if form == "geojson" else xml.feed(answer.content)


def message(client: httpx.Client, incident: Json | str, revision: int) -> Any:
    identity = incident if isinstance(incident, str) else incident["id"]
    answer = client.get(f"/v1/incidents/{identity}/revisions/{revision}/cap")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/cap+xml"
    return xml.alert(answer.content)


def named(found: Any) -> str:
    """Return how other messages refer to a message."""
    return ",".join(str(xml.said(found, each)) for each in ("sender", "identifier", "sent"))


def test_each_event_is_a_message_that_names_those_before_it(client: httpx.Client) -> None:
    incident = report(client)["id"]
    revise(client, incident, {"title": "Two drones over the harbour"})
    revise(client, incident, {"title": "Three drones over the harbour"})
    retract(client, incident)
    report_again(client, incident, title="A drone after all")
    revise(client, incident, {"title": "Two drones after all"})
    found = [message(client, incident, number) for number in range(1, 7)]
    assert [xml.said(each, "msgType") for each in found] == ["Alert", "Update", "Update", "Cancel", "Alert", "Update"]
    references = [(xml.said(each, "references") or "").split() for each in found]
    names = [named(each) for each in found]
    assert references == [[], names[:1], names[:2], names[:3], [], names[4:5]]
    assert len({xml.said(each, "identifier") for each in found}) == 6
    assert {xml.said(each, "incidents") for each in found} == {incident}
    assert all((xml.said(each, "sent") or "").endswith("-00:00") for each in found)
    assert found[3].find(f"{xml.CAP}info") is None
    assert xml.said(found[3], "note") == "Retracted (false_report): It was a flock of birds."
    assert xml.said(found[1], "note") == "The governor gave a number."
    assert xml.said(found[1], "headline") == "Two drones over the harbour"


def test_a_message_stays_what_it_is(client: httpx.Client, public: httpx.Client) -> None:
    incident = report(client)
    path = f"/v1/incidents/{incident['id']}/revisions/1/cap"
    before = client.get(path)
    revise(client, incident["id"], {"title": "Another"})
    after = client.get(path)
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])
    assert after.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert public.get(path).headers["Cache-Control"] == "public, max-age=86400, immutable"
    again = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_message_says_where_and_how_much_and_that_it_is_disputed(client: httpx.Client) -> None:
    claims = {"gov": {"source": "governor", "confidence": "confirmed"}, "tv": {"source": "tv"}}
    counts = {"destroyed": {"gov": {"value": 40}, "tv": {"value": 32}}}
    places = {
        "a": {"subdivision": "RU-KLU", "country": "RU", "point": [36.26, 54.51], "radius_m": 2500, "role": "impact"},
        "b": {"country": "UA", "role": "launch"},
    }
    incident = report(
        client, claims=claims, locations=places, objects={"d": {"type": "uav", "counts": counts}},
        occurred={"start": "2026-05-01T05:30:00.5+03:00"},
    )  # fmt: skip
    found = message(client, incident, 1)
    (area,) = found.iter(f"{xml.CAP}area")
    assert area.findtext(f"{xml.CAP}circle") == "54.51,36.26 2.5"
    assert [each.text for each in area.iter(f"{xml.CAP}value")] == ["RU-KLU", "RU"]
    assert xml.said(found, "onset") == "2026-05-01T02:30:00-00:00"
    assert "Drones (UAV) destroyed: 40 (claims reach from 32 to 40), disputed, by governor (confirmed)." in (
        xml.said(found, "description") or ""
    )
    assert {"state=counted best=40 low=32 high=40 disputed=true claim=gov", "counts_disputed"} <= {
        each.text for each in found.iter(f"{xml.CAP}value")
    }


def test_a_tombstone_is_there_while_the_incident_is_retracted(client: httpx.Client) -> None:
    campaign, title = unique(), "Drone over the northern harbour"
    incident, other = report(client, title=title, campaigns=[campaign]), report(client, campaigns=[campaign])
    entry = f"urn:uuid:{incident['id']}"
    assert entry in [each.findtext(f"{xml.ATOM}id") for each in xml.entries(feed(client, "atom", campaign=campaign))]

    gone = retract(client, incident["id"], replaced_by=other["id"])
    answer = client.get("/v1/feed.atom", params={"campaign": campaign})
    found = xml.feed(answer.content)
    (tombstone,) = xml.tombstones(found)
    assert (tombstone.get("ref"), tombstone.get("when")) == (entry, gone["recorded_at"])
    assert "It was a flock of birds." in tombstone.findtext(f"{xml.TOMBSTONE}comment")
    assert xml.link(tombstone, "related") == f"/v1/incidents/{other['id']}"
    assert title not in answer.text
    assert found.findtext(f"{xml.ATOM}updated") == gone["recorded_at"]
    shown = client.get("/v1/feed.geojson", params={"campaign": campaign})
    assert [each["id"] for each in shown.json()["features"]] == [other["id"]]
    assert title not in shown.text

    report_again(client, incident["id"], title=title, campaigns=[campaign])
    found = feed(client, "atom", campaign=campaign)
    assert xml.tombstones(found) == []
    assert entry == xml.entries(found)[0].findtext(f"{xml.ATOM}id")


def test_the_index_of_messages_leads_to_them(client: httpx.Client) -> None:
    campaign = unique()
    first, second = report(client, campaigns=[campaign]), report(client, campaigns=[campaign])
    revise(client, first["id"], {"title": "Another"})
    retract(client, second["id"])
    found = xml.entries(feed(client, "cap", campaign=campaign))
    led = [xml.alert(client.get(str(xml.link(each, "alternate"))).content) for each in found]
    assert [xml.said(each, "msgType") for each in led] == ["Cancel", "Update"]
    assert [xml.said(each, "identifier") for each in led] == [each.findtext(f"{xml.ATOM}id") for each in found]
    assert found[0].findtext(f"{xml.ATOM}title").startswith("RETRACTED: ")


def test_hostile_text_stays_text(client: httpx.Client) -> None:
    campaign = unique()
    incident = report(client, title=HOSTILE, summary=HOSTILE, campaigns=[campaign])
    kept = HOSTILE.replace("\x08", "\ufffd").replace("\x1b", "\ufffd")
    (entry,) = xml.entries(feed(client, "atom", campaign=campaign))
    assert entry.findtext(f"{xml.ATOM}title") == kept
    assert kept in entry.findtext(f"{xml.ATOM}summary")
    assert xml.said(message(client, incident, 1), "headline") == kept


@EACH
def test_an_exercise_is_only_there_if_asked_for_and_is_marked(client: httpx.Client, form: str) -> None:
    campaign = unique()
    incident = report(client, message_status="exercise", campaigns=[campaign])
    retract(client, report(client, message_status="test", campaigns=[campaign])["id"])
    assert incident["id"] not in client.get(f"/v1/feed.{form}", params={"campaign": campaign}).text
    asked = {"campaign": campaign, "message_status": "exercise"}
    if form == "geojson":
        (feature,) = feed(client, form, **asked)["features"]
        assert feature["properties"]["facts"]["message_status"] == "exercise"
    else:
        (entry,) = xml.entries(feed(client, form, **asked))
        assert entry.findtext(f"{xml.ATOM}title") == "EXERCISE: Drone over the harbour"
        assert xml.said(message(client, incident, 1), "status") == "Exercise"
    assert len(client.get(f"/v1/feed.{form}", params={"campaign": campaign}).content) < 1000, "nothing is left"


@EACH
def test_what_has_not_changed_is_not_sent_again(client: httpx.Client, form: str) -> None:
    query = {"campaign": unique()}
    path = f"/v1/feed.{form}"
    incident = report(client, campaigns=[query["campaign"]])
    first = client.get(path, params=query, headers={"min-position": str(incident["position"])})
    known = {"If-None-Match": first.headers["ETag"]}
    report(client, title="What is in another feed")
    again = client.get(path, params=query, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert int(again.headers["Log-Position"]) >= incident["position"]
    for change in (
        lambda: revise(client, incident["id"], {"summary": "More."}),
        lambda: retract(client, incident["id"]),
    ):
        change()
        changed = client.get(path, params=query, headers=known)
        assert changed.status_code == 200
        known = {"If-None-Match": changed.headers["ETag"]}


@EACH
def test_head_is_get_without_the_body(client: httpx.Client, form: str) -> None:
    query = {"campaign": unique()}
    report(client, campaigns=[query["campaign"]])
    whole, head = client.get(f"/v1/feed.{form}", params=query), client.head(f"/v1/feed.{form}", params=query)
    assert head.content == b""
    apart = {"request-id", "date", "log-position"}
    assert set(head.headers) == set(whole.headers)
    assert all(head.headers[name] == value for name, value in whole.headers.items() if name not in apart)


@EACH
def test_pages_lead_through_all_of_it(client: httpx.Client, form: str) -> None:
    campaign = unique()
    made = [report(client, campaigns=[campaign])["id"] for _ in range(5)]
    pages = list(walk(client, f"/v1/feed.{form}?campaign={campaign}&limit=2"))
    assert len(pages) == 3
    found: list[str] = []
    for page in pages:
        if form == "geojson":
            found += [each["id"] for each in page.json()["features"]]
            continue
        said = xml.feed(page.content)
        assert xml.link(said, "next") == following(page)
        assert said.findtext(f"{xml.ATOM}id") == xml.feed(pages[0].content).findtext(f"{xml.ATOM}id")
        found += [str(each.findtext(f"{xml.ATOM}id"))[9:45] for each in xml.entries(said)]
    assert found == made[::-1]


def test_the_map_is_the_list(client: httpx.Client) -> None:
    campaign = unique()
    report(client, campaigns=[campaign], locations={"a": {"point": [36.26, 54.51]}})
    listed = client.get("/v1/incidents", params={"campaign": campaign}, headers={"Accept": "application/geo+json"})
    assert feed(client, "geojson", campaign=campaign) == listed.json()


def test_filters_are_those_of_the_list(client: httpx.Client) -> None:
    campaign = unique()
    place = {"subdivision": "RU-KLU", "point": [36.26, 54.51]}
    report(client, campaigns=[campaign], kind="strike", locations={"a": place}, objects={"a": {"type": "uav"}})
    (entry,) = xml.entries(feed(client, "atom", campaign=campaign))
    assert entry.findtext(f"{xml.GEORSS}point") == "54.51 36.26"
    for name, there, elsewhere in (
        ("within", "RU", "UA"), ("country", "RU", "UA"), ("subdivision", "RU-KLU", "RU-MOW"),
        ("kind", "strike", "alert"), ("object_type", "uav", "missile"), ("near", "36.2,54.5,25", "37.6,55.7,25"),
    ):  # fmt: skip
        assert len(xml.entries(feed(client, "atom", campaign=campaign, **{name: there}))) == 1
        assert xml.entries(feed(client, "atom", campaign=campaign, **{name: elsewhere})) == []


def test_the_public_gets_what_caches_may_keep(client: httpx.Client, public: httpx.Client) -> None:
    campaign = unique()
    incident = report(client, campaigns=[campaign])
    for form in FEEDS:
        path = f"/v1/feed.{form}?campaign={campaign}"
        assert client.get(path).headers["Cache-Control"] == "private, no-cache"
        answer = public.get(path)
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("public, max-age=15", "min-position")
        assert "Last-Modified" in answer.headers
    found = feed(public, "atom", campaign=campaign)
    assert xml.link(found, "self") == f"https://l.example.org/air/v1/feed.atom?campaign={campaign}"
    (entry,) = xml.entries(found)
    assert xml.link(entry, "alternate") == f"https://l.example.org/air/v1/incidents/{incident['id']}"
    assert xml.said(message(public, incident, 1), "sender") == "alerts@l.example.org"
    assert xml.said(message(public, incident, 1), "web") == f"https://l.example.org/air/v1/incidents/{incident['id']}"


@EACH
def test_what_cannot_be_answered_is_refused(client: httpx.Client, form: str) -> None:
    path = f"/v1/feed.{form}"
    found = refusal(client.get(path, params={"within": "XX", "limit": "0", "status": "any"}), 400, "invalid-request")
    assert {each["pointer"] for each in found["errors"]} == {"/within", "/limit", "/status"}
    refusal(client.get(path, params={"cursor": "abc"}), 400, "invalid-request")
    refusal(client.get(path, headers={"Accept": "text/csv"}), 406, "not-acceptable")
    refusal(client.get(path, headers={"Authorization": "Bearer nobody"}), 401)
    assert client.post(path).status_code == 405


def test_a_message_that_there_is_not_is_refused(client: httpx.Client, active: str) -> None:
    refusal(client.get(f"/v1/incidents/{active}/revisions/2/cap"), 404)
    refusal(client.get(f"/v1/incidents/{NOBODY}/revisions/1/cap"), 404)
    found = refusal(client.get("/v1/incidents/x/revisions/0/cap?x=1"), 400, "invalid-request")
    assert len(found["errors"]) == 3
    refusal(client.get(f"/v1/incidents/{active}/revisions/1/cap", headers={"Accept": "text/html"}), 406)
