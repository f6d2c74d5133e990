"""What the tests of statistics report, and how they ask."""

from typing import Any, Final

import httpx

from tests.api.samples import report

Json = dict[str, Any]
INTERVAL: Final = {"occurred_from": "2026-04-01T00:00:00Z", "occurred_to": "2026-06-01T00:00:00Z"}


def destroyed(client: httpx.Client, at: str, *regions: str, claims: Json | None = None, **said: Json) -> str:
    """Report UAVs that were destroyed, said by claims that are nothing but that; return the incident."""
    facts: Json = {
        "kind": "interception",
        "occurred": {"start": at, "precision": "hour"},
        "locations": {f"l{number}": {"subdivision": code} for number, code in enumerate(regions)},
        "objects": {"uavs": {"type": "uav", "counts": {"destroyed": said}}},
        "claims": {key: {} for key in said} | (claims or {}),
    }
    return str(report(client, **facts)["id"])


def part_of(incident: str, claim: str) -> Json:
    """Return a claim that is included in another one."""
    return {"scope": {"part_of": {"incident": incident, "claim": claim}}}


def head(client: httpx.Client) -> str:
    """Return the last position of the log."""
    return str(client.get("/v1/head").json()["position"])


def statistics(client: httpx.Client, **asked: Any) -> Json:
    """Ask for statistics that reflect all that was recorded before."""
    answer = client.get("/v1/statistics", params=INTERVAL | asked, headers={"min-position": head(client)})
    assert answer.status_code == 200, answer.text
    found = dict(answer.json())
    assert answer.headers["Log-Position"] == str(found["position"])
    return found


def figures(total: Json) -> tuple[Any, ...]:
    """Return best, low, high; counted, none reported, unknown; disputed and left out."""
    inputs = total["inputs"]
    return (
        (total["best"], total["low"], total["high"]),
        (inputs["counted"], inputs["none_reported"], inputs["unknown"]),
        total["disputed"],
        total["left_out"],
    )
