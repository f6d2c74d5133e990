"""Receivers that do harm: each is a failed delivery on record, and in nobody else's way."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Final

import httpx
import pytest

from service.webhooks import courier
from tests.api.samples import Json, report
from tests.running import Ledger
from tests.webhooks.conftest import Make
from tests.webhooks.receiver import Receiver, status
from tests.webhooks.test_told import SOON, deliveries, eventually, own

GIB: Final = 1024**3


def failed(client: httpx.Client, webhook: Json, seconds: float = SOON) -> Json:
    """Return the only delivery once an attempt has failed."""
    deadline = time.monotonic() + seconds
    while True:
        found = deliveries(client, webhook)
        if found and found[0]["attempts"]:
            assert found[0]["state"] == "pending"
            return found[0]
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def told(client: httpx.Client, make: Make, **given: str) -> Json:
    """Make a webhook and report what it is to be told."""
    filters, facts = own()
    webhook = make(filters=filters, **given)
    report(client, **facts)
    return webhook


def test_a_redirect_is_not_followed(client: httpx.Client, make: Make, receiver: Receiver) -> None:
    receiver.answer = status(307, location="http://169.254.169.254/latest/meta-data")
    found = failed(client, told(client, make))
    assert found["last_status"] == 307
    assert found["last_error"] == "It answered 307: redirects are not followed; change the URL."


def test_a_name_that_leads_inward_is_found_out_when_it_is_connected_to(own_ledger: Ledger) -> None:
    """A service that is let nowhere; a name looks harmless when the webhook is made."""
    with own_ledger.client() as client, Receiver.listening() as receiver:
        for host in (socket.gethostname(), "localhost.localdomain", "ip6-localhost"):
            if not _leads_inward(host):
                continue
            url = receiver.url.replace("http://127.0.0.1", f"https://{host}")
            made = client.post("/v1/webhooks", json={"url": url})
            assert made.status_code == 201, made.text
            report(client)
            found = failed(client, made.json())
            assert f"Nothing is sent to {host}" in found["last_error"]
            assert "is no public address" in found["last_error"]
            assert receiver.messages == []
            return
    pytest.skip("this machine knows no name for itself but localhost")


def _leads_inward(host: str) -> bool:
    try:
        found = {place[0] for *_, place in socket.getaddrinfo(host, 80)}
    except OSError:
        return False
    return bool(found)


def test_a_gigabyte_in_answer_is_not_read(client: httpx.Client, make: Make, receiver: Receiver) -> None:
    sent: list[int] = []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(GIB))
        handler.end_headers()
        sent.extend(handler.wfile.write(bytes(65536)) for _ in range(GIB // 65536))

    receiver.answer = flood
    webhook = told(client, make)
    eventually(client, webhook, pending=0)
    time.sleep(0.5)
    assert sum(sent) < 64 * 1024 * 1024, "the connection was broken off"
    assert len(receiver.messages) == 1


@pytest.fixture
def silent() -> Iterator[str]:
    """Where connections are taken and nothing is ever said."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_one_that_hangs_is_in_nobodys_way(client: httpx.Client, make: Make, receiver: Receiver, silent: str) -> None:
    filters, facts = own()
    hung = make(url=silent, filters=filters)
    quick = make(filters=filters)
    began = time.monotonic()
    for _ in range(20):  # more than are under way to one at a time
        report(client, **facts)
    receiver.wait(20)
    assert time.monotonic() - began < courier.TIMEOUT
    eventually(client, quick, pending=0)
    assert client.get(f"/v1/webhooks/{hung['id']}").json()["pending"] == 20


def test_one_that_hangs_has_failed_after_a_while(client: httpx.Client, make: Make, silent: str) -> None:
    found = failed(client, told(client, make, url=silent), courier.TIMEOUT + SOON)
    assert found["last_error"] == "There was no answer within 15 s."
    assert "last_status" not in found


def test_nobody_there(client: httpx.Client, make: Make) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert failed(client, told(client, make, url=f"http://127.0.0.1:{port}/"))["last_error"]


def test_no_such_name(client: httpx.Client, make: Make) -> None:
    found = failed(client, told(client, make, url="https://nobody.invalid/hook"))
    assert "nobody.invalid is not found" in found["last_error"]


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 999999 what\r\n\r\n", b""])
def test_no_http(client: httpx.Client, make: Make, answer: bytes) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        webhook = told(client, make, url=f"http://127.0.0.1:{listener.getsockname()[1]}/")
        taken, _ = listener.accept()
        with taken:
            taken.recv(65536)
            taken.sendall(answer)
        assert failed(client, webhook)["last_error"]


def test_many_who_are_slow_do_not_stop_the_service(client: httpx.Client, make: Make, receiver: Receiver) -> None:
    """As many webhooks as one may have, all of whose receivers take their time."""
    busy = threading.Semaphore(0)

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        busy.acquire(timeout=1)
        status(204)(handler)

    receiver.answer = slowly
    filters, facts = own()
    made = [make(filters=filters) for _ in range(70)]
    report(client, **facts)
    receiver.wait(64)
    began = time.monotonic()
    assert client.get("/v1/head").status_code == 200
    assert time.monotonic() - began < 2
    busy.release(100)
    receiver.wait(70)
    eventually(client, made[-1], pending=0)
