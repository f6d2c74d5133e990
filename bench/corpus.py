"""
The events that every contender writes: about 1 KB of JSON, varied, made distinct by a serial number.

A register is filled as it is in life: the incidents of its log happened one after the other, `A_DAY` a day. The bodies
are of 28 days; when all have been written, they come again, 28 days later. So a log that is a hundred times as long has
been kept for a hundred times as long: there is as much of any one day in it as in a short one.
"""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

_OPENING: Final = b'{"facts":{"title":"'
SLOT: Final = len(_OPENING)
"""Where a body has its serial number, twelve digits; bench/emmett.mjs knows it as the start of the title."""
DIGITS: Final = 12
BODIES: Final = 4000
_DAYS: Final = 28
A_DAY: Final = BODIES / _DAYS

_FIRST: Final = datetime(2006, 1, 1, tzinfo=UTC)
_DATE: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=T)")


class Place(NamedTuple):
    """Where incidents of the corpus are."""

    subdivision: str
    name: str
    east: float
    north: float
    airport: str


PLACES: Final = (
    Place("RU-KLU", "Kaluga", 36.26, 54.51, "UUBC"),
    Place("RU-MOW", "Moscow", 37.62, 55.75, "UUWW"),
    Place("RU-VOR", "Voronezh", 39.18, 51.66, "UUOO"),
    Place("RU-BEL", "Belgorod", 36.58, 50.60, "UUOB"),
    Place("RU-NIZ", "Nizhny Novgorod", 44.00, 56.33, "UWGG"),
    Place("RU-TA", "Kazan", 49.11, 55.79, "UWKD"),
    Place("RU-SPE", "Saint Petersburg", 30.32, 59.94, "ULLI"),
    Place("RU-KDA", "Krasnodar", 38.98, 45.04, "URKK"),
)
KINDS: Final = ("interception", "strike", "sighting", "debris", "alert")
OBJECTS: Final = ("uav", "fpv_uav", "missile", "cruise_missile", "unknown_air_target")


def day(dice: random.Random, events: int, weeks: int = 0) -> datetime:
    """Return a day on which incidents of a register of so many events happened, as they did for `weeks` before."""
    return _FIRST + timedelta(days=dice.randrange(7 * weeks, int(events / A_DAY)))


def when(position: int) -> datetime:
    """Return the day on which the incident at a position of the log happened."""
    return _FIRST + timedelta(days=int(position / A_DAY))


def write(path: Path) -> None:
    """Write the bodies to `path`, one a line; the same ones in every run."""
    dice = random.Random(18)
    days = [_FIRST + timedelta(days=number * _DAYS // BODIES) for number in range(BODIES)]
    path.write_bytes(b"".join(msgspec.json.encode(_body(dice, each)) + b"\n" for each in days))


def read(path: Path) -> list[bytes]:
    """Return the bodies of `path`, each with an empty serial number."""
    return path.read_bytes().splitlines()


def in_time(bodies: Sequence[bytes]) -> Iterator[bytes]:
    """Yield them again and again, each time as much later as they are long."""
    for turn in count():
        dates: dict[bytes, bytes] = {}

        def later(found: re.Match[bytes], days: int = turn * _DAYS, dates: dict[bytes, bytes] = dates) -> bytes:
            said = found[0]
            if said not in dates:
                moved = datetime.fromisoformat(said.decode()) + timedelta(days=days)
                dates[said] = moved.strftime("%Y-%m-%d").encode()
            return dates[said]

        yield from (_DATE.sub(later, each) for each in bodies)


def numbered(body: bytes, serial: int) -> bytes:
    """Return `body` as the distinct event number `serial`."""
    return b"%s%012d%s" % (body[:SLOT], serial, body[SLOT + DIGITS :])


def _body(dice: random.Random, day: datetime) -> dict[str, object]:
    place = dice.choice(PLACES)
    start = day + timedelta(minutes=dice.randrange(1440))
    destroyed = dice.randrange(1, 90)
    return {
        "facts": {
            "title": f"{0:0{DIGITS}} {destroyed} objects over {place.name}",
            "summary": f"Air defence reports {destroyed} objects destroyed over {place.name} and around it.",
            "kind": dice.choice(KINDS),
            "message_status": "actual",
            "occurred": {
                "start": _instant(start),
                "end": _instant(start + timedelta(hours=3)),
                "precision": "hour",
            },
            "locations": {"area": _location(dice, place)},
            "objects": {"first": _objects(dice, destroyed)},
            "casualties": {"injured": {"governor": {"value": dice.randrange(5)}}},
            "disruptions": {"airport": _closure(place.airport, start)},
            "responses": {"crews": {"kind": "emergency_services", "status": "under_way", "claims": ["governor"]}},
            "claims": _claims(start),
        }
    }


def _location(dice: random.Random, place: Place) -> dict[str, object]:
    point = [round(place.east + dice.uniform(-1, 1), 4), round(place.north + dice.uniform(-1, 1), 4)]
    return {
        "role": "interception",
        "country": "RU",
        "subdivision": place.subdivision,
        "place": place.name,
        "point": point,
        "precision": "settlement",
    }


def _objects(dice: random.Random, destroyed: int) -> dict[str, object]:
    counts = {
        "observed": {"ministry": {"low": destroyed, "high": destroyed + dice.randrange(9)}},
        "destroyed": {
            "governor": {"value": destroyed},
            "ministry": {"at_least": destroyed - dice.randrange(2)},
        },
    }
    return {"type": dice.choice(OBJECTS), "certainty": "confirmed", "counts": counts}


def _closure(airport: str, start: datetime) -> dict[str, object]:
    end = start + timedelta(hours=5)
    return {"kind": "airport_closed", "airport": airport, "start": _instant(start), "end": _instant(end)}


def _claims(start: datetime) -> dict[str, object]:
    stated = _instant(start + timedelta(hours=6))
    return {
        "governor": {
            "source": "governor",
            "attribution": "named",
            "stated_at": stated,
            "confidence": "confirmed",
        },
        "ministry": {
            "source": "ministry-of-defence",
            "attribution": "role_only",
            "confidence": "preliminary",
        },
    }


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
