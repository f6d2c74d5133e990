"""GET /v1/statistics/trend: whether there have been more in recent weeks than before."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, UnsetType

from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.operation import JSON, Answer, Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import Pointed, WrongRequest
from service.api.requests import Reading, moment, query_parts
from service.api.selection import Selection, applied, check_codes, known_at, moment_meta, wanted
from service.domain.trend import trend
from service.projections import measures, trends
from service.projections.sums import Metric
from service.projections.totals import Inputs
from service.projections.trends import TrendAnswer, Week


class TrendQuery(Selection, kw_only=True, forbid_unknown_fields=True):
    """Which incidents, what of them, and which weeks are compared."""

    metric: Annotated[Metric, Meta(description="What is compared.")] = "incidents"
    occurred_to: (
        Annotated[str, moment_meta("Where the recent weeks end; now, or the time of `as_of`, if not given.")]
        | UnsetType
    ) = UNSET
    recent_weeks: Annotated[int, Meta(ge=1, le=52, description="How many weeks are the recent ones.")] = 4
    baseline_weeks: Annotated[int, Meta(ge=2, le=208, description="How many weeks before them they are held to.")] = 12


_EXAMPLE: Final = TrendAnswer(
    "incidents",
    trend([9, 12, 8, 11], [5, 4, 6, 5, 3, 7, 5, 4, 6, 5, 4, 6]),
    [Week("2026-02-05T09:00:00.000000Z", False, 5, Inputs(5, 0, 0))],
    2,
    4262,
    {
        "message_status": "actual",
        "rule_version": "2",
        "occurred_from": "2026-01-08T09:00:00.000000Z",
        "occurred_to": "2026-05-01T09:00:00.000000Z",
    },
)


@get(
    "/v1/statistics/trend",
    opt=described(
        Operation(
            id="readTrend",
            summary="Compare recent weeks with those before",
            description=(
                "The ratio of a recent week to one of the baseline, with its 95% interval: quasi-Poisson, so that "
                "weeks which differ by more than chance widen it. Reports still come in for recent weeks, and raise "
                "them."
            ),
            tag="Statistics",
            scope="incidents:read",
            query=TrendQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The trend.",
                    body=TrendAnswer,
                    headers=("Cache-Control",),
                    example=msgspec.to_builtins(_EXAMPLE),
                )
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any]) -> Reply:
    """Compare recent weeks with those before."""
    negotiate(request, JSON)
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, TrendQuery, reading)
    end: datetime | None = reading.of(moment, "occurred_to", asked.occurred_to)
    reading.of(check_codes, asked, parts(request).codes)
    position = await settle(request, reading, measures.PROJECTION.name, asked.as_of)
    end = end or await known_at(db, asked.as_of, position)
    try:
        start = trends.beginning(end, asked.recent_weeks + asked.baseline_weeks)
    except OverflowError as error:
        raise WrongRequest([Pointed("/occurred_to", "There is no time so long before it.", "query")]) from error
    found = await trends.read(db, wanted(asked, position, start, end), asked.metric, asked.recent_weeks)
    found.applied_filters = applied(asked, start, end)
    return Reply(msgspec.json.encode(found), position=found.position, headers={"Cache-Control": REVALIDATE})
