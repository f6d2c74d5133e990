"""What webhooks look like to those who have them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api.incident_filters import Filtered
from service.cloud_events import MEDIA_TYPE
from service.domain import errors, forms
from service.domain.events import EventType
from service.store.events import instant
from service.webhooks.subscriptions import Kept

TAG: Final = "Webhooks"
SCOPE: Final = "webhooks:manage"
ALL: Final[tuple[EventType, ...]] = ("reported", "revised", "retracted")
TIME: Final = Meta(extra_json_schema={"format": "date-time"})

Url = Annotated[
    str,
    Meta(
        pattern=forms.RECEIVER_PATTERN,
        max_length=2000,
        description=(
            "Where to: a public address, by https. Redirects are not followed. An operator may let other networks, and "
            "http, be used (WEBHOOK_NETWORKS)."
        ),
        examples=["https://example.org/hooks/incidents"],
    ),
]
Description = Annotated[str, Meta(max_length=500, description="For its owner: nothing is made of it.")]
Events = Annotated[tuple[EventType, ...], Meta(min_length=1, max_length=3, description="Which events it is told of.")]


class NoSuchWebhook(errors.NotFound):
    """The actor has no such webhook."""

    detail = "The API client whose key this is has no such webhook: /v1/webhooks lists those that there are."


class NewWebhook(Struct, kw_only=True, forbid_unknown_fields=True):
    """A webhook to be made."""

    url: Url
    description: Description = ""
    events: Events = ALL
    filters: Annotated[Filtered, Meta(description="Of which incidents: as for the list, all must hold.")] = (
        msgspec.field(default_factory=Filtered)
    )


class WebhookChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be otherwise; the rest stays."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    filters: Filtered | UnsetType = UNSET
    status: (
        Annotated[
            Literal["enabled", "disabled"],
            Meta(description="While it is disabled nothing is sent; once enabled, it is told of all that came since."),
        ]
        | UnsetType
    ) = UNSET


class Webhook(Struct, kw_only=True, omit_defaults=True):
    """A webhook."""

    id: UUID
    url: str
    description: str = ""
    events: list[EventType]
    filters: dict[str, str | int]
    status: Literal["enabled", "disabled"]
    reason: Annotated[str, Meta(description="Why it is disabled.")] = ""
    created_at: Annotated[str, TIME]
    position: Annotated[
        int, Meta(ge=0, description="Of all events up to there it has been told, or still is: see its deliveries.")
    ]
    pending: Annotated[int, Meta(ge=0, description="Deliveries that are still to come, or to succeed.")]
    dead: Annotated[int, Meta(ge=0, description="Deliveries that were given up after a day.")]


class Secret(Struct):
    """By which a receiver knows that it is us."""

    secret: Annotated[
        str,
        Meta(
            pattern="^whsec_[A-Za-z0-9+/]{43}=$",
            description="Standard Webhooks 1.0, HMAC-SHA256. It is shown this once.",
        ),
    ]


class MadeWebhook(Webhook, kw_only=True, omit_defaults=True):
    """A webhook that was made, and its secret."""

    secret: Annotated[
        str, Meta(pattern="^whsec_[A-Za-z0-9+/]{43}=$", description="It is shown this once; /secrets gives another.")
    ]


class Webhooks(Struct):
    """All of a client's webhooks, the oldest first."""

    items: list[Webhook]


_ID: Final = "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c0a"
EXAMPLE: Final[Mapping[str, Any]] = {
    "id": _ID,
    "url": "https://example.org/hooks/incidents",
    "events": [*ALL],
    "filters": {"status": "active", "message_status": "actual", "subdivision": "RU-KLU"},
    "status": "enabled",
    "created_at": "2026-05-01T03:12:44.120731Z",
    "position": 4262,
    "pending": 0,
    "dead": 0,
}
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw3NW5mT2rRWA="  # noqa: S105  # an example
HEADERS: Final = {
    "webhook-id": "The event's id, the same however often it is sent.",
    "webhook-timestamp": "When it is sent, in seconds since 1970: refuse what is older than five minutes.",
    "webhook-signature": "`v1,` and a signature, once for each secret, with spaces between.",
}
"""The headers of what a webhook is told."""
TOLD: Final = {
    "summary": "What a webhook is told",
    "description": "Signed as Standard Webhooks 1.0 has it. Anything but 2xx is told again, for a day; 410 ends it.",
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
        for name, what in HEADERS.items()
    ],
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/CloudEvent"}}}},
    "responses": {"2XX": {"description": "It is taken."}, "410": {"description": "Send nothing any more."}},
}
"""The requests that a webhook gets, as OpenAPI describes them."""


def shown(kept: Kept) -> Webhook:
    """Return a webhook as its owner sees it."""
    return msgspec.convert(
        {
            "id": kept.webhook, "url": kept.url, "description": kept.description, "events": kept.events,
            "filters": msgspec.json.decode(kept.filters), "status": kept.status, "reason": kept.reason,
            "created_at": instant(kept.created_at), "position": kept.position, "pending": kept.pending,
            "dead": kept.dead,
        },
        Webhook,
    )  # fmt: skip
