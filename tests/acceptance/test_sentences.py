"""Every sentence of the article is held by fields that are read back over HTTP; what it leaves open stays open."""

import os
from pathlib import Path
from typing import Any, Final

import pytest

from tests.acceptance.conftest import Newsroom
from tests.acceptance.sentences import SENTENCES, UNSAID, Held

ARTICLE: Final = Path(os.environ.get("LEDGER_SHARED", Path(__file__).parents[3] / "shared")) / "story.txt"
MISSING: Final = object()
needs_article = pytest.mark.skipif(not ARTICLE.exists(), reason=f"no article at {ARTICLE}: set LEDGER_SHARED")


def at(document: Any, pointer: str) -> Any:
    """Return what a JSON Pointer leads to, or MISSING."""
    for token in pointer.split("/")[1:]:
        document = document.get(token, MISSING) if isinstance(document, dict) else MISSING
    return document


@pytest.mark.parametrize("held", SENTENCES.values(), ids=SENTENCES)
def test_a_sentence_is_held(newsroom: Newsroom, held: tuple[Held, ...]) -> None:
    facts = {whose: newsroom.read(whose)["facts"] for whose, _, _ in held}
    assert [(whose, pointer, at(facts[whose], pointer)) for whose, pointer, _ in held] == list(held)


@pytest.mark.parametrize(("whose", "pointer"), UNSAID)
def test_what_is_left_open_stays_open(newsroom: Newsroom, whose: str, pointer: str) -> None:
    assert at(newsroom.read(whose)["facts"], pointer) is MISSING


@needs_article
def test_the_table_has_every_sentence() -> None:
    sentences = [line for line in ARTICLE.read_text().splitlines() if line]
    assert [[opening for opening in SENTENCES if each.startswith(opening)] for each in sentences] == [
        [opening] for opening in SENTENCES
    ]


@needs_article
def test_every_sentence_is_quoted_whole_by_a_claim(newsroom: Newsroom) -> None:
    quoted = {claim["verbatim"] for name in newsroom.ids for claim in newsroom.read(name)["facts"]["claims"].values()}
    headline, *sentences = [line for line in ARTICLE.read_text().splitlines() if line]
    assert [each for each in sentences if each not in quoted] == []
    assert headline.endswith(newsroom.read("kaluga")["facts"]["title"])
