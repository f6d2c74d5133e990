"""`incident-ledger audit report` writes nothing of what was altered on the way, or without what it takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.notes import LOG, make_key
from tests.cli.lives import PUBLIC_KEY, Life, as_auditor, audit, changed_line, live
from tests.running import Ledger

NOT_IN_THE_LOG = " is not proven to be in the signed log"


@pytest.fixture(scope="module")
def life(ledger: Ledger) -> Life:
    """An incident that was reported, revised, retracted and reported again."""
    with ledger.client() as client:
        return live(client)


def report(ledger: Ledger, incident: str, file: Path, *args: str, status: int, **environ: str) -> Any:
    done = audit("report", incident, "--out", str(file), *args, environ=as_auditor(ledger, **environ))
    assert done.returncode == status, done.stderr
    return done


def flipped(field: str, path: str) -> Callable[[str, bytes], bytes]:
    """Return what changes one character in a field of the answers of a path."""

    def change(asked: str, body: bytes) -> bytes:
        if path not in asked:
            return body
        found = msgspec.json.decode(body)
        hashes = found[field]
        text = hashes[0] if isinstance(hashes, list) else hashes
        other = ("B" if text[5] == "A" else "A").join([text[:5], text[6:]])
        return msgspec.json.encode(found | {field: [other, *hashes[1:]] if isinstance(hashes, list) else other})

    return change


def of_log(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda path, body: body.replace(old, new) if path.startswith("/v1/log?") else body


def signature(path: str, body: bytes) -> bytes:
    return body.replace(body[-20:-10], b"AAAAAAAAAA") if path == "/v1/log/checkpoint" else body


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        pytest.param(flipped("leaf_hash", "/inclusion"), 1, "WRONG: The service tells other hashes", id="a leaf"),
        pytest.param(flipped("root_hash", "/inclusion"), 1, "WRONG: The service tells other hashes", id="a root"),
        pytest.param(flipped("hashes", "/inclusion"), 1, NOT_IN_THE_LOG, id="a proof of inclusion"),
        pytest.param(flipped("hashes", "/consistency"), 1, "WRONG: The log is not proven to begin",
                     id="a proof of consistency"),
        pytest.param(of_log(b"forty", b"fifty"), 1, "are not those that were hashed",
                     id="data"),
        pytest.param(of_log(b'"tester"', b'"editor"'), 1, NOT_IN_THE_LOG, id="an envelope"),
        pytest.param(of_log(b'"position"', b'"position" '), 1, "no event of the log's form", id="a line"),
        pytest.param(signature, 2, "is wrong", id="a signature"),
    ],
)  # fmt: skip
def test_of_what_was_altered_on_the_way_nothing_is_written(
    change: Any, status: int, told: str, ledger: Ledger, life: Life, tmp_path: Path
) -> None:
    with changed_line(ledger, change) as line:
        done = report(ledger, life.incident, tmp_path / "a.html", status=status, LEDGER_URL=line)
    assert done.stderr.startswith("WRONG: " if status == 1 else "Not verified. ")
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environ", "args", "status", "told"),
    [
        pytest.param({"LEDGER_PUBLIC_KEY": str(make_key("ledger.example/v1/log", LOG).verifier)}, [], 2,
                     "Not verified. The log's signed checkpoint cannot be trusted: it is not signed by", id="another"),
        pytest.param({"LEDGER_PUBLIC_KEY": PUBLIC_KEY[:-6]}, [], 2, "The public key cannot be used", id="half a key"),
        pytest.param({}, ["--checkpoint", "/nonexistent"], 2, "No such file", id="no such checkpoint"),
    ],
)  # fmt: skip
def test_without_what_it_takes_nothing_is_written(
    environ: dict[str, str], args: list[str], status: int, told: str, ledger: Ledger, life: Life, tmp_path: Path
) -> None:
    done = report(ledger, life.incident, tmp_path / "a.html", *args, status=status, **environ)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
