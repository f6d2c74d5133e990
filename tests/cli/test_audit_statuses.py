"""Each `audit` command ends with the same exit statuses: docs/auditing.md has the table."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.notes import LOG, make_key
from tests.api.samples import head
from tests.audit.register import settled
from tests.cli.lives import Life, as_auditor, audit, changed_line, live
from tests.running import Ledger, make_database

HOLDS, DIFFERS, UNVERIFIED = 0, 1, 2
ANOTHER_KEY = str(make_key("ledger.example/v1/log", LOG).verifier)
COMMANDS: dict[str, Callable[[Life, Path], list[str]]] = {
    "history": lambda life, _: [life.incident],
    "diff": lambda life, _: ["--from", "0", "--to", str(life.positions[-1])],
    "report": lambda life, folder: [life.incident, "--out", str(folder / "report.html")],
    "mirror": lambda _, folder: [str(folder / "mirror")],
    "verify": lambda *_: ["--without-projections"],
}


@pytest.fixture(scope="module")
def register(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A running, sealed register of one incident."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        yield running


@pytest.fixture(scope="module")
def life(register: Ledger) -> Life:
    """The incident."""
    with register.client() as client:
        lived = live(client)
        settled(register, head(client))
    return lived


def altered(path: str, body: bytes) -> bytes:
    return body.replace(b'"forty"', b'"fifty"') if path.startswith("/v1/log?") else body


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("status", "said", "environ"),
    [
        pytest.param(HOLDS, "", {}, id="it holds"),
        pytest.param(DIFFERS, "WRONG: ", {}, id="altered"),
        pytest.param(UNVERIFIED, "Not verified. ", {"LEDGER_URL": "harbour"}, id="no address"),
        pytest.param(UNVERIFIED, "Not verified. ", {"LEDGER_KEY": "ilk_x_y"}, id="another API key"),
        pytest.param(UNVERIFIED, "Not verified. ", {"LEDGER_PUBLIC_KEY": ANOTHER_KEY}, id="another log's key"),
        pytest.param(UNVERIFIED, "Not verified. The public key cannot", {"LEDGER_PUBLIC_KEY": "x"}, id="half a key"),
        pytest.param(UNVERIFIED, "Unknown option", {}, id="an option that there is not"),
    ],
)  # fmt: skip
def test_a_command_ends_as_the_table_says(
    command: str, status: int, said: str, environ: dict[str, str], register: Ledger, life: Life, tmp_path: Path
) -> None:
    args = COMMANDS[command](life, tmp_path) + (["--harbour"] if said == "Unknown option" else [])
    with changed_line(register, altered) as line:
        through = {"LEDGER_URL": line} if status == DIFFERS else {}
        done = audit(command, *args, environ=as_auditor(register, **through, **environ))
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_statuses_are_in_its_help(command: str, register: Ledger) -> None:
    told = " ".join(audit(command, "--help", environ=as_auditor(register)).stdout.replace("│", " ").split())
    assert all(status in told for status in ("Exit status 0: ", "; 1: ", "; 2: that could not be found out"))
