"""What openapi/v1.json promises is seen on real answers: its request examples are taken, its headers are sent."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.api.asked import ASKED, HOOK, MSGPACK, NAMED, Asked
from tests.api.document import DOCUMENT, OPERATIONS, PROBLEM, validator
from tests.api.samples import NDJSON, Json, report, retract, unique
from tests.running import Ledger, make_database

CONDITIONAL: Final = {
    "Link": "only where there is a next page",
    "Idempotent-Replayed": "only on a replay",
    "Last-Modified": "only where there is something in it",
    "Vary": "only where something that the client accepts chose the form",
    "Content-Encoding": "only where the body is large enough",
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


@pytest.fixture(scope="module")
def webhook(client: httpx.Client) -> str:
    """A webhook."""
    return str(client.post("/v1/webhooks", json=HOOK).raise_for_status().json()["id"])


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


def _required(operation: Json) -> dict[str, int]:
    """Return its query parameters that must be given; those that there are are numbers from 1."""
    return {each["name"]: 1 for each in operation["parameters"] if each["in"] == "query" and each.get("required")}


PARAMETERS: Final = [
    pytest.param(method, path, _required(operation), parameter["name"], value, id=f"{name} {parameter['name']}={value}")
    for name, (method, path, operation) in OPERATIONS.items()
    if method == "get" and name != "streamIncidents"  # it would not end; its filters are those of listChanges
    for parameter in operation["parameters"]
    if parameter["in"] == "query"
    for value in [*_values(parameter["schema"]), *([parameter["example"]] if "example" in parameter else [])]
]


@pytest.mark.parametrize(("method", "path", "required", "parameter", "value"), PARAMETERS)
def test_a_parameter_is_taken_at_its_bounds(
    client: httpx.Client, webhook: str, method: str, path: str, required: dict[str, int], parameter: str, value: Any
) -> None:
    incident = report(client, claims={"a": {"source": "governor"}}, campaigns=["spring"])
    path = path.format(
        incident=incident["id"],
        webhook=webhook,
        revision=1,
        position=1,
        icao="UUWW",
        slug="governor",
        region="RU-KLU",
        campaign="spring",
    )
    # nobody cosigns this log: there is nothing to wait for
    least = {"min-position": "0" if parameter == "witnesses" else str(incident["position"])}
    answer = client.request(method, path, params=required | {parameter: value}, headers=least)
    # it was not on record at the time that is the example of as_of, has no revision 2147483647 and no number at a path;
    # the log has not grown to 2**63 - 1, and has no witnesses
    missing = {404} if parameter in {"as_of", "revision", "path", *required, "size", "second", "witnesses"} else set()
    assert answer.status_code in {200} | missing, answer.text


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
    optional = {name.lower() for name in (CONDITIONAL.keys() - asked.conditional) | asked.without}
    sent = set(answer.headers.keys())
    assert names - optional <= sent
    assert {name.lower() for name in asked.conditional} <= sent
    assert not {name.lower() for name in asked.without} & sent
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
    if media_type == "application/octet-stream":
        assert answer.content
        return
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
    return answer.text if media_type.startswith("text/") or media_type.endswith("+xml") else answer.json()


def _ask(client: httpx.Client, asked: Asked, writer: str) -> httpx.Response:
    active, retracted = (str(report(client, **NAMED)["id"]) for _ in range(2))
    least = {"min-position": str(retract(client, retracted)["position"])}
    token = client.get("/v1/changes?campaign=there-is-none").json()["next_since"]
    webhook, told = _webhook(client) if "{webhook}" in asked.path else ("", 0)
    path = asked.path.format(active=active, retracted=retracted, token=token, webhook=webhook, told=told)
    headers = least | {name: value.replace("{writer}", writer) for name, value in asked.headers.items()}
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = unique()
    for _ in range(asked.once_before):
        client.request(asked.method, path, json=asked.json, content=asked.content, headers=headers).raise_for_status()
    return client.request(asked.method, path, json=asked.json, content=asked.content, headers=headers)


def _webhook(client: httpx.Client) -> tuple[str, int]:
    """Make a webhook, and return it with the position of an event that it is being told of."""
    webhook = str(client.post("/v1/webhooks", json=HOOK).raise_for_status().json()["id"])
    position = report(client, **NAMED)["position"]
    report(client, **NAMED)
    deadline = time.monotonic() + 10
    while len(client.get(f"/v1/webhooks/{webhook}/deliveries").json()["items"]) < 2:
        assert time.monotonic() < deadline
    return webhook, position
