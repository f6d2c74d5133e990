"""Examples of the API's documents: rendered by the code that renders the real ones."""

from typing import Any, Final
from uuid import UUID

import msgspec

from service.domain.commands import Report
from service.domain.facts import Facts
from service.projections import incidents

_INCIDENT: Final = UUID("01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01")
_EVENT: Final = "01993d5a-5f5e-7d2e-8b11-6c0f7e9a2b02"
_RECORDED_AT: Final = "2026-05-01T03:12:44.120731Z"

REPORT: Final[dict[str, Any]] = {
    "facts": {
        "title": "40 UAVs destroyed over Kaluga Oblast",
        "kind": "interception",
        "occurred": {
            "start": "2026-04-30T15:00:00.000000Z",
            "end": "2026-05-01T03:00:00.000000Z",
            "precision": "part_of_day",
            "time_zone": "Europe/Moscow",
            "verbatim": "Last night",
        },
        "locations": {
            "oblast": {
                "role": "interception",
                "subdivision": "RU-KLU",
                "precision": "subdivision",
                "claims": ["prelim"],
            }
        },
        "objects": {"uavs": {"type": "uav", "counts": {"destroyed": {"prelim": {"value": 40}}}}},
        "casualties": {"none_reported": True, "claims": ["authorities"]},
        "claims": {
            "prelim": {
                "attribution": "not_stated",
                "confidence": "preliminary",
                "verbatim": "according to preliminary reports",
            },
            "authorities": {
                "attribution": "role_only",
                "source_name": "Local authorities",
                "confidence": "confirmed",
            },
        },
    }
}
REVISE: Final[dict[str, Any]] = {
    "reason": "The defence ministry gave a number of its own.",
    "patch": {
        "objects": {"uavs": {"counts": {"destroyed": {"ministry": {"value": 42}}}}},
        "claims": {"ministry": {"source": "ministry-of-defence", "attribution": "named", "confidence": "confirmed"}},
    },
}
RETRACT: Final[dict[str, Any]] = {"reason_code": "duplicate", "reason": "It was on record already."}
BATCH_LINE: Final[dict[str, Any]] = {"command": "report", "idempotency_key": "kaluga-1", **REPORT}


def _incident() -> dict[str, Any]:
    facts = msgspec.convert(REPORT["facts"], Facts)
    seen = incidents.view(facts, msgspec.json.encode(facts), None)
    rendered = incidents.document(_INCIDENT, 1, 4262, _RECORDED_AT, _RECORDED_AT, "newsroom", seen)
    return dict(msgspec.json.decode(rendered))


INCIDENT: Final = _incident()
INCIDENT_PAGE: Final = {
    "items": [INCIDENT],
    "next_cursor": None,
    "applied_filters": {"status": "active", "message_status": "actual", "subdivision": "RU-KLU"},
}
TOMBSTONE: Final = {
    "id": "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c02",
    "reason": "retracted",
    "revision": 2,
    "position": 4261,
    "recorded_at": _RECORDED_AT,
    "retraction": {"reason_code": "false_report", "reason": "It was a flock of birds."},
}
CHANGES_PAGE: Final = {
    "items": [INCIDENT],
    "tombstones": [TOMBSTONE],
    "reset": False,
    "more": False,
    "next_since": "lgEDxAgxMjM0NTY3OMQGMTIzNDU2zRCmzRCm",
    "applied_filters": {"status": "active", "message_status": "actual", "subdivision": "RU-KLU"},
}
STREAM: Final = "retry: 2000\nid: 4260\n\n" + "".join(
    f"id: {position}\nevent: {event}\ndata: {msgspec.json.encode(data).decode()}\n\n"
    for position, event, data in ((4261, "tombstone", TOMBSTONE), (4262, "incident", INCIDENT))
)
REHEARSAL: Final = {
    "command": msgspec.to_builtins(msgspec.convert(REPORT, Report)),
    "facts": INCIDENT["facts"],
    "derived": INCIDENT["derived"],
    "warnings": INCIDENT["flags"],
    "possible_duplicates": [],
}
REVISION_PAGE: Final = {
    "items": [
        {
            "revision": 1,
            "type": "reported",
            "event_id": _EVENT,
            "position": 4262,
            "recorded_at": _RECORDED_AT,
            "actor": "newsroom",
            "changes": [
                {"op": "add", "path": "/status", "value": "active"},
                {"op": "add", "path": "/facts", "value": INCIDENT["facts"]},
            ],
            "claims": INCIDENT["facts"]["claims"],
        }
    ],
    "next_cursor": None,
}
HEAD: Final = {"position": 4262, "recorded_at": _RECORDED_AT}
LOGGED_EVENT: Final = {
    "position": 4262,
    "event_id": _EVENT,
    "incident": str(_INCIDENT),
    "revision": 1,
    "type": "reported",
    "schema_version": 1,
    "recorded_at": _RECORDED_AT,
    "actor": "newsroom",
    "nonce": "5f0c7c3c1c8e4f0f9a3f6f1a0a0b7d11",
    "data_sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
    "data": {"facts": INCIDENT["facts"]},
}
LOG_PAGE: Final = {"items": [LOGGED_EVENT], "next_after": None}

