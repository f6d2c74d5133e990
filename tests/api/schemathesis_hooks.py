"""What schemathesis cannot know by itself: that NDJSON is JSON by the line. Loaded through SCHEMATHESIS_HOOKS."""

import json
from typing import Any, Final

import schemathesis
from schemathesis.transport.requests import REQUESTS_TRANSPORT

NDJSON: Final = "application/x-ndjson"
EVENT: Final = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"pattern": "^[0-9]+$"},
        "event": {"enum": ["incident", "tombstone"]},
        "data": {"type": "string"},
    },
}
"""What schemathesis looks at of a stream: each event that has data."""


@schemathesis.hook
def before_load_schema(context: object, raw_schema: dict[str, Any]) -> None:  # noqa: ARG001  # the hook's own form
    """
    Say in words that schemathesis knows what `x-line-schema` says: each line is one of these.

    And leave out min-position, since one that is not reached takes five seconds: see tests/api/test_min_position.py.
    And let a stream end after a second, without the filters that /v1/changes has too: see tests/api/test_stream_bad.py.
    """
    stream = raw_schema["paths"]["/v1/stream"]["get"]
    own = {"seconds", "after", "fields", "Last-Event-ID", "min-position"}
    stream["parameters"] = [each for each in stream["parameters"] if each["name"] in own]
    for each in stream["parameters"]:
        if each["name"] == "seconds":
            each |= {"required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 1}}
    stream["responses"]["200"]["content"]["text/event-stream"] = {"schema": EVENT}
    for path in raw_schema["paths"].values():
        for operation in path.values():
            operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "min-position"]
            _by_the_line(operation.get("requestBody", {}), {"minItems": 1, "maxItems": 5})
            for response in operation["responses"].values():
                _by_the_line(response, {})


def _by_the_line(described: dict[str, Any], bounds: dict[str, int]) -> None:
    media = described.get("content", {}).get(NDJSON)
    if media is not None:
        media["schema"] = {"type": "array", "items": media["schema"]["x-line-schema"], **bounds}
        if "example" in media:
            media["example"] = [json.loads(line) for line in media["example"].splitlines()]


@REQUESTS_TRANSPORT.serializer(NDJSON)
def write_lines(context: object, value: object) -> dict[str, Any]:  # noqa: ARG001  # the hook's own form
    """Write each element as a line; what is no list was spoilt on purpose, and goes as it is."""
    if isinstance(value, bytes | str):
        return {"data": value if isinstance(value, bytes) else value.encode("utf-8", "replace")}
    lines = value if isinstance(value, list) else [value]
    return {"data": "".join(json.dumps(line) + "\n" for line in lines).encode()}


@schemathesis.deserializer(NDJSON)
def read_lines(context: object, response: Any) -> list[Any]:  # noqa: ARG001  # the hook's own form
    """Read each line of an answer."""
    return [json.loads(line) for line in response.content.splitlines()]
