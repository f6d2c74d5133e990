"""Other people's bodies: the JSON parsing test suite (y_ is JSON, n_ is not, i_ may be taken either way)."""

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.api.samples import JSON, nothing_recorded, refusal

FOLDER: Final = "conformance/json-parsing/test_parsing/"
STRICTER: Final = frozenset({"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"})
"""RFC 8259 lets a key come twice, and readers differ in which one counts: a ledger cannot have that."""


@pytest.fixture(scope="module")
def bodies(shared: Path) -> Mapping[str, bytes]:
    """The bodies by their names."""
    archive = shared / "conformance.tar.gz"
    if not archive.is_file():
        pytest.skip("conformance.tar.gz is not in the shared data")
    with tarfile.open(archive) as tar:
        found = {
            member.name.removeprefix(FOLDER): tar.extractfile(member).read()  # type: ignore[union-attr]
            for member in tar
            if member.isfile() and member.name.startswith(FOLDER)
        }
    assert len(found) > 300
    return found


KINDS: Final[Mapping[str, frozenset[str]]] = {
    "n_": frozenset({"malformed-json"}),
    "y_": frozenset({"invalid-request"}),  # JSON, but no report
    "i_": frozenset({"malformed-json", "invalid-request"}),
}


def _expected(name: str) -> frozenset[str]:
    return KINDS["n_"] if name in STRICTER else KINDS[name[:2]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/{active}/revisions"])
def test_bodies_are_read_as_json_or_not_as_the_suite_says(
    client: httpx.Client, bodies: Mapping[str, bytes], active: str, path: str, kind: str
) -> None:
    wrong = []
    with nothing_recorded(client):
        for name, body in bodies.items():
            if not name.startswith(kind):
                continue
            answer = client.post(path.format(active=active), content=body, headers=JSON | {"If-Match": "*"})
            try:
                found = refusal(answer, 400)
                assert found["type"].removeprefix("/problems/") in _expected(name), found
            except AssertionError as error:
                wrong.append(f"{name}: {str(error)[:200]}")
    assert not wrong, "\n".join(wrong)


def test_lines_of_a_batch_are_read_as_json_or_not_as_the_suite_says(
    client: httpx.Client, bodies: Mapping[str, bytes]
) -> None:
    lines = {name: body for name, body in bodies.items() if b"\n" not in body and body.strip()}
    content = b"\n".join(lines.values())
    with nothing_recorded(client):
        answer = client.post("/v1/batches", content=content, headers={"Content-Type": "application/x-ndjson"})
    results = [httpx.Response(200, content=line).json() for line in answer.text.splitlines()]
    assert [result["line"] for result in results] == list(range(1, len(lines) + 1))
    for name, result in zip(lines, results, strict=True):
        assert result["status"] == 400
        assert result["problem"]["type"].removeprefix("/problems/") in _expected(name), (name, result)
