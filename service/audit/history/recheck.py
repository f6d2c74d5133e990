"""
Check a report of an incident again, from its file alone, with Python's standard library; openssl has the signatures.

    python3 recheck.py report.html

It checks every hash, writes what each event says as event-POSITION.json, and says how openssl checks the signatures.
"""

import hashlib
import json
import re
import sys
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EVIDENCE = re.compile('<script type="application/json" id="evidence">(.*?)</script>', re.DOTALL)
DER = bytes.fromhex("302a300506032b6570032100")  # what makes an Ed25519 key a file that openssl reads


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """Follow a proof of inclusion from a leaf to the root (RFC 9162, 2.1.3.2)."""
    node, last = leaf, size - 1
    for each in hashes:
        if index % 2 or index == last:
            node = sha256(b"\1", each, node)
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            node = sha256(b"\1", node, each)
        index, last = index // 2, last // 2
    return node if last == 0 else b"the proof is too short"


def roots_of(first: int, size: int, first_root: bytes, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Follow a proof of consistency to the roots of the smaller and of the larger tree (RFC 9162, 2.1.4.2)."""
    if first in (0, size):
        return first_root, first_root
    path = [*([first_root] if first & (first - 1) == 0 else []), *hashes]
    index, last = first - 1, size - 1
    while index % 2:
        index, last = index // 2, last // 2
    old = new = path[0]
    for each in path[1:]:
        if index % 2 or index == last:
            old, new = sha256(b"\1", each, old), sha256(b"\1", each, new)
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            new = sha256(b"\1", new, each)
        index, last = index // 2, last // 2
    return (old, new) if last == 0 else (b"the proof is too short", new)


def read(checkpoint: str) -> tuple[int, bytes]:
    """Return the size and the root of a checkpoint."""
    _, size, root = checkpoint.split("\n")[:3]
    return int(size), b64decode(root)


def check(page: str) -> dict[str, Any]:
    """Check every hash of a report, and return what it holds; end with a sentence where one is wrong."""
    found = EVIDENCE.search(page)
    if found is None:
        sys.exit("This is no report of an incident.")
    held: dict[str, Any] = json.loads(found[1])
    size, root = read(held["checkpoint"])
    for event in held["events"]:
        envelope, data = json.loads(event["envelope"]), event["data"]
        where = f"of the event at position {envelope['position']}"
        if data is not None and sha256(bytes.fromhex(event["nonce"]), data.encode()).hex() != envelope["data_sha256"]:
            sys.exit(f"WRONG: the data {where} are not those that were hashed.")
        leaf = sha256(b"\0", event["envelope"].encode())
        hashes = [b64decode(each) for each in event["hashes"]]
        if root_of(leaf, envelope["position"] - 1, size, hashes) != root:
            sys.exit(f"WRONG: the envelope {where} is not in the tree that was signed.")
    for each in held["earlier"]:
        before, old_root = read(each["checkpoint"])
        hashes = [b64decode(hashed) for hashed in each["hashes"]]
        if before and roots_of(before, size, old_root, hashes) != (old_root, root):
            sys.exit(f"WRONG: the log does not begin as it was signed at size {before}.")
    return held


def main() -> None:
    """Check the hashes, and write what a person and openssl need for the rest."""
    held = check(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for event in held["events"]:
        position = json.loads(event["envelope"])["position"]
        Path(f"event-{position}.json").write_text(event["data"] or "expunged", encoding="utf-8")
    name, _, key = held["public_key"].split("+", 2)
    Path("log.der").write_bytes(DER + b64decode(key)[1:])
    notes = [held["checkpoint"], *(each["checkpoint"] for each in held["earlier"])]
    for number, note in enumerate(notes, 1):
        body, signatures = note.split("\n\n", 1)
        line = next(each for each in signatures.split("\n") if each.startswith(f"\u2014 {name} "))
        Path(f"checkpoint-{number}.txt").write_text(f"{body}\n", encoding="utf-8")
        Path(f"checkpoint-{number}.sig").write_bytes(b64decode(line.split(" ")[2])[4:])
    sys.stdout.write(f"{len(held['events'])} events: every hash is right. The signatures, by {held['public_key']}:\n")
    for number in range(1, len(notes) + 1):
        sys.stdout.write(
            f"openssl pkeyutl -verify -pubin -keyform DER -inkey log.der -rawin "
            f"-in checkpoint-{number}.txt -sigfile checkpoint-{number}.sig\n"
        )


if __name__ == "__main__":
    main()
