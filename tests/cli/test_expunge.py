"""`incident-ledger expunge`: what is taken out of the log is nowhere any more, and everything else is as it was."""

import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest

from service.api.log import LoggedEvent, LogPage
from service.api.projections import Projections
from service.api.revisions import RevisionPage
from service.domain.merkle import Range, verify_consistency, verify_inclusion
from service.notes import read_checkpoint
from service.projections.every import PROJECTIONS
from service.projections.explained import Explained
from service.projections.incidents import IncidentDocument
from tests.api.samples import refusal, report, report_again, retract, revise
from tests.cli.named import LATER, LEFT, MARKED, NAMING, Filled, answers, fill, marked_tables
from tests.cli.processes import eventually
from tests.running import ROOT, SIGNING_KEY, Ledger, command, make_database

GONE: Final = {"actor": "Data Protection Officer", "reason": 'Art. 17 GDPR, "case 4"'}
TOLD: Final = ("--actor", GONE["actor"], "--reason", GONE["reason"], "--yes")
CHECKPOINT: Final = "/v1/log/checkpoint"


class Done(NamedTuple):
    """A register that she was taken out of, and how it was before."""

    filled: Filled
    said: subprocess.CompletedProcess[str]
    answers: dict[tuple[str, str], str]
    tables: set[str]
    sealed: dict[str, bytes]
    etag: str


@pytest.fixture(scope="module")
def done(postgres_url: str, template: str) -> Iterator[Done]:
    """A register that she was taken out of."""
    with make_database(postgres_url, template) as url, Ledger(url) as ledger, ledger.client() as client:
        filled = fill(ledger, client)
        ledger.sql("ANALYZE")
        before = answers(filled, 8), marked_tables(ledger), sealed(client, 8)
        tag = client.get(f"/v1/incidents/{filled.ids['reported']}").headers["ETag"]
        yield Done(filled, expunge(ledger, *NAMING, *TOLD), *before, tag)


