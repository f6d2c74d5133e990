"""Atom (RFC 4287): incidents as entries, retracted ones as tombstones (RFC 6721), pages as in RFC 5005."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element

from msgspec import Struct

from service.api import wording
from service.api.markup import add, decimal, document, root

MEDIA: Final = "application/atom+xml"
CAP_MEDIA: Final = "application/cap+xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_GEORSS: Final = "http://www.georss.org/georss"
_TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
_NEVER: Final = "1970-01-01T00:00:00Z"
"""When a feed changed in which there is nothing."""

Json = Mapping[str, Any]


class About(Struct, frozen=True):
    """What a feed says of itself; addresses begin with the slash if the service does not know its own."""

    title: str
    sender: str
    address: str
    listed: str
    """What is listed: the path with its filters, the same on every page."""
    here: str
    following: str
    """The address of the next page; empty on the last."""


def incidents(items: Iterable[Json], about: About) -> bytes:
    """Return a feed of incidents; a retracted one is only named, with the reason: nobody is to go on showing it."""
    every = list(items)
    feed = _feed(every, about)
    for item in every:
        if item["status"] == "retracted":
            _tombstone(feed, item, about)
        else:
            _entry(feed, item, about)
    return document(feed)


def messages(items: Iterable[Json], about: About) -> bytes:
    """Return an index of the latest CAP message of each incident; that of a retracted one is its Cancel."""
    every = list(items)
    feed = _feed(every, about)
    for item in every:
        entry = _named(feed, f"{_urn(item['id'])}#{item['revision']}", wording.title(item), item["recorded_at"])
        told = wording.retraction(item) if item["status"] == "retracted" else wording.sentences(item)
        _link(entry, "alternate", f"{about.address}{message_path(item)}", CAP_MEDIA)
        add(entry, "summary", told)
        _categories(entry, item, about)
    return document(feed)


def message_path(item: Json) -> str:
    """Return where the CAP message of the incident's last event is."""
    return f"/v1/incidents/{item['id']}/revisions/{item['revision']}/cap"


def _feed(items: list[Json], about: About) -> Element:
    feed = root("feed", _ATOM, at=_TOMBSTONES, georss=_GEORSS)
    add(feed, "id", _urn(str(uuid5(NAMESPACE_URL, f"{about.sender}{about.listed}"))))
    add(feed, "title", about.title)
    add(feed, "updated", max((item["recorded_at"] for item in items), default=_NEVER))
    add(add(feed, "author"), "name", about.sender)
    _link(feed, "self", f"{about.address}{about.here}", MEDIA)
    if about.following:
        _link(feed, "next", f"{about.address}{about.following}", MEDIA)
    return feed


def _entry(feed: Element, item: Json, about: About) -> None:
    entry = _named(feed, _urn(item["id"]), wording.title(item), item["recorded_at"])
    add(entry, "published", item["reported_at"])
    incident = f"{about.address}/v1/incidents/{item['id']}"
    add(entry, "link", rel="alternate", href=incident)  # readers follow no link that says it is not HTML
    _link(entry, "alternate", f"{about.address}{message_path(item)}", CAP_MEDIA)
    _link(entry, "version-history", f"{incident}/revisions", "application/json")
    add(entry, "summary", wording.sentences(item))
    _categories(entry, item, about)
    points = [each["point"] for each in item["facts"].get("locations", {}).values() if "point" in each]
    if len(points) == 1:
        add(entry, "georss:point", f"{decimal(points[0][1])} {decimal(points[0][0])}")
    elif points:
        longitudes, latitudes = zip(*points, strict=True)
        corners = (min(latitudes), min(longitudes), max(latitudes), max(longitudes))
        add(entry, "georss:box", " ".join(map(decimal, corners)))


def _tombstone(feed: Element, item: Json, about: About) -> None:
    gone = add(feed, "at:deleted-entry", ref=_urn(item["id"]), when=item["recorded_at"])
    add(gone, "at:comment", wording.retraction(item))
    _link(gone, "version-history", f"{about.address}/v1/incidents/{item['id']}/revisions", "application/json")
    if "replaced_by" in item["retraction"]:
        _link(gone, "related", f"{about.address}/v1/incidents/{item['retraction']['replaced_by']}", "application/json")


def _named(feed: Element, identity: str, title: str, updated: str) -> Element:
    entry = add(feed, "entry")
    add(entry, "id", identity)
    add(entry, "title", title)
    add(entry, "updated", updated)
    return entry


def _categories(entry: Element, item: Json, about: About) -> None:
    facts = item["facts"]
    places = facts.get("locations", {}).values()
    codes = [code for each in places if (code := each.get("subdivision") or each.get("country"))]
    terms = [("kind", facts["kind"]), ("message_status", facts.get("message_status", "actual"))]
    terms += [("region", code) for code in dict.fromkeys(codes)]
    terms += [("flag", flag) for flag in item["flags"]]
    for scheme, term in terms:
        add(entry, "category", term=term, scheme=f"tag:{about.sender},2026:{scheme}")


def _link(parent: Element, rel: str, href: str, media: str) -> None:
    add(parent, "link", rel=rel, href=href, type=media)


def _urn(incident: str) -> str:
    return f"urn:uuid:{incident}"
