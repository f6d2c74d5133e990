"""
Words as they are searched for: however a word is inflected, and in Cyrillic or in Latin letters, it has one term.

What the terms leave out is in docs/decisions/0013-words-in-several-languages.md.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import Stemmer

_MARKS: Final = "\u0300-\u036f"
_WORD: Final = re.compile(rf"[^\W_]+(?:['’\u00ad{_MARKS}]+[^\W_]+)*[{_MARKS}]*")
_ASCII: Final = str.maketrans(
    {chr(code): None if chr(code) == "'" else " " for code in range(128) if not chr(code).isalnum()}
)
"""The same for text in ASCII, in a third of the time."""
_LONGEST: Final = 60
"""A longer word is cut: the index refuses keys of some thousand bytes."""
_REMEMBERED: Final = 1 << 14

# No cache of their own: what is remembered here is the outcome.
_russian: Final[Callable[[str], str]] = Stemmer.Stemmer("russian", 0).stemWord
_english: Final[Callable[[str], str]] = Stemmer.Stemmer("english", 0).stemWord

_CYRILLIC: Final = re.compile(r"[\u0400-\u052f]")
_STRESS: Final = re.compile(r"[\u0300-\u0305\u0307\u0309-\u036f]")
_MARK: Final = re.compile(f"[{_MARKS}]")
_NOT_A_LETTER: Final = re.compile(r"[\W_ʹʼ]")
_YO: Final = str.maketrans("ё", "е")
_LATIN: Final = str.maketrans(
    dict(zip("абвгґдезийіїыкќлмнопрстуўфцэ", "abvggdeziiiiikklmnoprstuufce", strict=True))
    | dict(zip("ѓјљњћђџѕѝ", ["g", "i", "l", "n", "ch", "d", "dzh", "dz", "i"], strict=True))
    | {"ж": "zh", "х": "h", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "iu", "я": "ia", "є": "ie", "ё": "e"}
    | {"ъ": "", "ь": ""}
)
_CARONS: Final = str.maketrans({"š": "sh", "ž": "zh", "č": "ch", "ł": "l", "ø": "o", "đ": "d", "ı": "i"})

_ADJECTIVE: Final = re.compile(
    r"(.{2,}(?:[сц]ь?|зь)к)(?:[аеіиоу]|а[яю]|[оиіы][йе]|ое|ого|ому|ими|им|их|ом|ою|ую|ої|єю|ій|ім|іх|ії)"
)
_LATIN_ADJECTIVE: Final = re.compile(
    r"(.{2,}[sc]k)(?:[aiy]|a[iyj]a|[iy][iyj]|[oi]y?e|o[iyj]|ogo|oho|omu|om|ikh|im|imi|uyu|uiu|oyu|oiu)"
)
_WHOLE: Final = ("ов", "ев", "ан", "ян")
_OF: Final = re.compile(r"(.{2,})[eio]v[aoiuy]?")
"""Names in -ov, -ev and Ukrainian -iv, of which a stemmer cannot tell whether they are plurals in the genitive."""
_GERMAN_N: Final = re.compile(r"(.{4,}[^e])en")
_LAST_S: Final = re.compile(r"(?<=.{4}[^aeious])s$")
_VOWELS: Final = re.compile(r"(?<=.{2}[^aiou])[aiou]+$")
_I: Final = re.compile("i+")
_ZH: Final = re.compile("zh$")
_DOUBLE: Final = re.compile(r"(zh|[bcdfghklmnpqrstvwxz])\1")
_KEPT: Final = re.compile("alli|area|armi|china|copi|crimea|data|kilo|mani|.*[fnprx]ti")
"""Stems that would be other words without their last vowel: army, forty, party."""
_FOLDS: Final = (
    (re.compile("t?sh?ch|tsch|shtch|sch"), "sh"),
    (re.compile("tch"), "ch"),
    (re.compile("kh"), "h"),
    (re.compile("t[sz]"), "c"),
    (re.compile("(?<=[bcdfghklmnprstvz])yo"), "e"),
    (re.compile("[yj]"), "i"),
)
_H: Final = re.compile("(?<![cgpstwz])h")
_ENOUGH: Final = 5
"""Letters from which on words that differ in h and g, or in a doubled letter, are rarely two words."""


def words(text: str) -> list[str]:
    """Return the terms of a text's words, each as often as it is there, for what is searched."""
    return [_terms(word)[0] for word in _found(text)]


