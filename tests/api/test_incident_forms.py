"""GET /v1/incidents/{id} as JSON, GeoJSON and MessagePack, each with an ETag of its own."""

from typing import Final

import httpx
import msgspec
import pytest

from tests.api.samples import refusal, report

GEOJSON: Final = "application/geo+json"
MSGPACK: Final = "application/msgpack"
FORMS: Final = ("application/json", MSGPACK, GEOJSON)


def test_an_incident_in_every_form(client: httpx.Client) -> None:
    path = f"/v1/incidents/{report(client, locations={'a': {'point': [36.26, 54.51]}})['id']}"
    plain = client.get(path)
    packed = client.get(path, headers={"Accept": MSGPACK})
    shown = client.get(path, headers={"Accept": GEOJSON})
    assert msgspec.msgpack.decode(packed.content) == plain.json() == shown.json()["properties"]
    assert shown.json()["geometry"] == {"type": "Point", "coordinates": [36.26, 54.51]}
    assert [each.headers["Content-Type"] for each in (plain, packed, shown)] == [FORMS[0], MSGPACK, GEOJSON]
    assert {each.headers["Vary"] for each in (plain, packed, shown)} == {"Accept"}


def test_each_form_of_an_incident_has_its_own_tag(client: httpx.Client) -> None:
    incident = str(report(client)["id"])
    path = f"/v1/incidents/{incident}"
    tags = {form: client.get(path, headers={"Accept": form}).headers["ETag"] for form in FORMS}
    assert tags[FORMS[0]] == '"1"'
    for form in FORMS:
        for other, tag in tags.items():
            answer = client.get(path, headers={"Accept": form, "If-None-Match": tag})
            same = form == other
            assert answer.status_code == (304 if same else 200), (form, tag)
            vary = "Accept, Accept-Encoding" if same else "Accept"  # what is this small is never compressed
            assert (answer.headers["ETag"], answer.headers["Vary"]) == (tags[form], vary)


@pytest.mark.parametrize("form", FORMS)
def test_the_tag_of_each_form_names_the_revision_that_is_revised(client: httpx.Client, form: str) -> None:
    path = f"/v1/incidents/{report(client)['id']}"
    tag = client.get(path, headers={"Accept": form}).headers["ETag"]
    body = {"reason": "r", "patch": {"title": "another"}}
    assert client.post(f"{path}/revisions", json=body, headers={"If-Match": tag}).status_code == 201
    refusal(client.post(f"{path}/revisions", json=body, headers={"If-Match": tag}), 412, "revision-conflict")
