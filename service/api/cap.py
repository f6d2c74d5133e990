"""
CAP 1.2: each event of an incident is one message: reported is an Alert, revised an Update, retracted a Cancel.

What no claim says is Unknown; a Cancel has no `info`, so that who overlooks what it is has nothing to show as true.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from xml.etree.ElementTree import Element

import msgspec
from litestar import Request, get
from msgspec import UNSET

from service.api import examples, wording
from service.api.answers import FOR_EVER, Reply, negotiate
from service.api.atom import CAP_MEDIA
from service.api.conditional import not_modified
from service.api.incidents_read import ShowHeaders
from service.api.markup import add, decimal, document, root
from service.api.operation import Answer, Media, Operation, described
from service.api.parts import Publishing, parts
from service.api.positions import settle
from service.api.refusals import NoSuchRevision
from service.api.requests import Reading, incident_id, no_query, number
from service.projections import history
from service.projections.history import Told
from service.store.events import Recorded

Json = Mapping[str, Any]
_CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_TYPES: Final = {"reported": "Alert", "revised": "Update", "retracted": "Cancel"}
_CERTAINTY: Final = {"confirmed": "Observed", "believed": "Likely"}
_TRANSPORT: Final = frozenset(["airport_closed", "airspace_closed", "flights_diverted", "transport"])
_INFRASTRUCTURE: Final = frozenset(["power_outage", "communications"])
_A_DAY: Final = "public, max-age=86400, immutable"
"""Not for ever where others keep it: its data may be expunged."""


def message(told: Told, publishing: Publishing) -> bytes:
    """Return the message of the last of the events."""
    item, last = msgspec.json.decode(told.document), told.recorded[-1]
    alert = root("alert", _CAP)
    add(alert, "identifier", _identifier(last))
    add(alert, "sender", publishing.sender)
    add(alert, "sent", _instant(last.recorded_at))
    add(alert, "status", item["facts"].get("message_status", "actual").capitalize())
    add(alert, "msgType", _TYPES[last.type])
    add(alert, "scope", "Public")
    if note := wording.retraction(item) if item["status"] == "retracted" else told.reason:
        add(alert, "note", note)
    if last.type != "reported":
        said = [f"{publishing.sender},{_identifier(each)},{_instant(each.recorded_at)}" for each in _before(told)]
        add(alert, "references", " ".join(said))
    add(alert, "incidents", item["id"])
    if item["status"] == "active":
        _info(alert, item, publishing)
    return document(alert)


def _identifier(event: Recorded) -> str:
    return f"urn:uuid:{event.incident}#{event.revision}"


def _instant(moment: datetime) -> str:
    """Return a time as CAP has it: to the second, with an offset, and -00:00 for UTC."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}-00:00"


def _before(told: Told) -> list[Recorded]:
    """Return the events before the last one, since the incident was last reported."""
    reports = [number for number, each in enumerate(told.recorded) if each.type == "reported"]
    return told.recorded[reports[-1] : -1]


def _info(alert: Element, item: Json, publishing: Publishing) -> None:
    facts = item["facts"]
    info = add(alert, "info")
    add(info, "language", "en")
    for category in _categories(facts):
        add(info, "category", category)
    add(info, "event", wording.EVENTS.get(facts["kind"], facts["kind"]))
    add(info, "urgency", "Unknown")
    add(info, "severity", "Unknown")
    add(info, "certainty", _certainty(facts))
    start = facts.get("occurred", {}).get("start")
    if start is not None:
        add(info, "onset", _instant(datetime.fromisoformat(start)))
    add(info, "senderName", publishing.sender)
    add(info, "headline", wording.title(item))
    add(info, "description", wording.sentences(item))
    if publishing.address:
        add(info, "web", f"{publishing.address}/v1/incidents/{item['id']}")
    for name, value in _parameters(item):
        parameter = add(info, "parameter")
        add(parameter, "valueName", name)
        add(parameter, "value", value)
    for location in facts.get("locations", {}).values():
        if location.get("role") != "launch":
            _area(info, location)


