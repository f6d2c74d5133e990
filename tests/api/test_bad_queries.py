"""Query strings that cannot be understood: unknown, repeated and impossible parameters are refused, not ignored."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import pytest

from tests.api.samples import NOBODY, Raw, pointers, refusal
from tests.running import ROOT, Ledger

TIMES: Final = (
    "",
    "x",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "99999-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "%00",
    "0",
)
LIST: Final[Mapping[str, tuple[str, ...]]] = {
    "limit": ("0", "-1", "501", "", "x", "0x10", "1_0", "+5", "%205", "%D9%A1", "9" * 30, "1.5", "%00", "null"),
    "country": ("ru", "RUS", "", "R%00", "%F0%9F%98%80"),
    "subdivision": ("RU", "ru-klu", "RU-", "RU-KLU%0A", "RU-%00"),
    "kind": ("war", "", "STRIKE", "strike,debris", "%00"),
    "object_type": ("ufo", ""),
    "status": ("gone", "", "Active"),
    "message_status": ("real", ""),
    "campaign": ("A%20b", "", "x" * 65, "%00"),
    "source": ("Gov", "", "%00", "a%0A"),
    "airport": ("SVO", "uuee", "UUEEE", ""),
    "external_id": ("x", "/", "a/", "A/b", "a/%00", "a/%0A", "a/" + "x" * 201, "", "a/%7F"),
    "occurred_from": TIMES,
    "occurred_to": TIMES,
    "recorded_from": TIMES,
    "recorded_to": TIMES,
    "bbox": (
        "", "1,2,3", "1,2,3,4,5", "a,b,c,d", "181,0,0,0", "0,-91,0,0", "0,5,0,4", "nan,0,0,0", "0,0,inf,0", "1e1,0,0,0",
        "1;2;3;4", "%00,0,0,0", "0,0,0,9" + "9" * 50, "-0.0,0,0,", "%D9%A1,0,0,0",
    ),
    "q": ("", "%00", "...", "a%20" * 21, "x" * 301),
    "as_of": (
        *(text for text in TIMES if text != "0"), "-1", "9" * 18, "9" * 20, "%D9%A1", "2999-01-01T00:00:00Z", "1.5",
    ),
    "within": ("", "ru", "RUS", "RU-", "XX", "RU-XXX", "RU%0A", "%00", "RU-KLU%0A"),
    "disruption": ("", "closed", "%00"),
    "flag": ("", "odd", "%00"),
    "near": ("", "1,2", "1,2,3,4", "a,b,c", "181,0,1", "0,91,1", "0,0,0", "0,0,20016", "0,0,1%0A", "%00", "0,0,-1"),
    "min_destroyed": ("", "0", "-1", "x", "1.5", "9" * 30, "200000001"),
    "sort": ("", "title", "+recorded", "recorded,occurred", "-RECORDED"),
    "cursor": ("", "x", "%00", "AAAA", "W10", "bnVsbA", "=", "%F0%9F%98%80", "x" * 501, "eyJhIjoxfQ", "W1tdLFtdXQ"),
}  # fmt: skip
ONE: Final[Mapping[str, tuple[str, ...]]] = {
    "revision": ("0", "-1", "x", "", "2147483648", "9" * 30, "%00"),
    "as_of": (
        *(text for text in TIMES if text != "0"), "-1", "9" * 18, "9" * 20, "%D9%A1", "2999-01-01T00:00:00Z", "1.5",
    ),
    "retracted": ("yes", "", "INCLUDE"),
}  # fmt: skip
HISTORY: Final[Mapping[str, tuple[str, ...]]] = {"limit": LIST["limit"], "cursor": LIST["cursor"]}
LOG: Final[Mapping[str, tuple[str, ...]]] = {
    "after": ("-1", "x", "", "9" * 19, "9" * 30, "%00"),
    "limit": ("0", "1001", "x", ""),
    "incident": ("x", "", "%00", "0"),
    "type": ("deleted", "", "Reported"),
    "actor": ("x" * 65, "%00"),
}
READS: Final = {
    "/v1/incidents": LIST,
    "/v1/incidents/{active}": ONE,
    "/v1/incidents/{active}/revisions": HISTORY,
    "/v1/log": LOG,
}


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in READS.items() for name in names])
def test_a_parameter_that_cannot_be_is_refused_and_named(
    client: httpx.Client, active: str, path: str, name: str
) -> None:
    taken = []
    for text in READS[path][name]:
        answer = client.get(f"{path.format(active=active)}?{name}={text}")
        if answer.status_code == 200:
            taken.append(text)
            continue
        assert pointers(refusal(answer, 400, "invalid-request"), "query") == {f"/{name}"}, text
    assert not taken


def _documented() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield every query parameter of every read that is documented, with those that must be given beside it."""
    for path, operations in json.loads((ROOT / "openapi" / "v1.json").read_text())["paths"].items():
        asked = [each for each in operations.get("get", {}).get("parameters", ()) if each["in"] == "query"]
        for each in asked:
            yield path, each, "".join(f"&{other['name']}=1" for other in asked if other["required"] and other != each)


DOCUMENTED: Final = {f"{path}?{each['name']}": (path, each, beside) for path, each, beside in _documented()}
_PLACES: Final = {
    "region": "RU-KLU", "icao": "UUEE", "campaign": "spring", "slug": "governor", "revision": "1", "position": "1",
    "webhook": NOBODY,
}  # fmt: skip
_WORDS: Final = {"metric": ["incidents", "destroyed"], "group_by": ["day", "subdivision", "object_type"]}


