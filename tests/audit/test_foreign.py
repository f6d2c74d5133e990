"""What the log signs and proves holds for others, too: for Go's checksum database (golang.org/x/mod/sumdb)."""

import json
import os
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from service.domain.tiles import WIDTH
from service.notes import LOG, read_checkpoint, read_public
from tests.audit.register import COUNT
from tests.running import SIGNING_KEY, Ledger

PROGRAM: Final = Path(__file__).parent / "foreign" / "verify.go"
GO: Final = Path("/usr/share/gocode")
"""Where Debian's golang-golang-x-mod-dev is."""
assert COUNT < WIDTH, "one tile has all of it"
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        shutil.which("go") is None or not (GO / "src/golang.org/x/mod/sumdb").is_dir(),
        reason="golang-go and golang-golang-x-mod-dev are not installed",
    ),
]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, compiled."""
    folder = tmp_path_factory.mktemp("go")
    environ = os.environ | {"GO111MODULE": "off", "GOPATH": str(GO), "GOCACHE": str(folder / "cache")}
    subprocess.run(["go", "build", "-o", folder / "verify", PROGRAM], check=True, timeout=300, env=environ)
    return folder / "verify"


@pytest.fixture(scope="module")
def served(register: Ledger) -> dict[str, Any]:
    """All that the service says of its tree."""
    with register.client() as client:
        entries = client.get(f"/v1/log/tile/entries/000.p/{COUNT}").content
        tile = client.get(f"/v1/log/tile/0/000.p/{COUNT}").content
        return {
            "key": str(SIGNING_KEY.verifier),
            "note": client.get("/v1/log/checkpoint").text,
            "tiles": {f"0/0/{COUNT}": text(tile)},
            "records": [text(each) for each in leaves(entries)],
            "inclusion": [proof(client, "inclusion", "position", each) for each in range(1, COUNT + 1)],
            "grown": [proof(client, "consistency", "first", each) for each in range(1, COUNT + 1)],
        }


def text(content: bytes) -> str:
    return b64encode(content).decode()


def leaves(entries: bytes) -> list[bytes]:
    found = []
    while entries:
        end = 2 + int.from_bytes(entries[:2])
        found.append(entries[2:end])
        entries = entries[end:]
    return found


def proof(client: httpx.Client, kind: str, of: str, position: int) -> dict[str, Any]:
    answer = client.get(f"/v1/log/proofs/{kind}", params={of: position})
    return {"position": position, "hashes": answer.json()["hashes"]}


def verified(go: Path, given: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([go], input=json.dumps(given), capture_output=True, text=True, check=False, timeout=60)


def test_the_tree_and_all_proofs_hold_for_others(go: Path, served: dict[str, Any]) -> None:
    done = verified(go, served)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_others_sign_is_read_here(go: Path, served: dict[str, Any]) -> None:
    theirs = json.loads(verified(go, served).stdout)
    checkpoint = read_checkpoint(theirs["note"], read_public(theirs["key"], LOG))
    assert checkpoint == read_checkpoint(served["note"], SIGNING_KEY.verifier)


def moved(items: list[Any]) -> list[Any]:
    return [items[-1], *items[:-1]]


def with_others(proofs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {"hashes": other} for each, other in zip(proofs, moved([e["hashes"] for e in proofs]), strict=True)]


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        pytest.param("records", moved, "another leaf 0", id="leaves"),
        pytest.param("tiles", lambda tiles: {name: text(bytes(32 * COUNT)) for name in tiles}, "tile", id="tile"),
        pytest.param("inclusion", with_others, "invalid transparency proof", id="inclusion"),
        pytest.param("grown", with_others, "invalid transparency proof", id="consistency"),
    ],
)
def test_it_would_be_told_if_they_did_not(go: Path, served: Any, name: str, change: Any, told: str) -> None:
    done = verified(go, served | {name: change(served[name])})
    assert (done.returncode, told in done.stderr) == (1, True), done.stderr
