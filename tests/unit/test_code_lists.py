"""The code lists of the installed packages hold what the world uses."""

from collections.abc import Collection

import pytest

from service import codes

CODES = codes.load()


@pytest.mark.parametrize(
    ("codes_held", "held", "not_held"),
    [
        (CODES.countries, {"RU", "UA", "PL"}, {"XX", "ru", "RUS", "SU"}),
        (CODES.subdivisions, {"RU-KLU", "RU-MOW", "RU-VOR", "RU-BEL", "RU-NIZ", "UA-30"}, {"RU-XXX", "RU"}),
        (CODES.airports, {"UUEE", "ULLI", "UWGG", "UWKD", "UUDD"}, {"SVO", "ZZZZ", "00AK", "uuee"}),
        (CODES.time_zones, {"Europe/Moscow", "Europe/Kyiv", "Europe/Kiev", "UTC"}, {"Europe/Kaluga", ""}),
        (CODES.languages, {"ru", "uk", "en", "tt", "und", "kbd"}, {"rus", "xx", "", "RU"}),
    ],
)
def test_holds(codes_held: Collection[str], held: set[str], not_held: set[str]) -> None:
    assert held <= set(codes_held)
    assert not_held.isdisjoint(codes_held)


def test_every_subdivision_is_in_a_country_that_is_held() -> None:
    assert {code[:2] for code in CODES.subdivisions} <= CODES.countries
