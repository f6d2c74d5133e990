"""What openapi/v1.json promises is seen on real answers: its request examples are taken, its headers are sent."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.api.document import DOCUMENT, OPERATIONS, PROBLEM, validator
from tests.api.samples import NDJSON, NOBODY, Json, report, retract, unique
from tests.running import Ledger, make_database

CONDITIONAL: Final = {
    "Link": "only where there is a next page",
    "Idempotent-Replayed": "only on a replay",
    "List-Count": "only with count=true, and where the body has no place for it",
}


@pytest.fixture(scope="module")
def alone(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A service whose register is empty at first."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        yield running


@pytest.fixture(scope="module")
def client(alone: Ledger) -> Iterator[httpx.Client]:
    """A client of it."""
    with alone.client() as client:
        yield client


@pytest.fixture(scope="module")
def writer(alone: Ledger) -> str:
    """The Authorization of somebody who may only write."""
    return "Bearer " + alone.make_key("incidents:write")


def example(name: str) -> Any:
    """Return the example of an operation's request body."""
    (media,) = OPERATIONS[name][2]["requestBody"]["content"].values()
    return media["example"]


@pytest.fixture
def example_incident(client: httpx.Client) -> str:
    """An incident as the example of a report makes it, which the example of a revision goes on."""
    return str(client.post("/v1/incidents", json=example("reportIncident")).raise_for_status().json()["id"])


