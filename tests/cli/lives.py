"""Incidents with a past for the auditor's commands, and a line to the service on which answers can be changed."""

import contextlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple
from unittest import mock

import httpx

from service.__main__ import main
from tests.running import NO_TLS, SIGNING_KEY, Ledger

Json = dict[str, Any]
HOSTILE: Final = "<script>alert(1)</script> \"q\" & 'a' \u202egnirts\u202c Привет שלום \u001b[31m</pre>--><!--"
PUBLIC_KEY: Final = str(SIGNING_KEY.verifier)
FACTS: Final[Json] = {
    "title": "Drones over the harbour", "kind": "interception",
    "objects": {"d": {"type": "uav", "counts": {"destroyed": {"agency": {"value": 40, "verbatim": "forty"}}}}},
    "locations": {"port": {"subdivision": "RU-KLU", "place": "The port"}},
    "claims": {"agency": {"source": "an-agency", "attribution": "role_only", "confidence": "preliminary"}},
}  # fmt: skip


class Life(NamedTuple):
    """An incident that was reported, revised, retracted and reported again: its id, and the position of each event."""

    incident: str
    positions: list[int]


def live(client: httpx.Client, title: str = "Drones over the harbour") -> Life:
    """Have an incident live through everything."""
    facts = FACTS | {"title": title}
    made = client.post("/v1/incidents", json={"facts": facts})
    assert made.status_code == 201, made.text
    incident = str(made.json()["id"])
    higher = {
        "objects": {"d": {"counts": {"destroyed": {"gov": {"value": 42}}}}},
        "claims": {"gov": {"source": "regional-governor", "confidence": "confirmed", "url": "https://example.org/42",
                           "stated_at": "2026-05-01T06:30:00Z", "verbatim": "сорок два"}},
    }  # fmt: skip
    taken_back = {"reason_code": "source_withdrew", "reason": "The office took it back.", "replaced_by": incident}
    positions = [int(made.headers["Log-Position"])]
    for revision, (path, sent) in enumerate(
        [
            ("revisions", {"reason": "A higher number in the morning.", "patch": higher}),
            ("retraction", taken_back),
            ("reports", {"facts": facts | {"title": f"{title}, again"}}),
        ],
        1,
    ):
        answer = client.post(f"/v1/incidents/{incident}/{path}", json=sent, headers={"If-Match": f'"{revision}"'})
        assert answer.status_code == 201, answer.text
        positions.append(int(answer.headers["Log-Position"]))
    return Life(incident, positions)


def as_auditor(ledger: Ledger, **environ: str) -> dict[str, str]:
    """Return the environment of somebody who has an address, a key to read and the public key."""
    return ledger.access() | {"LEDGER_PUBLIC_KEY": PUBLIC_KEY, "NO_COLOR": "1"} | environ


def audit(*args: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `incident-ledger audit` in this process: a process of its own takes ten times as long."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.dict(os.environ, environ),
        mock.patch.object(sys, "argv", ["incident-ledger", "audit", *args]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
            err.write(f"{ended.code}\n" if isinstance(ended.code, str) else "")
    return subprocess.CompletedProcess(args, status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def changed_line(ledger: Ledger, change: Callable[[str, bytes], bytes]) -> Iterator[str]:
    """Yield the address of a line to a service that gives each answer's path and body to `change`."""

    class Carrier(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = {
                name: self.headers[name] for name in ("Authorization", "Accept", "min-position") if self.headers[name]
            }
            answer = far.get(self.path, headers=sent)
            body = change(self.path, answer.content)
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Log-Position"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with (
        httpx.Client(base_url=ledger.url, timeout=30, verify=NO_TLS) as far,
        ThreadingHTTPServer(("127.0.0.1", 0), Carrier) as server,
    ):
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
