"""/v1/webhooks/{id}/deliveries: what was sent, what is still to be, and what was given up."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, get, post
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import paging
from service.api.access import actor_of
from service.api.answers import Reply, negotiate
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.refusals import NoSuchPosition
from service.api.requests import Reading, identifier, number, query_parts
from service.api.webhook_forms import SCOPE, TAG, TIME, NoSuchWebhook
from service.api.webhooks import reply
from service.projections.matching import Concern
from service.store.events import instant
from service.webhooks import deliveries, subscriptions
from service.webhooks.deliveries import State


class NoSuchDelivery(NoSuchPosition):
    """The webhook was not told of the event."""

    detail = "The webhook has no delivery of the event at this position: /deliveries lists those that there are."


class DeliveriesQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries."""

    state: Annotated[State, Meta(description="Only those in this state.")] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=500, description="How many at most.")] = 50
    cursor: (
        Annotated[str, Meta(max_length=500, description="Where the page before ended: `next_cursor`.")] | UnsetType
    ) = UNSET


class Delivery(Struct, kw_only=True, omit_defaults=True):
    """One event, as far as one webhook has been told of it."""

    position: Annotated[int, Meta(ge=1, description="Of the event, in the log.")]
    incident: UUID
    concern: Annotated[
        Concern, Meta(description="What the event is for the filters: the incident, or the end of it for who held it.")
    ]
    state: Annotated[State, Meta(description="`dead`: given up after a day; it can be replayed.")]
    attempts: Annotated[int, Meta(ge=0)]
    next_attempt_at: Annotated[str, TIME] | UnsetType = UNSET
    last_attempt_at: Annotated[str, TIME] | UnsetType = UNSET
    last_status: (
        Annotated[int, Meta(description="What the receiver answered the last time, if it did.")] | UnsetType
    ) = UNSET
    last_error: Annotated[str, Meta(description="Why the last attempt failed.")] | UnsetType = UNSET


class DeliveryPage(Struct):
    """A page of deliveries, the latest event first; those done are kept for 30 days."""

    items: list[Delivery]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null on the last.")]


class Replayed(Struct):
    """What is sent again."""

    deliveries: Annotated[int, Meta(ge=0, description="How many.")]


_DELIVERY: Final = {
    "position": 4262,
    "incident": "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01",
    "concern": "incident",
    "state": "pending",
    "attempts": 2,
    "next_attempt_at": "2026-05-01T03:14:50.120731Z",
    "last_attempt_at": "2026-05-01T03:14:20.120731Z",
    "last_status": 503,
    "last_error": "It answered 503.",
}


@get(
    "/v1/webhooks/{webhook:str}/deliveries",
    opt=described(
        Operation(
            id="listDeliveries",
            summary="List a webhook's deliveries",
            tag=TAG,
            scope=SCOPE,
            query=DeliveriesQuery,
            answers={
                200: Answer(
                    description="A page of deliveries.",
                    body=DeliveryPage,
                    headers=("Link",),
                    example={"items": [_DELIVERY], "next_cursor": None},
                )
            },
        )
    ),
)
async def list_deliveries(request: Request[Any, Any, Any], webhook: str) -> Reply:
    """List a webhook's deliveries."""
    negotiate(request, JSON)
    reading, db = Reading(), parts(request).db
    its: UUID = reading.of(identifier, "webhook", webhook)
    asked = query_parts(request, DeliveriesQuery, reading)
    state = None if asked.state is UNSET else asked.state
    listing = [str(its), state]
    after = None if asked.cursor is UNSET else reading.of(paging.decode, asked.cursor, listing, tuple[int])
    reading.finish()
    if not await subscriptions.of_actor(db, actor_of(request), its):
        raise NoSuchWebhook
    found = await deliveries.of_webhook(
        db, actor_of(request), its, state, None if after is None else after[0], asked.limit + 1
    )
    page, more = found[: asked.limit], len(found) > asked.limit
    cursor = paging.encode(listing, (page[-1].position,)) if more else None
    body = DeliveryPage([_shown(each) for each in page], cursor)
    return reply(request, body, headers=paging.link(request, "cursor", cursor))


@post(
    "/v1/webhooks/{webhook:str}/deliveries/{position:str}/replay",
    status_code=202,
    opt=described(
        Operation(
            id="replayDelivery",
            summary="Send one event again",
            tag=TAG,
            scope=SCOPE,
            answers={202: Answer(description="It will be.", body=Replayed, example={"deliveries": 1})},
        )
    ),
)
async def replay(request: Request[Any, Any, Any], webhook: str, position: str) -> Reply:
    """Send one event again."""
    negotiate(request, JSON)
    reading, db = Reading(), parts(request).db
    its: UUID = reading.of(identifier, "webhook", webhook)
    where: int = reading.of(number, "position", position)
    reading.finish()
    if not await subscriptions.of_actor(db, actor_of(request), its):
        raise NoSuchWebhook
    again = await deliveries.replay(db, actor_of(request), its, where)
    if not again:
        raise NoSuchDelivery
    return reply(request, Replayed(again), status=202)


@post(
    "/v1/webhooks/{webhook:str}/replay",
    status_code=202,
    opt=described(
        Operation(
            id="replayDeadDeliveries",
            summary="Send all that was given up again",
            tag=TAG,
            scope=SCOPE,
            answers={202: Answer(description="It will be.", body=Replayed, example={"deliveries": 12})},
        )
    ),
)
async def replay_dead(request: Request[Any, Any, Any], webhook: str) -> Reply:
    """Send all dead deliveries again."""
    negotiate(request, JSON)
    db, its = parts(request).db, identifier("webhook", webhook)
    if not await subscriptions.of_actor(db, actor_of(request), its):
        raise NoSuchWebhook
    return reply(request, Replayed(await deliveries.replay(db, actor_of(request), its, None)), status=202)


def _shown(kept: deliveries.Delivery) -> Delivery:
    return Delivery(
        position=kept.position,
        incident=kept.incident,
        concern=kept.concern,
        state=kept.state,
        attempts=kept.attempts,
        next_attempt_at=instant(kept.next_at) if kept.state == "pending" else UNSET,
        last_attempt_at=UNSET if kept.attempted_at is None else instant(kept.attempted_at),
        last_status=UNSET if kept.answer is None else kept.answer,
        last_error=UNSET if kept.error is None else kept.error,
    )
