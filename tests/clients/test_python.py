"""clients/python: generated from the contract, typed, and its example runs."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.samples import report, retract, revise, unique
from tests.running import ROOT, Ledger

CLIENT = ROOT / "clients" / "python"
LEFT_OUT = {
    "POST /v1/batches",
    "GET /v1/feed.atom",
    "GET /v1/feed.cap",
    "GET /v1/incidents/{incident}/revisions/{revision}/cap",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, generated anew in a folder of its own."""
    folder = tmp_path_factory.mktemp("client")
    shutil.copytree(CLIENT, folder / "clients" / "python", ignore=shutil.ignore_patterns("generated", "dist"))
    shutil.copytree(ROOT / "openapi", folder / "openapi")
    here = folder / "clients" / "python"
    done = subprocess.run(
        [sys.executable, here / "generate.py"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    told = {line.partition("WARNING parsing ")[2].partition(" within")[0] for line in done.stderr.splitlines()}
    assert told == LEFT_OUT, "README.md says what is not generated"
    return here


@pytest.fixture
def importable(built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the client be imported."""
    monkeypatch.syspath_prepend(str(built))
    yield
    for name in [each for each in sys.modules if each.startswith("incident_ledger_client")]:
        del sys.modules[name]


def run(built: Path, *args: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run something of the client's with it on the path."""
    given = os.environ | {"PYTHONPATH": str(built), **environ}
    return subprocess.run(
        [sys.executable, *args], env=given, cwd=built, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_example_runs(built: Path, ledger: Ledger) -> None:
    done = run(built, "examples/follow.py", **ledger.access())
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["reported", "in", "told", "told", "told", "in"]


def test_what_is_written_by_hand_is_typed(built: Path) -> None:
    done = run(
        built,
        "-m",
        "mypy",
        "--strict",
        "--follow-imports=silent",
        *sorted((built / "incident_ledger_client").glob("*.py")),
        "examples/follow.py",
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.usefixtures("importable")
def test_a_refusal_is_an_exception_that_points_at_the_fault(ledger: Ledger) -> None:
    from incident_ledger_client import Held, ProblemAnswered, connect  # noqa: PLC0415

    with connect(ledger.url, ledger.key) as client, pytest.raises(ProblemAnswered) as refused:
        Held(client, country="Atlantis").step()
    assert refused.value.status == 400
    assert refused.value.type == "/problems/invalid-request"
    assert [each["pointer"] for each in refused.value.errors] == ["/country"]
    with connect(ledger.url, "ilk_wrong") as client, pytest.raises(ProblemAnswered) as refused:
        Held(client).step()
    assert refused.value.status == 401


@pytest.mark.usefixtures("importable")
def test_it_goes_on_after_a_restart_of_the_service(own_ledger: Ledger, request: pytest.FixtureRequest) -> None:
    """Stream and sync lose nothing though the service is away in between."""
    from incident_ledger_client import Held, connect, follow  # noqa: PLC0415

    source = unique("source")
    claims = {"c": {"attribution": "named", "source": source, "confidence": "confirmed"}}
    ledger = connect(own_ledger.url, own_ledger.key)
    request.addfinalizer(ledger.get_httpx_client().close)
    held = Held(ledger, source=source)
    held.catch_up()
    told, listening = [], follow(ledger, after=0, source=source)

    def listen() -> None:
        for each in listening:
            told.append((each.kind, each.data["revision"]))
            if each.kind == "tombstone":
                return

    thread = threading.Thread(target=listen, daemon=True)
    with own_ledger.client() as client:
        made = report(client, claims=claims)
        thread.start()
        held.catch_up()
        assert list(held.incidents) == [made["id"]]
        own_ledger.kill()
        own_ledger.start()
        revise(client, made["id"], {"summary": "More."})
        held.catch_up()
        assert held.incidents[made["id"]]["revision"] == 2
        resumed = Held(ledger, incidents=held.incidents, token=held.token, source=source)
        retract(client, made["id"])
        resumed.catch_up()
        assert resumed.incidents == {}
    thread.join(20)
    assert told == [("incident", 1), ("incident", 2), ("tombstone", 3)]
