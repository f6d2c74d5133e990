"""Lists and incidents as NDJSON, CSV, GeoJSON and MessagePack: the same items as in JSON, and absence stays typed."""

import csv
import io
import json
from collections import Counter
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.api.samples import Json, batch, following, head, pointers, refusal, report, unique

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
MSGPACK: Final = "application/msgpack"
FORMS: Final = ("application/json", NDJSON, CSV, GEOJSON, MSGPACK)
HARD: Final = (
    'Сбит БПЛА над Калугой; "по предварительным данным", 40',
    '=HYPERLINK("http://example.org";"x")',
    "+7 (495) 000-00-00",
    "@SUM(A1:A9)",
    "-1+1",
    "-5",
    "plain, with comma",
    "🛩 — “UAV”",
)
MANY: Final = 1_200


def ask(client: httpx.Client, query: str, form: str) -> httpx.Response:
    """Return a list in a form."""
    answer = client.get(f"/v1/incidents?{query}", headers={"Accept": form})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == form
    assert answer.headers["Vary"].split(", ")[0] == "Accept"
    return answer


def table(text: str) -> list[dict[str, str]]:
    """Read CSV as Python does, strictly."""
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def lines(text: str) -> list[Json]:
    """Read NDJSON."""
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def said(**amounts: Json) -> Json:
    """Return an object whose counts are each said by one claim."""
    return {"type": "uav", "counts": {name: {"a": amount} for name, amount in amounts.items()}}


@pytest.fixture(scope="module")
def hard(client: httpx.Client) -> str:
    """A campaign of incidents that are hard to write down; one is nowhere, one in two places, the rest in one."""
    campaign = unique()
    for number, title in enumerate(HARD):
        points = [[36.26, 54.51], [-170.0, -10.5]][: 2 if number == 1 else 1 if number else 0]
        places = {f"l{n}": {"point": point, "subdivision": "RU-KLU"} for n, point in enumerate(points)}
        report(client, title=title, campaigns=[campaign], locations=places, summary="a line\nand another")
    return campaign


def test_every_form_has_the_same_items(client: httpx.Client, hard: str) -> None:
    page = ask(client, f"campaign={hard}", FORMS[0]).json()
    items = page["items"]
    assert sorted(each["facts"]["title"] for each in items) == sorted(HARD)
    assert lines(ask(client, f"campaign={hard}", NDJSON).text) == items
    assert msgspec.msgpack.decode(ask(client, f"campaign={hard}", MSGPACK).content) == page
    shown = ask(client, f"campaign={hard}", GEOJSON).json()
    assert shown["type"] == "FeatureCollection"
    assert [each["properties"] for each in shown["features"]] == items
    assert [(each["type"], each["id"]) for each in shown["features"]] == [("Feature", each["id"]) for each in items]
    rows = table(ask(client, f"campaign={hard}", CSV).text)
    assert [each["id"] for each in rows] == [each["id"] for each in items]
    for row, item in zip(rows, items, strict=True):
        assert row["position"] == str(item["position"])
        assert row["recorded_at"] == item["recorded_at"]
        assert row["countries"] == ("RU" if item["facts"].get("locations") else "")


def test_an_empty_list_is_empty_in_every_form(client: httpx.Client) -> None:
    assert ask(client, "campaign=nobody", NDJSON).text == ""
    assert ask(client, "campaign=nobody&limit=1", NDJSON).content == b""
    assert ask(client, "campaign=nobody", GEOJSON).json() == {"type": "FeatureCollection", "features": []}
    assert ask(client, "campaign=nobody", CSV).text.count("\r\n") == 1, "the header row"
    assert msgspec.msgpack.decode(ask(client, "campaign=nobody", MSGPACK).content)["items"] == []


def test_places_are_the_geometry(client: httpx.Client, hard: str) -> None:
    shown = ask(client, f"campaign={hard}", GEOJSON).json()["features"]
    geometry = {each["properties"]["facts"]["title"]: each["geometry"] for each in shown}
    assert geometry[HARD[0]] is None
    assert geometry[HARD[1]] == {"type": "MultiPoint", "coordinates": [[36.26, 54.51], [-170.0, -10.5]]}
    assert geometry[HARD[2]] == {"type": "Point", "coordinates": [36.26, 54.51]}


def test_no_cell_is_a_formula(client: httpx.Client, hard: str) -> None:
    answer = ask(client, f"campaign={hard}&sort=recorded", CSV)
    titles = [each["title"] for each in table(answer.text)]
    assert titles == [HARD[0], f"'{HARD[1]}", f"'{HARD[2]}", f"'{HARD[3]}", f"'{HARD[4]}", *HARD[5:]]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.count(b"\r\n") == len(HARD) + 1
    assert not answer.content.startswith("\ufeff".encode())


