"""The OpenAPI 3.1 document, made from the operations that the routes carry: what decodes is what is documented."""

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from service.api.operation import JSON, NDJSON, SECURITY_SCHEMES, Answer, Operation
from service.api.problems import KINDS, PROBLEM_JSON, Kind, Problem
from service.api.refusals import (
    MalformedJson,
    NotAcceptable,
    NotAuthenticated,
    NotPermitted,
    NotYet,
    Pointed,
    TooLarge,
    WrongMediaType,
    WrongRequest,
)
from service.api.response_headers import EVERYWHERE, HEADERS, WITH_STATUS
from service.api.webhook_forms import TOLD
from service.cloud_events import CloudEvent
from service.db import DatabaseAway, NotBuilt
from service.domain import errors, forms
from service.domain.facts import AMOUNT_SCHEMA, Amount
from service.tokens import IssuerAway

_INFO: Final = {
    "title": "Incident ledger",
    "version": "1",
    "description": (
        "A register of aerial-security incidents. Every statement is kept as an event - `reported`, `revised`, "
        "`retracted` - and never changed; an incident is what its events add up to.\n\n"
        "**Vocabularies are open.** Where a field lists values, a later version may add some: a client must take a "
        "value that it does not know. Requests are held to the lists as they are here.\n\n"
        "**Absence is typed.** A field that is absent is unknown, never zero; `none_reported` is somebody's claim; a "
        "counted zero is a third thing.\n\n"
        "Errors are RFC 9457 problems; `type` is stable."
    ),
}
_REF: Final = "#/components/schemas/{name}"
_TAGS: Final = (
    "Incidents",
    "Following",
    "Webhooks",
    "Regions",
    "Airports",
    "Campaigns",
    "Sources",
    "Statistics",
    "Feeds",
    "Log",
    "Projections",
    "Trail",
    "Health",
)
_METHODS_WITHOUT_DOCUMENT: Final = {"HEAD", "OPTIONS"}


def document(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    operations = sorted(_operations(app), key=lambda each: (_TAGS.index(each[2].tag), each[0], each[1]))
    types = [Problem, CloudEvent, *(kind for *_, operation in operations for kind in _types(operation))]
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in operations:
        paths.setdefault(path, {})[method.lower()] = _operation(path, operation)
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in _TAGS if any(each.tag == tag for *_, each in operations)],
        "paths": paths,
        "webhooks": {"incidentEvent": {"post": TOLD}},
        "components": {
            "schemas": schemas(types),
            "headers": {name: dict(header) for name, header in HEADERS.items()},
            "securitySchemes": {name: dict(scheme) for name, scheme in SECURITY_SCHEMES.items()},
        },
    }


def schemas(types: Sequence[Any]) -> dict[str, Any]:
    """Return what these types, and those inside them, look like."""
    found = msgspec.json.schema_components(types, ref_template=_REF)[1]
    if Amount.__name__ in found:
        found[Amount.__name__] |= AMOUNT_SCHEMA
    if CloudEvent.__name__ in found:
        data = found[CloudEvent.__name__]["properties"]["data"]
        data["anyOf"] = [{"$ref": _REF.format(name=name)} for name in ("IncidentDocument", "Tombstone")]
    return found


def _operations(app: Litestar) -> Iterator[tuple[str, str, Operation]]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            operation = handler.opt.get("operation")
            if isinstance(handler, HTTPRouteHandler) and isinstance(operation, Operation):
                for method in sorted(handler.http_methods - _METHODS_WITHOUT_DOCUMENT):
                    yield route.path_format, method, operation


def _types(operation: Operation) -> list[Any]:
    answers = [kind for answer in operation.answers.values() for kind in (answer.body, *answer.lines)]
    return [kind for kind in (operation.body, *operation.body_lines, *answers) if kind is not None]


def _operation(path: str, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *_path_parameters(path),
            *_parameters("query", operation.query),
            *_parameters("header", operation.headers),
        ],
        "responses": dict(sorted(_responses(path, operation).items())),
        "security": [{scheme: [operation.scope]} for scheme in SECURITY_SCHEMES] if operation.scope else [],
    }
    if operation.description:
        described["description"] = operation.description
    content = _contents(operation.body, operation.body_lines, operation.body_example)
    if content:
        described["requestBody"] = {"required": True, "content": content}
    return described


