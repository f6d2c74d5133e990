"""The codes that exist, read from the packages that carry them; only the codes themselves are kept."""

import csv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from service.domain.checks import Codes

_ICAO_LENGTH: Final = 4


class _Country(Struct):
    alpha_2: str


class _Subdivision(Struct):
    code: str
    parent: str | None = None


class _Language(Struct):
    alpha_3: str
    alpha_2: str | None = None


def load() -> Codes:
    """Return the codes of the installed releases of pycountry, airportsdata and tzdata."""
    iso = folder("pycountry") / "databases"
    countries = msgspec.json.decode((iso / "iso3166-1.json").read_bytes(), type=dict[str, list[_Country]])
    subdivisions = msgspec.json.decode((iso / "iso3166-2.json").read_bytes(), type=dict[str, list[_Subdivision]])
    languages = msgspec.json.decode((iso / "iso639-3.json").read_bytes(), type=dict[str, list[_Language]])
    families = msgspec.json.decode((iso / "iso639-5.json").read_bytes(), type=dict[str, list[_Language]])
    return Codes(
        countries=frozenset(country.alpha_2 for country in countries["3166-1"]),
        subdivisions=frozenset(subdivision.code for subdivision in subdivisions["3166-2"]),
        parents={each.code: each.parent for each in subdivisions["3166-2"] if each.parent is not None},
        airports=dict(_airports(folder("airportsdata") / "airports.csv")),
        time_zones=frozenset((folder("tzdata") / "zones").read_text("ascii").split()),
        # BCP 47 takes the two-letter code where there is one.
        languages=frozenset(
            language.alpha_2 or language.alpha_3 for language in languages["639-3"] + families["639-5"]
        ),
    )


def _airports(path: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    # Besides ICAO's four letters the column holds codes of national registers, such as 00AK.
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        longitude, latitude = header.index("lon"), header.index("lat")
        for row in rows:
            code = row[0]
            if len(code) == _ICAO_LENGTH and code.isalpha():
                yield code, (float(row[longitude]), float(row[latitude]))


def folder(package: str) -> Path:
    """Return where a package's files are."""
    # Found, not imported: importing pycountry costs more memory than all that is kept of it.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed", name=package)
    return Path(spec.origin).parent
