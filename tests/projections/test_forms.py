"""Regions, campaigns, sources and airports as NDJSON, CSV, GeoJSON and MessagePack; statistics as rows."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Final

import httpx
import msgspec
import pytest

from tests.api.samples import Json, batch, pointers, refusal, walk
from tests.running import Ledger, make_database

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
MSGPACK: Final = "application/msgpack"
MANY: Final = 520
"""More than are read at once."""
NIGHT: Final = "2026-04-30T20:00:00Z"
IDENTITY: Final = {
    "/v1/regions": lambda item: item["code"],
    "/v1/campaigns": lambda item: item["slug"],
    "/v1/sources": lambda item: item["slug"],
    "/v1/airports?closed=any": lambda item: f"{item['incident']}/{item['disruption']}",
}
LISTS: Final = tuple(IDENTITY)
LONG: Final = LISTS[1:]


def command(number: int) -> Json:
    """Return the report of an incident of a campaign and a source of its own, that closes one of three airports."""
    place: Json = {"subdivision": ("RU-KLU", "RU-MOW")[number % 2]}
    if number % 3:
        place["point"] = [30 + number / 100, 50 + number / 200]
    closed = {"kind": "airport_closed", "airports_state": "unspecified", "start": NIGHT, "claims": ["a"]}
    if number % 3:
        closed = closed | {"airports_state": "named", "airport": ("UUWW", "UUEE")[number % 2]}
    amount = ({"value": number}, {"unknown": True}, {"none_reported": True}, {"at_least": 2})[number % 4]
    facts = {
        "title": f"closure {number}", "kind": "interception", "occurred": {"start": NIGHT, "precision": "hour"},
        "locations": {"a": place}, "disruptions": {"shut": closed},
        "campaigns": [f"c{number:04}"] + ["c0004"] * (number == 2),
        "objects": {"o": {"type": "uav", "counts": {"destroyed": {"a": amount}}}},
        "claims": {"a": {"source": f"s{number:04}", "source_name": '=cmd|"x",\n'}},
    }  # fmt: skip
    return {"command": "report", "facts": facts}


@pytest.fixture(scope="module")
def client(postgres_url: str, template: str) -> Iterator[httpx.Client]:
    """A client of a register with MANY of each but regions, that waits for what has been recorded."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as opened:
        done = batch(opened, *[command(number) for number in range(MANY)])
        opened.headers["min-position"] = str(done[-1]["position"])
        yield opened


def ask(client: httpx.Client, path: str, form: str) -> httpx.Response:
    """Return a list in a form."""
    answer = client.get(path, headers={"Accept": form})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == form
    assert answer.headers["Vary"].split(", ")[0] == "Accept"
    assert answer.headers["Log-Position"] == ("7" if "as_of=7" in path else str(MANY))
    return answer


def table(answer: httpx.Response) -> list[dict[str, str]]:
    """Read CSV as Python does, strictly."""
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


def lines(answer: httpx.Response) -> list[Json]:
    """Read NDJSON."""
    assert answer.text == "" or answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


def items(client: httpx.Client, path: str) -> list[Json]:
    """Walk through a list in JSON."""
    return [item for page in walk(client, path) for item in page.json()["items"]]


def also(path: str, more: str) -> str:
    """Add to a query."""
    return f"{path}{'&' if '?' in path else '?'}{more}"


@pytest.mark.parametrize("path", LISTS)
def test_a_page_has_the_same_items_in_every_form(client: httpx.Client, path: str) -> None:
    page = client.get(also(path, "limit=20&count=true"))
    found = page.json()["items"]
    assert found
    packed = msgspec.msgpack.decode(ask(client, also(path, "limit=20&count=true"), MSGPACK).content)
    assert packed.keys() == page.json().keys()
    assert packed["items"] == found
    assert lines(ask(client, also(path, "limit=20"), NDJSON)) == found
    shown = ask(client, also(path, "limit=20&count=true"), GEOJSON)
    assert [each["properties"] for each in shown.json()["features"]] == found
    assert [each["id"] for each in shown.json()["features"]] == [IDENTITY[path](each) for each in found]
    assert shown.headers["List-Count"] == str(page.json()["count"])
    assert shown.headers.get("Link", "").count("rel=") == page.headers.get("Link", "").count("rel=")
    assert len(table(ask(client, also(path, "limit=20"), CSV))) == len(found)


