"""`incident-ledger audit report`: one file that tells and proves an incident, written only if all holds."""

import json
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from service.domain.merkle import Range, leaf_hash, verify_consistency, verify_inclusion
from service.notes import read_checkpoint
from tests.cli.lives import HOSTILE, PUBLIC_KEY, Life, as_auditor, audit, live
from tests.running import SIGNING_KEY, Ledger, command


@pytest.fixture(scope="module")
def life(ledger: Ledger) -> Life:
    """An incident that was reported, revised, retracted and reported again."""
    with ledger.client() as client:
        return live(client)


@pytest.fixture(scope="module")
def page(ledger: Ledger, life: Life, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its report."""
    file = tmp_path_factory.mktemp("report") / "incident.html"
    done = command("audit", "report", life.incident, "--out", str(file), environ=as_auditor(ledger))
    assert done.stdout == ""
    return file


def report(ledger: Ledger, incident: str, file: Path, *args: str, status: int = 0, **environ: str) -> Any:
    done = audit("report", incident, "--out", str(file), *args, environ=as_auditor(ledger, **environ))
    assert done.returncode == status, done.stderr
    return done


def evidence(page: str) -> dict[str, Any]:
    found = re.findall('<script type="application/json" id="evidence">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    return dict(json.loads(found[0]))


class Elements(HTMLParser):
    """The elements of a page and their attributes; every element that is opened must be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_a_report_tells_the_whole_life(page: Path, life: Life) -> None:
    text = " ".join(unescape(re.sub("<[^>]+>", " ", page.read_text())).split())
    for told in [
        "Drones over the harbour, again",
        "Verified. Before this report was written, all that it tells (4 events) was proven",
        "Revision 2: revised Recorded",
        "Why A higher number in the morning.",
        "UAVs destroyed: 40 → 42 (between 40 and 42), sources disagree — regional governor, confirmed",
        "Taken back because the source withdrew it",
        "Revision 4: reported again",
        "in the source's words “сорок два”",
        PUBLIC_KEY,
        life.incident,
    ]:
        assert told in text


def test_everything_in_it_can_be_verified_from_the_file_alone(page: Path, life: Life) -> None:
    held = evidence(page.read_text())
    assert held["public_key"] == PUBLIC_KEY
    checkpoint = read_checkpoint(held["checkpoint"], SIGNING_KEY.verifier)
    envelopes = [json.loads(each["envelope"]) for each in held["events"]]
    assert [each["position"] for each in envelopes] == life.positions
    assert [each["revision"] for each in envelopes] == [1, 2, 3, 4]
    assert {each["incident"] for each in envelopes} == {life.incident}
    for each, envelope in zip(held["events"], envelopes, strict=True):
        index, hashes = envelope["position"] - 1, [b64decode(hashed) for hashed in each["hashes"]]
        leaf = leaf_hash(each["envelope"].encode())
        verify_inclusion(index, Range(0, checkpoint.size), leaf, checkpoint.root, hashes)
    assert held["earlier"]
    for each in held["earlier"]:
        before, hashes = read_checkpoint(each["checkpoint"], SIGNING_KEY.verifier), map(b64decode, each["hashes"])
        verify_consistency(before.size, checkpoint.size, before.root, checkpoint.root, list(hashes))


def rechecked(page: Path) -> subprocess.CompletedProcess[str]:
    """Run the program that a report carries, as its reader copies it, in an empty folder."""
    folder = page.parent / f"{page.stem}-rechecked"
    folder.mkdir()
    program = re.findall('<pre id="program">(.*?)</pre>', page.read_text(), re.DOTALL)[0]
    (folder / "recheck.py").write_text(unescape(program))
    again = [sys.executable, "-I", "-S", "recheck.py", str(page)]
    return subprocess.run(again, cwd=folder, capture_output=True, text=True, check=False, timeout=30)


def test_the_program_and_the_commands_in_it_check_it(page: Path, life: Life) -> None:
    done = rechecked(page)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 events: every hash is right." in done.stdout
    folder = page.parent / f"{page.stem}-rechecked"
    said = json.loads((folder / f"event-{life.positions[1]}.json").read_text())
    assert said["reason"] == "A higher number in the morning."
    for tool in ("openssl", "xxd", "sha256sum"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on this machine")
    signatures = [line for line in done.stdout.splitlines() if line.startswith("openssl")]
    assert len(signatures) == 2
    by_hand = re.findall("<pre>([^<]*?)\n# ([0-9a-f]{64})</pre>", page.read_text())
    assert len(by_hand) > 3
    for line in signatures:
        assert "Success" in run(line, folder)
    for line, expected in by_hand:
        assert run(unescape(line), folder).split()[0] == expected


def run(line: str, folder: Path) -> str:
    shell = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=True, timeout=30)
    return shell.stdout


@pytest.mark.parametrize(
    ("which", "told"),
    [("envelope", "is not in the tree that was signed"), ("data", "are not those that were hashed"),
     ("hashes", "is not in the tree that was signed"), ("earlier", "does not begin as it was signed")],
)  # fmt: skip
def test_the_program_finds_what_was_altered_in_the_file(which: str, told: str, page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    held = evidence(text)
    first = held["events"][0]
    if which == "envelope":
        first["envelope"] = first["envelope"].replace("tester", "editor")
    elif which == "data":
        first["data"] = first["data"].replace("40", "41")
    elif which == "hashes":
        first["hashes"][0] = held["events"][2]["hashes"][0]
    else:
        note = held["earlier"][0]["checkpoint"].split("\n")
        held["earlier"][0]["checkpoint"] = "\n".join([*note[:2], held["checkpoint"].split("\n")[2], *note[3:]])
    altered = tmp_path / "altered.html"
    altered.write_text(
        re.sub('(id="evidence">).*?(</script>)', lambda m: m[1] + json.dumps(held) + m[2], text, flags=re.DOTALL)
    )
    done = rechecked(altered)
    assert done.returncode == 1
    assert done.stderr.startswith("WRONG: the ")
    assert told in done.stderr


def test_it_opens_offline_and_for_everybody(page: Path) -> None:
    text = page.read_text()
    found = Elements(text).found
    tags = [tag for tag, _ in found]
    assert not {"img", "link", "iframe", "object", "form", "base"} & set(tags)
    assert [attrs["type"] for tag, attrs in found if tag == "script"] == ["application/json"]
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|\ssrc=|javascript:", text)
    assert {attrs["href"][:1] for tag, attrs in found if tag == "a" and attrs["href"]} == {"#"}
    targets = {attrs["id"] for _, attrs in found if "id" in attrs}
    assert {str(attrs["href"])[1:] for tag, attrs in found if tag == "a"} <= targets
    assert ("html", {"lang": "en"}) in found
    assert tags.count("h1") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attrs.get("scope") in ("row", "col") for tag, attrs in found if tag == "th")
    assert tags.count("table") == tags.count("caption")


def test_hostile_words_stay_words(ledger: Ledger, tmp_path: Path) -> None:
    facts = {
        "title": HOSTILE, "kind": "other", "summary": HOSTILE, "locations": {"a": {"place": HOSTILE[:200]}},
        "objects": {"o": {"type": "uav", "model": HOSTILE,
                          "counts": {"observed": {"c": {"value": 1, "verbatim": HOSTILE}}}}},
        "claims": {"c": {"source_name": HOSTILE, "verbatim": HOSTILE, "url": "http://x/?javascript:alert(1)&'"}},
    }  # fmt: skip
    with ledger.client() as client:
        made = client.post("/v1/incidents", json={"facts": facts}).json()["id"]
        taken_back = {"reason_code": "legal", "reason": HOSTILE}
        client.post(f"/v1/incidents/{made}/retraction", json=taken_back, headers={"If-Match": '"1"'})
    file = tmp_path / "hostile.html"
    report(ledger, made, file)
    text = file.read_text()
    assert text.count("<script") == 1
    assert text.count("<!--") == 0
    assert [tag for tag, _ in Elements(text).found].count("script") == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", text)
    assert "Retracted." in text
    assert "Привет" in text
    assert json.loads(evidence(text)["events"][0]["data"])["facts"]["title"] == HOSTILE
    assert rechecked(file).returncode == 0


def test_an_expunged_event_is_proven_and_says_why_it_is_gone(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.client() as client:
        life = live(client)
    said = ("--reason", "By order of the court.", "--actor", "The registrar", "--yes")
    command("expunge", str(life.positions[0]), str(life.positions[3]), *said, environ=ledger.environ)
    file = tmp_path / "expunged.html"
    report(ledger, life.incident, file)
    assert file.read_text().count("by The registrar: <bdi>By order of the court.</bdi>") == 2
    assert "an-agency" not in file.read_text()
    assert rechecked(file).returncode == 0


def test_a_checkpoint_that_was_kept_is_proven_to_be_the_beginning(ledger: Ledger, life: Life, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    with ledger.client() as client:
        kept.write_text(client.get("/v1/log/checkpoints?limit=1").json()["items"][0]["note"])
    report(ledger, life.incident, tmp_path / "a.html", "--checkpoint", str(kept))
    text = (tmp_path / "a.html").read_text()
    assert evidence(text)["earlier"][0]["checkpoint"] == kept.read_text()
    assert "The checkpoint that the auditor had kept" in text
    forged = SIGNING_KEY.sign("ledger.example/v1/log\n1\n" + "A" * 43 + "=\n")
    kept.write_text("ledger.example/v1/log\n1\n" + "A" * 43 + f"=\n\n{forged}")
    done = report(ledger, life.incident, tmp_path / "b.html", "--checkpoint", str(kept), status=1)
    assert "The log is not proven to begin as it was signed at size 1" in done.stderr
    assert not (tmp_path / "b.html").exists()
