"""GET /v1/statistics: what the incidents of an interval come to, group by group."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, get_args

import msgspec
from litestar import Request, get
from msgspec import UNSET, Meta, UnsetType

from service.api import columns
from service.api.answers import REVALIDATE, Reply, negotiate
from service.api.operation import CSV, JSON, MSGPACK, NDJSON, Answer, Media, Operation, described
from service.api.parts import parts
from service.api.positions import ReadHeaders, settle
from service.api.refusals import Pointed, WrongRequest
from service.api.requests import Reading, moment, query_parts
from service.api.selection import (
    Selection,
    applied,
    check_codes,
    choices,
    choices_schema,
    known_at,
    moment_meta,
    wanted,
)
from service.domain import forms
from service.projections import measures, statistics
from service.projections.periods import UNITS
from service.projections.statistics import Figures, Statistics
from service.projections.sums import MOST_GROUPS, Metric, TooManyGroups
from service.projections.totals import Inputs, Total
from service.store.events import instant

_MEDIA: Final = (JSON, NDJSON, CSV, MSGPACK)
_COLUMNS: Final = columns.flat(Figures)
_DIMENSIONS: Final = (*UNITS, "country", "subdivision", "kind", "object_type")
_METRICS: Final = get_args(Metric)
_MOST_DIMENSIONS: Final = 3
_SPAN: Final = timedelta(days=30)
_LONGEST: Final = timedelta(days=5 * 366)


class StatisticsQuery(Selection, kw_only=True, forbid_unknown_fields=True):
    """Which incidents, what of them, and by what it is grouped."""

    occurred_from: (
        Annotated[str, moment_meta("It began at this time or later; 30 days before `occurred_to` if not given.")]
        | UnsetType
    ) = UNSET
    occurred_to: (
        Annotated[str, moment_meta("It began before this time; now, or the time of `as_of`, if not given.")] | UnsetType
    ) = UNSET
    metric: Annotated[
        str,
        Meta(
            description=f"What is added up: one or several of {', '.join(_METRICS)}, with commas between them.",
            examples=["incidents,destroyed"],
            extra_json_schema=choices_schema(_METRICS, len(_METRICS)),
        ),
    ] = "incidents"
    group_by: (
        Annotated[
            str,
            Meta(
                description=(
                    f"One to {_MOST_DIMENSIONS} of {', '.join(_DIMENSIONS)}, with commas between them; of day, week "
                    "and month one at most. An incident with several countries, subdivisions or object types is in "
                    "several groups."
                ),
                examples=["week,subdivision"],
                extra_json_schema=choices_schema(_DIMENSIONS, _MOST_DIMENSIONS),
            ),
        ]
        | UnsetType
    ) = UNSET
    time_zone: Annotated[forms.TimeZone, Meta(description="Where days, weeks and months begin at midnight.")] = "UTC"


_EXAMPLE: Final[dict[str, Any]] = {
    "items": [
        {"day": "2026-04-30", "subdivision": code, "incidents": 1, "destroyed": msgspec.to_builtins(total)}
        for code, total in (
            ("RU-KLU", Total(42, 40, 42, Inputs(1, 0, 0), 1, 0)),
            ("RU-MOW", Total(32, 32, 32, Inputs(1, 0, 0), 0, 0)),
        )
    ],
    "total": {"incidents": 2, "destroyed": msgspec.to_builtins(Total(74, 72, 74, Inputs(2, 0, 0), 1, 0))},
    "overlapping": True,
    "left_out": [],
    "left_out_count": 0,
    "no_known_time": 1,
    "rule_version": 2,
    "position": 4262,
    "applied_filters": {
        "message_status": "actual",
        "time_zone": "Europe/Moscow",
        "rule_version": "2",
        "occurred_from": "2026-04-30T09:00:00.000000Z",
        "occurred_to": "2026-05-01T09:00:00.000000Z",
    },
}


def _rendered(found: Statistics, media: str, names: Sequence[str]) -> bytes:
    """Return the statistics, or as NDJSON and CSV their groups; the total where there are none."""
    if media == JSON:
        return msgspec.json.encode(found)
    if media == MSGPACK:
        return msgspec.msgpack.encode(found)
    groups = found.items if names[0] in _DIMENSIONS else [found.total]
    if media == NDJSON:
        return msgspec.json.Encoder().encode_lines(groups)
    return columns.rows(columns.choose(_COLUMNS, ",".join(names)), msgspec.to_builtins(groups), header=True)


def _media() -> dict[str, Media]:
    ref = "#/components/schemas/{name}"
    (whole, group), _ = msgspec.json.schema_components([Statistics, Figures], ref_template=ref)
    shown, names = msgspec.convert(_EXAMPLE, Statistics), ["day", "subdivision", "incidents", "destroyed"]
    table = (
        "RFC 4180 with a header row: what it is grouped by, then of each metric `best`, `low`, `high`, "
        "`inputs.counted`, `inputs.none_reported`, `inputs.unknown`, `disputed` and `left_out`. What is not known is "
        "empty, never 0."
    )
    return {
        JSON: Media(whole, _EXAMPLE),
        NDJSON: Media(
            {"type": "string", "description": "JSON, one group a line.", "x-line-schema": group},
            _rendered(shown, NDJSON, names).decode(),
        ),
        CSV: Media({"type": "string", "description": table}, _rendered(shown, CSV, names).decode()),
        MSGPACK: Media(whole, _EXAMPLE),
    }


@get(
    "/v1/statistics",
    opt=described(
        Operation(
            id="readStatistics",
            summary="Add up incidents",
            description=(
                "An incident counts at the time when it began. Retracted ones are left out, and so is a number whose "
                "claim is part of another one that is added (`scope.part_of`). A total says how many of its inputs "
                "said a number, that none are reported, or nothing: nothing said is never 0."
            ),
            tag="Statistics",
            scope="incidents:read",
            query=StatisticsQuery,
            headers=ReadHeaders,
            answers={
                200: Answer(
                    description="The totals.", body=Statistics, media=_media(), headers=("Cache-Control", "Vary")
                )
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any]) -> Reply:
    """Add up incidents."""
    media = negotiate(request, *_MEDIA)
    reading, db = Reading(), parts(request).db
    asked = query_parts(request, StatisticsQuery, reading)
    start, end = (reading.of(moment, name, getattr(asked, name)) for name in ("occurred_from", "occurred_to"))
    metrics: list[Metric] = reading.of(choices, "metric", asked.metric, _METRICS, len(_METRICS))
    by: list[str] = reading.of(choices, "group_by", asked.group_by, _DIMENSIONS, _MOST_DIMENSIONS)
    reading.of(check_codes, asked, parts(request).codes)
    reading.of(_check_units, asked.time_zone, by, parts(request).codes.time_zones)
    position = await settle(request, reading, measures.PROJECTION.name, asked.as_of)
    end = end or await known_at(db, asked.as_of, position)
    start = start or _earlier(end)
    _check_interval(start, end)
    try:
        found = await statistics.read(db, wanted(asked, position, start, end), metrics, by, asked.time_zone)
    except TooManyGroups as error:
        told = f"These are more than {MOST_GROUPS} groups: ask for a shorter interval, or for fewer dimensions."
        raise WrongRequest([Pointed("/group_by", told, "query")]) from error
    found.applied_filters = applied(asked, start, end)
    body = _rendered(found, media, [*by, *metrics])
    content_type = f"{CSV}; charset=utf-8" if media == CSV else media
    headers = {"Cache-Control": REVALIDATE, "Vary": "Accept"}
    return Reply(body, position=found.position, media_type=content_type, headers=headers)


def _earlier(end: datetime) -> datetime:
    return max(end, datetime.min.replace(tzinfo=UTC) + _SPAN) - _SPAN


def _check_units(time_zone: str, by: list[str] | None, known: Collection[str]) -> None:
    units = [each for each in by or () if each in UNITS]
    faults = []
    if len(units) > 1:
        faults.append(Pointed("/group_by", f"It takes one of {', '.join(UNITS)}, not {' and '.join(units)}.", "query"))
    if time_zone not in known:
        faults.append(
            Pointed("/time_zone", "There is no such IANA time zone; UTC and Europe/Moscow are some.", "query")
        )
    if faults:
        raise WrongRequest(faults)


def _check_interval(start: datetime, end: datetime) -> None:
    if start >= end:
        raise WrongRequest(
            [Pointed("/occurred_from", f"It is not before {instant(end)}, where the interval ends.", "query")]
        )
    if end - start > _LONGEST:
        told = f"The interval up to {instant(end)} is longer than five years ({_LONGEST.days} days)."
        raise WrongRequest([Pointed("/occurred_from", told, "query")])
