"""`incident-ledger witness`: keys that read back, a server that ends cleanly, a sentence for what cannot be used."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from service.__main__ import app
from service.notes import WITNESS, Signer, make_key, read_checkpoint, read_private, read_public
from service.settings import WrongSetting
from tests.chain import forked
from tests.integration.outside import LOG, Witness
from tests.running import command, free_port

HERE, THERE = forked(5, 20)
KEY: Final = str(Signer("witness.example/w1", WITNESS, bytes(range(32))))


def test_a_key_is_made_and_read_back() -> None:
    made = command("witness", "make-key", "witness.example/w1", environ={}).stdout
    shown = command("witness", "public-key", environ={"WITNESS_KEY": made}).stdout
    key = read_private(made, WITNESS)
    assert re.fullmatch(r"PRIVATE\+KEY\+witness\.example/w1\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}\n", made)
    assert re.fullmatch(r"witness\.example/w1\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}\n", shown)
    assert read_public(shown, WITNESS) == key.verifier


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command that cannot work, in this process, and return the sentence that it ends with."""

    def run(*args: str, key: str) -> str:
        monkeypatch.setenv("WITNESS_KEY", key)
        with pytest.raises((SystemExit, WrongSetting)) as ended:  # of the second, main() makes the first
            app(["witness", *args])
        said = ended.value.code if isinstance(ended.value, SystemExit) else str(ended.value)
        assert isinstance(said, str), "a sentence, which makes the exit status 1"
        return said

    return run


@pytest.mark.parametrize(
    ("args", "key", "told"),
    [
        (["make-key", "a name"], "", "'a name' cannot be the name of a key"),
        (["public-key"], "", "WITNESS_KEY is not set: `witness make-key` makes one."),
        (["public-key"], KEY[:-4], "WITNESS_KEY cannot be used: it is no Ed25519 key"),
        (["public-key"], KEY.replace("w1", "w2"), "WITNESS_KEY cannot be used: it is no private key"),
        (["serve", "--log", str(LOG)], "", "WITNESS_KEY is not set"),
        (["serve", "--log", str(LOG)], KEY.replace("+B", "+A"), "WITNESS_KEY cannot be used"),
        (["serve", "--log", str(LOG)[:-4]], KEY, "--log cannot be used: it is no Ed25519 key of a log"),
        (
            ["serve", "--log", str(make_key("l.example", WITNESS).verifier)],
            KEY,
            "--log cannot be used: it is no Ed25519",
        ),
        (["serve", "--log", str(LOG), "--port", "1", "--host", "192.0.2.1"], KEY, "cannot be listened on"),
    ],
    ids=range(9),
)
def test_what_cannot_be_used_is_said_in_a_sentence(
    refused: Callable[..., str], tmp_path: Path, args: list[str], key: str, told: str
) -> None:
    if args[0] == "serve":
        args = [*args, "--state", str(tmp_path / "state")]
        args += [] if "--port" in args else ["--port", str(free_port())]
    line = refused(*args, key=key)
    assert told in line
    assert not key or key.rpartition("+")[2] not in line, "it is secret"


def test_a_folder_that_another_one_works_with_is_refused(witness: Witness) -> None:
    args = ["serve", "--state", str(witness.folder), "--port", str(free_port()), "--log", str(LOG)]
    done = command("witness", *args, environ={"WITNESS_KEY": str(witness.key)}, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{witness.folder} cannot be used: another witness works with it.\n"


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    """A running witness that has cosigned HERE's seven leaves."""
    with Witness(tmp_path_factory.mktemp("witness") / "state") as running:
        assert running.ask(HERE.submission(0, 7)).status_code == 200
        yield running


def test_a_cosignature_comes_as_a_line(witness: Witness) -> None:
    answer = witness.ask(HERE.submission(7, 7))
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert read_checkpoint(HERE.note(7) + answer.text, LOG, witness.key.verifier).size == 7
    assert answer.text == witness.key.verifier.signed(HERE.body(7), answer.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("hello", 400),
        (HERE.submission(8, 7), 400),
        (HERE.submission(7, 9).replace(LOG.name, "other.example"), 404),
        (HERE.submission(7, 9).replace("\n9\n", "\n10\n"), 403),
        (HERE.submission(5, 9), 409),
        (THERE.submission(7, 7), 409),
        (THERE.submission(7, 9), 422),
        ("x" * 200_000, 413),
    ],
    ids=range(8),
)
def test_what_is_refused_has_its_status(witness: Witness, body: str, status: int) -> None:
    answer = witness.ask(body)
    assert answer.status_code == status, answer.text
    assert "—" not in answer.text, "and no signature"
    if body.startswith("old 5"):
        assert (answer.headers["Content-Type"], answer.text) == ("text/x.tlog.size", "7\n")
    else:
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.text.endswith("\n")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/add-checkpoint", 405), ("POST", "/", 404), ("GET", "/checkpoint", 404)]
)
def test_there_is_nothing_else(witness: Witness, method: str, path: str, status: int) -> None:
    assert httpx.request(method, witness.url + path).status_code == status


def test_ctrl_c_ends_it_and_the_next_goes_on(tmp_path: Path) -> None:
    with Witness(tmp_path / "state") as running:
        assert running.ask(HERE.submission(0, 7)).status_code == 200
        assert running.interrupt() == 0
        running.start()
        assert running.ask(HERE.submission(0, 9)).text == "7\n"
        assert running.ask(HERE.submission(7, 9)).status_code == 200
        said = running.said.read_text()
    assert f"Witness {running.key.verifier}\nSubmit to {running.url}\n" in said
    assert "Traceback" not in said
