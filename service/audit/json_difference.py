"""Where two JSON texts differ first, as a person reads it."""

from typing import Any, Final

import msgspec
from msgspec import UNSET

_LONG: Final = 120


def difference(expected: bytes, served: bytes) -> str:
    """Say where two JSON texts differ first, what was expected there and what was served."""
    try:
        pointer, one, other = _first("", msgspec.json.decode(expected), msgspec.json.decode(served))
    except (msgspec.DecodeError, UnicodeDecodeError):
        pointer, one, other = "", expected, served
    if one == other:
        return "what is served is written otherwise than what the log comes to."
    return f"{pointer or 'all of it'}: the log comes to {_short(one)}, and {_short(other)} is served."


def _first(pointer: str, one: Any, other: Any) -> tuple[str, Any, Any]:  # noqa: ANN401  # JSON
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(each for each in other if each not in one)]:
            below = one.get(key, UNSET), other.get(key, UNSET)
            if below[0] != below[1]:
                return _first(f"{pointer}/{key}", *below)
    if isinstance(one, list) and isinstance(other, list):
        for number, below in enumerate(zip(one, other, strict=False)):
            if below[0] != below[1]:
                return _first(f"{pointer}/{number}", *below)
    return pointer, one, other


def _short(value: Any) -> str:  # noqa: ANN401  # JSON
    if value is UNSET:
        return "nothing"
    text = value.decode(errors="replace") if isinstance(value, bytes) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."
