"""A whole list is sent stretch by stretch: one is made ahead, all as of one position, none after the reader left."""

import asyncio
from typing import Any, Final

import pytest
from msgspec import Struct

from service.api.columns import flat
from service.api.geojson import Geography
from service.api.listed import Form
from service.api.listing import Page, stretches
from service.api.operation import NDJSON

LAST: Final = 4
AT: Final = 77


class Thing(Struct):
    n: int


class Pages:
    """Pages of one thing each, and what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, int, int | None]] = []
        self.begun = asyncio.Event()
        self.abandoned = asyncio.Event()
        self.slow = False

    async def page_of(self, after: Any, limit: int, at: int | None) -> Page:
        self.asked.append((after, limit, at))
        self.begun.set()
        try:
            await asyncio.sleep(60 if self.slow else 0)
        except asyncio.CancelledError:
            self.abandoned.set()
            raise
        return self.page(after[0] + 1)

    def page(self, n: int) -> Page:
        return Page(b'{"n":%d}' % n, None if n == LAST else (n,), 100 + n)


@pytest.fixture
def pages() -> Pages:
    return Pages()


def stream(pages: Pages) -> Any:
    form = Form(item=Thing, page=Thing, columns=flat(Thing), geography=Geography(lambda thing: str(thing["n"])))
    rendering = form.rendering(NDJSON, None)
    return stretches(pages.page(1), pages.page_of, 500, AT, rendering)


def test_all_is_sent_and_all_is_asked_for_at_one_position(pages: Pages) -> None:
    async def read() -> list[bytes]:
        return [each async for each in stream(pages)]

    assert asyncio.run(read()) == [b'{"n":%d}\n' % n for n in range(1, LAST + 1)]
    assert pages.asked == [((n,), 500, AT) for n in range(1, LAST)]


def test_one_stretch_is_made_while_one_is_sent_and_no_more(pages: Pages) -> None:
    async def read() -> None:
        sent = stream(pages)
        await anext(sent)
        await asyncio.wait_for(pages.begun.wait(), 5)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(pages.asked) == 1
        await sent.aclose()

    asyncio.run(read())


def test_nothing_goes_on_after_the_reader_has_left(pages: Pages) -> None:
    async def read() -> None:
        pages.slow = True
        sent = stream(pages)
        await anext(sent)
        await asyncio.wait_for(pages.begun.wait(), 5)
        await sent.aclose()
        await asyncio.wait_for(pages.abandoned.wait(), 5)

    asyncio.run(read())
