"""A mirror goes on where it was broken off, is never 'ok' when it is damaged, and catches a log with two histories."""

import os
import random
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

import pytest

from service.audit.verdicts import Different, Unverified
from service.audit.verify import Keys
from service.notes import LOG, WITNESS, make_key
from tests.api.samples import report
from tests.audit.register import COUNT, Reached, audited, fill, mirrored, settled
from tests.integration.outside import Witness
from tests.running import SIGNING_KEY, Ledger, command, make_database

ROUNDS: Final = int(os.environ.get("TAMPERINGS", "15"))
FILES: Final = ("log.ndjson", "checkpoints.ndjson", "state.json")
OTHER: Final = make_key("ledger.example/v1/log", LOG).verifier


@pytest.fixture(scope="module")
def mirror(register: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole one of the register."""
    folder = tmp_path_factory.mktemp("mirror")
    assert mirrored(register, folder) == "mirrored"
    return folder


def test_it_is_the_log_as_served(register: Ledger, mirror: Path) -> None:
    with register.client() as client:
        served = client.get("/v1/log", headers={"Accept": "application/x-ndjson"}).content
    assert (mirror / "log.ndjson").read_bytes() == served


def test_the_command_says_what_was_verified(register: Ledger, tmp_path: Path) -> None:
    environ = register.access() | {"LEDGER_PUBLIC_KEY": str(SIGNING_KEY.verifier)}
    made = command("audit", "mirror", str(tmp_path), environ=environ)
    assert f"{COUNT} events more" in made.stderr
    found = command("audit", "verify", str(tmp_path), "--without-projections", environ=environ)
    assert f"The mirror in {tmp_path} holds {COUNT} events" in found.stderr
    assert f"{COUNT} events are those that were sealed, by each of" in found.stderr
    assert f"The first {COUNT} are the mirrored ones." in found.stderr
    (tmp_path / "log.ndjson").write_bytes(b"")
    damaged = command("audit", "verify", str(tmp_path), environ=environ, check=False)
    assert (damaged.returncode, "is truncated" in damaged.stderr) == (2, True)


@pytest.mark.parametrize("rest", [b'{"position":41,"event', b"\n\n", b"x" * 5000 + b"\n"])
def test_it_goes_on_after_what_a_broken_run_left(register: Ledger, mirror: Path, tmp_path: Path, rest: bytes) -> None:
    again = tmp_path / "again"
    shutil.copytree(mirror, again)
    for name in FILES[:2]:
        with (again / name).open("ab") as file:
            file.write(rest)
    (again / "state.new").write_bytes(rest)
    assert isinstance(audited(register, again), str)
    assert mirrored(register, again) == "mirrored"
    for name in FILES:
        assert (again / name).read_bytes() == (mirror / name).read_bytes()


def test_a_mirror_that_is_cut_anywhere_is_not_verified(register: Ledger, mirror: Path, tmp_path: Path) -> None:
    for number in range(ROUNDS):
        dice = random.Random(number)
        shutil.copytree(mirror, tmp_path / "cut", dirs_exist_ok=True)
        path = tmp_path / "cut" / FILES[number % 3]
        os.truncate(path, length := dice.randrange(path.stat().st_size))
        for found in (audited(register, tmp_path / "cut"), mirrored(register, tmp_path / "cut")):
            assert isinstance(found, Unverified), f"{number}: {path.name} has {length} bytes: {found}"


def test_a_mirror_with_a_flipped_bit_is_not_verified(register: Ledger, mirror: Path, tmp_path: Path) -> None:
    for number in range(ROUNDS):
        dice = random.Random(number)
        shutil.copytree(mirror, tmp_path / "flipped", dirs_exist_ok=True)
        path = tmp_path / "flipped" / FILES[number % 3]
        content = bytearray(path.read_bytes())
        bit = dice.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        found = audited(register, tmp_path / "flipped")
        assert isinstance(found, Unverified), f"{number}: bit {bit} of {path.name}: {found}"


def test_no_mirror_is_said_to_be_none(register: Ledger, tmp_path: Path) -> None:
    found = audited(register, tmp_path)
    assert isinstance(found, Unverified)
    assert "There is no mirror in" in str(found)


@pytest.fixture(scope="module")
def forks(postgres_url: str, template: str) -> Iterator[tuple[Ledger, Ledger]]:
    """Two registers with one history up to COUNT, each with its own from there; both signed with the same key."""
    with make_database(postgres_url, template) as url:
        with Ledger(url) as first:
            fill(first)
        name = urlsplit(url).path.removeprefix("/")
        with make_database(postgres_url, name) as twin, Ledger(url) as one, Ledger(twin) as other:
            for ledger, times in ((one, 3), (other, 5)):
                with ledger.client() as client:
                    for number in range(times):
                        report(client, title=f"{times} {number}")
                settled(ledger, COUNT + times)
            yield one, other


def test_a_log_with_two_histories_is_caught(forks: tuple[Ledger, Ledger], tmp_path: Path) -> None:
    for kept, served in (forks, forks[::-1]):
        folder = tmp_path / str(kept.port)
        assert mirrored(kept, folder) == "mirrored"
        assert isinstance(audited(kept, folder), str)
        for found in (mirrored(served, folder), audited(served, folder)):
            assert isinstance(found, Different), found
            assert found.position == COUNT + 1
            assert f"Position {COUNT + 1}: here the log that is served now departs from the mirrored one." in str(found)
        assert (folder / "conflicting-checkpoint").read_text().startswith("ledger.example/v1/log\n")


def test_a_log_that_was_cut_is_caught(forks: tuple[Ledger, Ledger], register: Ledger, tmp_path: Path) -> None:
    one, _ = forks
    assert mirrored(one, tmp_path) == "mirrored"
    one.sql("SET session_replication_role = replica; DELETE FROM signed_checkpoints WHERE size > 40;"
            " DELETE FROM events WHERE position > 40; UPDATE log_head SET position = 40")  # fmt: skip
    found = mirrored(one, tmp_path)
    assert isinstance(found, Different)
    assert found.position == COUNT + 1
    assert "the log was cut, or this service is behind" in str(found)
    other = mirrored(register, tmp_path)
    assert isinstance(other, Different), "another log with the same key"
    assert other.position == 1


def test_the_wrong_key_verifies_nothing(register: Ledger, mirror: Path) -> None:
    for folder in (None, mirror):
        found = audited(register, folder, Keys(OTHER))
        assert isinstance(found, Unverified)
    assert "Is this the public key of this log?" in str(audited(register, None, Keys(OTHER)))
    found = audited(register, None, Keys(make_key("another.example/log", LOG).verifier))
    assert isinstance(found, Unverified)
    environ = register.access() | {"LEDGER_PUBLIC_KEY": str(SIGNING_KEY.verifier)[:-9]}
    refused = command("audit", "verify", environ=environ, check=False)
    assert (refused.returncode, "The public key cannot be used" in refused.stderr) == (2, True)


def test_witnesses_that_cosigned_are_named(database_url: str, tmp_path: Path) -> None:
    with Witness(tmp_path / "w") as witness, Ledger(database_url, WITNESSES=witness.named) as ledger:
        with ledger.client() as client:
            report(client)
        found = audited(ledger, None, Keys(SIGNING_KEY.verifier, [witness.key.verifier], 1))
        assert "is signed by ledger.example/v1/log, cosigned by witness.example/w1." in str(found)
        stranger = make_key("witness.example/w1", WITNESS).verifier
        found = audited(ledger, None, Keys(SIGNING_KEY.verifier, [stranger], 1))
        assert isinstance(found, Unverified)
        assert "no witness cosigned the checkpoint, and 1 are needed" in str(found)


def test_what_is_expunged_is_said_and_the_rest_verified(database_url: str, tmp_path: Path) -> None:
    with Ledger(database_url) as ledger:
        fill(ledger)
        assert mirrored(ledger, tmp_path) == "mirrored"
        told = ("--actor", "clerk", "--reason", "A court's order.", "--yes")
        command("expunge", "1", "9", *told, environ=ledger.environ)
        for folder in (None, tmp_path):
            found = audited(ledger, folder)
            assert isinstance(found, str), found
            assert "2 of them are expunged, and their data cannot be verified; that they were sealed is: 1, 9." in found
            assert "35 incidents are served as their events make them" in found


class _Nothing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Log-Position", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_service_that_answers_nothing_verifies_nothing(mirror: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Nothing) as server:
        Thread(target=server.serve_forever).start()
        nothing = Reached(f"http://127.0.0.1:{server.server_port}", "ilk_none")
        try:
            for found in (audited(nothing), audited(nothing, mirror), mirrored(nothing, mirror)):
                assert isinstance(found, Unverified), found
        finally:
            server.shutdown()
