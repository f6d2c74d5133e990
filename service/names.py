"""What countries and regions are called, in the terms that they are searched by."""

import gettext
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from service import codes, words

_LANGUAGES: Final = ("ru", "uk", "de")
_KINDS: Final = frozenset(
    words.words("""
        oblast oblasti область области області voblast вобласць вобласть region regions регион регіон край
        kray krai kraj republic республика республіка republik respublika respublikasi okrug округ province
        провинция провінція провінції voivodeship воеводство воєводство federation федерация федерація
        föderation autonomous автономная автономна автономный автономний avtonomnaya avtonomna avtonomnyy
        avtonome raion rayon район and und of the і та и
    """)
)
"""What a place is, which says nothing of which."""
_SHORTEST: Final = 3
_INSTEAD: Final = {"RU": "Russia Россия Росія Russland"}
"""What iso-codes calls a Federation alone."""
_ALSO: Final = {
    "RU-MOS": "Moscow",
    "RU-MOW": "Moscow",
    "RU-SPE": "Petersburg",
    "UA-30": "Kiev",
    "UA-43": "Crimea Krim",
}
"""What iso-codes does not have."""


class _Country(Struct):
    alpha_2: str
    name: str
    common_name: str = ""


class _Subdivision(Struct):
    code: str
    name: str


def searched(text: str) -> list[str]:
    """Return the terms of a query's words; `oblast` and the like only where there is nothing else."""
    found = words.words(text)
    return [term for term in found if term not in _KINDS] or found


@lru_cache(1024)
def terms(code: str) -> tuple[str, ...]:
    """Return what a country or a subdivision is found by, if there is such a code."""
    named = (_INSTEAD.get(code) or f"{_names().get(code, '')} {_ALSO.get(code, '')}").split()
    found = words.terms(" ".join(word for word in named if len(word) >= _SHORTEST))
    return tuple(dict.fromkeys(term for term in found if term not in _KINDS))


def called(code: str) -> str | None:
    """Return what ISO 3166 calls a country or a subdivision."""
    return _called().get(code)


@cache
def _called() -> dict[str, str]:
    countries, regions = _listed()
    return {each.alpha_2: each.common_name or each.name for each in countries} | {
        each.code: each.name for each in regions
    }


def _listed() -> tuple[list[_Country], list[_Subdivision]]:
    iso = codes.folder("pycountry") / "databases"
    countries = msgspec.json.decode((iso / "iso3166-1.json").read_bytes(), type=dict[str, list[_Country]])
    regions = msgspec.json.decode((iso / "iso3166-2.json").read_bytes(), type=dict[str, list[_Subdivision]])
    return countries["3166-1"], regions["3166-2"]


@cache
def _names() -> dict[str, str]:
    """Return each code's names, in four languages, read once: a code's terms are made when it is met."""
    countries, regions = _listed()
    named = {each.alpha_2: {each.name, each.common_name} for each in countries}
    found = dict(_translated("iso3166-1", named))
    found.update(_translated("iso3166-2", {each.code: {each.name} for each in regions}))
    return found


def _translated(domain: str, named: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    locales = codes.folder("pycountry") / "locales"
    catalogs = [_catalog(locales / language / "LC_MESSAGES" / f"{domain}.mo") for language in _LANGUAGES]
    for code, names in named.items():
        there = sorted(names - {""})
        yield code, " ".join(dict.fromkeys(there + [each.gettext(name) for name in there for each in catalogs]))


def _catalog(path: Path) -> gettext.GNUTranslations:
    # Not gettext.translation(), which keeps what it has read.
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)