def _categories(facts: Json) -> Iterator[str]:
    disruptions = {each["kind"] for each in facts.get("disruptions", {}).values()}
    damage = [each for each in facts.get("damage", {}).values() if not each.get("none_reported")]
    yield "Security"
    if any(each.get("fire") for each in damage):
        yield "Fire"
    if disruptions & _TRANSPORT:
        yield "Transport"
    if disruptions & _INFRASTRUCTURE or any(each.get("target") == "energy" for each in damage):
        yield "Infra"


def _certainty(facts: Json) -> str:
    """Return that of the least certain object."""
    said = {_CERTAINTY.get(each.get("certainty"), "Unknown") for each in facts.get("objects", {}).values()}
    return next((each for each in ("Unknown", "Likely", "Observed") if each in said), "Unknown")


def _parameters(item: Json) -> Iterator[tuple[str, str]]:
    """Yield what CAP has no element for: where in the log it is, each derived number, each claim, what is odd."""
    facts, derived = item["facts"], item["derived"]
    yield "ledger:position", str(item["position"])
    for name, groups in (("objects", derived["objects"]), ("damage", derived["damage"])):
        for key, numbers in groups.items():
            for each, value in numbers.items():
                yield f"ledger:{name}/{key}/{each}", _number(value)
    for each, value in derived["casualties"].items():
        yield f"ledger:casualties/{each}", _number(value)
    for key, claim in facts.get("claims", {}).items():
        yield f"ledger:claims/{key}", wording.source(claim)
    for flag in item["flags"]:
        yield "ledger:flag", flag


def _number(value: Json) -> str:
    told = {name: part if isinstance(part, str) else msgspec.json.encode(part).decode() for name, part in value.items()}
    return " ".join(f"{name}={part}" for name, part in told.items())


def _area(info: Element, location: Json) -> None:
    area = add(info, "area")
    add(area, "areaDesc", wording.place(location))
    if "point" in location:
        longitude, latitude = location["point"]
        add(area, "circle", f"{decimal(latitude)},{decimal(longitude)} {decimal(location.get('radius_m', 0) / 1000)}")
    for name, code in (("ISO 3166-2", location.get("subdivision")), ("ISO 3166-1", location.get("country"))):
        if code is not None:
            geocode = add(area, "geocode")
            add(geocode, "valueName", name)
            add(geocode, "value", code)


def _example() -> str:
    item = examples.INCIDENT
    when = datetime.fromisoformat(item["recorded_at"])
    event = Recorded(item["position"], UUID(int=0), UUID(item["id"]), 1, "reported", 1, when, item["actor"], None)
    told = Told([event], msgspec.json.encode(item), "", item["position"])
    return message(told, Publishing("https://ledger.example.org", "ledger.example.org", is_public=True)).decode()


@get(
    "/v1/incidents/{incident:str}/revisions/{revision:str}/cap",
    opt=described(
        Operation(
            id="readCapMessage",
            summary="Read the CAP message of one event",
            description=(
                "CAP 1.2. `reported` is an Alert, `revised` an Update and `retracted` a Cancel; both reference the "
                "messages before them, since the incident was last reported. It never changes unless its event is "
                "expunged. A Cancel has no `info`."
            ),
            tag="Feeds",
            scope="incidents:read",
            headers=ShowHeaders,
            answers={
                200: Answer(
                    description="The message.",
                    media={CAP_MEDIA: Media({"type": "string"}, _example())},
                    headers=("ETag", "Cache-Control"),
                ),
                304: Answer(description="The client has it already.", headers=("ETag", "Cache-Control")),
            },
        )
    ),
)
async def show(request: Request[Any, Any, Any], incident: str, revision: str) -> Reply:
    """Read the CAP message of one event."""
    negotiate(request, CAP_MEDIA)
    reading, publishing = Reading(), parts(request).publishing
    reading.of(no_query, request)
    wanted: UUID = reading.of(incident_id, incident)
    which: int = reading.of(number, "revision", revision, 2**31 - 1)
    await settle(request, reading, None, UNSET)
    told = await history.told(parts(request).db, wanted, which)
    if told is None:
        raise NoSuchRevision
    body = message(told, publishing)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    named = {"ETag": tag, "Cache-Control": _A_DAY if publishing.is_public else FOR_EVER}
    if not_modified(request, tag):
        return Reply(b"", position=told.head, status=304, headers=named)
    return Reply(body, position=told.head, media_type=CAP_MEDIA, headers=named)
