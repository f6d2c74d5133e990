"""Days, weeks and months of a time zone, as the calendar there has them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Unit = Literal["day", "week", "month"]
UNITS: Final[tuple[Unit, ...]] = ("day", "week", "month")


class Periods(Struct, frozen=True):
    """What an interval is cut into: where each period begins, and its name."""

    starts: list[datetime]
    names: list[str]


def periods(unit: Unit, zone: str, start: datetime, end: datetime) -> Periods:
    """Return the periods of the calendar that meet an interval."""
    there = ZoneInfo(zone)
    first, last = start.astimezone(there).date(), end.astimezone(there).date()
    day = first - timedelta(days={"day": 0, "week": first.weekday(), "month": first.day - 1}[unit])
    days = []
    while day <= last:
        days.append(day)
        day = _next(unit, day)
    return Periods([_midnight(each, there) for each in days], [_name(unit, each) for each in days])


def _next(unit: Unit, day: date) -> date:
    if unit == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if unit == "week" else 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _name(unit: Unit, day: date) -> str:
    if unit == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat()[: 7 if unit == "month" else 10]
