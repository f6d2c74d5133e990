"""A receiver of webhooks, as its tests want it to behave."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks import Webhook

SOON: Final = 15.0

Answer = Callable[[BaseHTTPRequestHandler], None]


class Message:
    """What came: read by other people's libraries."""

    def __init__(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        self.path: Final = path
        self.headers: Final = headers
        self.body: Final = body
        self.at: Final = datetime.now(UTC)

    @property
    def event(self) -> Any:
        """The body as a CloudEvent."""
        return from_structured_event(HTTPMessage(dict(self.headers), self.body), JSONFormat())

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        return dict(json.loads(self.body))

    def is_signed_with(self, secret: str) -> bool:
        """Whether the receiver's own library takes it."""
        try:
            Webhook(secret).verify(self.body, dict(self.headers))
        except Exception:  # noqa: BLE001  # whatever it raises: it is not
            return False
        return True


def status(code: int, **headers: str) -> Answer:
    """Return what answers with a status and nothing else."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in ({"content-length": "0"} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


class Receiver:
    """Listens on 127.0.0.1 and keeps what comes; `answer` says what is answered, and may be changed."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server: Final = server
        self.messages: Final[list[Message]] = []
        self.answer: Answer = status(204)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def wait(self, count: int, seconds: float = SOON) -> list[Message]:
        """Return what has come, once it is so many."""
        deadline = time.monotonic() + seconds
        while len(self.messages) < count:
            assert time.monotonic() < deadline, f"{len(self.messages)} of {count} messages came in {seconds} s"
            time.sleep(0.01)
        return self.messages[:]

    @classmethod
    @contextmanager
    def listening(cls) -> Iterator[Self]:
        """Listen."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        server.daemon_threads = True
        receiver = cls(server)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.messages.append(Message(self.path, headers, body))
                try:
                    receiver.answer(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        server.RequestHandlerClass = Handler
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
