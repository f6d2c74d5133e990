"""The projector as operators meet it: beside the server, alone, on the command line and in the API."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from service.projections.every import PROJECTIONS
from tests.api.samples import report
from tests.cli.processes import eventually
from tests.running import ROOT, Ledger, command

NAMES = sorted(each.name for each in PROJECTIONS)
STOPPED = NAMES[-1]


@pytest.fixture
def client(own_ledger: Ledger) -> Iterator[httpx.Client]:
    """A client with every scope."""
    with own_ledger.client() as opened:
        yield opened


def run(ledger: Ledger, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `incident-ledger projections`."""
    return command("projections", *args, environ=ledger.environ, check=False)


def stop(ledger: Ledger) -> None:
    """Let a projection be one that cannot take the next event."""
    ledger.sql("UPDATE followers SET error = 'event 1: it is poisoned', failed_at = now() WHERE name = %s", STOPPED)


def test_all_are_at_the_head_and_say_so(own_ledger: Ledger, client: httpx.Client) -> None:
    position = report(client)["position"]
    eventually(lambda: all(each["position"] == position for each in client.get("/v1/projections").json()["items"]))
    assert [each["name"] for each in client.get("/v1/projections").json()["items"]] == NAMES
    shown = run(own_ledger, "status")
    assert shown.returncode == 0
    assert [line.split()[:5] for line in shown.stdout.splitlines()[1:]] == [
        [each.name, "following", str(each.version), str(position), "0"]
        for each in sorted(PROJECTIONS, key=lambda each: each.name)
    ]
    assert client.get("/health/ready").json()["status"] == "ready"


def test_one_that_has_stopped_is_shown_and_goes_on_when_told_to(own_ledger: Ledger, client: httpx.Client) -> None:
    stop(own_ledger)
    shown = run(own_ledger, "status")
    assert shown.returncode == 1
    assert "event 1: it is poisoned" in shown.stdout
    listed = {each["name"]: each for each in client.get("/v1/projections").json()["items"]}
    assert (listed[STOPPED]["state"], listed[STOPPED]["error"]) == ("failed", "event 1: it is poisoned")
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")

    position = report(client)["position"]
    retried = run(own_ledger, "retry", STOPPED)
    assert (retried.returncode, retried.stderr) == (0, f"{STOPPED} tries again\n")
    eventually(lambda: [each["position"] for each in client.get("/v1/projections").json()["items"]][-1] == position)
    assert client.get("/health/ready").json()["status"] == "ready"
    assert run(own_ledger, "retry", STOPPED).stderr == f"{STOPPED} had not stopped\n"


def test_each_can_be_rebuilt(own_ledger: Ledger, client: httpx.Client) -> None:
    report(client)
    for name in NAMES:
        rebuilt = run(own_ledger, "rebuild", name)
        assert rebuilt.returncode == 0, rebuilt.stderr
    assert run(own_ledger, "status").returncode == 0


@pytest.mark.parametrize("what", ["retry", "rebuild"])
def test_a_name_that_there_is_not_is_answered_with_those_that_there_are(ledger: Ledger, what: str) -> None:
    refused = run(ledger, what, "weather")
    assert (refused.returncode, refused.stderr) == (
        1, f"There is no projection weather; there are: {', '.join(NAMES)}.\n"
    )  # fmt: skip


def projectors(ledger: Ledger) -> list[psutil.Process]:
    """Return the projectors beside a server."""
    assert ledger.process is not None
    return [each for each in psutil.Process(ledger.process.pid).children() if each.cmdline()[-1:] == ["service.follow"]]


def test_a_projector_that_is_killed_is_started_again_and_ends_with_the_server(
    own_ledger: Ledger, client: httpx.Client
) -> None:
    (killed,) = projectors(own_ledger)
    killed.kill()
    position = report(client)["position"]
    followed = next(each.name for each in PROJECTIONS if each.followed)
    place = "SELECT position FROM followers WHERE name = %s AND NOT building"
    since = time.monotonic()
    eventually(lambda: own_ledger.sql(place, followed) == [(position,)])
    assert time.monotonic() - since < 5
    (again,) = projectors(own_ledger)
    own_ledger.kill_server_alone()
    again.wait(10)  # it ends when the server does, however that ends

    def nobody_listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", own_ledger.port)) != 0

    eventually(nobody_listens)  # and so do its workers, beside which the next one would be started


def test_a_projector_alone_ends_cleanly_when_it_is_asked_to(own_ledger: Ledger) -> None:
    alone = subprocess.Popen(
        [sys.executable, "-m", "service", "project"], cwd=ROOT, env=os.environ | own_ledger.environ,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        time.sleep(2)
        assert alone.poll() is None
        alone.send_signal(signal.SIGINT)
        assert alone.communicate(timeout=10)[1] == ""
        assert alone.returncode == 130
    finally:
        alone.kill()
        alone.wait(10)


def test_only_who_may_read_the_log_sees_how_far_they_are(ledger: Ledger) -> None:
    with ledger.client(ledger.make_key("incidents:read")) as reader:
        assert reader.get("/v1/projections").status_code == 403
