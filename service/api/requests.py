"""Read what a client sent, strictly: every fault is found, nothing unknown is ignored."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl
from uuid import UUID

import jiter
import msgspec
from litestar import Request
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types.asgi_types import HTTPReceiveMessage
from msgspec import UNSET, Struct, UnsetType

from service.api.refusals import MAX_FAULTS, In, MalformedJson, Pointed, TooLarge, WrongMediaType, WrongRequest
from service.domain.checks import Codes, faults_beside_misfits
from service.domain.instants import canonical
from service.domain.shape import bare, misfits, parts, token

_NUMBER: Final = re.compile(r"[0-9]{1,19}")
_Struct = TypeVar("_Struct", bound=Struct)
_READ_PAST: Final = 16 * 1024 * 1024
_TEXT: Final = re.compile(r"[^\x00-\x1f]*")
_SPELLINGS: Final = {
    int: re.compile(r"0|-?[1-9][0-9]{0,18}"),
    bool: re.compile("true|false"),
}
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Reading:
    """Reads the parts of one request, and then tells what is wrong with all of them at once."""

    def __init__(self) -> None:
        self._wrong: Final[list[WrongRequest]] = []

    def of(self, read: Callable[..., object], *args: Any) -> Any:  # noqa: ANN401  # what `read` takes and returns
        """Return what `read` returns; None if the part is wrong, but then `finish` raises."""
        try:
            return read(*args)
        except WrongRequest as wrong:
            self._wrong.append(wrong)
            return None

    def tell(self, *faults: Pointed) -> None:
        """Take in faults that were found elsewhere."""
        if faults:
            self._wrong.append(WrongRequest(faults))

    def finish(self) -> None:
        """Raise WrongRequest, or MalformedJson if that is all, with every fault found."""
        if len(self._wrong) == 1:
            raise self._wrong[0]
        if self._wrong:
            raise WrongRequest([pointed for wrong in self._wrong for pointed in wrong.pointed])


class Body:
    """Decodes one type of JSON body and, where it cannot, finds every fault."""

    def __init__(self, of: type[Struct]) -> None:
        self._decoder: Final = msgspec.json.Decoder(of)
        self._of: Final = of

    def read(self, raw: bytes, codes: Codes) -> Any:  # noqa: ANN401  # an instance of the type that __init__ was given
        """Decode, or raise MalformedJson or WrongRequest."""
        return self.decode(raw, strict_json(raw), codes)

    def decode(self, raw: bytes, loose: object, codes: Codes) -> Any:  # noqa: ANN401  # an instance of the type
        """Decode what strict_json has read as `loose`, or raise WrongRequest."""
        try:
            return self._decoder.decode(raw)
        except msgspec.ValidationError as error:
            faults = [Pointed(each.pointer, each.message) for each in islice(misfits(loose, self._of), MAX_FAULTS)]
            if isinstance(loose, dict) and "facts" in self._of.__struct_fields__:
                beside = faults_beside_misfits(loose.get("facts"), codes)
                faults += [Pointed(f"/facts{each.pointer}", each.message) for each in beside]
            raise WrongRequest(faults) from error
        except (ValueError, msgspec.DecodeError) as error:
            raise MalformedJson([Pointed("", f"{error}.")]) from error


def strict_json(raw: bytes) -> object:
    """Parse JSON (RFC 8259), or raise MalformedJson: so are a key that comes twice, NaN and infinities."""
    try:
        parsed: object = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise MalformedJson([Pointed("", f"{error}." if raw.strip() else "The body is empty.")]) from error
    return parsed


def check_media_type(request: Request[Any, Any, Any], expected: str) -> None:
    """Raise WrongMediaType unless the body is said to be of the type."""
    coding = request.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise WrongMediaType(f"Send the body as it is: the content coding {coding} is not read here.")
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != expected:
        raise WrongMediaType(f"Send the body as {expected}, not as {given or 'an unnamed type'}.")


async def whole_body(request: Request[Any, Any, Any]) -> bytes:
    """
    Read the body, or raise TooLarge.

    Where its length was not announced, after the rest has gone by: a client that is still sending would not see why.
    """
    try:
        return await request.body()
    except RequestEntityTooLarge as error:
        passed = 0
        while request.content_length is None and passed < _READ_PAST:
            message = cast("HTTPReceiveMessage", await request.receive())
            if message["type"] != "http.request" or not message["more_body"]:
                break
            passed += len(message["body"])
        raise TooLarge("A body may have 1 MiB; /v1/batches takes more, line by line.") from error


def identifier(name: str, text: str) -> UUID:
    """Read an id from the path."""
    if _UUID.fullmatch(text) is None:
        raise WrongRequest([Pointed(f"/{name}", "It is no UUID.", "path")])
    return UUID(text)


def incident_id(text: str) -> UUID:
    """Read an incident's id from the path."""
    return identifier("incident", text)


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
        hint = " Write the + of an offset as %2B." if " " in text else ""
        raise WrongRequest([Pointed(f"/{name}", f"It {error}.{hint}", "query")]) from error


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
    reading = Reading()
    asked = query_parts(request, of, reading)
    reading.finish()
    return asked


