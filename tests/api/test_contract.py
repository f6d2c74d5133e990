"""openapi/v1.json tells the truth: about every route, every answer, and every example in it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.api.problems import KINDS, Kind
from service.app import ROUTES
from service.domain import vocabulary
from tests.api.document import DOCUMENT, FILE, OPERATIONS, PROBLEM, validator
from tests.api.samples import Json, report
from tests.running import ROOT, Ledger, make_database

EXAMPLES: Final = os.environ.get("SCHEMATHESIS_EXAMPLES", "4")
"""How many requests schemathesis makes up for each operation, beside those that the schema alone leads to."""
MIN_POSITION: Final = "min-position"
UNDOCUMENTED: Final = {"/problems/{slug}", "/openapi.json", "/asyncapi.json", "/docs", "/docs/{name}"}
"""Pages about the API."""
EVERYWHERE: Final = {"invalid-request", "not-acceptable", "database-away", "being-built", "internal-error"}
WITH_SCOPE: Final = {"not-authenticated", "not-permitted", "issuer-away"}
WITH_BODY: Final = {"malformed-json", "unsupported-media-type", "too-large"}
WRITES: Final = {"idempotency-key-reused", "external-id-taken", "out-of-bounds", "overloaded"}
CHANGES: Final = WRITES | {"revision-conflict", "revision-required"}
OF_THEIR_OWN: Final = {
    "reportIncident": WRITES,
    "reviseIncident": CHANGES | {"already-retracted", "nothing-changed"},
    "retractIncident": CHANGES | {"already-retracted"},
    "reportIncidentAgain": CHANGES | {"not-retracted"},
    "readIncident": {"retracted"},
    "explainIncident": {"retracted"},
    "carryOutBatch": {"batch-not-recorded", "overloaded"},
    "listChanges": {"too-many-subscribers"},
    "createWebhook": {"too-many-webhooks"},
    "streamIncidents": {"too-many-subscribers"},
    "readCheckpoint": {"not-found"},
    "proveInclusion": {"not-found"},
    "proveConsistency": {"not-found"},
}
"""What an operation is refused for beside what it shares with others of its shape."""


def kinds_expected(name: str) -> set[str]:
    """Return the problems that an operation can raise, by its shape and by what it does."""
    _, path, operation = OPERATIONS[name]
    return (
        EVERYWHERE
        | (WITH_SCOPE if operation["security"] else set())
        | (WITH_BODY if "requestBody" in operation else set())
        | ({"not-found"} if "{" in path else set())
        | (
            {"position-not-reached"}
            if any(each["name"] == "min-position" for each in operation["parameters"])
            else set()
        )
        | OF_THEIR_OWN.get(name, set())
    )


@pytest.fixture(scope="module")
def alone(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A service of its own: what schemathesis finds there it also changes."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        yield running


def test_no_made_up_request_is_answered_otherwise_than_documented(alone: Ledger, tmp_path: Path) -> None:
    with alone.client() as client:
        for _ in range(3):
            report(client)
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "schemathesis", "--config-file", ROOT / "tests/api/schemathesis.toml"),
            *("run", FILE, "--url", alone.url, "--header", f"Authorization: Bearer {alone.key}"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", EXAMPLES, "--no-color"),
            *("--report-json-path", tmp_path / "report.json"),
        ],
        cwd=tmp_path, env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert f"Tested: {len(OPERATIONS)}\n" in done.stdout, done.stdout
    assert (tmp_path / "report.json").exists()
    with alone.client() as client:
        assert client.get("/v1/head").json()["position"] > 10, "some of the writes were recorded"


def test_the_document_is_a_valid_one() -> None:
    assert list(map(str, OpenAPIV31SpecValidator(DOCUMENT).iter_errors())) == []


def test_the_files_and_the_table_of_scopes_are_what_the_code_says() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "service.contract", "--check", str(FILE.parent), str(ROOT / "docs" / "access.md")],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, b"")


def test_the_service_serves_it(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json() == DOCUMENT


def test_it_has_every_route_and_no_other() -> None:
    served = {
        (method.lower(), format_)
        for handler in ROUTES
        for path in handler.paths
        if (format_ := re.sub(r":\w+}", "}", path)) not in UNDOCUMENTED
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }
    assert served == {(method, path) for method, path, _ in OPERATIONS.values()}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_names_every_problem_that_it_can_raise(name: str) -> None:
    responses = OPERATIONS[name][2]["responses"]
    found = {
        (int(status), slug)
        for status, response in responses.items()
        for slug in response.get("content", {}).get(PROBLEM, {}).get("examples", {})
    }
    statuses = {kind.slug: kind.status for kind in KINDS.values()}
    assert found == {(statuses[slug], slug) for slug in kinds_expected(name)}


def test_every_problem_is_named_somewhere() -> None:
    named = {slug for name in OPERATIONS for slug in kinds_expected(name)}
    assert named == {kind.slug for kind in KINDS.values()} - {"method-not-allowed"}, "which no operation can raise"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_the_type_of_a_problem_leads_to_its_page(client: httpx.Client, kind: Kind) -> None:
    page = client.get(f"/problems/{kind.slug}")
    assert page.status_code == 200
    assert page.json() == {
        "type": f"/problems/{kind.slug}", "status": kind.status, "title": kind.title, "description": kind.description,
    }  # fmt: skip


def test_what_is_no_problem_has_no_page(client: httpx.Client) -> None:
    assert client.get("/problems/no-such").status_code == 404


def _media() -> Iterator[tuple[str, Json]]:
    for name, (_, _, operation) in OPERATIONS.items():
        places = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for place, described in places.items():
            for media_type, media in described.get("content", {}).items():
                yield f"{name} {place} {media_type}", media


def _examples(described: Json) -> Iterator[Any]:
    if "example" in described:
        yield described["example"]
    yield from (each["value"] for each in described.get("examples", {}).values())


BODIES: Final = [
    pytest.param(media["schema"], example, id=f"{where} {number}")
    for where, media in _media()
    for number, example in enumerate(_examples(media))
]
PARAMETERS: Final = [
    pytest.param(parameter["schema"], parameter["example"], id=f"{name} {parameter['name']}")
    for name, (_, _, operation) in OPERATIONS.items()
    for parameter in operation["parameters"]
    if "example" in parameter
]


@pytest.mark.parametrize(("schema", "example"), [*BODIES, *PARAMETERS])
def test_an_example_fits_its_schema(schema: Json, example: Any) -> None:
    if "x-line-schema" in schema:
        for line in example.splitlines():
            validator(schema["x-line-schema"]).validate(json.loads(line))
    validator(schema).validate(example)


@pytest.mark.parametrize("name", [name for name, (*_, operation) in OPERATIONS.items() if operation["responses"]])
def test_every_answer_with_a_body_has_an_example(name: str) -> None:
    without = [
        where
        for where, media in _media()
        if where.startswith(f"{name} ") and not list(_examples(media)) and "x-line-schema" not in media["schema"]
    ]
    assert without == []


def test_formats_are_really_checked() -> None:
    for format_ in {"date-time", "uuid", "date"} & _formats(DOCUMENT):
        assert not validator({"type": "string", "format": format_}).is_valid("nothing of the kind"), format_


def _formats(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["format"]} if isinstance(node.get("format"), str) else set()
        return own.union(*map(_formats, node.values()))
    return set().union(*map(_formats, node)) if isinstance(node, list) else set()


VOCABULARIES: Final = {
    name: sorted(map(str, get_args(get_args(kind)[0])))
    for name, kind in vars(vocabulary).items()
    if name[0].isupper() and get_origin(kind) is Annotated
}


@pytest.mark.parametrize("values", VOCABULARIES.values(), ids=VOCABULARIES)
def test_a_vocabulary_is_documented_value_for_value(values: list[str]) -> None:
    assert values
    assert values in _enums(DOCUMENT)


def _enums(node: Any) -> list[list[str]]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = [sorted(map(str, node["enum"]))] if isinstance(node, dict) and isinstance(node.get("enum"), list) else []
    return own + [each for child in below for each in _enums(child)]
