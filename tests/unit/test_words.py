"""Words of several languages and two alphabets: which are one term, and which must not be."""

import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import names, words

ONE: Final = (
    "Калуга Калуге Калугу Калугой КАЛУГА Калу́га Калуго́й Kaluga KALUGA",
    "Калужская Калужской Калузька Kaluzhskaya Kaluzhskoy Kalužskaja",
    "Київ Києва Києві Киев Киеве Киева Kyiv Kiev",
    "Харьков Харькове Харьковом Харків Харкові Kharkiv Kharkov",
    "Львов Львове Львів Львові Lviv Lvov L'viv",
    "Чернигов Чернігів Chernihiv Chernigov",
    "Луганск Луганске Луганськ Luhansk Lugansk",
    "Сумы Сумах Сум Суми Sumy",
    "Одесса Одессе Одеса Одесі Odesa Odessa",
    "Шереметьево Sheremetyevo Sheremetevo",
    "Внуково Vnukovo",
    "Нижний Nizhny Nizhniy Nizhnii Nizhnij",
    "Жуковский Жуковском Zhukovsky Zhukovskiy",
    "Екатеринбург Екатеринбурге Yekaterinburg Ekaterinburg",
    "Щёлково Щелково Shchyolkovo Shchelkovo",
    "Орёл Орел Oryol Orel",
    "Донецк Донецке Donetsk Doneck",
    "Хабаровск Khabarovsk Habarovsk",
    "Тула Туле Tula",
    "Тульская Тульской Tulskaya Tul'skaya Tul’skaya",
    "Курган Кургане Kurgan",
    "Энгельс Энгельсе Engels",
    "Запорожье Запорожья Zaporozhye",
    "дрон дрона дронов дронами",
    "рейс рейсов рейсы",
    "drone drones DRONES drone's",
    "explosion explosions",
    "army armies",
    "party parties",
    "area areas",
    "Drohne Drohnen",
    "Angriff Angriffe Angriffen",
    "Großmarkt GROSSMARKT",
    "Žilina Zhilina",
    "café cafe CAFÉ",
    "бор bor",
    "12 １２",
)
TWO: Final = (
    ("Тула", "Tulsa"), ("Тула", "Тульская"), ("Kursk", "Kur"), ("Minsk", "min"), ("plane", "plan"),
    ("Kyiv", "Kia"), ("army", "arms"), ("party", "part"), ("parties", "parts"), ("forty", "fort"),
    ("areas", "are"), ("area", "are"), ("many", "man"), ("Crimea", "crime"),
    ("Орёл", "Орск"), ("Курск", "курс"), ("Омск", "Томск"), ("Брянск", "Буранск"), ("hit", "git"), ("kill", "kilo"),
    ("ship", "sip"), ("Лев", "Львов"), ("Крым", "Рим"), ("Белгород", "Новгород"), ("10", "100"), ("active", "act"),
)  # fmt: skip


@pytest.mark.parametrize("spellings", ONE, ids=[each.split()[0] for each in ONE])
def test_the_forms_and_spellings_of_a_word_are_one_term(spellings: str) -> None:
    assert len({tuple(words.words(each)) for each in spellings.split()}) == 1


@pytest.mark.parametrize(("one", "other"), TWO)
def test_two_words_are_two_terms(one: str, other: str) -> None:
    assert words.words(one) != words.words(other)


@pytest.mark.parametrize(
    ("name", "adjective"),
    [
        ("Kaluga", "Калужская"),
        ("Тула", "Tulskaya"),
        ("Kyiv", "Київська"),
        ("Харьков", "Kharkivska"),
        ("Sumy", "Сумской"),
    ],
)
def test_a_name_finds_its_adjective_and_not_the_other_way_round(name: str, adjective: str) -> None:
    assert words.words(name)[0] in words.terms(adjective)
    assert words.words(adjective)[0] not in words.terms(name)


def test_words_are_parted_by_whatever_is_no_letter() -> None:
    assert words.words("Санкт-Петербург, Mi-8: airport_closed; ") == words.words("Санкт Петербург Mi 8 airport closed")
    assert words.words("... _ ' ́ —") == []


def test_a_word_too_long_for_the_index_is_cut() -> None:
    assert [len(each) for each in words.terms("qw" * 5000 + " " + "жа" * 5000)] == [60, 60]


@given(st.text())
def test_any_text_is_found_by_its_own_words_however_it_is_encoded(text: str) -> None:
    searched = words.words(text)
    assert set(searched) <= set(words.terms(text))
    assert words.words(unicodedata.normalize("NFD", text.casefold())) == words.words(
        unicodedata.normalize("NFC", text.casefold())
    )
    assert set(words.words(" ".join(reversed(text.casefold().split())))) == set(searched)
    for term in words.terms(text):
        assert 0 < len(term) <= 60
        assert not set(term) & set("\0\n\r ")


@pytest.mark.parametrize(
    ("code", "queries"),
    {
        "RU-KLU": ("Калужская область", "Калужской", "Kaluzhskaya", "Kaluga Oblast", "Калуга", "Калузька область"),
        "RU-BEL": ("Белгородская область", "Belgorod region", "Білгородська"),
        "RU-MOW": ("Москва", "Moscow", "Moskau"),
        "RU-MOS": ("Московская область", "Moscow Oblast"),
        "RU-TA": ("Республика Татарстан", "Tatarstan", "татарстане"),
        "RU-KDA": ("Краснодарский край", "Krasnodar Krai"),
        "UA-30": ("Київ", "Kyiv", "Kiev", "Киеве"),
        "UA-63": ("Kharkiv Oblast", "Харьковская", "Харків"),
        "UA-43": ("Крым", "Crimea", "Крим", "Krim"),
        "RU": ("Россия", "России", "Russia", "Росія", "Russland"),
        "UA": ("Ukraine", "Украине", "Україна"),
    }.items(),
)
def test_a_region_is_found_by_what_it_is_called(code: str, queries: tuple[str, ...]) -> None:
    for query in queries:
        assert set(names.searched(query)) <= set(names.terms(code)), query


@pytest.mark.parametrize("query", ["oblast", "область", "области", "region", "край", "Республика", "republic"])
def test_what_a_region_is_does_not_find_it(query: str) -> None:
    for code in ("RU-KLU", "RU-BEL", "RU-TA", "RU-KDA", "UA-63", "BY-HO", "UA-43"):
        assert not set(names.searched(query)) & set(names.terms(code))
    assert names.searched(query)


def test_no_region_is_found_by_another_ones_name() -> None:
    for query, code in (("Kaluga", "RU-TUL"), ("Тула", "RU-KLU"), ("Omsk", "RU-TOM"), ("Tulsa", "RU-TUL")):
        assert not set(names.searched(query)) <= set(names.terms(code))
    assert names.terms("XX-XXX") == ()