def test_absence_is_typed_in_every_column(client: httpx.Client) -> None:
    campaign = unique()
    of: dict[str, Json] = {
        "nobody": {},
        "unknown": {"objects": {"x": said(destroyed={"unknown": True})}},
        "none": {"objects": {"x": said(destroyed={"none_reported": True})}},
        "zero": {"objects": {"x": said(destroyed={"value": 0})}},
        "sum": {"objects": {"x": said(destroyed={"value": 4}), "y": said(destroyed={"low": 1, "high": 3})}},
        "open": {"objects": {"x": said(destroyed={"at_least": 4}), "y": said(destroyed={"none_reported": True})}},
        "half": {"objects": {"x": said(destroyed={"value": 4}), "y": said(destroyed={"unknown": True})}},
        "top": {"objects": {"x": said(destroyed={"at_most": 9})}},
    }
    for title, facts in of.items():
        report(client, title=title, campaigns=[campaign], claims={"a": {}}, **facts)
    rows = table(ask(client, f"campaign={campaign}", CSV).text)
    found = {each["title"]: [each[f"destroyed_{part}"] for part in ("state", "best", "low", "high")] for each in rows}
    assert found == {
        "nobody": ["unknown", "", "", ""],
        "unknown": ["unknown", "", "", ""],
        "none": ["none_reported", "0", "0", "0"],
        "zero": ["counted", "0", "0", "0"],
        "sum": ["counted", "5", "5", "7"],
        "open": ["counted", "4", "4", ""],
        "half": ["counted", "4", "4", ""],
        "top": ["counted", "", "0", "9"],
    }
    assert {each["killed_state"] for each in rows} == {"unknown"}
    assert {each["occurred_start"] for each in rows} == {""}


def test_casualties_have_columns_of_their_own(client: httpx.Client) -> None:
    campaign = unique()
    harm = {"killed": {"a": {"value": 2}}, "none_reported": True, "claims": ["a"]}
    report(client, campaigns=[campaign], casualties=harm, claims={"a": {"source": "governor"}})
    (row,) = table(ask(client, f"campaign={campaign}", CSV).text)
    assert [row[f"killed_{part}"] for part in ("state", "best", "low", "high")] == ["counted", "2", "2", "2"]
    assert [row[f"injured_{part}"] for part in ("state", "best", "low", "high")] == ["none_reported", "0", "0", "0"]
    assert row["sources"] == "governor"


@pytest.fixture(scope="module")
def many(client: httpx.Client) -> tuple[str, set[str]]:
    """A campaign of more incidents than two stretches of a stream hold."""
    campaign = unique()
    facts = {"title": "t" * 280, "kind": "sighting", "campaigns": [campaign], "summary": "s" * 900}
    done = batch(client, *[{"command": "report", "facts": facts}] * MANY)
    return campaign, {each["incident"] for each in done}


@pytest.mark.parametrize("form", [NDJSON, CSV])
@pytest.mark.parametrize("sort", ["-recorded", "recorded", "-occurred"])
def test_a_stream_has_everything_once_while_others_report(
    client: httpx.Client, many: tuple[str, set[str]], form: str, sort: str
) -> None:
    campaign, ids = many
    path = f"/v1/incidents?campaign={campaign}&sort={sort}"
    text = ""
    with client.stream("GET", path, headers={"Accept": form}) as answer:
        assert "Link" not in answer.headers
        position = int(answer.headers["Log-Position"])
        for piece in answer.iter_text():
            report(client, campaigns=[campaign]) if len(text) < 300_000 else None
            text += piece
    found = Counter(each["id"] for each in (table(text) if form == CSV else lines(text)))
    assert position <= head(client)
    assert {found[each] for each in ids} == {1}
    assert set(found.values()) == {1}


def test_with_limit_it_is_a_page(client: httpx.Client, hard: str) -> None:
    whole = ask(client, f"campaign={hard}", CSV).text
    header, _, rest = whole.partition("\r\n")
    seen = ""
    here: str | None = f"/v1/incidents?campaign={hard}&limit=3"
    pages = 0
    while here is not None:
        answer = client.get(here, headers={"Accept": CSV})
        start, _, rows = answer.text.partition("\r\n")
        assert start == header
        seen += rows
        pages += 1
        here = following(answer)
    assert (seen, pages) == (rest, 3)


def test_the_link_of_a_page_leads_through_every_form(client: httpx.Client, hard: str) -> None:
    expected = [each["id"] for each in ask(client, f"campaign={hard}", FORMS[0]).json()["items"]]
    here: str | None = f"/v1/incidents?campaign={hard}&limit=3"
    found: list[str] = []
    while here is not None:
        answer = client.get(here, headers={"Accept": GEOJSON})
        found += [each["id"] for each in answer.json()["features"]]
        here = following(answer)
    assert found == expected