_PATH_SCHEMAS: Final = {
    "incident": {"type": "string", "format": "uuid"},
    "webhook": {"type": "string", "format": "uuid"},
    "revision": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    "position": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
    "level": {"type": "string", "pattern": "^[0-7]$", "example": "0"},
    "tile": {
        "type": "string",
        "pattern": "^(x[0-9]{3}/)*[0-9]{3}(\\.p/[1-9][0-9]{0,2})?$",
        "description": "The tile's number, and its width if not full (C2SP tlog-tiles); slashes are not escaped.",
        "example": "x001/234",
    },
    "icao": msgspec.json.schema(forms.Airport),
    "slug": msgspec.json.schema(forms.Slug),
    "region": {"type": "string", "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$", "example": "RU-KLU"},
    "campaign": {"type": "string", "pattern": forms.ENTRY_ID_PATTERN},
}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in _PATH_SCHEMAS.items()
        if "{" + name + "}" in path
    ]


def _parameters(where: str, struct: type[msgspec.Struct] | None) -> list[dict[str, Any]]:
    if struct is None:
        return []
    schema = msgspec.json.schema_components([struct], ref_template=_REF)[1][struct.__name__]
    found = []
    for name, each in schema["properties"].items():
        described = {key: value for key, value in each.items() if key not in {"description", "examples", "default"}}
        parameter = {"name": name, "in": where, "required": name in schema["required"], "schema": described}
        if "description" in each:
            parameter["description"] = each["description"]
        if "examples" in each:
            parameter["example"] = each["examples"][0]
        if each.get("default") is not None:
            described["default"] = each["default"]
        found.append(parameter)
    return found


def _responses(path: str, operation: Operation) -> dict[str, Any]:
    answers = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    kinds: dict[int, dict[str, Kind]] = {}
    for reason in (*operation.refusals, *_common_refusals(path, operation)):
        kind = KINDS[reason]
        kinds.setdefault(kind.status, {})[kind.slug] = kind
    return answers | {str(status): _refusal(status, each.values()) for status, each in kinds.items()}


def _common_refusals(path: str, operation: Operation) -> Iterator[type[Exception]]:
    yield from (WrongRequest, DatabaseAway, NotBuilt, Exception, NotAcceptable)
    if operation.headers is not None and "min-position" in operation.headers.__struct_encode_fields__:
        yield NotYet
    if operation.scope:
        yield from (NotAuthenticated, NotPermitted, IssuerAway)
    if operation.body is not None or operation.body_lines:
        yield from (MalformedJson, WrongMediaType, TooLarge)
    if "{" in path:
        yield errors.NotFound


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description, "headers": _headers(answer.headers)}
    content = _contents(answer.body, answer.lines, answer.example)
    content |= {name: {"schema": media.schema, "example": media.example} for name, media in answer.media.items()}
    return described | ({"content": content} if content else {})


def _contents(body: Any, lines: Sequence[Any], example: Any) -> dict[str, Any]:  # noqa: ANN401  # types, and JSON
    """Describe a body as JSON, as NDJSON, or both; OpenAPI 3.1 has no word for lines, hence `x-line-schema`."""
    contents: dict[str, Any] = {}
    if body is not None:
        contents[JSON] = {"schema": _schema(body), "example": example}
    if lines:
        each = [_schema(line) for line in lines]
        text = {"type": "string", "description": "JSON, one a line.", "x-line-schema": {"oneOf": each}}
        contents[NDJSON] = {"schema": text}
        if body is None and example is not None:
            contents[NDJSON]["example"] = msgspec.json.encode(example).decode() + "\n"
    return contents


def _schema(kind: Any) -> Any:  # noqa: ANN401  # a type, and JSON
    return msgspec.json.schema_components([kind], ref_template=_REF)[0][0]


def _refusal(status: int, kinds: Iterable[Kind]) -> dict[str, Any]:
    examples = {kind.slug: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    return {
        "description": HTTPStatus(status).phrase + ": " + "; or ".join(kind.title.lower() for kind in kinds),
        "headers": _headers(WITH_STATUS.get(status, ())),
        "content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format(name="Problem")}, "examples": examples}},
    }


def _example(kind: Kind) -> dict[str, Any]:
    pointed = (Pointed("/facts/title", "It is required."),) if kind.slug == "invalid-request" else ()
    problem = Problem(f"/problems/{kind.slug}", kind.title, kind.status, f"{kind.title}.", pointed)
    return dict(msgspec.to_builtins(problem))


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in dict.fromkeys((*EVERYWHERE, *names))}
