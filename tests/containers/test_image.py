"""The image that the Dockerfile makes: it serves, without rights, on a PostgreSQL beside it."""

import contextlib
import os
import time
from collections.abc import Iterator

import httpx
import pytest
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.image import DockerImage
from testcontainers.core.network import Network

from tests.running import ROOT

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """The image; BASE names another one to start from."""
    base = {"BASE": os.environ["BASE"]} if os.environ.get("BASE") else {}
    with DockerImage(ROOT, tag="incident-ledger:test", buildargs=base) as built:
        yield str(built)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """What the two containers meet in."""
    with Network() as made:
        yield made


@pytest.fixture(scope="module")
def database(network: Network) -> Iterator[str]:
    """The address of a PostgreSQL, as the service's container sees it."""
    server = PostgresContainer(os.environ.get("POSTGRES_IMAGE", "postgres:18"), driver=None)
    server.ports = {"5432": ("127.0.0.1", None)}
    with server.with_network(network).with_network_aliases("db"):
        yield f"postgresql://{server.username}:{server.password}@db:5432/{server.dbname}"


@pytest.fixture(scope="module")
def service(image: str, network: Network, database: str) -> Iterator[DockerContainer]:
    """The service, ready, on a file system that cannot be written and without capabilities."""
    container = DockerContainer(image, read_only=True, cap_drop=["ALL"])
    container.ports = {"8000": ("127.0.0.1", None)}
    with container.with_network(network).with_env("DATABASE_URL", database):
        deadline = time.monotonic() + 90
        while not _is_ready(url(container)):
            assert time.monotonic() < deadline, container.get_logs()
            time.sleep(0.2)
        yield container


def url(service: DockerContainer) -> str:
    """Return where it answers."""
    return f"http://127.0.0.1:{service.get_exposed_port(8000)}"


def _is_ready(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/health/ready", timeout=5).status_code == httpx.codes.OK
    return False


def test_it_records_and_answers(service: DockerContainer) -> None:
    made = service.exec("incident-ledger keys create newsroom --scope incidents:write --scope incidents:read")
    headers = {"Authorization": f"Bearer {made.output.decode().strip()}"}
    body = {"facts": {"title": "Drone over the harbour", "kind": "sighting"}}
    reported = httpx.post(f"{url(service)}/v1/incidents", json=body, headers=headers)
    assert reported.status_code == httpx.codes.CREATED
    assert httpx.get(f"{url(service)}/v1/incidents/{reported.json()['id']}", headers=headers).json() == reported.json()
    assert httpx.get(f"{url(service)}/docs").status_code == httpx.codes.OK


def test_it_runs_without_rights(service: DockerContainer) -> None:
    assert service.exec("id -u").output == b"10001\n"
    assert service.exec("touch /venv/mine").exit_code != 0


def test_its_health_check_passes(service: DockerContainer) -> None:
    check = service.get_wrapped_container().attrs["Config"]["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    assert service.exec(check[1:]).exit_code == 0


def test_it_ends_when_told_to(service: DockerContainer) -> None:
    container = service.get_wrapped_container()
    container.stop(timeout=20)
    assert container.wait()["StatusCode"] == 0