def test_fields_are_all_there_is(client: httpx.Client, hard: str) -> None:
    query = f"campaign={hard}&fields=facts.title,id,facts.locations.l1.point,derived.objects,facts.locations.l9"
    items = ask(client, query, FORMS[0]).json()["items"]
    assert [set(each) for each in items] == [{"id", "facts", "derived"}] * len(HARD)
    one = next(each for each in items if each["facts"]["title"] == HARD[1])
    assert one["facts"] == {"title": HARD[1], "locations": {"l1": {"point": [-170.0, -10.5]}}}
    assert one["derived"] == {"objects": {}}
    assert lines(ask(client, query, NDJSON).text) == items
    assert msgspec.msgpack.decode(ask(client, query, MSGPACK).content)["items"] == items
    shown = ask(client, query, GEOJSON).json()["features"]
    assert [each["properties"] for each in shown] == items
    assert len([each for each in shown if each["geometry"] is not None]) == len(HARD) - 1
    for both in ("facts,facts.title", "facts.title,facts"):
        assert ask(client, f"campaign={hard}&fields={both}", FORMS[0]).json()["items"][0]["facts"].keys() > {"title"}


def test_fields_of_csv_are_its_columns(client: httpx.Client, hard: str) -> None:
    text = ask(client, f"campaign={hard}&fields=title,id,killed_state", CSV).text
    assert text.startswith("title,id,killed_state\r\n")
    assert len(table(text)) == len(HARD)


@pytest.mark.parametrize(
    ("wanted", "form", "told"),
    [
        ("titel", FORMS[0], "a path begins with one of actor, derived, expunged, facts, flags, id, position,"),
        ("facts.titel", NDJSON, "after facts comes one of assessments, campaigns,"),
        ("id.x", MSGPACK, "nothing comes after id"),
        ("facts.claims.gov.who", GEOJSON, "after facts.claims.gov comes one of attribution, confidence,"),
        ("id,,status", FORMS[0], "a path begins with one of"),
        ("", FORMS[0], "a path begins with one of"),
        ("facts.title", CSV, "one of id, status, revision,"),
        ("", CSV, "one of id, status, revision,"),
    ],
)
def test_a_field_that_is_not_there_is_refused(client: httpx.Client, wanted: str, form: str, told: str) -> None:
    answer = client.get(f"/v1/incidents?fields={wanted}&bbox=x", headers={"Accept": form})
    found = refusal(answer, 400, "invalid-request")
    assert pointers(found, "query") == {"/fields", "/bbox"}
    assert told in " ".join(each["message"] for each in found["errors"])


@pytest.mark.parametrize("form", FORMS)
def test_the_count_is_of_all_pages(client: httpx.Client, hard: str, form: str) -> None:
    answer = ask(client, f"campaign={hard}&limit=3&count=true", form)
    without = ask(client, f"campaign={hard}&limit=3", form)
    assert following(answer) is not None
    if form in {FORMS[0], MSGPACK}:
        read: Any = json.loads if form == FORMS[0] else msgspec.msgpack.decode
        assert read(answer.content)["count"] == len(HARD)
        assert "count" not in read(without.content)
        assert "List-Count" not in answer.headers
    else:
        assert answer.headers["List-Count"] == str(len(HARD))
        assert "List-Count" not in without.headers


def test_the_count_heeds_every_filter(client: httpx.Client, hard: str) -> None:
    for more in (
        "bbox=30,50,40,60",
        "kind=other",
        "q=запретное",
        "status=retracted",
        "recorded_to=2020-01-01T00:00:00Z",
    ):
        found = ask(client, f"campaign={hard}&count=true&{more}", FORMS[0]).json()
        assert found["count"] == len(found["items"]), more
    assert ask(client, f"campaign={hard}&count=true&bbox=30,50,40,60", FORMS[0]).json()["count"] == len(HARD) - 1


def test_what_is_not_made_is_not_acceptable(client: httpx.Client, active: str) -> None:
    found = refusal(client.get("/v1/incidents", headers={"Accept": "text/html"}), 406, "not-acceptable")
    assert all(form in found["detail"] for form in FORMS)
    found = refusal(client.get(f"/v1/incidents/{active}", headers={"Accept": CSV}), 406, "not-acceptable")
    assert GEOJSON in found["detail"]


@pytest.mark.parametrize("form", FORMS)
def test_head_has_the_headers_and_no_body(client: httpx.Client, hard: str, form: str) -> None:
    path, headers = f"/v1/incidents?campaign={hard}&count=true", {"Accept": form}
    there, body = client.head(path, headers=headers), client.get(path, headers=headers)
    assert (there.status_code, there.content) == (200, b"")
    ignored = {"date", "request-id", "transfer-encoding", "content-length"}
    assert {k: v for k, v in there.headers.items() if k not in ignored} == {
        k: v for k, v in body.headers.items() if k not in ignored
    }


def test_a_list_waits_for_the_position_that_it_must_have(client: httpx.Client, hard: str) -> None:
    assert client.get(f"/v1/incidents?campaign={hard}", headers={"min-position": str(head(client))}).status_code == 200
    assert client.get("/v1/incidents", headers={"min-position": "x"}).status_code == 400
