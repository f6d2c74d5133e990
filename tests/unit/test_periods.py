"""Days, weeks and months as the calendar of a time zone has them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.projections.periods import UNITS, Unit, periods


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def cut(unit: Unit, zone: str, start: str, end: str) -> list[tuple[str, str]]:
    found = periods(unit, zone, at(start), at(end))
    return list(zip(found.names, [each.isoformat() for each in found.starts], strict=True))


def test_a_day_begins_at_midnight_there() -> None:
    assert cut("day", "Europe/Moscow", "2026-04-30T20:59:00Z", "2026-04-30T21:00:00Z") == [
        ("2026-04-30", "2026-04-29T21:00:00+00:00"),
        ("2026-05-01", "2026-04-30T21:00:00+00:00"),
    ]
    assert [name for name, _ in cut("day", "UTC", "2026-04-30T20:59:00Z", "2026-04-30T21:00:00Z")] == ["2026-04-30"]


def test_a_day_on_which_clocks_change_has_23_or_25_hours() -> None:
    starts = periods("day", "Europe/Kyiv", at("2026-03-28T12:00:00Z"), at("2026-03-30T12:00:00Z")).starts
    assert [(after - before).total_seconds() / 3600 for before, after in pairwise(starts)] == [24, 23]
    starts = periods("day", "Europe/Kyiv", at("2026-10-24T12:00:00Z"), at("2026-10-26T12:00:00Z")).starts
    assert [(after - before).total_seconds() / 3600 for before, after in pairwise(starts)] == [24, 25]


def test_a_week_is_that_of_iso_8601() -> None:
    assert cut("week", "UTC", "2026-12-31T00:00:00Z", "2027-01-04T00:00:00Z") == [
        ("2026-W53", "2026-12-28T00:00:00+00:00"),
        ("2027-W01", "2027-01-04T00:00:00+00:00"),
    ]
    assert cut("week", "UTC", "2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z") == [
        ("2025-W01", "2024-12-30T00:00:00+00:00")
    ]


def test_a_month_begins_with_its_first_day() -> None:
    assert cut("month", "UTC", "2026-01-31T00:00:00Z", "2026-03-01T00:00:00Z") == [
        ("2026-01", "2026-01-01T00:00:00+00:00"),
        ("2026-02", "2026-02-01T00:00:00+00:00"),
        ("2026-03", "2026-03-01T00:00:00+00:00"),
    ]


moments = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - UTC follows


@given(
    st.sampled_from(UNITS),
    st.sampled_from(["UTC", "Europe/Moscow", "Pacific/Apia", "America/Sao_Paulo"]),
    moments,
    st.timedeltas(timedelta(), timedelta(days=400)),
)
def test_periods_cover_the_interval_in_order(unit: Unit, zone: str, start: datetime, span: timedelta) -> None:
    end = start + span
    found = periods(unit, zone, start, end)
    assert found.starts[0] <= start
    assert found.starts[-1] <= end
    assert all(one <= other for one, other in pairwise(found.starts))
    assert len(set(found.names)) == len(found.names) == len(found.starts)


@pytest.mark.parametrize("unit", UNITS)
def test_an_interval_within_one_period_has_one(unit: Unit) -> None:
    assert len(periods(unit, "UTC", at("2026-04-15T10:00:00Z"), at("2026-04-15T11:00:00Z")).names) == 1