@pytest.mark.parametrize("path", LISTS)
def test_without_limit_it_is_the_whole_list_of_one_position(client: httpx.Client, path: str) -> None:
    whole = items(client, also(path, "limit=37"))
    assert len(whole) == (3 if path == "/v1/regions" else MANY)
    assert lines(ask(client, path, NDJSON)) == whole
    assert len(table(ask(client, path, CSV))) == len(whole)
    assert client.get(also(path, "limit=1&count=true")).json()["count"] == len(whole)


@pytest.mark.parametrize("path", LONG)
def test_as_of_then_it_is_what_was_there_then(client: httpx.Client, path: str) -> None:
    then = also(path, "as_of=7")
    assert len(lines(ask(client, then, NDJSON))) == 7
    assert client.get(also(then, "count=true")).json()["count"] == 7
    assert client.get(also(then, "limit=1")).json()["applied_filters"]["as_of_position"] == "7"
    assert items(client, also(then, "limit=2")) == lines(ask(client, then, NDJSON))


@pytest.mark.parametrize(
    ("query", "counted"),
    [
        ("/v1/regions?within=RU", 3),
        ("/v1/regions?within=RU-KLU", 1),
        ("/v1/regions?within=UA", 0),
        ("/v1/sources?kind=media", 0),
        ("/v1/airports?subdivision=RU-KLU", MANY // 2),
        ("/v1/airports?closed=any&at=2026-04-30T19:00:00Z", 0),
        ("/v1/airports?closed=false", 0),
    ],
)
def test_what_is_counted_is_what_the_filters_match(client: httpx.Client, query: str, counted: int) -> None:
    assert client.get(also(query, "count=true&limit=1")).json()["count"] == counted
    assert len(lines(ask(client, query, NDJSON))) == counted


def test_a_campaign_is_the_box_of_its_incidents(client: httpx.Client) -> None:
    answer = ask(client, "/v1/campaigns?limit=5", GEOJSON)
    shown = {each["id"]: each["geometry"] for each in answer.json()["features"]}
    assert shown["c0000"] is None
    assert shown["c0001"] == {"type": "Point", "coordinates": [30.01, 50.005]}
    ring = [[30.02, 50.01], [30.04, 50.01], [30.04, 50.02], [30.02, 50.02], [30.02, 50.01]]
    assert shown["c0004"] == {"type": "Polygon", "coordinates": [ring]}


def test_an_airport_is_where_it_is_and_one_that_is_not_named_is_nowhere(client: httpx.Client) -> None:
    shown = ask(client, "/v1/airports?limit=20", GEOJSON).json()["features"]
    of = {each["properties"]["airport"]: each["geometry"] for each in shown}
    assert of.keys() == {"UUWW", "UUEE", None}
    assert of[None] is None
    assert of["UUWW"]["type"] == "Point"
    assert of["UUWW"]["coordinates"] == pytest.approx([37.26, 55.59], abs=0.02)
    assert of["UUEE"]["coordinates"] == pytest.approx([37.41, 55.97], abs=0.02)


@pytest.mark.parametrize("path", ["/v1/regions", "/v1/sources"])
def test_what_has_no_place_of_its_own_is_an_unlocated_feature(client: httpx.Client, path: str) -> None:
    assert {each["geometry"] for each in ask(client, path, GEOJSON).json()["features"]} == {None}


def test_what_is_not_known_is_an_empty_cell_and_no_cell_is_a_formula(client: httpx.Client) -> None:
    of = {each["slug"]: each for each in table(ask(client, "/v1/campaigns", CSV))}
    best = {slug: of[slug]["totals.destroyed.best"] for slug in ("c0000", "c0001", "c0002", "c0003")}
    assert best == {"c0000": "0", "c0001": "", "c0002": "0", "c0003": "2"}
    inputs = [of["c0001"][f"totals.destroyed.inputs.{name}"] for name in ("counted", "none_reported", "unknown")]
    assert inputs == ["0", "0", "1"]
    assert of["c0002"]["totals.destroyed.inputs.none_reported"] == "1"
    assert of["c0003"]["totals.destroyed.high"] == ""
    assert of["c0000"]["bbox"] == ""
    named = table(ask(client, "/v1/sources?limit=1", CSV))[0]
    assert named["name"] == '\'=cmd|"x",\n'


@pytest.mark.parametrize(
    ("path", "fields", "wanted"),
    [
        ("/v1/regions", "code,totals.destroyed.best", {"code": "RU-KLU"}),
        ("/v1/campaigns", "slug,bbox", {"slug": "c0001"}),
        ("/v1/sources", "slug,claims.made", {"slug": "s0001", "claims": {"made": 1}}),
        ("/v1/airports", "airport,state", {"airport": "UUWW", "state": "closed"}),
    ],
)
def test_only_the_fields_that_are_wanted(client: httpx.Client, path: str, fields: str, wanted: Json) -> None:
    found = client.get(f"{path}?limit=500&fields={fields}").json()["items"]
    assert {frozenset(each) for each in found} == {frozenset(name.partition(".")[0] for name in fields.split(","))}
    assert any(wanted.items() <= each.items() for each in found)
    assert list(table(ask(client, f"{path}?fields={fields}", CSV))[0]) == fields.split(",")
    assert lines(ask(client, f"{path}?fields={fields}&limit=500", NDJSON)) == found


@pytest.mark.parametrize("path", LISTS)
def test_what_cannot_be_made_is_refused_by_name(client: httpx.Client, path: str) -> None:
    assert pointers(refusal(client.get(also(path, "fields=nothing")), 400), "query") == {"/fields"}
    assert pointers(refusal(client.get(also(path, "limit=0")), 400), "query") == {"/limit"}
    assert pointers(refusal(client.get(also(path, "cursor=abc")), 400), "query") == {"/cursor"}
    told = refusal(client.get(path, headers={"Accept": "application/pdf"}), 406)
    assert GEOJSON in told["detail"]


def test_a_cursor_is_good_for_its_own_list_in_any_form(client: httpx.Client) -> None:
    cursor = client.get("/v1/campaigns?limit=5").json()["next_cursor"]
    following = ask(client, f"/v1/campaigns?limit=5&cursor={cursor}", NDJSON)
    assert [each["slug"] for each in lines(following)] == [f"c{number:04}" for number in range(5, 10)]
    assert "cursor=" in following.headers["Link"]
    refusal(client.get(f"/v1/campaigns?as_of=7&cursor={cursor}"), 400)


def test_all_pages_of_airports_are_of_one_time(client: httpx.Client) -> None:
    first = client.get("/v1/airports?limit=2").json()
    second = client.get(f"/v1/airports?limit=2&cursor={first['next_cursor']}").json()
    assert second["applied_filters"]["at"] == first["applied_filters"]["at"]
    counted = client.get(f"/v1/airports?limit=2&count=true&cursor={first['next_cursor']}").json()
    assert counted["count"] == MANY


STATISTICS: Final = "/v1/statistics?occurred_from=2026-04-30T00:00:00Z&occurred_to=2026-05-02T00:00:00Z"


def test_statistics_are_rows_that_say_what_is_not_known(client: httpx.Client) -> None:
    query = f"{STATISTICS}&metric=incidents,destroyed,killed&group_by=day,subdivision"
    found = client.get(query).json()
    assert lines(ask(client, query, NDJSON)) == found["items"]
    assert msgspec.msgpack.decode(ask(client, query, MSGPACK).content) == found
    rows = table(ask(client, query, CSV))
    totals = [f"{metric}.{name}" for metric in ("destroyed", "killed")
              for name in ("best", "low", "high", "inputs.counted", "inputs.none_reported", "inputs.unknown",
                           "disputed", "left_out")]  # fmt: skip
    assert list(rows[0]) == ["day", "subdivision", "incidents", *totals]
    for row, item in zip(rows, found["items"], strict=True):
        assert (row["day"], row["subdivision"]) == (item["day"], item["subdivision"])
        assert row["incidents"] == str(item["incidents"])
        assert row["destroyed.best"] == str(item["destroyed"]["best"])
        assert [row["killed.best"], row["killed.inputs.unknown"]] == ["", str(item["incidents"])]


def test_statistics_that_are_not_grouped_are_the_row_of_all(client: httpx.Client) -> None:
    found = client.get(f"{STATISTICS}&metric=destroyed").json()
    assert lines(ask(client, f"{STATISTICS}&metric=destroyed", NDJSON)) == [found["total"]]
    (row,) = table(ask(client, f"{STATISTICS}&metric=destroyed", CSV))
    assert row["destroyed.best"] == str(found["total"]["destroyed"]["best"])
    assert row["destroyed.inputs.unknown"] == str(MANY // 4)
    refusal(client.get(STATISTICS, headers={"Accept": GEOJSON}), 406)
