"""Finds every place where a JSON value does not have the form of a struct (msgspec stops at the first)."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, UnsetType

from service.domain.errors import Fault

Json = Any
Form = Any


def misfits(value: Json, form: Form, at: str = "") -> Iterator[Fault]:
    """Yield what does not fit, each with the pointer to it below `at`; nothing if it all fits."""
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        message, further_in, _ = str(error).partition(" - at `")
        bare = _bare(form)
        if not further_in and not _is_struct(bare):
            yield Fault(at, message)
            return
        # One by one: whoever wants the first hundred does not pay for a million.
        inner = _inside(value, bare, at)
        yield next(inner, None) or Fault(at, message)
        yield from inner


def token(key: str) -> str:
    """Return `key` as a token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _inside(value: Json, form: Form, at: str) -> Iterator[Fault]:
    origin: object = get_origin(form)
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


def _bare(form: Form) -> Form:
    """Return the form without its bounds and without the choice to leave it out."""
    origin: object = get_origin(form)
    if origin is Annotated:
        return _bare(get_args(form)[0])
    if origin in (Union, UnionType):
        return _bare(next(choice for choice in get_args(form) if choice is not UnsetType))
    return form
