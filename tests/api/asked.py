"""One request for each answer that the document promises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.api.samples import NDJSON, NOBODY, Json


@dataclass(frozen=True)
class Asked:
    """A request that brings out one documented answer of an operation."""

    operation: str
    status: int
    path: str
    method: str = "GET"
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    once_before: bool = False
    """The same request came before: what comes only on a replay is to be seen."""
    conditional: frozenset[str] = frozenset()
    """Headers that this answer has, though not every one of its kind must."""
    without: frozenset[str] = frozenset()
    """Headers that another form of this answer has, and this one has not."""


MSGPACK: Final = "application/msgpack"
AT: Final = "/v1/incidents/{active}"
GONE: Final = "/v1/incidents/{retracted}"
HOOKED: Final = "/v1/webhooks/{webhook}"
HOOK: Final[Json] = {"url": "https://nobody.invalid/", "filters": {"source": "governor"}}
FACTS: Final[Json] = {"facts": {"title": "t", "kind": "sighting"}}
NAMED: Final[Json] = {
    "claims": {"a": {"source": "governor", "relayed_by": "agency"}},
    "campaigns": ["autumn", "spring"],
    "locations": {"a": {"subdivision": "RU-KLU"}},
    "disruptions": {"d": {"kind": "airport_closed", "airport": "UUWW", "claims": ["a"]}},
}
REVISION: Final[Json] = {"reason": "r", "patch": {"title": "another"}}
RETRACTION: Final[Json] = {"reason_code": "legal", "reason": "r"}
FIRST: Final = {"If-Match": '"1"'}
SECOND: Final = {"If-Match": '"2"'}
REPLAYED: Final = frozenset({"Idempotent-Replayed"})
LINKED: Final = frozenset({"Link"})
STREAMED: Final = frozenset({"ETag"})
CHANGED: Final = frozenset({"Last-Modified"})
COUNTED: Final = frozenset({"List-Count"})
HELD: Final = {"If-None-Match": "*"}
KEYED: Final = {"Idempotency-Key": "the-same-again"}
ASKED: Final = (
    Asked("reportIncident", 200, "/v1/incidents?dry_run=true", "POST", FACTS),
    Asked("reportIncident", 201, "/v1/incidents", "POST", FACTS),
    Asked("reportIncident", 201, "/v1/incidents", "POST", FACTS, None, KEYED, once_before=True, conditional=REPLAYED),
    Asked("reportIncident", 400, "/v1/incidents", "POST", {}),
    Asked("reportIncident", 401, "/v1/incidents", "POST", FACTS, None, {"Authorization": "Bearer nobody"}),
    Asked("reportIncident", 406, "/v1/incidents", "POST", FACTS, None, {"Accept": "text/html"}),
    Asked("reportIncident", 413, "/v1/incidents", "POST", None, b" " * 1_100_000, {"Content-Type": "application/json"}),
    Asked("reportIncident", 415, "/v1/incidents", "POST", None, b"{}", {"Content-Type": "text/plain"}),
    Asked("reviseIncident", 200, AT + "/revisions?dry_run=true", "POST", REVISION, None, FIRST),
    Asked("reviseIncident", 201, AT + "/revisions", "POST", REVISION, None, FIRST),
    Asked("reviseIncident", 201, AT + "/revisions", "POST", REVISION, None, FIRST | KEYED, True, REPLAYED),
    Asked("reviseIncident", 404, f"/v1/incidents/{NOBODY}/revisions", "POST", REVISION, None, FIRST),
    Asked("reviseIncident", 409, GONE + "/revisions", "POST", REVISION, None, SECOND),
    Asked("reviseIncident", 412, AT + "/revisions", "POST", REVISION, None, {"If-Match": '"9"'}),
    Asked("reviseIncident", 422, AT + "/revisions", "POST", {"reason": "r", "patch": {}}, None, FIRST),
    Asked("reviseIncident", 428, AT + "/revisions", "POST", REVISION),
    Asked("retractIncident", 200, AT + "/retraction?dry_run=true", "POST", RETRACTION, None, FIRST),
    Asked("retractIncident", 201, AT + "/retraction", "POST", RETRACTION, None, FIRST),
    Asked("retractIncident", 201, AT + "/retraction", "POST", RETRACTION, None, FIRST | KEYED, True, REPLAYED),
    Asked("retractIncident", 409, GONE + "/retraction", "POST", RETRACTION, None, SECOND),
    Asked("reportIncidentAgain", 200, GONE + "/reports?dry_run=true", "POST", FACTS, None, {"If-Match": "*"}),
    Asked("reportIncidentAgain", 201, GONE + "/reports", "POST", FACTS, None, SECOND),
    Asked(
        "reportIncidentAgain", 201, GONE + "/reports", "POST", FACTS, None, KEYED | SECOND,
        once_before=True, conditional=REPLAYED,
    ),
    Asked("reportIncidentAgain", 409, AT + "/reports", "POST", FACTS, None, FIRST),
    Asked("carryOutBatch", 200, "/v1/batches", "POST", None, b'{"command":"?"}\n', NDJSON),
    Asked("carryOutBatch", 422, "/v1/batches?atomic=true", "POST", None, b'{"command":"?"}\n', NDJSON),
    Asked("listIncidents", 200, "/v1/incidents?limit=1", conditional=LINKED),
    Asked("listIncidents", 200, "/v1/incidents?campaign=there-is-none"),
    Asked("listIncidents", 200, "/v1/incidents?limit=1&count=true", conditional=LINKED),
    Asked("listIncidents", 200, "/v1/incidents?fields=id,facts.title,derived.objects"),
    *(
        Asked("listIncidents", 200, f"/v1/incidents?count=true{more}", headers={"Accept": form}, conditional=COUNTED)
        for form in ("application/x-ndjson", "text/csv", "application/geo+json")
        for more in ("", "&fields=id")
    ),
    Asked("listIncidents", 200, "/v1/incidents?limit=1", headers={"Accept": MSGPACK}, conditional=LINKED),
    Asked("listIncidents", 403, "/v1/incidents", headers={"Authorization": "{writer}"}),
    Asked("readIncident", 200, AT),
    Asked("readIncident", 200, AT, headers={"Accept": "application/geo+json"}),
    Asked("readIncident", 200, AT, headers={"Accept": MSGPACK}),
    Asked("readIncident", 304, AT, headers={"If-None-Match": '"1"'}),
    Asked("readIncident", 404, f"/v1/incidents/{NOBODY}"),
    Asked("readIncident", 410, GONE),
    Asked("explainIncident", 200, AT + "/explain"),
    Asked("readStatistics", 200, "/v1/statistics?metric=incidents,destroyed&group_by=day,subdivision"),
    Asked("readTrend", 200, "/v1/statistics/trend"),
    Asked("listChanges", 200, "/v1/changes?limit=1"),
    Asked("listChanges", 200, "/v1/changes?fields=id", headers={"Accept": MSGPACK}),
    Asked("listChanges", 204, "/v1/changes?campaign=there-is-none&since={token}"),
    Asked("streamIncidents", 200, "/v1/stream?seconds=1&after=0"),
    Asked("createWebhook", 201, "/v1/webhooks", "POST", HOOK),
    Asked("listWebhooks", 200, "/v1/webhooks"),
    Asked("readWebhook", 200, HOOKED),
    Asked("readWebhook", 404, f"/v1/webhooks/{NOBODY}"),
    Asked("changeWebhook", 200, HOOKED, "PATCH", {"status": "disabled"}),
    Asked("deleteWebhook", 204, HOOKED, "DELETE"),
    Asked("rotateWebhookSecret", 201, HOOKED + "/secrets", "POST"),
    Asked("listDeliveries", 200, HOOKED + "/deliveries"),
    Asked("listDeliveries", 200, HOOKED + "/deliveries?limit=1", conditional=LINKED),
    Asked("replayDelivery", 202, HOOKED + "/deliveries/{told}/replay", "POST"),
    Asked("replayDelivery", 404, HOOKED + "/deliveries/999999999/replay", "POST"),
    Asked("replayDeadDeliveries", 202, HOOKED + "/replay", "POST"),
    Asked("listRevisions", 200, GONE + "/revisions?limit=1", conditional=LINKED),
    Asked("listRevisions", 200, AT + "/revisions"),
    Asked("readRevision", 200, AT + "/revisions/1"),
    Asked("listAirports", 200, "/v1/airports?closed=any"),
    Asked("listAirports", 200, "/v1/airports?closed=any&limit=1", conditional=LINKED),
    Asked("readAirport", 200, "/v1/airports/UUWW"),
    Asked("readAirport", 200, "/v1/airports/UUWW?limit=1", conditional=LINKED),
    Asked("readAirport", 404, "/v1/airports/XXXX"),
    Asked("listRegions", 200, "/v1/regions"),
    Asked("listRegions", 200, "/v1/regions?limit=1", conditional=LINKED),
    Asked("readRegion", 200, "/v1/regions/RU-KLU"),
    Asked("readRegion", 404, "/v1/regions/XX-XXX"),
    Asked("listCampaigns", 200, "/v1/campaigns"),
    Asked("listCampaigns", 200, "/v1/campaigns?limit=1", conditional=LINKED),
    Asked("readCampaign", 200, "/v1/campaigns/spring"),
    Asked("readCampaign", 404, "/v1/campaigns/there-is-none"),
    Asked("listSources", 200, "/v1/sources"),
    Asked("listSources", 200, "/v1/sources?limit=1", conditional=LINKED),
    Asked("readSource", 200, "/v1/sources/governor"),
    Asked("readSource", 404, "/v1/sources/there-is-none"),
    *(
        Asked(f"read{name}Feed", status, f"/v1/feed.{name.lower()}?limit=1", headers=sent, conditional=LINKED | CHANGED)
        for name in ("Atom", "Cap", "Geojson")
        for status, sent in ((200, {}), (304, {"If-None-Match": "*"}))
    ),
    Asked("readCapMessage", 200, GONE + "/revisions/2/cap"),
    Asked("readCapMessage", 200, AT + "/revisions/1/cap"),
    Asked("readCapMessage", 304, AT + "/revisions/1/cap", headers={"If-None-Match": "*"}),
    Asked("readCapMessage", 404, AT + "/revisions/9/cap"),
    Asked("readLog", 200, "/v1/log?limit=1", conditional=LINKED),
    Asked("readLog", 200, "/v1/log", headers={"Accept": "application/x-ndjson"}, without=STREAMED),
    Asked("readLog", 304, "/v1/log?limit=1", headers={"If-None-Match": "*"}),
    Asked("readEvent", 200, "/v1/log/1"),
    Asked("readEvent", 304, "/v1/log/1", headers={"If-None-Match": "*"}),
    Asked("readEvent", 404, "/v1/log/999999999"),
    Asked("readHead", 200, "/v1/head"),
    Asked("readCheckpoint", 200, "/v1/log/checkpoint"),
    Asked("readCheckpoint", 304, "/v1/log/checkpoint", headers=HELD),
    Asked("readCheckpoint", 404, "/v1/log/checkpoint?witnesses=15", headers={"min-position": "0"}),
    Asked("listCheckpoints", 200, "/v1/log/checkpoints"),
    Asked("listCheckpoints", 304, "/v1/log/checkpoints?limit=1", headers=HELD),
    Asked("listCheckpoints", 200, "/v1/log/checkpoints?limit=1", conditional=LINKED),
    Asked("readTile", 200, "/v1/log/tile/0/000.p/1"),
    Asked("readTile", 304, "/v1/log/tile/0/000.p/1", headers={"If-None-Match": '"0.0.1"'}),
    Asked("readTile", 404, "/v1/log/tile/0/999"),
    Asked("readEntries", 200, "/v1/log/tile/entries/000.p/1"),
    Asked("readEntries", 304, "/v1/log/tile/entries/000.p/1", headers={"If-None-Match": '"entries.0.1"'}),
    Asked("proveInclusion", 200, "/v1/log/proofs/inclusion?position=1"),
    Asked("proveInclusion", 304, "/v1/log/proofs/inclusion?position=1", headers=HELD),
    Asked("proveInclusion", 404, "/v1/log/proofs/inclusion?position=999999999"),
    Asked("proveConsistency", 200, "/v1/log/proofs/consistency?first=1"),
    Asked("proveConsistency", 304, "/v1/log/proofs/consistency?first=1", headers=HELD),
    Asked("listProjections", 200, "/v1/projections"),
    Asked("readTrail", 200, "/v1/trail"),
    Asked("readTrail", 200, "/v1/trail?limit=1", conditional=LINKED),
    Asked("readTrail", 403, "/v1/trail", headers={"Authorization": "{writer}"}),
    Asked("live", 200, "/health/live"),
    Asked("ready", 200, "/health/ready"),
)  # fmt: skip