@pytest.mark.parametrize(("path", "parameter", "beside"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_what_may_be_given_instead_is_said(
    client: httpx.Client, active: str, path: str, parameter: dict[str, Any], beside: str
) -> None:
    """Of whatever is documented, now or later; where any text may be given, a control character may not."""
    name, schema = parameter["name"], parameter["schema"]
    at = f"{path.format(incident=active, **_PLACES)}?{name}="
    answer = client.get(f"{at}!!{beside}")
    if answer.status_code != 400:
        answer = client.get(f"{at}%01{beside}")
    (fault,) = refusal(answer, 400, "invalid-request")["errors"]
    assert (fault["in"], fault["pointer"]) == ("query", f"/{name}")
    allowed = [*schema.get("enum", _WORDS.get(name, [])), schema.get("minimum", ""), schema.get("maximum", "")]
    if schema.get("type") == "boolean":
        allowed += ["true", "false"]
    assert [each for each in allowed if str(each) not in fault["message"]] == []


UNREADABLE: Final = (
    "q=%ff",
    "q=%ED%A0%80",
    "%ff=1",
    "a",
    "&",
    "=",
    "a=1&&",
    "&".join(f"a{each}=1" for each in range(500)),
)


@pytest.mark.parametrize("path", READS)
def test_a_query_string_that_cannot_be_read_is_refused(client: httpx.Client, active: str, path: str) -> None:
    for text in UNREADABLE:
        refusal(client.get(f"{path.format(active=active)}?{text}"), 400, "invalid-request")


EVERY_PATH: Final = (
    "/v1/incidents", "/v1/incidents/{active}", "/v1/incidents/{active}/revisions", "/v1/incidents/{active}/revisions/1",
    "/v1/log", "/v1/log/1", "/v1/head", "/health/live", "/health/ready",
)  # fmt: skip


@pytest.mark.parametrize("path", EVERY_PATH)
def test_an_unknown_parameter_is_refused_not_ignored(client: httpx.Client, active: str, path: str) -> None:
    found = refusal(client.get(f"{path.format(active=active)}?colour=red&countri=RU"), 400, "invalid-request")
    assert pointers(found, "query") == {"/colour", "/countri"}


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/{active}/revisions", "/v1/log"])
def test_a_parameter_that_comes_twice_is_refused(client: httpx.Client, active: str, path: str) -> None:
    found = refusal(client.get(f"{path.format(active=active)}?limit=1&limit=2"), 400, "invalid-request")
    assert pointers(found, "query") == {"/limit"}


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("limit=0&kind=war&bogus=1&country=xx", {"/limit", "/kind", "/bogus", "/country"}),
        ("occurred_from=x&recorded_to=y", {"/occurred_from", "/recorded_to"}),
        ("occurred_from=x&bbox=1&q=...&cursor=zz", {"/occurred_from", "/bbox", "/q", "/cursor"}),
        ("occurred_from=x&limit=0", {"/occurred_from", "/limit"}),
    ],
    ids=["forms", "two times", "time, box, words, cursor", "form and time"],
)
def test_every_wrong_parameter_is_named(client: httpx.Client, query: str, at: set[str]) -> None:
    assert pointers(refusal(client.get(f"/v1/incidents?{query}"), 400, "invalid-request"), "query") == at


@pytest.mark.parametrize("query", ["country=XX", "subdivision=RU-ZZZ", "airport=ZZZZ"])
def test_a_code_that_does_not_exist_is_refused_not_answered_with_nothing(client: httpx.Client, query: str) -> None:
    found = refusal(client.get(f"/v1/incidents?{query}"), 400, "invalid-request")
    assert pointers(found, "query") == {f"/{query.partition('=')[0]}"}


@pytest.mark.parametrize(
    "query", ["dry_run=maybe", "dry_run=", "dry_run=2", "dryrun=true", "dry_run=true&dry_run=true"]
)
def test_a_write_with_a_wrong_parameter_is_refused(client: httpx.Client, query: str) -> None:
    answer = client.post(f"/v1/incidents?{query}", json={"facts": {"title": "t", "kind": "other"}})
    refusal(answer, 400, "invalid-request")


@pytest.mark.parametrize(
    "path", ["/v1/log/0", "/v1/log/-1", "/v1/log/x", "/v1/log/01x", f"/v1/log/{'9' * 30}",
             "/v1/log/9223372036854775808", "/v1/log/%00", "/v1/log/%D9%A1", "/v1/incidents/{active}/revisions/0",
             "/v1/incidents/{active}/revisions/x", "/v1/incidents/{active}/revisions/2147483648",
             f"/v1/incidents/{NOBODY}/revisions/-1"],
)  # fmt: skip
def test_a_number_in_the_path_that_is_none_is_refused(client: httpx.Client, active: str, path: str) -> None:
    found = refusal(client.get(path.format(active=active)), 400, "invalid-request")
    assert pointers(found, "path") in ({"/position"}, {"/revision"})


TARGETS: Final = {
    "a byte beyond ASCII": b"/v1/incidents?q=\xff", "UTF-8 as it is": "/v1/incidents?q=é".encode(),
    "a NUL": b"/v1/incidents?q=\x00", "a space": b"/v1/incidents?q=a b", "a quote": b'/v1/incidents?q="',
    "30,000 characters": b"/v1/incidents?q=" + b"x" * 30_000, "a byte beyond ASCII in the path": b"/v1/incidents/\xff",
    "dots": b"/v1/../v1/incidents/%2e%2e/x", "a whole address": b"http://elsewhere/v1/incidents?limit=0",
}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_request_target_that_is_no_address_is_a_4xx(ledger: Ledger, target: bytes) -> None:
    with Raw(ledger.port) as raw:
        status, _, _ = raw.ask(b"GET " + target, {"Authorization": f"Bearer {ledger.key}"})
    assert 400 <= status < 500