def terms(text: str) -> list[str]:
    """Return the terms that a text is to be found by: its words', and a name's where there is its adjective."""
    return [term for word in _found(text) for term in _terms(word)]


def _found(text: str) -> list[str]:
    text = text.casefold()
    return text.translate(_ASCII).split() if text.isascii() else _WORD.findall(text)


@lru_cache(_REMEMBERED)
def _terms(word: str) -> tuple[str, ...]:
    word = word[:_LONGEST]
    if word.isdecimal():
        return (unicodedata.normalize("NFKC", word),)
    stem = _stem(_plain(word))
    term = (_skeleton(stem) or word)[:_LONGEST]
    if not stem.adjective or not stem.letters.endswith("sk"):
        return (term,)
    # Калужская is of Калуга: ж before -ск- is г elsewhere.
    name = _skeleton(_Stem(_ZH.sub("g", stem.letters[:-2])))
    return (term, name) if len(name) > 1 else (term,)


def _plain(word: str) -> str:
    """Return a word without accents, in Latin letters unless it is Cyrillic: й and ї are letters of their own."""
    if word.isascii():
        return word.replace("'", "")
    if _CYRILLIC.search(word) is None:
        word = unicodedata.normalize("NFC", word).translate(_CARONS)
        plain = _MARK.sub("", unicodedata.normalize("NFKD", word))
    else:
        plain = unicodedata.normalize("NFC", _STRESS.sub("", unicodedata.normalize("NFKD", word))).translate(_YO)
    return _NOT_A_LETTER.sub("", plain.casefold())


class _Stem(NamedTuple):
    letters: str
    done: bool = True
    adjective: bool = False


def _stem(word: str) -> _Stem:
    """Return what does not change in a word, in Latin letters: of adjectives in -ск-, and of what is Cyrillic."""
    if _CYRILLIC.search(word) is None:
        form = _LATIN_ADJECTIVE.fullmatch(word)
        return _Stem(form[1], adjective=True) if form else _Stem(word, done=False)
    if form := _ADJECTIVE.fullmatch(word):
        return _Stem(_latin(form[1].replace("зьк", "жск")), adjective=True)
    stem = word if word.endswith(_WHOLE) else _russian(word)
    # What is left of Уфа is too little to tell words by.
    return _Stem(_latin(stem if len(stem) > 2 else word))  # noqa: PLR2004


def _latin(word: str) -> str:
    return _MARK.sub("", unicodedata.normalize("NFKD", word.translate(_LATIN)))


def _skeleton(stem: _Stem) -> str:
    """Return what the usual spellings of a word in Latin letters have in common."""
    word = stem.letters
    if not stem.adjective and (form := _OF.fullmatch(word)):
        word = form[1]
    elif not stem.done:
        form = _GERMAN_N.fullmatch(word)
        word = form[1] if form else _english(word)
    kept = _KEPT.fullmatch(word)
    for pattern, letters in _FOLDS:
        word = pattern.sub(letters, word)
    if not kept:
        word = _VOWELS.sub("", _LAST_S.sub("", word))
    word = _I.sub("i", word.replace("ie", "e") if len(word) > _ENOUGH else word)
    if word.startswith("ie"):
        word = word[1:]
    if len(word) >= _ENOUGH:
        word = _DOUBLE.sub(r"\1", _H.sub("g", word))
    return word