def query_parts(request: Request[Any, Any, Any], of: type[_Struct], reading: Reading) -> _Struct:
    """Read what can be read of the query string; `reading` is told of the rest."""
    raw: bytes = request.scope["query_string"]
    if not raw and not _required(of):
        return of()
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(raw),
            errors="strict",
            max_num_fields=100,
        )
    except ValueError:
        reading.tell(Pointed("", "The query string cannot be read.", "query"))
        return of()
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            reading.tell(Pointed(f"/{token(name)}", "It is given more than once.", "query"))
        elif name not in of.__struct_fields__:
            known = f"these are known: {', '.join(sorted(of.__struct_fields__))}" if of.__struct_fields__ else "none is"
            reading.tell(Pointed(f"/{token(name)}", f"There is no such parameter; {known}.", "query"))
        given[name] = value
    missing = _required(of) - given.keys()
    return _read("query", given, of, reading, missing)


def headers(request: Request[Any, Any, Any], of: type[_Struct]) -> _Struct:
    """Read the headers that a struct names."""
    given = {name: value for name in of.__struct_encode_fields__ if (value := request.headers.get(name)) is not None}
    reading = Reading()
    sent = _read("header", given, of, reading)
    reading.finish()
    return sent


def no_query(request: Request[Any, Any, Any]) -> None:
    """Refuse any query parameter."""
    query(request, _Nothing)


class _Nothing(Struct):
    pass


@cache
def _required(of: type[Struct]) -> frozenset[str]:
    """Return the names of the fields that have no default."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(of) if field.required)


def _read(
    where: In, given: dict[str, str], of: type[_Struct], reading: Reading, missing: frozenset[str] = frozenset()
) -> _Struct:
    fields = _fields(of)
    known = {name: value for name, value in given.items() if name in fields}
    with contextlib.suppress(msgspec.ValidationError):
        if all(fields[name].spelling.fullmatch(value) for name, value in known.items()):
            return msgspec.convert(known, of, strict=False)
    good = {}
    for name, value in known.items():
        faults = [Pointed(f"/{name}", f"{each}.", where) for each in fields[name].faults(value)]
        reading.tell(*faults)
        if not faults:
            good[name] = value
    reading.tell(*(Pointed(f"/{name}", "It is required.", where) for name in sorted(missing)))
    if _required(of) - good.keys():
        reading.finish()  # nothing can be made of the rest
    return msgspec.convert(good, of, strict=False)


class _Field(Struct, frozen=True):
    """A parameter: msgspec would read more spellings of a number and of a boolean than JSON has."""

    form: Any
    spelling: re.Pattern[str]

    def faults(self, value: str) -> Iterator[str]:
        """Yield what is wrong with a value."""
        fits = self.spelling.fullmatch(value) is not None
        if self.spelling is _TEXT:
            wrong = [each.message for each in misfits(value, self.form)]
            yield from wrong or ([] if fits else ["It has a control character"])
        elif not fits or any(misfits(msgspec.convert(value, bare(self.form), strict=False), self.form)):
            yield f"Expected {_in_words(self.form)}"


def _in_words(form: Any) -> str:  # noqa: ANN401  # a type
    """Say which numbers, or that either boolean, may be given."""
    if bare(form) is bool:
        return "true or false"
    bounds = [part for part in parts(form) if isinstance(part, msgspec.Meta)]
    least = [f" from {part.ge}" for part in bounds if part.ge is not None]
    most = [f" to {part.le}" for part in bounds if part.le is not None]
    return "".join(["a whole number", *least, *most])


@cache
def _fields(of: type[Struct]) -> Mapping[str, _Field]:
    return {
        field.encode_name: _Field(field.type, _SPELLINGS.get(bare(field.type), _TEXT))
        for field in msgspec.structs.fields(of)
    }