@pytest.mark.parametrize("dry_run", ["true", "false"])
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("reportIncident", "/v1/incidents"),
        ("reviseIncident", "/v1/incidents/{incident}/revisions"),
        ("retractIncident", "/v1/incidents/{incident}/retraction"),
        ("reportIncidentAgain", "/v1/incidents/{incident}/reports"),
    ],
)
def test_the_example_of_a_request_is_taken(
    client: httpx.Client, example_incident: str, name: str, path: str, dry_run: str
) -> None:
    if name == "reportIncidentAgain":
        retract(client, example_incident)
    revision = {"If-Match": '"2"' if name == "reportIncidentAgain" else '"1"'}
    answer = client.post(
        path.format(incident=example_incident), params={"dry_run": dry_run}, json=example(name), headers=revision
    )
    assert answer.status_code == (200 if dry_run == "true" else 201), answer.text
    validator(
        OPERATIONS[name][2]["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    ).validate(answer.json())


def test_the_example_of_a_batch_is_taken(client: httpx.Client) -> None:
    answer = client.post("/v1/batches", content=example("carryOutBatch"), headers=NDJSON)
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [201]


def _values(schema: Json) -> Iterator[Any]:
    yield from schema.get("enum", ())
    yield from (schema[bound] for bound in ("minimum", "maximum", "default") if bound in schema)
    yield from ("true", "false") if schema.get("type") == "boolean" else ()


PARAMETERS: Final = [
    pytest.param(method, path, parameter["name"], value, id=f"{name} {parameter['name']}={value}")
    for name, (method, path, operation) in OPERATIONS.items()
    if method == "get"
    for parameter in operation["parameters"]
    if parameter["in"] == "query"
    for value in [*_values(parameter["schema"]), *([parameter["example"]] if "example" in parameter else [])]
]


@pytest.mark.parametrize(("method", "path", "parameter", "value"), PARAMETERS)
def test_a_parameter_is_taken_at_its_bounds(
    client: httpx.Client, method: str, path: str, parameter: str, value: Any
) -> None:
    incident = report(client, claims={"a": {"source": "governor"}}, campaigns=["spring"])
    path = path.format(
        incident=incident["id"],
        revision=1,
        position=1,
        icao="UUWW",
        slug="governor",
        region="RU-KLU",
        campaign="spring",
    )
    least = {"min-position": str(incident["position"])}
    answer = client.request(method, path, params={parameter: value}, headers=least)
    # it was not on record at the time that is the example of as_of, has no revision 2147483647 and no number at a path
    missing = {404} if parameter in {"as_of", "revision", "path"} else set()
    assert answer.status_code in {200} | missing, answer.text


@dataclass(frozen=True)
class Asked:
    """A request that brings out one documented answer of an operation."""

    operation: str
    status: int
    path: str
    method: str = "GET"
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    once_before: bool = False
    """The same request came before: what comes only on a replay is to be seen."""
    conditional: frozenset[str] = frozenset()
    """Headers that this answer has, though not every one of its kind must."""


MSGPACK: Final = "application/msgpack"
AT: Final = "/v1/incidents/{active}"
GONE: Final = "/v1/incidents/{retracted}"
FACTS: Final[Json] = {"facts": {"title": "t", "kind": "sighting"}}
NAMED: Final[Json] = {
    "claims": {"a": {"source": "governor", "relayed_by": "agency"}},
    "campaigns": ["autumn", "spring"],
    "locations": {"a": {"subdivision": "RU-KLU"}},
    "disruptions": {"d": {"kind": "airport_closed", "airport": "UUWW", "claims": ["a"]}},
}
REVISION: Final[Json] = {"reason": "r", "patch": {"title": "another"}}
RETRACTION: Final[Json] = {"reason_code": "legal", "reason": "r"}
FIRST: Final = {"If-Match": '"1"'}
SECOND: Final = {"If-Match": '"2"'}
REPLAYED: Final = frozenset({"Idempotent-Replayed"})
LINKED: Final = frozenset({"Link"})
COUNTED: Final = frozenset({"List-Count"})
KEYED: Final = {"Idempotency-Key": "the-same-again"}
ASKED: Final = (
    Asked("reportIncident", 200, "/v1/incidents?dry_run=true", "POST", FACTS),
    Asked("reportIncident", 201, "/v1/incidents", "POST", FACTS),
    Asked("reportIncident", 201, "/v1/incidents", "POST", FACTS, None, KEYED, once_before=True, conditional=REPLAYED),
    Asked("reportIncident", 400, "/v1/incidents", "POST", {}),
    Asked("reportIncident", 401, "/v1/incidents", "POST", FACTS, None, {"Authorization": "Bearer nobody"}),
    Asked("reportIncident", 406, "/v1/incidents", "POST", FACTS, None, {"Accept": "text/html"}),
    Asked("reportIncident", 413, "/v1/incidents", "POST", None, b" " * 1_100_000, {"Content-Type": "application/json"}),
    Asked("reportIncident", 415, "/v1/incidents", "POST", None, b"{}", {"Content-Type": "text/plain"}),
    Asked("reviseIncident", 200, AT + "/revisions?dry_run=true", "POST", REVISION, None, FIRST),
    Asked("reviseIncident", 201, AT + "/revisions", "POST", REVISION, None, FIRST),
    Asked("reviseIncident", 201, AT + "/revisions", "POST", REVISION, None, FIRST | KEYED, True, REPLAYED),
    Asked("reviseIncident", 404, f"/v1/incidents/{NOBODY}/revisions", "POST", REVISION, None, FIRST),
    Asked("reviseIncident", 409, GONE + "/revisions", "POST", REVISION, None, SECOND),
    Asked("reviseIncident", 412, AT + "/revisions", "POST", REVISION, None, {"If-Match": '"9"'}),
    Asked("reviseIncident", 422, AT + "/revisions", "POST", {"reason": "r", "patch": {}}, None, FIRST),
    Asked("reviseIncident", 428, AT + "/revisions", "POST", REVISION),
    Asked("retractIncident", 200, AT + "/retraction?dry_run=true", "POST", RETRACTION, None, FIRST),
    Asked("retractIncident", 201, AT + "/retraction", "POST", RETRACTION, None, FIRST),
    Asked("retractIncident", 201, AT + "/retraction", "POST", RETRACTION, None, FIRST | KEYED, True, REPLAYED),
    Asked("retractIncident", 409, GONE + "/retraction", "POST", RETRACTION, None, SECOND),
    Asked("reportIncidentAgain", 200, GONE + "/reports?dry_run=true", "POST", FACTS, None, {"If-Match": "*"}),
    Asked("reportIncidentAgain", 201, GONE + "/reports", "POST", FACTS, None, SECOND),
    Asked(
        "reportIncidentAgain", 201, GONE + "/reports", "POST", FACTS, None, KEYED | SECOND,
        once_before=True, conditional=REPLAYED,
    ),
    Asked("reportIncidentAgain", 409, AT + "/reports", "POST", FACTS, None, FIRST),
    Asked("carryOutBatch", 200, "/v1/batches", "POST", None, b'{"command":"?"}\n', NDJSON),
    Asked("carryOutBatch", 422, "/v1/batches?atomic=true", "POST", None, b'{"command":"?"}\n', NDJSON),
    Asked("listIncidents", 200, "/v1/incidents?limit=1", conditional=LINKED),
    Asked("listIncidents", 200, "/v1/incidents?campaign=there-is-none"),
    Asked("listIncidents", 200, "/v1/incidents?limit=1&count=true", conditional=LINKED),
    Asked("listIncidents", 200, "/v1/incidents?fields=id,facts.title,derived.objects"),
    *(
        Asked("listIncidents", 200, f"/v1/incidents?count=true{more}", headers={"Accept": form}, conditional=COUNTED)
        for form in ("application/x-ndjson", "text/csv", "application/geo+json")
        for more in ("", "&fields=id")
    ),
    Asked("listIncidents", 200, "/v1/incidents?limit=1", headers={"Accept": MSGPACK}, conditional=LINKED),
    Asked("listIncidents", 403, "/v1/incidents", headers={"Authorization": "{writer}"}),
    Asked("readIncident", 200, AT),
    Asked("readIncident", 200, AT, headers={"Accept": "application/geo+json"}),
    Asked("readIncident", 200, AT, headers={"Accept": MSGPACK}),
    Asked("readIncident", 304, AT, headers={"If-None-Match": '"1"'}),
    Asked("readIncident", 404, f"/v1/incidents/{NOBODY}"),
    Asked("readIncident", 410, GONE),
    Asked("explainIncident", 200, AT + "/explain"),
    Asked("readStatistics", 200, "/v1/statistics?metric=incidents,destroyed&group_by=day,subdivision"),
    Asked("readTrend", 200, "/v1/statistics/trend"),
    Asked("listRevisions", 200, GONE + "/revisions?limit=1", conditional=LINKED),
    Asked("listRevisions", 200, AT + "/revisions"),
    Asked("readRevision", 200, AT + "/revisions/1"),
    Asked("listAirports", 200, "/v1/airports?closed=any"),
    Asked("listAirports", 200, "/v1/airports?closed=any&limit=1", conditional=LINKED),
    Asked("readAirport", 200, "/v1/airports/UUWW"),
    Asked("readAirport", 200, "/v1/airports/UUWW?limit=1", conditional=LINKED),
    Asked("readAirport", 404, "/v1/airports/XXXX"),
    Asked("listRegions", 200, "/v1/regions"),
    Asked("listRegions", 200, "/v1/regions?limit=1", conditional=LINKED),
    Asked("readRegion", 200, "/v1/regions/RU-KLU"),
    Asked("readRegion", 404, "/v1/regions/XX-XXX"),
    Asked("listCampaigns", 200, "/v1/campaigns"),
    Asked("listCampaigns", 200, "/v1/campaigns?limit=1", conditional=LINKED),
    Asked("readCampaign", 200, "/v1/campaigns/spring"),
    Asked("readCampaign", 404, "/v1/campaigns/there-is-none"),
    Asked("listSources", 200, "/v1/sources"),
    Asked("listSources", 200, "/v1/sources?limit=1", conditional=LINKED),
    Asked("readSource", 200, "/v1/sources/governor"),
    Asked("readSource", 404, "/v1/sources/there-is-none"),
    Asked("readLog", 200, "/v1/log?limit=1", conditional=LINKED),
    Asked("readLog", 200, "/v1/log", headers={"Accept": "application/x-ndjson"}),
    Asked("readEvent", 200, "/v1/log/1"),
    Asked("readEvent", 404, "/v1/log/999999999"),
    Asked("readHead", 200, "/v1/head"),
    Asked("listProjections", 200, "/v1/projections"),
    Asked("live", 200, "/health/live"),
    Asked("ready", 200, "/health/ready"),
)  # fmt: skip


def test_every_answer_that_is_no_refusal_is_asked_for() -> None:
    documented = {
        (name, int(status))
        for name, (_, _, operation) in OPERATIONS.items()
        for status in operation["responses"]
        if int(status) < 400
    }
    assert documented == {(each.operation, each.status) for each in ASKED if each.status < 400}


def test_every_header_of_the_document_is_asked_for() -> None:
    documented = {
        header for each in ASKED for header in OPERATIONS[each.operation][2]["responses"][str(each.status)]["headers"]
    }
    # Allow comes with 405, which no operation has; Retry-After with an outage: see tests/integration
    assert documented == set(DOCUMENT["components"]["headers"]) - {"Allow", "Retry-After"}


@pytest.mark.parametrize("asked", ASKED, ids=lambda each: f"{each.operation} {each.status}")
def test_the_headers_that_are_documented_are_sent(client: httpx.Client, writer: str, asked: Asked) -> None:
    answer = _ask(client, asked, writer)
    assert answer.status_code == asked.status, answer.text[:500]
    documented = OPERATIONS[asked.operation][2]["responses"][str(asked.status)]
    names = {name.lower() for name in documented["headers"]}
    optional = {name.lower() for name in CONDITIONAL.keys() - asked.conditional}
    sent = set(answer.headers.keys())
    assert names - optional <= sent
    assert {name.lower() for name in asked.conditional} <= sent
    own = {name.lower() for name in DOCUMENT["components"]["headers"]} - {"cache-control"}
    assert sent & own <= names, "what is sent is documented"
    for name, header in documented["headers"].items():
        if name in answer.headers:
            _check_header(header["$ref"], answer.headers[name])
    _check_body(answer, documented)


def _check_header(ref: str, value: str) -> None:
    schema = DOCUMENT["components"]["headers"][ref.rpartition("/")[2]]["schema"]
    validator(schema).validate(int(value) if schema["type"] == "integer" else value)


def _check_body(answer: httpx.Response, documented: Json) -> None:
    if "content" not in documented:
        assert answer.content == b""
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    schema = documented["content"][media_type]["schema"]
    if "x-line-schema" in schema:
        for line in answer.text.splitlines():
            validator(schema["x-line-schema"]).validate(json.loads(line))
        return
    validator(schema).validate(_decoded(answer, media_type))
    if media_type == PROBLEM:
        slug = answer.json()["type"].removeprefix("/problems/")
        assert slug in documented["content"][PROBLEM]["examples"]


def _decoded(answer: httpx.Response, media_type: str) -> Any:
    if media_type == MSGPACK:
        return msgspec.msgpack.decode(answer.content)
    return answer.text if media_type.startswith("text/") else answer.json()


def _ask(client: httpx.Client, asked: Asked, writer: str) -> httpx.Response:
    active, retracted = (str(report(client, **NAMED)["id"]) for _ in range(2))
    least = {"min-position": str(retract(client, retracted)["position"])}
    path = asked.path.format(active=active, retracted=retracted)
    headers = least | {name: value.replace("{writer}", writer) for name, value in asked.headers.items()}
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = unique()
    for _ in range(asked.once_before):
        client.request(asked.method, path, json=asked.json, content=asked.content, headers=headers).raise_for_status()
    return client.request(asked.method, path, json=asked.json, content=asked.content, headers=headers)
