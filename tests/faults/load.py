"""Clients that write all the time, remember what was acknowledged, and repeat what was not."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import httpx

from tests.property.register_model import Json, Register, plain
from tests.running import Ledger

DESKS: Final = 12


@dataclass(frozen=True)
class Request:
    """A command with its Idempotency-Key; the key is in the event too, as its reason or its title."""

    key: str
    path: str
    body: Json
    revision: int | None = None

    def send(self, client: httpx.Client) -> httpx.Response:
        headers = {"Idempotency-Key": self.key}
        if self.revision is not None:
            headers["If-Match"] = f'"{self.revision}"'
        return client.post(self.path, json=self.body, headers=headers)


@dataclass
class Desk:
    """One client: reports an incident, revises, retracts and reports it again, and begins with the next one."""

    name: str
    acknowledged: dict[str, Json] = field(default_factory=dict)
    unanswered: Request | None = None
    refusal: str = ""

    def work(self, ledger: Ledger, stop: threading.Event) -> None:
        """Work until told to stop, or until a request is not answered with 201."""
        with ledger.client() as client:
            for request in self._requests():
                if stop.is_set():
                    return
                try:
                    answer = request.send(client)
                    if answer.status_code == 201:
                        self.acknowledged[request.key] = answer.json()
                        continue
                    self.refusal = f"{answer.status_code} {answer.text}"
                except httpx.TransportError as error:
                    self.refusal = repr(error)
                self.unanswered = request
                return

    def repeat(self, client: httpx.Client) -> None:
        """Send again what was not acknowledged."""
        if self.unanswered is not None:
            answer = self.unanswered.send(client)
            assert answer.status_code == 201, answer.text
            self.acknowledged[self.unanswered.key] = answer.json()

    def _requests(self) -> Iterator[Request]:
        n = 0
        while True:
            first = f"{self.name}-{n}"
            facts = {"kind": "sighting", "external_ids": {"desk": first}}
            yield Request(first, "/v1/incidents", {"facts": {"title": first, **facts}})
            at = f"/v1/incidents/{self.acknowledged[first]['id']}"
            for revision in (1, 2):
                key = f"{first}-{revision}"
                yield Request(key, f"{at}/revisions", {"reason": key, "patch": {"summary": key}}, revision)
            key = f"{first}-retracted"
            yield Request(key, f"{at}/retraction", {"reason": key, "reason_code": "test_data"}, 3)
            key = f"{first}-again"
            yield Request(key, f"{at}/reports", {"facts": {"title": key, **facts}}, 4)
            n += 1


class Load:
    """Many desks at work, from `with` to its end."""

    def __init__(self, ledger: Ledger, name: str) -> None:
        self._ledger: Final = ledger
        self.desks: Final = [Desk(f"{name}-{n}") for n in range(DESKS)]
        self._stop: Final = threading.Event()
        self._threads: Final = ThreadPoolExecutor(DESKS)
        self._working: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Begin."""
        self._working = [self._threads.submit(desk.work, self._ledger, self._stop) for desk in self.desks]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let every desk finish its request."""
        self._stop.set()
        self._threads.shutdown()
        for desk in self._working:
            desk.result()

    @property
    def acknowledged(self) -> dict[str, Json]:
        """What was acknowledged, by its key."""
        return {key: document for desk in self.desks for key, document in desk.acknowledged.items()}

    @property
    def unanswered(self) -> set[str]:
        """The keys of what was not."""
        return {desk.unanswered.key for desk in self.desks if desk.unanswered}

    @property
    def refusals(self) -> list[str]:
        """Why not."""
        return [desk.refusal for desk in self.desks if desk.refusal]

    def repeat(self) -> None:
        """Send again what was not acknowledged."""
        with self._ledger.client() as client:
            for desk in self.desks:
                desk.repeat(client)


def read_log(ledger: Ledger) -> list[Json]:
    with ledger.client(Accept="application/x-ndjson") as client:
        return [json.loads(line) for line in client.get("/v1/log").raise_for_status().text.splitlines()]


def key_of(event: Json) -> str:
    """Return the key with which the event was asked for."""
    data = event["data"]
    return str(data["facts"]["title"] if event["type"] == "reported" else data["reason"])


def look_for(load: Load, ledger: Ledger) -> None:
    """Look that what was acknowledged is in the log once, and nothing is that was not asked for."""
    found = Counter(key_of(event) for event in read_log(ledger))
    assert {key for key, times in found.items() if times > 1} == set()
    assert load.acknowledged.keys() - found.keys() == set()


def look_at_everything(load: Load, ledger: Ledger, asked_before: set[str]) -> None:
    """Look that the log is what was acknowledged, now and before, and that the documents are the log."""
    log = read_log(ledger)
    register = Register.of(log)
    acknowledged = load.acknowledged
    assert sorted(map(key_of, log)) == sorted(asked_before | acknowledged.keys())
    by_position = {event["position"]: key_of(event) for event in log}
    for key, document in acknowledged.items():
        assert by_position[document["position"]] == key
        assert plain(document) == register.states[document["id"]][document["revision"] - 1]
    assert sorted(map(plain, read_all(ledger)), key=_position) == sorted(register.now(), key=_position)


def read_all(ledger: Ledger) -> Iterator[Json]:
    """Yield every incident."""
    with ledger.client() as client:
        cursor: dict[str, str] = {}
        while True:
            page = client.get("/v1/incidents", params={"status": "any", "limit": "500", **cursor})
            yield from page.raise_for_status().json()["items"]
            if page.json()["next_cursor"] is None:
                return
            cursor = {"cursor": page.json()["next_cursor"]}


def _position(document: Json) -> int:
    return int(document["position"])