_ROOT: Final = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_HASH: Final = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw="
CHECKPOINT: Final = (
    f"ledger.example.org/v1/log\n4262\n{_ROOT}\n\n— ledger.example.org/v1/log "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.org/w1 "
    "slGmdgAAAABrCWIokMS/fTYfTazhPuRUUrR+6BCgmsCEDhwm2p+4VO/xwJNYgkouIq9x6fvX8NDKqcRzYdIuvs13ig7bI8K5ebn7Dg==\n"
)
CHECKPOINTS: Final = {
    "items": [{"size": 4262, "root_hash": _ROOT, "signed_at": _RECORDED_AT, "note": CHECKPOINT}],
    "next_after": None,
}
INCLUSION: Final = {
    "position": 4200, "size": 4262, "leaf_hash": _HASH, "root_hash": _ROOT, "hashes": [_HASH], "checkpoint": CHECKPOINT,
}  # fmt: skip
CONSISTENCY: Final = {
    "first": 4000, "second": 4262, "first_root_hash": _HASH, "second_root_hash": _ROOT, "hashes": [_HASH],
    "checkpoint": CHECKPOINT,
}  # fmt: skip

TRAIL_PAGE: Final = {
    "items": [
        {
            "number": 1, "at": _RECORDED_AT, "deed": "key_made", "by": "olena", "login": "ledger_owner",
            "subject": "3f0c9a1b2c3d",
            "details": {
                "actor": "kaluga-desk", "scopes": ["incidents:write"], "namespaces": ["uaaf"],
                "subdivisions": ["RU-KLU"], "expires_at": None,
            },
        }
    ],
    "next_after": None,
}  # fmt: skip
PROJECTIONS = {
    "items": [
        {"name": "regions", "state": "following", "version": 1, "position": 4262, "lag": 0, "lag_seconds": 0.0},
        {
            "name": "sources", "state": "failed", "version": 1, "position": 4200, "lag": 62, "lag_seconds": 81.4,
            "error": "event 4201: KeyError: 'gov'", "failed_at": "2026-05-01T07:12:09.000412Z",
        },
    ]
}  # fmt: skip
READY = {
    "position": 4262,
    "status": "degraded",
    "sealed": 4262,
    "published": None,
    "projections": PROJECTIONS["items"],
}
_CLOSURE: Final[dict[str, Any]] = {
    "disruption": "airports",
    "kind": "airport_closed",
    "airport": None,
    "airports_state": "unspecified",
    "countries": ["RU"],
    "subdivisions": ["RU-MOW"],
    "area": "Moscow",
    "description": None,
    "since": "2026-04-30T15:00:00.000000Z",
    "since_basis": "occurred",
    "until": None,
    "until_basis": "open",
    "diverted_to": [{"place": "Kazan"}, {"place": "Nizhny Novgorod"}, {"place": "Saint Petersburg"}],
    "claims": {"closure": {"attribution": "not_stated", "relayed_by": "urgent-update"}},
    "incident": "01993d5a-5f5e-7c1c-9a3e-2d6a4f8b1c01",
    "position": 4262,
    "recorded_at": "2026-05-01T03:12:44.120731Z",
    "state": "closed",
}
_NAMED: Final = _CLOSURE | {"airport": "UUWW", "airports_state": "named", "diverted_to": [{"airport": "ULLI"}]}
AIRPORT_PAGE: Final[dict[str, Any]] = {
    "items": [_CLOSURE],
    "next_cursor": None,
    "applied_filters": {
        "at": "2026-05-01T00:00:00.000000Z",
        "closed": "true",
        "subdivision": "RU-MOW",
    },
}
AIRPORT: Final[dict[str, Any]] = {
    "airport": "UUWW",
    "at": "2026-05-01T00:00:00.000000Z",
    "state": "closed",
    "since": "2026-04-30T15:00:00.000000Z",
    "reopened_at": None,
    "closures": [_NAMED],
    "items": [_NAMED],
    "next_cursor": None,
}
