"""Bodies that are too large, declared or not, and what the limits let pass."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.api.samples import FACTS, JSON, NDJSON, Raw, batch, nothing_recorded, problem, refusal
from tests.api.writes import LINE, WRITES, Targets, Write
from tests.running import Ledger

MIB: Final = 1024 * 1024
SINGLE: Final = [write for write in WRITES if write is not LINE]
PIECE: Final = b"x" * 65536


@pytest.fixture(scope="module")
def targets(active: str, retracted: str) -> Targets:
    return Targets(active, retracted)


def _large(size: int) -> Iterator[bytes]:
    yield b'{"facts":{"kind":"sighting","title":"'
    for _ in range(size // len(PIECE)):
        yield PIECE
    yield b'"}}'


SENT: Final[Mapping[str, bool]] = {"with Content-Length": False, "in chunks": True}


@pytest.mark.parametrize("write", SINGLE, ids=lambda write: write.name)
@pytest.mark.parametrize("chunked", SENT.values(), ids=SENT)
def test_5_mib_are_refused(client: httpx.Client, targets: Targets, write: Write, *, chunked: bool) -> None:
    path = write.path.format(active=targets.active, retracted=targets.retracted)
    content = _large(5 * MIB) if chunked else b"".join(_large(5 * MIB))
    with nothing_recorded(client):
        answer = client.post(path, content=content, headers=JSON | {"If-Match": "*"})
        found = refusal(answer, 413, "too-large")
        assert answer.headers["Connection"] == "close", "or the next request would be sent into what nobody reads"
    assert "1 MiB" in found["detail"]


def test_what_is_said_to_be_large_is_refused_before_it_is_sent(ledger: Ledger) -> None:
    with Raw(ledger.port) as raw:
        headers = {"Authorization": f"Bearer {ledger.key}", "Content-Length": str(5 * MIB), **JSON}
        status, _, body = raw.ask(b"POST /v1/incidents", headers)
    assert status == 413
    problem(json.loads(body), 413, "too-large")


@pytest.mark.parametrize(("size", "status"), [(5 * MIB, 413), (1000, 200)])
def test_who_asks_before_sending_is_answered(ledger: Ledger, size: int, status: int) -> None:
    with Raw(ledger.port) as raw:
        raw.send(
            b"POST /v1/incidents?dry_run=true HTTP/1.1\r\nHost: ledger\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\nAuthorization: Bearer %s\r\n\r\n"
            % (size, ledger.key.encode())
        )
        if status == 200:
            assert raw.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
            raw.send(_of(size))
        assert raw.answer()[0] == status


def _of(size: int) -> bytes:
    body = json.dumps({"facts": FACTS}).encode()
    return body + b" " * (size - len(body))


@pytest.mark.parametrize("chunked", SENT.values(), ids=SENT)
def test_1_mib_passes_and_a_byte_more_does_not(client: httpx.Client, *, chunked: bool) -> None:
    for size, status in ((MIB, 200), (MIB + 1, 413)):
        body = _of(size)
        answer = client.post("/v1/incidents?dry_run=true", content=iter([body]) if chunked else body, headers=JSON)
        assert answer.status_code == status


@pytest.mark.parametrize("length", ["-1", "x", "1, 2", "1e3", "9" * 30, "0x10"])
def test_a_length_that_is_none_is_a_4xx(ledger: Ledger, client: httpx.Client, length: str) -> None:
    with nothing_recorded(client), Raw(ledger.port) as raw:
        headers = {"Authorization": f"Bearer {ledger.key}", "Content-Length": length, **JSON}
        status, _, _ = raw.ask(b"POST /v1/incidents", headers, b"{}")
    assert 400 <= status < 500


def test_a_line_of_a_batch_over_1_mib_is_refused_and_the_next_is_carried_out(client: httpx.Client) -> None:
    line = json.dumps(LINE.sound).encode()
    long = line[:-1] + b" " * 5 * MIB + b"}"
    results = batch(client, line, long, line, long)
    assert [result["status"] for result in results] == [201, 413, 201, 413]
    assert [result["line"] for result in results] == [1, 2, 3, 4]
    problem(results[1]["problem"], 413, "too-large")


def test_a_batch_may_be_of_more_than_1_mib(client: httpx.Client) -> None:
    facts = FACTS | {"summary": "x" * 5000}
    results = batch(client, *[LINE.sound | {"facts": facts}] * 300)
    assert {result["status"] for result in results} == {201}
    assert len(results) == 300


def _resident(pid: int) -> int:
    """Return the resident memory of a process and those that it started, in bytes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(_resident(int(child)) for child in children)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_a_batch_takes_no_memory_for_what_has_gone_by(ledger: Ledger, client: httpx.Client) -> None:
    good = json.dumps(LINE.sound).encode() + b"\n"

    def lines() -> Iterator[bytes]:
        for _ in range(30):
            yield b'{"command":"report","facts":{"title":"'
            for _ in range(3 * MIB // len(PIECE)):
                yield PIECE
            yield b'"}}\n' + good

    assert ledger.process is not None
    before = _resident(ledger.process.pid)
    answer = client.post("/v1/batches", content=lines(), headers=NDJSON)
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [413, 201] * 30
    assert _resident(ledger.process.pid) - before < 40 * MIB


def test_an_all_or_none_batch_of_1001_lines_is_refused(client: httpx.Client) -> None:
    body = b"\n".join([json.dumps(LINE.sound).encode()] * 1001)
    with nothing_recorded(client):
        refusal(client.post("/v1/batches?atomic=true", content=body, headers=NDJSON), 413, "too-large")


def test_200_entries_of_every_map_pass(client: httpx.Client) -> None:
    ids = [f"e{number}" for number in range(200)]
    facts = FACTS | {
        "claims": {each: {} for each in ids},
        "locations": {each: {"claims": ids[:3]} for each in ids},
        "objects": {each: {"type": "uav"} for each in ids},
        "campaigns": ids[:50],
    }
    answer = client.post("/v1/incidents?dry_run=true", json={"facts": facts})
    assert answer.status_code == 200, answer.text[:300]
    assert answer.json()["facts"] == facts
