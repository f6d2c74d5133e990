"""/v1/webhooks: whom the service tells of what happens, by requests of its own."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Request, delete, get, patch, post
from msgspec import UNSET

from service.api import incident_filters
from service.api.access import actor_of
from service.api.answers import Reply, negotiate
from service.api.incident_filters import Filtered
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.refusals import Pointed, WrongRequest
from service.api.requests import Body, Reading, check_media_type, identifier, whole_body
from service.api.webhook_forms import (
    ALL,
    EXAMPLE,
    SCOPE,
    SECRET,
    TAG,
    MadeWebhook,
    NewWebhook,
    NoSuchWebhook,
    Secret,
    Webhook,
    WebhookChange,
    Webhooks,
    shown,
)
from service.domain.events import EventType
from service.projections.incidents_list import Filters
from service.webhooks import subscriptions
from service.webhooks.subscriptions import TooManyWebhooks, Wish

_NEW: Final = Body(NewWebhook)
_CHANGE: Final = Body(WebhookChange)


@post(
    "/v1/webhooks",
    status_code=201,
    opt=described(
        Operation(
            id="createWebhook",
            summary="Make a webhook",
            description=(
                "From now on each event that concerns the filters is sent as a CloudEvent 1.0, signed as Standard "
                "Webhooks 1.0 has it: at least once, the events of an incident in their order, each again and again "
                "for a day until it is answered 2xx. docs/webhooks.md says how to receive."
            ),
            tag=TAG,
            scope=SCOPE,
            body=NewWebhook,
            body_example={"url": EXAMPLE["url"], "filters": {"subdivision": "RU-KLU"}},
            answers={
                201: Answer(
                    description="The webhook, and its secret.",
                    body=MadeWebhook,
                    headers=("Location",),
                    example={**EXAMPLE, "secret": SECRET},
                )
            },
            refusals=(TooManyWebhooks,),
        )
    ),
)
async def create(request: Request[Any, Any, Any]) -> Reply:
    """Make a webhook."""
    asked: NewWebhook = await _read(request, _NEW)
    reading = Reading()
    wanted = _chosen(request, asked.filters, reading)
    _judge(request, asked.url, reading)
    reading.finish()
    wish = Wish(
        url=asked.url, description=asked.description, events=_distinct(asked.events),
        filters=_given(asked.filters), wanted=wanted,
    )  # fmt: skip
    webhook, secret = await subscriptions.create(parts(request).db, actor_of(request), wish)
    made = {**msgspec.to_builtins(await _one(request, webhook)), "secret": secret}
    return reply(request, made, status=201, headers={"Location": f"/v1/webhooks/{webhook}"})


@get(
    "/v1/webhooks",
    opt=described(
        Operation(
            id="listWebhooks",
            summary="List your webhooks",
            tag=TAG,
            scope=SCOPE,
            answers={
                200: Answer(
                    description="Those of the client whose key it is.", body=Webhooks, example={"items": [EXAMPLE]}
                )
            },
        )
    ),
)
async def list_webhooks(request: Request[Any, Any, Any]) -> Reply:
    """List webhooks."""
    negotiate(request, JSON)
    found = await subscriptions.of_actor(parts(request).db, actor_of(request))
    return reply(request, Webhooks([shown(each) for each in found]))


@get(
    "/v1/webhooks/{webhook:str}",
    opt=described(
        Operation(
            id="readWebhook",
            summary="Read a webhook",
            tag=TAG,
            scope=SCOPE,
            answers={200: Answer(description="The webhook.", body=Webhook, example=EXAMPLE)},
        )
    ),
)
async def show(request: Request[Any, Any, Any], webhook: str) -> Reply:
    """Read a webhook."""
    negotiate(request, JSON)
    return reply(request, await _one(request, identifier("webhook", webhook)))


@patch(
    "/v1/webhooks/{webhook:str}",
    opt=described(
        Operation(
            id="changeWebhook",
            summary="Change a webhook, or enable it again",
            tag=TAG,
            scope=SCOPE,
            body=WebhookChange,
            body_example={"status": "enabled"},
            answers={200: Answer(description="The webhook, changed.", body=Webhook, example=EXAMPLE)},
        )
    ),
)
async def change(request: Request[Any, Any, Any], webhook: str) -> Reply:
    """Change a webhook."""
    reading = Reading()
    its: UUID = reading.of(identifier, "webhook", webhook)
    asked: WebhookChange = await _read(request, _CHANGE, reading)
    wanted = None if asked.filters is UNSET else _chosen(request, asked.filters, reading)
    if asked.url is not UNSET:
        _judge(request, asked.url, reading)
    reading.finish()
    wish = Wish(
        url=asked.url or None,
        description=None if asked.description is UNSET else asked.description,
        events=None if asked.events is UNSET else _distinct(asked.events),
        filters=None if asked.filters is UNSET else _given(asked.filters),
        wanted=wanted,
        status=asked.status or None,
    )
    if not await subscriptions.change(parts(request).db, actor_of(request), its, wish):
        raise NoSuchWebhook
    return reply(request, await _one(request, its))


@delete(
    "/v1/webhooks/{webhook:str}",
    status_code=200,  # Litestar's: what makes the bytes of an answer may then also make none
    opt=described(
        Operation(
            id="deleteWebhook",
            summary="Delete a webhook",
            description="What was still to be sent is not sent any more.",
            tag=TAG,
            scope=SCOPE,
            answers={204: Answer(description="It is gone.")},
        )
    ),
)
async def remove(request: Request[Any, Any, Any], webhook: str) -> Reply:
    """Delete a webhook."""
    negotiate(request, JSON)
    if not await subscriptions.delete(parts(request).db, actor_of(request), identifier("webhook", webhook)):
        raise NoSuchWebhook
    return Reply(b"", position=parts(request).db.head, status=204)


@post(
    "/v1/webhooks/{webhook:str}/secrets",
    status_code=201,
    opt=described(
        Operation(
            id="rotateWebhookSecret",
            summary="Give a webhook a new secret",
            description="For 24 hours each message is signed with the old ones, too.",
            tag=TAG,
            scope=SCOPE,
            answers={201: Answer(description="The new secret.", body=Secret, example={"secret": SECRET})},
        )
    ),
)
async def rotate(request: Request[Any, Any, Any], webhook: str) -> Reply:
    """Give a webhook a new secret."""
    negotiate(request, JSON)
    secret = await subscriptions.rotate(parts(request).db, actor_of(request), identifier("webhook", webhook))
    if secret is None:
        raise NoSuchWebhook
    return reply(request, Secret(secret), status=201)


async def _read(request: Request[Any, Any, Any], form: Body, reading: Reading | None = None) -> Any:  # noqa: ANN401  # what the form says
    """Read the body; with `reading`, together with what that has been told of."""
    negotiate(request, JSON)
    check_media_type(request, JSON)
    raw, reading = await whole_body(request), reading or Reading()
    read = reading.of(form.read, raw, parts(request).codes)
    reading.finish()
    return read


def _chosen(request: Request[Any, Any, Any], given: Filtered, reading: Reading) -> Filters | None:
    """Return what the filters come to; `reading` is told of what is wrong with them, where they are here."""
    own = Reading()
    found = incident_filters.chosen(given, own, parts(request).codes)
    try:
        own.finish()
    except WrongRequest as wrong:
        reading.tell(*(Pointed(f"/filters{each.pointer}", each.message) for each in wrong.pointed))
    return found


def _judge(request: Request[Any, Any, Any], url: str, reading: Reading) -> None:
    """Tell of what can be seen to lead nowhere; where a name leads is seen when something is sent."""
    targets = parts(request).targets
    try:
        place = urlsplit(url)
        host = place.hostname or ""
        _ = place.port
    except ValueError as error:
        return reading.tell(Pointed("/url", f"It is no URL: {error}."))
    if place.scheme != "https" and not targets.allowed:
        reading.tell(Pointed("/url", "It must begin with https://."))
    try:
        refusal = targets.refusal(str(ipaddress.ip_address(host)))
    except ValueError:  # a name
        refusal = "localhost is no public address" if host == "localhost" and not targets.allowed else None
    if refusal is not None:
        reading.tell(Pointed("/url", f"{refusal[0].upper()}{refusal[1:]}: nothing is sent there."))
    return None


def _distinct(events: Sequence[EventType]) -> list[EventType]:
    return [each for each in ALL if each in events]


def _given(filters: Filtered) -> str:
    return msgspec.json.encode(filters).decode()


async def _one(request: Request[Any, Any, Any], webhook: UUID) -> Webhook:
    found = await subscriptions.of_actor(parts(request).db, actor_of(request), webhook)
    if not found:
        raise NoSuchWebhook
    return shown(found[0])


def reply(
    request: Request[Any, Any, Any], body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """Answer, with what is for its owner alone."""
    named = {"Cache-Control": "no-store", **(headers or {})}
    return Reply(msgspec.json.encode(body), position=parts(request).db.head, status=status, headers=named)
