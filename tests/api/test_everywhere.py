"""What is on every answer, whatever was asked: Request-Id, Log-Position, methods, media types, problems."""

import re
from typing import Final

import httpx
import pytest

from service.projections.every import PROJECTIONS
from tests.api.samples import FACTS, Raw, head, nothing_recorded, refusal, report
from tests.running import Ledger

READS: Final = (
    "/v1/incidents", "/v1/incidents/{active}", "/v1/incidents/{active}/revisions",
    "/v1/incidents/{active}/revisions/1", "/v1/log", "/v1/log/1", "/v1/head",
    "/health/live", "/health/ready", "/problems/not-found", "/openapi.json", "/docs",
)  # fmt: skip
REFUSED: Final = (
    ("GET", "/v1/nothing", 404), ("GET", "/v1/incidents?x=1", 400), ("DELETE", "/v1/incidents", 405),
    ("POST", "/v1/incidents", 415), ("GET", "/v1/incidents/{retracted}", 410),
    ("POST", "/v1/incidents/{active}/reports", 428),
)  # fmt: skip
METHODS: Final = {
    "/v1/incidents": "GET, HEAD, OPTIONS, POST",
    "/v1/incidents/{active}": "GET, HEAD, OPTIONS",
    "/v1/incidents/{active}/revisions": "GET, HEAD, OPTIONS, POST",
    "/v1/incidents/{active}/revisions/1": "GET, HEAD, OPTIONS",
    "/v1/incidents/{active}/retraction": "OPTIONS, POST",
    "/v1/incidents/{active}/reports": "OPTIONS, POST",
    "/v1/batches": "OPTIONS, POST",
    "/v1/log": "GET, HEAD, OPTIONS",
    "/v1/log/1": "GET, HEAD, OPTIONS",
    "/v1/head": "GET, HEAD, OPTIONS",
    "/health/live": "GET, HEAD, OPTIONS",
    "/health/ready": "GET, HEAD, OPTIONS",
}


@pytest.mark.parametrize("path", READS)
def test_every_answer_has_an_id_and_a_position(client: httpx.Client, active: str, path: str) -> None:
    first, second = (client.get(path.format(active=active)) for _ in range(2))
    assert first.status_code == 200
    assert re.fullmatch("[0-9a-f]{32}", first.headers["Request-Id"])
    assert first.headers["Request-Id"] != second.headers["Request-Id"]
    assert int(first.headers["Log-Position"]) <= head(client)
    assert first.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("method", "path", "status"), REFUSED)
def test_every_refusal_has_them_too(
    client: httpx.Client, active: str, retracted: str, method: str, path: str, status: int
) -> None:
    body = {"facts": FACTS} if status == 428 else None
    path = path.format(active=active, retracted=retracted)
    answer = client.request(method, path, json=body, headers={"Request-Id": "mine.1"})
    refusal(answer, status)
    assert answer.headers["Request-Id"] == "mine.1"


@pytest.mark.parametrize("given", ["a", "A-1_b.2", "x" * 64])
def test_a_request_id_of_the_clients_is_given_back(client: httpx.Client, given: str) -> None:
    assert client.get("/v1/head", headers={"Request-Id": given}).headers["Request-Id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a,b", "<script>", "é".encode(), b"\xff", "a;b"])
def test_a_request_id_that_is_none_is_replaced(client: httpx.Client, given: str | bytes) -> None:
    answer = client.get("/v1/head", headers={"Request-Id": given})  # type: ignore[dict-item]
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["Request-Id"])


def test_the_position_of_a_write_is_at_once_the_position_of_reads(client: httpx.Client) -> None:
    position = report(client)["position"]
    for path in (
        "/v1/incidents?limit=1",
        "/v1/head",
        "/v1/log?limit=1",
        "/health/ready",
        "/health/live",
        "/v1/nothing",
    ):
        assert int(client.get(path).headers["Log-Position"]) == position, path


@pytest.mark.parametrize("path", READS)
def test_head_is_get_without_the_body(client: httpx.Client, active: str, path: str) -> None:
    path = path.format(active=active)
    full, bare = client.get(path), client.head(path)
    assert bare.status_code == 200
    assert bare.content == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Link"):
        assert bare.headers.get(name) == full.headers.get(name), name


def test_head_of_what_is_refused_has_the_status_alone(client: httpx.Client, retracted: str) -> None:
    for path, status in (("/v1/nothing", 404), (f"/v1/incidents/{retracted}", 410), ("/v1/incidents?x=1", 400)):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_head_sends_no_byte_of_a_body(ledger: Ledger) -> None:
    with Raw(ledger.port) as raw:
        _, headers, body = raw.ask(b"HEAD /v1/head", {"Authorization": f"Bearer {ledger.key}"})
    assert body == b""
    assert int(headers["content-length"]) > 0


