"""`incident-ledger serve`: what it prints works, Ctrl-C ends it cleanly, and what stays is found again."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cli.processes import Served, environment, eventually, serving
from tests.running import ROOT, free_port, with_database

CALLS = {
    "Report an incident": 201,
    "List incidents, the newest change first": 200,
    "Read one": 200,
    "Revise it (If-Match is the revision that you have seen)": 201,
    "See who said what when": 200,
    "Retract it": 201,
    "Replay the whole log": 200,
}


def statuses(served: Served) -> dict[str, int]:
    """Run each printed command in a shell and return the HTTP statuses."""
    return {
        what: int(
            subprocess.run(
                ["sh", "-c", f"{command} -o /dev/null -w '%{{http_code}}'"],
                check=True, capture_output=True, text=True, timeout=30,
            ).stdout
        )
        for what, command in served.calls().items()
    }  # fmt: skip


def log(served: Served) -> list[str]:
    """Return the lines of the log."""
    headers = {"Authorization": f"Bearer {served.key}", "Accept": "application/x-ndjson"}
    return httpx.get(f"{served.url}/v1/log", headers=headers).text.splitlines()


def serve_in_vain(**given: str) -> subprocess.CompletedProcess[str]:
    """Start a service that cannot be started."""
    return subprocess.run(
        [sys.executable, "-m", "service", "serve"], cwd=ROOT, env=environment(**given),
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_what_it_prints_works_at_each_start_and_the_data_stay(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    data.parent.mkdir()
    with serving(data, DEMO="1") as first:
        assert f"API   {first.url}/v1/incidents" in first.printed
        assert f"Data  {data} " in first.printed
        assert "<html" in httpx.get(first.printed.split("Docs  ")[1].split()[0]).text
        assert len(log(first)) == 4
        assert statuses(first) == CALLS
        recorded = log(first)
        assert first.interrupt() == 0
        assert first.left() == []
        assert "Traceback" not in first.printed

    with serving(data, DEMO="1") as second:
        assert second.key == first.key
        assert log(second) == recorded, "the examples are recorded once"
        assert statuses(second) == CALLS


def test_without_the_demo_it_records_nothing_and_prints_no_key(tmp_path: Path) -> None:
    with serving(tmp_path / "data", DEMO="") as served:
        assert httpx.get(f"{served.url}/health/ready").json()["position"] == 0
        assert "Key" not in served.printed
        assert "curl" not in served.printed


def test_after_a_kill_it_starts_again_and_ends_without_leaving_a_process(tmp_path: Path) -> None:
    with serving(tmp_path / "data", DEMO="1") as killed:
        recorded = log(killed)
        killed.kill()
        assert killed.left(), "the database outlives a kill"
    with serving(tmp_path / "data", DEMO="1") as served:
        assert log(served) == recorded
        assert served.interrupt() == 0
        assert served.left() == []


@pytest.mark.parametrize("sign", ["postgres-*/PG_VERSION", "postgres/postmaster.pid"])
def test_ctrl_c_while_it_starts_leaves_nothing_half_made(sign: str, tmp_path: Path) -> None:
    served = Served(tmp_path / "data")
    eventually(lambda: list((tmp_path / "data").glob(sign)))
    assert served.interrupt() == 130, served.printed
    eventually(lambda: not served.left())
    assert "Traceback" not in served.printed
    with serving(tmp_path / "data"):
        pass


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"PORT": "taken"}, "PORT=", id="port in use"),
        pytest.param({"PORT": "http"}, "PORT='http'", id="port is no number"),
        pytest.param({"PORT": "65536"}, "PORT='65536'", id="port too high"),
        pytest.param({"HOST": "no-such-host.invalid"}, "HOST=no-such-host.invalid", id="unknown host"),
        pytest.param({"DATA_DIR": f"{__file__}/data"}, "DATA_DIR=", id="data dir cannot be made"),
        pytest.param({"DATABASE_URL": "mysql://root:hidden@db/x"}, "DATABASE_URL", id="no PostgreSQL address"),
        pytest.param({"DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/x"}, "database", id="database unreachable"),
        pytest.param({"LOG_LEVEL": "loud"}, "LOG_LEVEL='loud'", id="unknown log level"),
        pytest.param(
            {"WITNESSES": "https://w.example.org"}, "WITNESSES cannot be used: ", id="a witness without its key"
        ),
        pytest.param({"DEMO": "perhaps"}, "DEMO='perhaps'", id="neither yes nor no"),
    ],
)
def test_what_is_set_wrongly_is_told_in_one_sentence(given: dict[str, str], told: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = given.get("PORT", str(free_port())).replace("taken", str(taken.getsockname()[1]))
        done = serve_in_vain(**{"DATA_DIR": str(tmp_path / "data"), **given, "PORT": port})
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hidden" not in done.stderr
    assert done.stdout == ""


def test_a_database_that_does_not_exist_is_told_in_one_sentence(postgres_url: str) -> None:
    done = serve_in_vain(DATABASE_URL=with_database(postgres_url, "nowhere"), PORT=str(free_port()))
    assert done.returncode == 1
    assert 'database "nowhere" does not exist' in done.stderr
    assert len(done.stderr.splitlines()) == 1
