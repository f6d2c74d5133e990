"""openapi/v1.json, as the tests look at it."""

import json
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.api.samples import Json
from tests.running import ROOT

FILE: Final = ROOT / "openapi" / "v1.json"
DOCUMENT: Final[Json] = json.loads(FILE.read_text(encoding="utf-8"))
PROBLEM: Final = "application/problem+json"
OPERATIONS: Final[dict[str, tuple[str, str, Json]]] = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
"""Method, path and description, by operationId."""
_REGISTRY: Final[Registry[Any]] = Registry().with_resource("urn:contract", DRAFT202012.create_resource(DOCUMENT))


def validator(schema: Json) -> Draft202012Validator:
    """Return what holds a value to a schema of the document, formats included."""
    absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:contract#/components'))
    return Draft202012Validator(absolute, registry=_REGISTRY, format_checker=FormatChecker())
