"""Witnesses cosign a real log; what one of them does harms neither the log nor the others, and a fork gets nothing."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Final

import httpx
import pytest
from msgspec import Struct

from service.notes import WITNESS, make_key, parts, read_checkpoint
from service.witnesses.submission import read_submission
from tests.api.samples import FACTS, batch, refusal
from tests.integration.outside import LOG, PATIENCE, Witness, cosigned, misbehaving, names, recorded, say, wait
from tests.running import Ledger, make_database


def hang(_: BaseHTTPRequestHandler, __: bytes) -> None:
    time.sleep(PATIENCE)


def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.02)


def endless(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(16):
        handler.wfile.write(b"x" * 2**20)
    SENT_TO_THE_END.append(handler.path)


SENT_TO_THE_END: Final[list[str]] = []
"""Where 16 MiB were read: nowhere."""


def broken(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    say(handler, 500, b"Traceback")


def moved(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(307)
    handler.send_header("Location", "http://127.0.0.1:1/")
    handler.end_headers()


def no_http(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"\x00\xff" * 1000)


def ahead(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    say(handler, 409, b"999999999\n", "text/x.tlog.size")


def circling(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    say(handler, 409, b"%d\n" % (1 - read_submission(body).old), "text/x.tlog.size")


def nothing(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    say(handler, 200, b"")


MISBEHAVIOUR: Final = [hang, drip, endless, broken, moved, no_http, ahead, circling, nothing]


OTHERS: Final = {
    name: make_key(f"{name}.example/w", WITNESS) for name in ("another_key", "another_text", "another_note")
}
DEAD: Final = make_key("dead.example/w", WITNESS)


class Watched(Struct):
    """A ledger that is cosigned by two witnesses, among many that misbehave, and how often each of those was asked."""

    ledger: Ledger
    client: httpx.Client
    first: Witness
    second: Witness
    asked: Mapping[str, int]
    at_once: Mapping[str, int]
    """How many requests each had at once at most."""


@pytest.fixture(scope="module")
def watched(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """All of them."""
    folder = tmp_path_factory.mktemp("witnesses")
    asked, now, at_once = Counter[str](), Counter[str](), Counter[str]()
    keys = {each.__name__: make_key(f"{each.__name__}.example/w", WITNESS) for each in MISBEHAVIOUR} | OTHERS

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        name = handler.path.split("/")[1]
        asked[name] += 1
        now[name] += 1
        at_once[name] = max(at_once[name], now[name])
        try:
            misbehave(name, handler, body)
        finally:
            now[name] -= 1

    def misbehave(name: str, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        text = parts(read_submission(body).note)[0]
        if name == "another_key":
            say(handler, 200, make_key(keys[name].name, WITNESS).sign(text, 1).encode())
        elif name == "another_text":
            say(handler, 200, keys[name].sign(f"{text}more\n", 1).encode())
        elif name == "another_note":
            note = read_submission(body).note
            say(handler, 200, f"more\n\n{keys[name].sign(f'{note}more{chr(10)}', 1)}".encode())
        else:
            {each.__name__: each for each in MISBEHAVIOUR}[name](handler, body)

    with (
        misbehaving(answer) as url,
        Witness(folder / "w1", "witness.example/w1") as first,
        Witness(folder / "w2", "witness.example/w2") as second,
        make_database(postgres_url, template) as database,
    ):
        named = [f"{key.verifier} {url}/{name}/" for name, key in keys.items()] + [
            f"{DEAD.verifier} http://127.0.0.1:1"
        ]
        named += [first.named, second.named]
        with Ledger(database, WITNESSES="\n".join(named)) as ledger, ledger.client() as client:
            yield Watched(ledger, client, first, second, asked, at_once)


def test_what_witnesses_say_is_served_with_the_checkpoint(watched: Watched) -> None:
    client, keys = watched.client, [watched.first.key.verifier, watched.second.key.verifier]
    last = recorded(client)
    note = cosigned(client, last, *keys)
    assert names(note)[0] == LOG.name
    assert sorted(names(note)[1:]) == [each.name for each in keys]
    (item,) = client.get("/v1/log/checkpoints", params={"after": last - 1}).json()["items"]
    assert item["note"] == note
    assert client.get("/v1/log/proofs/inclusion?position=1").json()["checkpoint"] == note
    assert client.get(f"/v1/log/proofs/consistency?first=1&second={last}").json()["checkpoint"] == note
    batch(client, *[{"command": "report", "facts": FACTS}] * 300)
    assert read_checkpoint(cosigned(client, last + 300, *keys), LOG, *keys).size == last + 300


def test_those_that_misbehave_harm_nobody_and_are_asked_again(watched: Watched) -> None:
    client = watched.client
    for _ in range(3):
        began = time.monotonic()
        last = recorded(client)
        answer = client.get("/v1/log/checkpoint", headers={"min-position": str(last)})
        assert answer.status_code == 200, "it is sealed as without witnesses"
        cosigned(client, last, watched.first.key.verifier, watched.second.key.verifier)
        assert time.monotonic() - began < 10, "and cosigned by those that do: to wait for the two slow ones takes 15"
    others = {each.__name__ for each in MISBEHAVIOUR} - {"hang", "drip"} | {*OTHERS}  # these two take their time
    wait(lambda: all(watched.asked[each] > 1 for each in others), "all are asked again")
    assert SENT_TO_THE_END == []
    assert {watched.at_once[each] for each in others} == {1}, "and none twice at once"
    found = {row[0].partition("+")[0] for row in watched.ledger.sql("SELECT witness FROM cosignatures")}
    assert found == {watched.first.key.name, watched.second.key.name}


def test_a_reader_may_want_so_many_witnesses_and_one_that_was_away_catches_up(watched: Watched) -> None:
    client, first, second = watched.client, watched.first.key.verifier, watched.second.key.verifier
    both = recorded(client)
    note = cosigned(client, both, first, second, path="/v1/log/checkpoint?witnesses=2")
    watched.second.kill()
    one = recorded(client)
    cosigned(client, one, first, path="/v1/log/checkpoint?witnesses=1")
    answer = client.get("/v1/log/checkpoint?witnesses=2")
    assert (answer.text, answer.headers["Log-Position"]) == (note, str(both))
    assert len(names(client.get("/v1/log/checkpoint").text)) == 2
    refusal(client.get("/v1/log/checkpoint?witnesses=3"), 404, "not-found")
    assert client.get("/v1/log/checkpoint?witnesses=1", headers={"min-position": str(one)}).status_code == 200
    watched.second.start()
    waited = client.get("/v1/log/checkpoint?witnesses=2", headers={"min-position": str(one)})
    assert waited.status_code == 503 or int(waited.headers["Log-Position"]) >= one, "it waited for both"
    cosigned(client, one, first, second)


def test_one_that_has_cosigned_more_than_the_log_knows_of_catches_up(watched: Watched) -> None:
    """As after an answer that was lost: somebody else submits the checkpoint while the log does not get through."""
    client, second = watched.client, watched.second
    held = recorded(client)
    cosigned(client, held, second.key.verifier)
    second.kill()
    more = recorded(client)
    note = client.get("/v1/log/checkpoint", headers={"min-position": str(more)}).text
    hashes = client.get(f"/v1/log/proofs/consistency?first={held}&second={more}").json()["hashes"]
    body = f"old {held}\n{''.join(each + chr(10) for each in hashes)}\n{note}"
    second.start()
    answer = second.ask(body)
    assert answer.status_code in {200, 409}, answer.text
    cosigned(client, more, second.key.verifier)


def test_a_log_of_the_same_name_and_key_is_never_cosigned(postgres_url: str, template: str, watched: Watched) -> None:
    known = read_checkpoint(cosigned(watched.client, recorded(watched.client), watched.first.key.verifier), LOG)
    with make_database(postgres_url, template) as url, Ledger(url, WITNESSES=watched.first.named) as fork:
        with fork.client() as client:
            recorded(client)
            batch(client, *[{"command": "report", "facts": FACTS}] * (known.size + 10))
            wait(lambda: "It is not proven that the log has only grown" in watched.first.said.read_text(), "refused")
            assert names(client.get("/v1/log/checkpoint").text) == [LOG.name]
            refusal(client.get("/v1/log/checkpoint?witnesses=1"), 404, "not-found")
        assert "This was signed by the log" in watched.first.said.read_text(), "which proves that there are two"
