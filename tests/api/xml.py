"""Feeds and CAP messages as another library reads them: libxml2, and the schema of OASIS (cap/NOTICE)."""

from typing import Any, Final

from lxml import etree

from tests.running import ROOT

ATOM: Final = "{http://www.w3.org/2005/Atom}"
CAP: Final = "{urn:oasis:names:tc:emergency:cap:1.2}"
GEORSS: Final = "{http://www.georss.org/georss}"
TOMBSTONE: Final = "{http://purl.org/atompub/tombstones/1.0}"
_SCHEMA: Final = etree.XMLSchema(etree.parse(ROOT / "tests" / "api" / "cap" / "CAP-v1.2.xsd"))
_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True)


def alert(body: bytes) -> Any:
    """Hold a CAP message to the schema, and return it."""
    found = etree.fromstring(body, _PARSER)
    _SCHEMA.assertValid(found)
    return found


def said(message: Any, name: str) -> str | None:
    """Return what an element of a CAP message, or of its info, says."""
    return message.findtext(f".//{CAP}{name}")


def feed(body: bytes) -> Any:
    """Hold a feed to what RFC 4287 and RFC 6721 require of it, and return it."""
    found = etree.fromstring(body, _PARSER)
    assert found.tag == f"{ATOM}feed"
    for each in (found, *found.iterchildren(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(each.findall(f"{ATOM}{name}")) == 1, etree.tostring(each)
        assert each.findtext(f"{ATOM}id").startswith("urn:uuid:")
    assert found.findtext(f"{ATOM}author/{ATOM}name")
    assert all(each.get("ref") and each.get("when") for each in tombstones(found))
    assert all(link(each, "alternate") for each in entries(found))
    ids = [each.findtext(f"{ATOM}id") for each in entries(found)] + [each.get("ref") for each in tombstones(found)]
    assert len(set(ids)) == len(ids)
    return found


def entries(found: Any) -> list[Any]:
    return list(found.iterchildren(f"{ATOM}entry"))


def tombstones(found: Any) -> list[Any]:
    return list(found.iterchildren(f"{TOMBSTONE}deleted-entry"))


def link(element: Any, rel: str, media: str | None = None) -> str | None:
    """Return where a link leads."""
    for each in element.iterchildren(f"{ATOM}link"):
        if each.get("rel") == rel and media in {None, each.get("type")}:
            return str(each.get("href"))
    return None
