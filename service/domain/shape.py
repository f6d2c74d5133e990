"""Finds every place where a JSON value does not have the form of a struct (msgspec stops at the first)."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct, UnsetType

from service.domain.errors import Fault
from service.domain.forms import PATTERNS_IN_WORDS

_NOTHING: Final = object()
Json = Any
Form = Any


def misfits(value: Json, form: Form, at: str = "") -> Iterator[Fault]:
    """Yield what does not fit, each with the pointer to it below `at`; nothing if it all fits."""
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        message, further_in, _ = str(error).partition(" - at `")
        stripped = bare(form)
        if not further_in and not _is_struct(stripped):
            yield Fault(at, _in_words(message, form))
            return
        # One by one: whoever wants the first hundred does not pay for a million.
        inner = _inside(value, stripped, at)
        yield next(inner, None) or Fault(at, message)
        yield from inner


def fitting_parts(value: Json, form: type[Struct]) -> dict[str, Json]:
    """Return the fields of a struct that fit, each without what does not fit inside it."""
    parts = _fitting_parts(value, form)
    return parts if isinstance(parts, dict) else {}


def _fitting(value: Json, form: Form) -> Json:
    if next(misfits(value, form), None) is None:
        return value
    left = _fitting_parts(value, bare(form))
    return _NOTHING if left is _NOTHING or next(misfits(left, form), None) is not None else left


def _fitting_parts(value: Json, form: Form) -> Json:
    if _is_struct(form) and isinstance(value, dict):
        fields = _fields(form)
        parts = {key: _fitting(value[key], fields[key]) for key in value if key in fields}
    elif _origin(form) is dict and isinstance(value, dict):
        kept = [key for key in value if next(misfits(key, get_args(form)[0]), None) is None]
        parts = {key: _fitting(value[key], get_args(form)[1]) for key in kept}
    else:
        return _NOTHING
    return {key: part for key, part in parts.items() if part is not _NOTHING}


def _in_words(message: str, form: Form) -> str:
    """Say it to somebody who does not know Python."""
    for part in parts(form):
        if isinstance(part, Meta) and part.pattern is not None and "regex" in message:
            return f"Expected {PATTERNS_IN_WORDS[part.pattern]}"
        if _origin(part) is Literal and "enum value" in message:
            return f"{message}: it may be {', '.join(sorted(map(str, get_args(part))))}"
    return message


def parts(form: Form) -> Iterator[Form]:
    """Yield the form, and what it is a choice of and bounded by."""
    yield form
    if _origin(form) in (Annotated, Union, UnionType):
        for part in get_args(form):
            yield from parts(part)


def token(key: str) -> str:
    """Return `key` as a token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _inside(value: Json, form: Form, at: str) -> Iterator[Fault]:
    origin = _origin(form)
    arguments = get_args(form)
    if _is_struct(form) and isinstance(value, dict):
        yield from _struct(value, form, at)
    elif origin is dict and isinstance(value, dict):
        for key, entry in value.items():
            yield from misfits(key, arguments[0], f"{at}/{token(key)}")
            yield from misfits(entry, arguments[1], f"{at}/{token(key)}")
    elif origin is tuple and isinstance(value, list):
        forms = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        for number, (entry, part) in enumerate(zip(value, forms, strict=False)):
            yield from misfits(entry, part, f"{at}/{number}")


def _is_struct(form: Form) -> TypeGuard[type[Struct]]:
    return isinstance(form, type) and issubclass(form, Struct)


def _struct(value: dict[str, Json], form: type[Struct], at: str) -> Iterator[Fault]:
    fields = _fields(form)
    for key, entry in value.items():
        if key not in fields:
            yield Fault(f"{at}/{token(key)}", "is not a field of this object")
        else:
            yield from misfits(entry, fields[key], f"{at}/{key}")
    for field in msgspec.structs.fields(form):
        if field.required and field.encode_name not in value:
            yield Fault(f"{at}/{field.encode_name}", "is required")


@lru_cache(maxsize=64)
def _fields(form: type[Struct]) -> Mapping[str, Form]:
    return get_type_hints(form, include_extras=True)


def _origin(form: Form) -> object:
    return get_origin(form)


def bare(form: Form) -> Form:
    """Return the form without its bounds and without the choice to leave it out."""
    origin = _origin(form)
    if origin is Annotated:
        return bare(get_args(form)[0])
    if origin in (Union, UnionType):
        return bare(next(choice for choice in get_args(form) if choice is not UnsetType))
    return form