@pytest.mark.parametrize(("path", "allowed"), METHODS.items())
def test_options_says_what_there_is_and_405_what_there_is_instead(
    client: httpx.Client, active: str, path: str, allowed: str
) -> None:
    path = path.format(active=active)
    answer = client.options(path)
    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (204, b"", allowed)
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - set(allowed.split(", ")):
        with nothing_recorded(client):
            answer = client.request(method, path, json={"facts": FACTS})
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed), method
        if method != "HEAD":
            refusal(answer, 405, "method-not-allowed")


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v2/incidents", "/V1/incidents", "/v1/incidents/{active}/nothing",
             "/docs/../x", "/docs/%2e%2e%2fapp.py", "/v1/incidents/{active}/revisions/1/x", "//v1/incidents",
             "/problems/nothing"],
)  # fmt: skip
def test_a_path_that_is_not_there_is_404(client: httpx.Client, active: str, path: str) -> None:
    found = refusal(client.get(path.format(active=active)), 404, "not-found")
    assert "incident" not in found["detail"]


ACCEPTED: Final = (
    "application/json", "*/*", "application/*", "image/png, */*;q=0.1", "application/json;q=0.1", "APPLICATION/JSON",
)  # fmt: skip
NOT_ACCEPTED: Final = ("text/html", "application/xml", "image/*", "garbage", "application/problem+json", "é".encode())


@pytest.mark.parametrize("path", [path for path in READS if path not in {"/docs", "/openapi.json"}])
def test_accept_is_heeded(client: httpx.Client, active: str, path: str) -> None:
    path = path.format(active=active)
    for accept in ACCEPTED:
        answer = client.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json"), accept
    for other in NOT_ACCEPTED:
        found = refusal(client.get(path, headers={"Accept": other}), 406, "not-acceptable")  # type: ignore[dict-item]
        assert "application/json" in found["detail"], other


@pytest.mark.parametrize("accept", ["application/json;q=0", "application/json;q=0.0, text/csv", "*/*;q=0"])
def test_what_is_accepted_with_weight_0_is_not_accepted(client: httpx.Client, accept: str) -> None:
    refusal(client.get("/v1/head", headers={"Accept": accept}), 406, "not-acceptable")


def test_an_empty_accept_asks_for_nothing(client: httpx.Client) -> None:
    assert client.get("/v1/head", headers={"Accept": ""}).status_code == 200


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/json, application/x-ndjson;q=0.5", "application/json"),
        ("application/json;q=0.5, application/x-ndjson", "application/x-ndjson"),
        ("text/csv, application/x-ndjson", "application/x-ndjson"),
        ("*/*", "application/json"),
    ],
)
def test_of_the_types_that_are_made_the_best_liked_is_sent(client: httpx.Client, accept: str, given: str) -> None:
    assert client.get("/v1/log", headers={"Accept": accept}).headers["Content-Type"] == given


def test_every_problem_type_has_a_page_that_says_what_it_means(client: httpx.Client, active: str) -> None:
    contract = client.get("/openapi.json").text
    slugs = set(re.findall(r"/problems/([a-z-]+)", contract))
    assert len(slugs) > 10
    for slug in slugs | {"internal-error"}:
        page = client.get(f"/problems/{slug}")
        assert page.status_code == 200, slug
        found = page.json()
        assert found["type"] == f"/problems/{slug}"
        assert 400 <= found["status"] <= 599
        assert found["description"]
    found = refusal(client.get(f"/v1/incidents/{active}?x=1"), 400)
    page = client.get(found["type"])
    assert (page.json()["title"], page.json()["status"]) == (found["title"], 400)


def test_other_sites_may_not_read_unless_a_setting_says_so(client: httpx.Client) -> None:
    answer = client.get("/v1/head", headers={"Origin": "https://map.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_setting_lets_pages_of_other_sites_call_the_api(database_url: str) -> None:
    there = {"Origin": "https://map.example"}
    asks = there | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match",
    }
    with (
        Ledger(database_url, CORS_ORIGINS="https://map.example,https://b.example") as opened,
        opened.client() as client,
    ):
        preflight = httpx.options(f"{opened.url}/v1/incidents", headers=asks)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "https://map.example"
        allowed = {name.strip().lower() for name in preflight.headers["access-control-allow-headers"].split(",")}
        assert {"authorization", "content-type", "idempotency-key", "if-match"} <= allowed
        answer = client.get("/v1/head", headers=there)
        assert answer.headers["access-control-allow-origin"] == "https://map.example"
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert {"etag", "location", "log-position", "link", "request-id", "retry-after"} <= exposed
        refused = httpx.get(f"{opened.url}/v1/incidents", headers=there)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://map.example")
        elsewhere = client.get("/v1/head", headers={"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in elsewhere.headers


def test_live_and_ready_say_so(ledger: Ledger, client: httpx.Client) -> None:
    with httpx.Client(base_url=ledger.url) as anybody:
        assert anybody.get("/health/live").json() == {"status": "alive"}
        ready = anybody.get("/health/ready").json()
        assert ready["position"] == head(client)
        assert [each["name"] for each in ready["projections"]] == sorted(each.name for each in PROJECTIONS)
