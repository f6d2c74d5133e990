"""Read what a client sent, strictly: every fault is found, nothing unknown is ignored."""

import re
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import jiter
import msgspec
from litestar import Request
from msgspec import UNSET, Struct, UnsetType

from service.api.problems import In, MalformedJson, Pointed, WrongMediaType, WrongRequest
from service.domain.instants import canonical
from service.domain.shape import misfits, token

MAX_FAULTS: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,19}")
_Struct = TypeVar("_Struct", bound=Struct)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Body:
    """Decodes one type of JSON body and, where it cannot, finds every fault."""

    def __init__(self, of: type[Struct]) -> None:
        self._decoder: Final = msgspec.json.Decoder(of)
        self._of: Final = of

    def read(self, raw: bytes) -> Any:  # noqa: ANN401  # an instance of the type that __init__ was given
        """Decode, or raise MalformedJson or WrongRequest."""
        try:
            loose = strict_json(raw)
        except ValueError as error:
            raise MalformedJson([Pointed("", f"{error}.")]) from error
        return self.decode(raw, loose)

    def decode(self, raw: bytes, loose: object) -> Any:  # noqa: ANN401  # an instance of the type
        """Decode what strict_json has read as `loose`, or raise WrongRequest."""
        try:
            return self._decoder.decode(raw)
        except msgspec.ValidationError as error:
            faults = [Pointed(each.pointer, each.message) for each in islice(misfits(loose, self._of), MAX_FAULTS)]
            raise WrongRequest(faults) from error
        except (ValueError, msgspec.DecodeError) as error:
            raise MalformedJson([Pointed("", f"{error}.")]) from error


def strict_json(raw: bytes) -> object:
    """Parse JSON (RFC 8259); a key that comes twice, NaN and infinities are refused with ValueError."""
    parsed: object = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True)
    return parsed


def check_media_type(request: Request[Any, Any, Any], expected: str) -> None:
    """Raise WrongMediaType unless the body is said to be of the type."""
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != expected:
        raise WrongMediaType(f"Send the body as {expected}, not as {given or 'an unnamed type'}.")


def incident_id(text: str) -> UUID:
    """Read an incident's id from the path."""
    if _UUID.fullmatch(text) is None:
        raise WrongRequest([Pointed("/incident", "It is no UUID.", "path")])
    return UUID(text)


def number(name: str, text: str, largest: int = 2**63 - 1) -> int:
    """Read a number, from 1, from the path."""
    if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= largest:
        raise WrongRequest([Pointed(f"/{name}", f"It is no whole number from 1 to {largest}.", "path")])
    return int(text)


def moment(name: str, text: str | UnsetType) -> datetime | None:
    """Read an instant from a query parameter."""
    if text is UNSET:
        return None
    try:
        return datetime.fromisoformat(canonical(text))
    except ValueError as error:
        raise WrongRequest([Pointed(f"/{name}", f"It {error}.", "query")]) from error


def moment_or_position(name: str, text: str | UnsetType, head: int) -> tuple[datetime | None, int | None]:
    """Read what is either an instant, not in the future, or a position of the log, not beyond its head."""
    if text is not UNSET and _NUMBER.fullmatch(text):
        if int(text) > head:
            raise WrongRequest([Pointed(f"/{name}", f"The log ends at position {head}.", "query")])
        return None, int(text)
    found = moment(name, text)
    if found is not None and found > datetime.now(UTC):
        raise WrongRequest([Pointed(f"/{name}", "It is in the future: nobody knows yet.", "query")])
    return found, None


def query(request: Request[Any, Any, Any], of: type[_Struct]) -> _Struct:
    """Read the query string into a struct; unknown, repeated and unreadable parameters are refused."""
    raw: bytes = request.scope["query_string"]
    if not raw:
        return of()
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=100,
        )
    except ValueError as error:
        raise WrongRequest([Pointed("", "The query string cannot be read.", "query")]) from error
    given: dict[str, str] = {}
    faults: list[Pointed] = []
    for name, value in pairs:
        if name in given:
            faults.append(Pointed(f"/{token(name)}", "It is given more than once.", "query"))
        elif name not in of.__struct_fields__:
            known = ", ".join(sorted(of.__struct_fields__))
            faults.append(Pointed(f"/{token(name)}", f"There is no such parameter; these are known: {known}.", "query"))
        given[name] = value
    return _read("query", given, of, faults)


def headers(request: Request[Any, Any, Any], of: type[_Struct]) -> _Struct:
    """Read the headers that a struct names."""
    given = {name: value for name in of.__struct_encode_fields__ if (value := request.headers.get(name)) is not None}
    return _read("header", given, of, [])


def no_query(request: Request[Any, Any, Any]) -> None:
    """Refuse any query parameter."""
    query(request, _Nothing)


class _Nothing(Struct):
    pass


def _read(where: In, given: dict[str, str], of: type[_Struct], faults: list[Pointed]) -> _Struct:
    for name, value in given.items():
        if name not in of.__struct_encode_fields__:
            continue
        try:
            msgspec.convert({name: value}, of, strict=False)
        except msgspec.ValidationError as error:
            message = str(error).partition(" - at ")[0]
            faults.append(Pointed(f"/{name}", f"{message}.{_allowed(of, name)}", where))
        if "\x00" in value:
            faults.append(Pointed(f"/{name}", "It has a NUL character.", where))
    if faults:
        raise WrongRequest(faults)
    return msgspec.convert(given, of, strict=False)


@cache
def _allowed(of: type[Struct], name: str) -> str:
    """Say which values the parameter may have, where there is a list of them."""
    (_, components) = msgspec.json.schema_components([of])
    schema = components[of.__name__]["properties"][name]
    names: list[str] = [str(value) for option in schema.get("anyOf", [schema]) for value in option.get("enum", ())]
    return f" It may be {', '.join(sorted(names))}." if names else ""
