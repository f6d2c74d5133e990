"""XML that any parser takes: made by the standard library, without the characters that XML 1.0 has no place for."""

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(name: str, namespace: str, **prefixes: str) -> Element:
    """Return the outermost element of a document; names below it that have a prefix are of that prefix's namespace."""
    return Element(name, {"xmlns": namespace} | {f"xmlns:{prefix}": there for prefix, there in prefixes.items()})


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element; whatever the text and the attributes hold, they stay text."""
    found = SubElement(parent, name, {key: _clean(value) for key, value in attributes.items()})
    if text is not None:
        found.text = _clean(text)
    return found


def document(top: Element) -> bytes:
    """Return the bytes of a document."""
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(top, encoding="unicode").encode()


def decimal(number: float) -> str:
    """Return a number without an exponent, to the millionth."""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _clean(text: str) -> str:
    """Return the text with U+FFFD for each character that XML 1.0 cannot hold, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)