def expunge(ledger: Ledger, *args: object, check: bool = True, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `incident-ledger expunge`."""
    return command("expunge", *map(str, args), environ=ledger.environ | environ, check=check)


def test_nobody_is_named_any_more(done: Done) -> None:
    filled, ledger = done.filled, done.filled.ledger
    assert sum(bool(MARKED.search(text)) for text in done.answers.values()) > 40
    tables = {"events", "incidents", "external_ids"}
    assert done.tables >= {f"public.{name}" for name in tables} | {"pg_catalog.pg_statistic", "serving.sources"}
    assert "Nothing that is served holds it any more" in done.said.stderr
    assert {"/v1/log/1", "/v1/log/4", "/v1/log/7"} <= set(done.said.stdout.splitlines())
    assert not MARKED.search(done.said.stdout + done.said.stderr)
    assert marked_tables(ledger) == set()
    after = answers(filled, 8)
    assert [where for where, text in after.items() if MARKED.search(text)] == []
    for where in done.answers.keys() & after.keys():
        if filled.ids["other"] in where[0]:
            assert after[where] == done.answers[where]


def test_what_is_left_says_what_is_missing(done: Done) -> None:
    client, ids = done.filled.client, done.filled.ids
    logged = client.get("/v1/log").json()["items"]
    assert [each["position"] for each in logged if "expunged" in each] == NAMING
    for each in logged:
        if each["position"] in NAMING:
            assert (each["nonce"], each["data"]) == (None, None)
            assert each["expunged"] == GONE | {"at": each["expunged"]["at"]}
    answer = client.get(f"/v1/incidents/{ids['reported']}", headers={"If-None-Match": done.etag})
    tags = [tag.removeprefix("W/") for tag in (done.etag, answer.headers["ETag"])]
    assert (answer.status_code, tags) == (200, ['"2"', '"2.1"'])
    shown = answer.json()
    assert shown["expunged"] == 1
    assert "expunged" in shown["flags"]
    assert shown["facts"] == {"title": "[expunged]", "kind": "other", **{name: LATER[name] for name in LEFT}}
    listed = client.get("/v1/incidents?flag=expunged&status=any", headers={"min-position": "8"}).json()["items"]
    assert {each["id"] for each in listed} == {ids["reported"], ids["revised"], ids["retracted"]}


def test_its_history_says_by_whom_and_why(done: Done) -> None:
    client, ids = done.filled.client, done.filled.ids
    stone = refusal(client.get(f"/v1/incidents/{ids['retracted']}"), 410)["tombstone"]
    assert stone["retraction"] == {"reason_code": "expunged", "reason": "[expunged]"}
    first, second = client.get(f"/v1/incidents/{ids['reported']}/revisions").json()["items"]
    assert first["expunged"] == GONE | {"at": first["expunged"]["at"]}
    assert (first["claims"], "reason" in first, "expunged" in second) == ({}, False, False)
    assert client.get(f"/v1/incidents/{ids['reported']}/revisions?limit=1").json()["items"] == [first]
    last = client.get(f"/v1/incidents/{ids['retracted']}/revisions").json()["items"][-1]
    assert ("reason_code" in last, last["expunged"]["actor"]) == (False, GONE["actor"])


def test_it_is_served_in_the_documented_form(done: Done) -> None:
    client, ids = done.filled.client, done.filled.ids
    for path, form in (
        ("/v1/log", LogPage), ("/v1/log/1", LoggedEvent), (f"/v1/incidents/{ids['reported']}/revisions", RevisionPage),
        (f"/v1/incidents/{ids['retracted']}?retracted=include", IncidentDocument), ("/v1/projections", Projections),
        (f"/v1/incidents/{ids['revised']}/explain", Explained),
    ):  # fmt: skip
        msgspec.json.decode(client.get(path).content, type=form)


def test_every_proof_still_holds(done: Done) -> None:
    client = done.filled.client
    assert sealed(client, 8) == done.sealed
    size = report(client)["position"]
    text = client.get("/v1/log/checkpoint", headers={"min-position": str(size)}).text
    signed = read_checkpoint(text, SIGNING_KEY.verifier)
    for position in NAMING:
        proof = client.get(f"/v1/log/proofs/inclusion?position={position}&size={signed.size}").json()
        hashes = [b64decode(each) for each in proof["hashes"]]
        verify_inclusion(position - 1, Range(0, signed.size), b64decode(proof["leaf_hash"]), signed.root, hashes)
        old = done.sealed[f"/v1/log/proofs/inclusion?position={position}&size=8"]
        assert json.loads(old)["leaf_hash"] == proof["leaf_hash"]
    grown = client.get(f"/v1/log/proofs/consistency?first=8&second={signed.size}").json()
    root = b64decode(grown["first_root_hash"])
    verify_consistency(8, signed.size, root, signed.root, [b64decode(each) for each in grown["hashes"]])
    assert read_checkpoint(done.sealed[CHECKPOINT].decode(), SIGNING_KEY.verifier).root == root


def sealed(client: httpx.Client, size: int) -> dict[str, bytes]:
    """Return tiles, entries, checkpoint and proofs of a log."""
    tree = (f"/v1/log/tile/0/000.p/{size}", f"/v1/log/tile/entries/000.p/{size}", CHECKPOINT, "/v1/log/checkpoints")
    proofs = [f"/v1/log/proofs/inclusion?position={position}&size={size}" for position in range(1, size + 1)]
    wanted = [*tree, *proofs, f"/v1/log/proofs/consistency?first=3&second={size}"]
    found = {path: client.get(path, headers={"min-position": str(size)}) for path in wanted}
    assert {answer.status_code for answer in found.values()} == {200}
    return {path: answer.content for path, answer in found.items()}


def test_it_is_written_to_as_ever_and_nobody_remembers_her(done: Done) -> None:
    filled, client = done.filled, done.filled.client
    heir = report(client, external_ids={"police": "1"})["id"]
    retract(client, heir)
    patch = {"reason": "r", "patch": {"title": "Known"}}
    at = f"/v1/incidents/{filled.ids['reported']}"
    written = client.post(f"{at}/revisions", json=patch, headers={"If-Match": client.get(at).headers["ETag"]})
    assert (written.status_code, written.headers["ETag"]) == (201, '"3.1"')
    revise(client, filled.ids["revised"], {"kind": "debris"})
    last = report_again(client, filled.ids["retracted"])
    assert last["expunged"] == 1
    assert [where for where, text in answers(filled, last["position"]).items() if MARKED.search(text)] == []
    assert marked_tables(filled.ledger) == set()


def test_it_is_done_once_and_said_to_be(done: Done) -> None:
    ledger = done.filled.ledger
    rows = "SELECT * FROM expunged ORDER BY position"
    serving = "SELECT oid FROM pg_class WHERE relnamespace = 'serving'::regnamespace AND relkind = 'r' ORDER BY 1"
    once, tables = ledger.sql(rows), ledger.sql(serving)
    again = expunge(ledger, 1, "--actor", "somebody else", "--reason", "another", "--yes")
    assert "1 was expunged at" in again.stderr
    assert "by Data Protection Officer" in again.stderr
    assert ledger.sql(rows) == once
    assert ledger.sql(serving) == tables, "nothing was rebuilt without need"


@pytest.mark.parametrize(
    ("args", "environ", "told"),
    [
        ((1, 999_999_999, 999_999_998, *TOLD), {}, "no event at 999999998, 999999999"),
        ((1, "--actor", "a", "--reason", " ", "--yes"), {}, "--reason"),
        ((*TOLD,), {}, "which positions"),
        ((1, *TOLD[:-1]), {}, "--yes"),
        ((1, *TOLD), {"OWNER_DATABASE_URL": "{url}?role=incident_ledger_service"}, "OWNER_DATABASE_URL"),
    ],
    ids=["positions that are not there", "no reason", "no positions", "nobody to ask", "another than the owner"],
)
def test_nothing_is_expunged(ledger: Ledger, args: tuple[Any, ...], environ: dict[str, str], told: str) -> None:
    with ledger.client() as client:
        report(client)
    before = ledger.sql("SELECT count(*) FROM expunged")
    given = {name: _address(ledger, text) for name, text in environ.items()}
    done = expunge(ledger, *args, check=False, **given)
    assert done.returncode == 1, done.stderr
    assert told in done.stderr
    assert ledger.sql("SELECT count(*) FROM expunged") == before


def _address(ledger: Ledger, text: str) -> str:
    query = "&" if "?" in ledger.database_url else "?"
    return text.format(url=ledger.database_url).replace("?role", f"{query}role")


@pytest.mark.faults
def test_killed_in_the_middle_the_projectors_do_the_rest_and_another_run_ends_it(own_ledger: Ledger) -> None:
    ledger = own_ledger
    with ledger.client() as client:
        fill(ledger, client)
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "expunge", *map(str, NAMING), *TOLD],
        cwd=ROOT, env=os.environ | ledger.environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    eventually(lambda: ledger.sql("SELECT count(*) FROM expunged") == [(3,)])
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    versions = sorted((each.name, each.version) for each in PROJECTIONS)
    eventually(lambda: ledger.sql("SELECT name, version FROM followers WHERE NOT building ORDER BY 1") == versions)
    assert {name for name in marked_tables(ledger) if not name.startswith("pg_catalog.")} == set()
    again = expunge(ledger, *NAMING, *TOLD)
    assert "1 was expunged at" in again.stderr
    assert marked_tables(ledger) == set()
