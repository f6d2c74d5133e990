"""Run the whole service: a database, its schema, the HTTP server, in that order, and back."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from service import embedded
from service.settings import Settings

_CURL: Final = """
Report an incident:
  curl -sS -X POST {url}/v1/incidents -H 'Authorization: Bearer {key}' -H 'Idempotency-Key: my-first-report' \\
       -H 'Content-Type: application/json' -d '{{"facts":{{"title":"Drone over the harbour","kind":"sighting"}}}}'
List incidents, the newest change first:
  curl -sS '{url}/v1/incidents?subdivision=RU-KLU' -H 'Authorization: Bearer {key}'
Read one:
  curl -sS {url}/v1/incidents/{incident} -H 'Authorization: Bearer {key}'
Revise it (If-Match is the revision that you have seen):
  curl -sS -X POST {url}/v1/incidents/{incident}/revisions -H 'Authorization: Bearer {key}' -H 'If-Match: "1"' \\
       -H 'Content-Type: application/json' -d '{{"reason":"More is known","patch":{{"summary":"Two more were seen."}}}}'
See who said what when:
  curl -sS {url}/v1/incidents/{incident}/revisions -H 'Authorization: Bearer {key}'
Retract it:
  curl -sS -X POST {url}/v1/incidents/{incident}/retraction -H 'Authorization: Bearer {key}' -H 'If-Match: *' \\
       -H 'Content-Type: application/json' -d '{{"reason_code":"test_data","reason":"Only an example"}}'
Replay the whole log:
  curl -sS {url}/v1/log -H 'Authorization: Bearer {key}' -H 'Accept: application/x-ndjson'
"""


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; the embedded database is started before and stopped after."""
    with _database(settings) as (url, owner_url):
        environment = os.environ | {"DATABASE_URL": url, "OWNER_DATABASE_URL": owner_url}
        # what runs once runs in a process of its own: its libraries do not stay in the server's memory
        subprocess.run([sys.executable, "-m", "service", "migrate"], env=environment, check=True)
        base = f"http://{settings.host}:{settings.port}"
        print(f"API   {base}/v1/incidents\nDocs  {base}/docs\nData  {_where(settings)}", flush=True)  # noqa: T201
        if settings.demo:
            demo = subprocess.run(
                [sys.executable, "-m", "service.demo"],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
            key, incident = demo.stdout.split()
            print(f"Key   {key}\n{_CURL.format(url=base, key=key, incident=incident)}", flush=True)  # noqa: T201
        os.environ.update(environment)
        Granian(
            "service.app:create",
            factory=True,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            log_level=LogLevels(settings.log_level),
            respawn_failed_workers=True,
            workers_kill_timeout=10,
        ).serve()


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
