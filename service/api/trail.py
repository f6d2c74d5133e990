"""GET /v1/trail: who made and revoked API keys and webhooks, and who took data out of the log."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from msgspec import Meta

from service import trail
from service.api import examples, paging
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.requests import query

_PAGE_SIZE: Final = 1000


class TrailQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which entries."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1, description="Only entries after this number.", examples=[0])] = 0
    limit: Annotated[int, Meta(ge=1, le=_PAGE_SIZE, description="How many at most.")] = 100


class TrailEntry(msgspec.Struct):
    """A deed. Entries are only added; a number that is missing would be seen."""

    number: Annotated[int, Meta(ge=1, description="From 1, without gaps.")]
    at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    deed: Annotated[
        str,
        Meta(
            description="key_made, key_revoked, webhook_made, webhook_moved, webhook_deleted or events_expunged; a "
            "client must take others.",
            examples=["key_made"],
        ),
    ]
    by: Annotated[
        str | None,
        Meta(description="Who did it, as the command was told, or the actor of the webhook; null: nobody said."),
    ]
    login: Annotated[str, Meta(description="Who did it, as the database knows it.")]
    subject: Annotated[
        str, Meta(description="The prefix of the key, the id of the webhook, the positions of the events.")
    ]
    details: Annotated[
        dict[str, Any],
        Meta(description="Of a key its actor, its scopes and what it is bound to, of a webhook its origin."),
    ]


class TrailPage(msgspec.Struct):
    """Entries in order; go on with `after=` the last number."""

    items: list[TrailEntry]
    next_after: int | None
    """The `after` of the next page; null at the end."""


@get(
    "/v1/trail",
    opt=described(
        Operation(
            id="readTrail",
            summary="Read who made and revoked keys and webhooks, and who expunged events",
            description="The deeds write it in their own transactions. It is kept apart from the log, and unsealed.",
            tag="Trail",
            scope="admin:read",
            query=TrailQuery,
            answers={
                200: Answer(
                    description="Entries in order.",
                    body=TrailPage,
                    headers=("Cache-Control", "Link"),
                    example=examples.TRAIL_PAGE,
                )
            },
        )
    ),
)
async def list_entries(request: Request[Any, Any, Any]) -> Reply:
    """Read the trail."""
    negotiate(request, JSON)
    asked = query(request, TrailQuery)
    db = parts(request).db
    page = await trail.page(db, asked.after, asked.limit)
    full = len(page.entries) == asked.limit
    following = str(page.last) if full else "null"
    body = b"".join((b'{"items":[', b",".join(page.entries), b'],"next_after":', following.encode(), b"}"))
    headers = {"Cache-Control": REVALIDATE} | (paging.link(request, "after", following) if full else {})
    return Reply(body, position=db.head, headers=headers)
