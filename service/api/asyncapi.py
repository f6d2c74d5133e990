"""The AsyncAPI 3.0 document: what the service sends by itself, in messages made of the same types as its answers."""

from typing import Any, Final, get_args

from service.api.changes import Tombstone
from service.api.openapi import schemas
from service.api.stream import EVENTS
from service.api.webhook_forms import HEADERS
from service.cloud_events import MEDIA_TYPE, CloudEvent
from service.domain.events import EventType
from service.projections.incidents import IncidentDocument

_POSITION: Final = {"type": "string", "pattern": "^[0-9]+$", "description": "A position of the log."}
_DESCRIPTION: Final = (
    "What the incident ledger tells of its own accord: by server-sent events, by requests to webhooks, and by NATS "
    "JetStream. What it answers when asked is in the OpenAPI document, /openapi.json."
)


def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Incident ledger: streams, webhooks and NATS", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "ledger": _server("ledger.example.org", "https", "The service."),
            "receiver": _server("receiver.example.org", "https", "Whoever made a webhook."),
            "nats": _server("nats.example.org:4222", "nats", "NATS with JetStream, as NATS_URL names it."),
        },
        "channels": _CHANNELS,
        "operations": {
            "tellSubscriber": _sends(
                "stream", "Tell a subscriber what happens to the incidents that the filters match."
            ),
            "tellWebhook": _sends("webhook", "Tell a webhook of an event that concerns it, until it answers 2xx."),
            "publishEvent": _sends("nats", "Publish every event of the log, in order, each once."),
        },
        "components": {
            "messages": _MESSAGES,
            "schemas": schemas([IncidentDocument, Tombstone, CloudEvent]),
        },
    }


def _server(host: str, protocol: str, description: str) -> dict[str, str]:
    return {"host": host, "protocol": protocol, "description": description}


def _messages(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _sends(channel: str, summary: str) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _message(
    summary: str, payload: str, headers: dict[str, Any], content_type: str = "application/json"
) -> dict[str, Any]:
    return {
        "summary": summary,
        "contentType": content_type,
        "headers": _object(headers),
        "payload": {"$ref": f"#/components/schemas/{payload}"},
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


_CHANNELS: Final[dict[str, Any]] = {
    "stream": {
        "address": "/v1/stream",
        "description": f"Server-sent events ({EVENTS}) for who asks; parameters and filters as in OpenAPI.",
        "servers": [{"$ref": "#/servers/ledger"}],
        "messages": _messages("incident", "tombstone", "progress"),
        "bindings": {"http": {}},
    },
    "webhook": {
        "address": None,
        "description": "The URL that the webhook was made with: one POST for each message.",
        "servers": [{"$ref": "#/servers/receiver"}],
        "messages": _messages("delivery"),
        "bindings": {"http": {}},
    },
    "nats": {
        "address": "incidents.{type}.{incident}",
        "description": "Subjects of the stream INCIDENTS; NATS_SUBJECT and NATS_STREAM name others.",
        "servers": [{"$ref": "#/servers/nats"}],
        "parameters": {
            "type": {"enum": [*get_args(EventType)], "description": "What was recorded."},
            "incident": {"description": "The incident's id."},
        },
        "messages": _messages("publication"),
    },
}
_MESSAGES: Final[dict[str, Any]] = {
    "incident": _message(
        "An incident, as an event left it.",
        "IncidentDocument",
        {"id": _POSITION, "event": {"const": "incident"}},
    ),
    "tombstone": _message(
        "An incident that the filters match no longer.",
        "Tombstone",
        {"id": _POSITION, "event": {"const": "tombstone"}},
    ),
    "progress": {
        "summary": "Up to here there is nothing else: an id without data, in silence every 15 seconds.",
        "headers": _object({"id": _POSITION}),
    },
    "delivery": _message(
        "An event, for a webhook.",
        "CloudEvent",
        {name: {"type": "string", "description": what} for name, what in HEADERS.items()},
        MEDIA_TYPE,
    ),
    "publication": _message(
        "An event, in the stream.",
        "CloudEvent",
        {
            "Nats-Msg-Id": {"type": "string", "format": "uuid", "description": "The event's id."},
            "Ledger-Position": _POSITION,
            "Content-Type": {"const": MEDIA_TYPE},
        },
        MEDIA_TYPE,
    ),
}
