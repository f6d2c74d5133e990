"""A number a week in recent weeks, against the weeks before."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from service.db import Database
from service.domain.trend import Trend, trend
from service.projections import sums
from service.projections.statistics import incidents_of
from service.projections.sums import NOTHING, Asked, Key, Metric
from service.projections.totals import Inputs, Total
from service.store.events import instant

_WEEK = timedelta(days=7)


class Week(Struct, frozen=True):
    """Seven days."""

    start: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    recent: Annotated[bool, Meta(description="Whether it is one of the recent weeks, or of the baseline.")]
    number: Annotated[int, Meta(description="Of what is known: nothing is added for what nobody says.")]
    inputs: Annotated[Inputs, Meta(description="How many said a number; of `incidents`, each is counted.")]


class TrendAnswer(Struct):
    """Whether there have been more in recent weeks than in the weeks before."""

    metric: Metric
    trend: Trend
    weeks: Annotated[list[Week], Meta(description="The earliest first; they end with the interval, not with Sunday.")]
    rule_version: int
    position: Annotated[int, Meta(ge=0, description="The position of the log that it reflects.")]
    applied_filters: Annotated[dict[str, str], Meta(description="Every filter that held, the defaults too.")]


def beginning(end: datetime, weeks: int) -> datetime:
    """Return when so many weeks begin that end at a time; raise OverflowError if there is no such time."""
    return end - weeks * _WEEK


async def read(db: Database, asked: Asked, metric: Metric, recent: int) -> TrendAnswer:
    """Return the trend over the weeks of an interval, of which the last are the recent ones."""
    source = await sums.source(db, asked)
    count = (asked.end - asked.start) // _WEEK
    starts = [asked.start + number * _WEEK for number in range(count)]
    found = (await sums.sums(db, asked, source, metric, ["period"], starts)).totals
    by_week: dict[Key, Total] = {key[:1]: total for key, total in found.items()}
    weeks = []
    for number, start in enumerate(starts, 1):
        total = by_week.get((number,), NOTHING)
        several = incidents_of(total) if metric == "incidents" else total.best or 0
        inputs = Inputs(several, 0, 0) if metric == "incidents" else total.inputs
        weeks.append(Week(instant(start), number > count - recent, several, inputs))
    numbers = [week.number for week in weeks]
    return TrendAnswer(
        metric, trend(numbers[-recent:], numbers[:-recent]), weeks, asked.rule_version, source.position, {}
    )
