"""How a client asks: an answer, which may be megabytes, is gone when nobody has it any more."""

import gc
import weakref

import httpx

from service.remote import ask


def test_an_answer_is_let_go_without_the_collector() -> None:
    carried = httpx.MockTransport(lambda _: httpx.Response(200, content=b"an answer"))
    gc.disable()
    try:
        with httpx.Client(base_url="http://ledger.example", transport=carried) as client:
            answer = ask(client, "GET", "/v1/log")
            assert answer.content == answer.read() == b"an answer"
            left = weakref.ref(answer)
            del answer
            assert left() is None
    finally:
        gc.enable()
