"""Webhooks as their owners make, read, change and delete them; and what is refused."""

from typing import Any, Final

import httpx
import pytest

from service.webhooks.subscriptions import MOST
from tests.api.samples import NOBODY, Json, pointers, refusal
from tests.running import Ledger

URL: Final = "https://example.org/hooks"
BAD: Final[dict[str, tuple[Any, set[str]]]] = {
    "no URL": ({}, {"/url"}),
    "no URL of ours": ({"url": "ftp://example.org/"}, {"/url"}),
    "a URL with a name and a password": ({"url": "https://me:secret@example.org/"}, {"/url"}),
    "a URL with a fragment": ({"url": "https://example.org/#a"}, {"/url"}),
    "a port that is none": ({"url": "https://example.org:99999/"}, {"/url"}),
    "a bracket": ({"url": "https://[::1/"}, {"/url"}),
    "a URL that is too long": ({"url": "https://example.org/" + "a" * 2000}, {"/url"}),
    "no types": ({"url": URL, "events": []}, {"/events"}),
    "another type": ({"url": URL, "events": ["deleted"]}, {"/events/0"}),
    "an unknown field": ({"url": URL, "secret": "x"}, {"/secret"}),
    "an unknown filter": ({"url": URL, "filters": {"colour": "red"}}, {"/filters/colour"}),
    "filters that cannot be read": (
        {"url": URL, "filters": {"near": "1,2", "occurred_from": "yesterday", "bbox": "1,2,3"}},
        {"/filters/near", "/filters/occurred_from", "/filters/bbox"},
    ),
    "a country that there is not": ({"url": URL, "filters": {"within": "ZZ"}}, {"/filters/within"}),
    "everything at once": ({"url": "https://10.1.2.3/", "filters": {"near": "1"}}, {"/url", "/filters/near"}),
}
INWARD: Final = (
    "http://example.org/", "https://localhost/", "https://127.0.0.1/", "https://127.1.2.3:8443/x", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest", "https://100.64.0.1/",
    "https://0.0.0.0/", "https://224.0.0.1/", "https://[::1]/", "https://[fe80::1]/", "https://[fc00::1]/",
    "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/",
)  # fmt: skip


def make(client: httpx.Client, **given: Any) -> Json:
    """Make a webhook."""
    answer = client.post("/v1/webhooks", json={"url": URL, **given})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_webhook_from_its_making_to_its_end(own_ledger: Ledger) -> None:
    with own_ledger.client() as client:
        answer = client.post("/v1/webhooks", json={"url": URL, "description": "Ours", "filters": {"country": "UA"}})
        assert answer.status_code == 201
        made = answer.json()
        secret = made.pop("secret")
        assert secret.startswith("whsec_")
        here = answer.headers["Location"]
        assert here == f"/v1/webhooks/{made['id']}"
        assert answer.headers["Cache-Control"] == "no-store"
        assert made["filters"] == {"country": "UA", "status": "active", "message_status": "actual"}
        assert (made["status"], made["pending"], made["dead"]) == ("enabled", 0, 0)
        assert client.get(here).json() == made, "without the secret"
        assert client.get("/v1/webhooks").json() == {"items": [made]}
        assert client.get(f"{here}/deliveries").json() == {"items": [], "next_cursor": None}
        changed = client.patch(here, json={"url": "https://example.org/other", "description": "", "status": "disabled"})
        assert changed.json() == {
            **{name: value for name, value in made.items() if name != "description"},
            "url": "https://example.org/other", "status": "disabled", "reason": "It was disabled by its owner.",
        }  # fmt: skip
        assert client.patch(here, json={}).json() == changed.json()
        deleted = client.delete(here)
        assert (deleted.status_code, deleted.content) == (204, b"")
        assert deleted.headers["Log-Position"]
        refusal(client.get(here), 404)
        refusal(client.delete(here), 404)
        assert own_ledger.sql("SELECT count(*) FROM webhook_secrets") == [(0,)]


@pytest.mark.parametrize(("body", "expected"), BAD.values(), ids=BAD)
def test_every_fault_is_pointed_at(client: httpx.Client, body: Any, expected: set[str]) -> None:
    body = {**body, "url": body["url"].replace("10.1.2.3", "[ff02::1]")} if "url" in body else body
    assert pointers(refusal(client.post("/v1/webhooks", json=body), 400)) == expected


@pytest.mark.parametrize("url", INWARD)
def test_what_leads_inward_is_refused(ledger: Ledger, url: str) -> None:
    with ledger.client() as client:
        found = refusal(client.post("/v1/webhooks", json={"url": url}), 400)
        assert pointers(found) == {"/url"}
        made = make(client)
        changed = client.patch(f"/v1/webhooks/{made['id']}", json={"url": url})
        assert pointers(refusal(changed, 400)) == {"/url"}
        client.delete(f"/v1/webhooks/{made['id']}")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/secrets"), ("GET", "/deliveries"),
        ("POST", "/deliveries/1/replay"), ("POST", "/replay"),
    ],
)  # fmt: skip
def test_what_is_somebody_elses_is_not_there(sending: Ledger, client: httpx.Client, method: str, path: str) -> None:
    made = make(client)
    other = sending.make_key("webhooks:manage", actor="somebody-else")
    body = {"json": {"status": "disabled"}} if method == "PATCH" else {}
    with sending.client(other) as stranger:
        refusal(stranger.request(method, f"/v1/webhooks/{made['id']}{path}", **body), 404)
        assert stranger.get("/v1/webhooks").json() == {"items": []}
        refusal(stranger.request(method, f"/v1/webhooks/{NOBODY}{path}", **body), 404)
        found = refusal(stranger.request(method, f"/v1/webhooks/no-uuid{path}", **body), 400)
        assert pointers(found, "path") == {"/webhook"}
    assert client.get(f"/v1/webhooks/{made['id']}").json()["status"] == "enabled"
    assert client.delete(f"/v1/webhooks/{made['id']}").status_code == 204


def test_a_delivery_that_there_is_not(client: httpx.Client) -> None:
    made = make(client)
    refusal(client.post(f"/v1/webhooks/{made['id']}/deliveries/1/replay"), 404)
    found = refusal(client.post(f"/v1/webhooks/{made['id']}/deliveries/x/replay"), 400)
    assert pointers(found, "path") == {"/position"}
    assert client.post(f"/v1/webhooks/{made['id']}/replay").json() == {"deliveries": 0}
    client.delete(f"/v1/webhooks/{made['id']}")


def test_one_client_has_only_so_many(sending: Ledger) -> None:
    with sending.client(sending.make_key("webhooks:manage", actor="collector")) as client:
        made = [make(client)["id"] for _ in range(MOST)]
        refusal(client.post("/v1/webhooks", json={"url": URL}), 409, "too-many-webhooks")
        assert client.delete(f"/v1/webhooks/{made[0]}").status_code == 204
        make(client)
        for each in client.get("/v1/webhooks").json()["items"]:
            assert client.delete(f"/v1/webhooks/{each['id']}").status_code == 204


def test_networks_that_are_none_stop_the_start(own_ledger: Ledger) -> None:
    own_ledger.stop()
    own_ledger.environ["WEBHOOK_NETWORKS"] = "10.0.0.1/8"
    with pytest.raises(ChildProcessError):
        own_ledger.start()
    del own_ledger.environ["WEBHOOK_NETWORKS"]
    own_ledger.start()
