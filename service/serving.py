"""Run the whole service: a database, its schema, the HTTP server, in that order, and back."""

import os
import resource
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Final

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from service import embedded
from service.listening import address_of
from service.settings import Settings, WrongSetting
from service.signing import signer
from service.tail import MOST
from service.webhooks.targets import targets
from service.witnesses.witness import witnesses

_CALLS: Final = """
Report an incident:
  curl -sS -X POST {url}/v1/incidents -H 'Authorization: Bearer {key}' -H 'Idempotency-Key: {unique}' \\
       -H 'Content-Type: application/json' -d '{{"facts":{{"title":"Drone over the harbour","kind":"sighting"}}}}'
List incidents, the newest change first:
  curl -sS '{url}/v1/incidents?limit=10' -H 'Authorization: Bearer {key}'
Read one:
  curl -sS {url}/v1/incidents/{incident} -H 'Authorization: Bearer {key}'
Revise it (If-Match is the revision that you have seen):
  curl -sS -X POST {url}/v1/incidents/{incident}/revisions -H 'Authorization: Bearer {key}' \\
       -H 'If-Match: "{revision}"' -H 'Content-Type: application/json' \\
       -d '{{"reason":"More is known","patch":{{"summary":"Two more were seen."}}}}'
See who said what when:
  curl -sS {url}/v1/incidents/{incident}/revisions -H 'Authorization: Bearer {key}'
Retract it:
  curl -sS -X POST {url}/v1/incidents/{incident}/retraction -H 'Authorization: Bearer {key}' -H 'If-Match: *' \\
       -H 'Content-Type: application/json' -d '{{"reason_code":"test_data","reason":"Only an example"}}'
Replay the whole log:
  curl -sS {url}/v1/log -H 'Authorization: Bearer {key}' -H 'Accept: application/x-ndjson'
"""

_BESIDE: Final = 2000
"""Requests that a worker may have beside those of subscribers."""
_LOOK: Final = 0.5
"""Seconds between two looks whether the followers still run."""


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; the embedded database is started before and stopped after."""
    address = _address(settings)
    witnesses(settings)  # which the followers read: what is wrong with them is told before anything is started
    targets(settings)
    with _database(settings) as (url, owner_url):
        key = signer(settings)
        environment = os.environ | {"DATABASE_URL": url, "OWNER_DATABASE_URL": owner_url}
        _run("service", "migrate", environment=environment)
        base = f"http://{settings.host}:{settings.port}"
        _say(f"API   {base}/v1/incidents\nDocs  {base}/docs\nData  {_where(settings)}")
        if key is not None:
            _say(f"Sealed with the key of which the public one is {key.verifier}")
        if settings.demo:
            api_key, incident, revision = _run("service.demo", environment=environment).split()
            unique = f"try-{secrets.token_hex(4)}"
            _say(f"Key   {api_key}")
            _say(_CALLS.format(url=base, key=api_key, incident=incident, revision=revision, unique=unique))
        _say("Ctrl-C stops it; the data stays.")
        os.environ.update(environment)
        server = Granian(
            "service.app:create",
            factory=True,
            address=address,
            port=settings.port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            log_level=LogLevels(settings.log_level),
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            backpressure=_let_many_in(),
        )
        followers = _Followers(environment | ({"SIGNING_KEY": str(key)} if key is not None else {}))
        with followers if settings.projector else nullcontext():
            server.serve()


def _let_many_in() -> int:
    """
    Let this process and its workers open as many files as they may, and return how many requests a worker may have.

    A stream is a request that is answered for an hour: those that come after the last one wait until another ends.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return MOST + _BESIDE


class _Followers:
    """Projector and sealer beside the server, in a process of their own: their work takes no time from requests."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment: Final = environment
        self._ending: Final = threading.Event()
        self._watch: Final = threading.Thread(target=self._keep_running, name="followers")

    def __enter__(self) -> None:
        self._process = self._start()  # before the server forks its workers: they would hold on to what is half made
        self._watch.start()

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._watch.join()

    def _keep_running(self) -> None:
        while not self._ending.wait(_LOOK):
            if self._process.poll() is not None:
                self._process = self._start()
        self._process.terminate()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "service.follow"]
        return subprocess.Popen(command, env=self._environment, stdin=subprocess.DEVNULL)  # noqa: S603  # our own module


def _address(settings: Settings) -> str:
    """Return the IP address to listen on; raise WrongSetting."""
    try:
        return address_of(settings.host, settings.port)
    except OSError as error:
        raise WrongSetting(
            f"PORT={settings.port} of HOST={settings.host} cannot be listened on: {error.strerror}. "
            "Stop what listens there, or choose another."
        ) from error


def _run(*module: str, environment: Mapping[str, str]) -> str:
    """Run what runs once, in a process of its own: its libraries do not stay in the server's memory."""
    done = subprocess.run(  # noqa: S603  # our own modules
        [sys.executable, "-m", *module], env=environment, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the addresses for the service and for the owner."""
    if settings.database_url:
        yield settings.database_url, settings.owner_database_url or settings.database_url
    else:
        with embedded.server(settings.data_dir) as url:
            yield url, url


def _where(settings: Settings) -> str:
    return "the server of DATABASE_URL" if settings.database_url else f"{settings.data_dir} (embedded PostgreSQL)"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
