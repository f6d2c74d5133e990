"""A client of /v1/stream, as a browser's EventSource is one: it reads messages, and comes back with the last id."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Self

import httpx

from tests.api.samples import Json


class Message(NamedTuple):
    """One event of the stream."""

    id: int
    event: str
    data: Json


class Listener:
    """Listens in a thread of its own, from when it is entered until it is left or the stream ends."""

    def __init__(self, client: httpx.Client, last_id: int | None = None, **query: Any) -> None:
        self.messages: Final[list[Message]] = []
        self.last_id = last_id
        self.ended = False
        self._socket: socket.socket | None = None
        self._client: Final = client
        self._query: Final = query
        self._leave: Final = threading.Event()
        self._begun: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)

    def until(self, count: int, seconds: float = 10) -> list[Message]:
        """Return the messages, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(self.messages) < count and time.monotonic() < deadline and not self.ended:
            time.sleep(0.005)
        assert len(self.messages) >= count, self.messages
        return self.messages

    def _listen(self) -> None:
        with contextlib.suppress(httpx.TransportError):
            self._read()
        self.ended = True

    def _read(self) -> None:
        headers = {"Accept": "text/event-stream"}
        if self.last_id is not None:
            headers["Last-Event-ID"] = str(self.last_id)
        with self._client.stream("GET", "/v1/stream", params={"seconds": 20} | self._query, headers=headers) as answer:
            assert answer.status_code == 200, answer.read()
            self._socket = answer.extensions["network_stream"].get_extra_info("socket")
            for found in self._messages(answer.iter_lines()):
                self.messages.append(found)
                if self._leave.is_set():
                    return

    def _messages(self, lines: Iterator[str]) -> Iterator[Message]:
        fields: dict[str, str] = {}
        for line in lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            self._begun.set()
            if "id" in fields:
                self.last_id = int(fields["id"])
            if "data" in fields:
                yield Message(int(fields["id"]), fields["event"], json.loads(fields["data"]))
            fields = {}
            if self._leave.is_set():
                return


def heard(client: httpx.Client, last_id: int | None = None, **query: Any) -> list[Message]:
    """Listen for a second, and return what was told."""
    with Listener(client, last_id, **({"seconds": 1} | query)) as listener:
        listener._thread.join(10)
    assert listener.ended
    return listener.messages
