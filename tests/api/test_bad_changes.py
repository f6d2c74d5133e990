"""Revisions and retractions whose own fields are wrong."""

from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from tests.api.samples import FACTS, NOBODY, Json, Pointers, nothing_recorded, pointers, refusal
from tests.api.writes import REPORT, REPORTS, RETRACTION, REVISION, Targets, Write

NO_TIMES: Final = ("99999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-05-01T00:00:00", "now", "")
REVISIONS: Final[Mapping[str, tuple[Json, Pointers]]] = {
    "nothing": ({}, {"/reason", "/patch"}),
    "no reason": ({"patch": {"title": "t"}}, {"/reason"}),
    "empty reason": ({"reason": "", "patch": {"title": "t"}}, {"/reason"}),
    "long reason": ({"reason": "x" * 1001, "patch": {"title": "t"}}, {"/reason"}),
    "NUL in the reason": ({"reason": "a\0", "patch": {"title": "t"}}, {"/reason"}),
    "wrong types": ({"reason": 1, "patch": [], "effective_at": 5}, {"/reason", "/patch", "/effective_at"}),
    "patch is null": ({"reason": "r", "patch": None}, {"/patch"}),
    "patch is JSON Patch": ({"reason": "r", "patch": [{"op": "remove", "path": "/a"}]}, {"/patch"}),
    "unknown fields": ({"reason": "r", "patch": {"title": "t"}, "a": 1, "facts": FACTS}, {"/a", "/facts"}),
    "required facts are deleted": (
        {"reason": "r", "patch": {"title": None, "kind": None}}, {"/patch/title", "/patch/kind"},
    ),
    "a fact that is not there is deleted": ({"reason": "r", "patch": {"colour": None, "kind": "war"}}, {"/patch/kind"}),
    **{f"effective_at {text!r}": ({"reason": "r", "patch": {"title": "t"}, "effective_at": text}, {"/effective_at"})
       for text in NO_TIMES},
}  # fmt: skip
RETRACTIONS: Final[Mapping[str, tuple[Json, Pointers]]] = {
    "nothing": ({}, {"/reason_code", "/reason"}),
    "unknown reason_code": ({"reason_code": "boring", "reason": "r"}, {"/reason_code"}),
    "NUL in the reason": ({"reason_code": "legal", "reason": "\0"}, {"/reason"}),
    "everything": (
        {"reason_code": 1, "reason": "", "replaced_by": "x", "effective_at": [], "patch": {}},
        {"/reason_code", "/reason", "/replaced_by", "/effective_at", "/patch"},
    ),
    "reason and time": ({"reason_code": "legal", "reason": "\0", "effective_at": "now"}, {"/reason", "/effective_at"}),
    **{f"effective_at {text!r}": ({"reason_code": "legal", "reason": "r", "effective_at": text}, {"/effective_at"})
       for text in NO_TIMES},
}  # fmt: skip


@pytest.fixture(scope="module")
def targets(active: str, retracted: str) -> Targets:
    return Targets(active, retracted)


@pytest.mark.parametrize(("body", "at"), REVISIONS.values(), ids=REVISIONS)
def test_a_wrong_revision_is_refused_at_every_fault(
    client: httpx.Client, targets: Targets, body: Json, at: Pointers
) -> None:
    with nothing_recorded(client):
        assert pointers(REVISION.refused(client, targets, body, 400, "invalid-request")) == at


@pytest.mark.parametrize(("body", "at"), RETRACTIONS.values(), ids=RETRACTIONS)
def test_a_wrong_retraction_is_refused_at_every_fault(
    client: httpx.Client, targets: Targets, body: Json, at: Pointers
) -> None:
    with nothing_recorded(client):
        assert pointers(RETRACTION.refused(client, targets, body, 400, "invalid-request")) == at


def test_faults_of_a_revision_do_not_hide_those_of_its_patch(client: httpx.Client, targets: Targets) -> None:
    body = {"reason": "a\0", "effective_at": "now", "patch": {"locations": {"a": {"country": "XX"}}, "kind": "war"}}
    found = REVISION.refused(client, targets, body, 400, "invalid-request")
    assert pointers(found) == {"/reason", "/effective_at", "/patch/locations/a/country", "/patch/kind"}


@pytest.mark.parametrize("write", [REPORT, REPORTS], ids=lambda write: write.name)
def test_what_stands_beside_the_facts_is_refused(client: httpx.Client, targets: Targets, write: Write) -> None:
    with nothing_recorded(client):
        found = write.refused(client, targets, {"facts": FACTS, "title": "t", "id": NOBODY}, 400, "invalid-request")
    assert pointers(found) == {"/title", "/id"}


@pytest.mark.parametrize("write", [REVISION, RETRACTION, REPORTS], ids=lambda write: write.name)
def test_a_change_of_an_incident_that_is_not_there_is_404(client: httpx.Client, write: Write) -> None:
    path = write.path.format(active=NOBODY, retracted=NOBODY)
    with nothing_recorded(client):
        refusal(client.post(path, json=write.sound, headers={"If-Match": '"1"'}), 404, "not-found")


BAD_IDS: Final = (
    "1", "xyz", "%00", "%ff", "%ED%A0%80", "01a20837681c76758dd8448a509192e5", "{01a20837-681c-7675-8dd8-448a509192e5}",
    "urn:uuid:01a20837-681c-7675-8dd8-448a509192e5", "01a20837-681c-7675-8dd8-448a509192e", "a" * 5000, "-", "..;",
    "%2e",
    "01a20837-681c-7675-8dd8-448a509192e5%0a", "01a20837-681c-7675-8dd8-448a509192g5",
)  # fmt: skip


@pytest.mark.parametrize("write", [REVISION, RETRACTION, REPORTS], ids=lambda write: write.name)
def test_a_change_of_what_is_no_id_is_refused(client: httpx.Client, write: Write) -> None:
    with nothing_recorded(client):
        for text in BAD_IDS:
            path = write.path.format(active=text, retracted=text)
            found = refusal(client.post(path, json=write.sound, headers={"If-Match": "*"}), 400, "invalid-request")
            assert pointers(found, "path") == {"/incident"}, text


@pytest.mark.parametrize("path", ["", "/revisions", "/revisions/1"])
def test_a_read_of_what_is_no_id_is_refused(client: httpx.Client, path: str) -> None:
    for text in BAD_IDS:
        found = refusal(client.get(f"/v1/incidents/{text}{path}"), 400, "invalid-request")
        assert pointers(found, "path") == {"/incident"}, text
