"""What an auditor asks of the service: patiently, in parts that can be asked for again, and nothing taken on trust."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, Self, TypeVar

import httpx
import msgspec
from msgspec import Struct
from rich.console import Console

from service.audit.verdicts import Different, Unverified
from service.domain.merkle import SIZE
from service.domain.tiles import WIDTH, path
from service.notes import Checkpoint, NotSigned, Verifier, read_checkpoint
from service.remote import NDJSON, Away, Failed, Refused, ask, check, open_client, patiently, reason_of

PAGE: Final = 1000
_AHEAD: Final = 3
"""Pages that are asked for before the one that is being looked at is done with."""
_T = TypeVar("_T")


class Faulty(Exception):
    """The service fails with this request, by a fault of its own."""


class Denied(Unverified):
    """The service is there and does not give it."""


class _Listed(Struct):
    size: int
    root_hash: str
    note: str


class _Checkpoints(Struct):
    items: list[_Listed]
    next_after: int | None


class Service:
    """A running service, as its auditor sees it. Whatever is asked raises Unverified where no answer is to be had."""

    def __init__(self, url: str, key: str, console: Console) -> None:
        self._console: Final = console
        try:
            self._client: Final = open_client(url, key)
        except Refused as error:
            raise Unverified(str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None, **params: str | int) -> httpx.Response:
        """Ask, and again while the service is away; raise Faulty where it fails by a fault of its own."""
        try:
            return patiently(partial(self._ask, path, headers or {}, params), self._console)
        except Away as error:
            raise Unverified(f"{path} could not be asked for: {error}") from error
        except Refused as error:
            raise Denied(f"{path} is refused: {error}") from error

    def _ask(self, path: str, headers: Mapping[str, str], params: Mapping[str, str | int]) -> httpx.Response:
        try:
            return ask(self._client, "GET", path, headers=headers, params=params)
        except Failed as error:
            raise Faulty(f"{path} fails: {error}") from error

    def stream(self, path: str, params: Mapping[str, str | int]) -> Iterator[bytes]:
        """
        Ask for a list of any length, once, and yield its lines as they come; none where it is refused.

        Raises Away where it breaks off, and Faulty.
        """
        left = b""
        try:
            with self._client.stream("GET", path, headers={"Accept": NDJSON}, params=params) as answer:
                check(answer)
                for part in answer.iter_bytes():
                    *lines, left = (left + part).split(b"\n")
                    yield from lines
        except httpx.TransportError as error:
            raise Away(reason_of(error)) from error
        except Failed as error:
            raise Faulty(f"{path} fails: {error}") from error
        except Away:
            raise
        except Refused:
            return
        if left:
            yield left

    def patiently(self, do: Callable[[], _T]) -> _T:
        """Do it, again while the service is away; raise Unverified where it does not come back, or refuses."""
        try:
            return patiently(do, self._console)
        except Away as error:
            raise Unverified(f"The service could not be asked: {error}") from error

    def surely(self, path: str, headers: Mapping[str, str] | None = None, **params: str | int) -> httpx.Response:
        """Ask for what no event can make fail."""
        try:
            return self.get(path, headers, **params)
        except Faulty as error:
            raise Unverified(str(error)) from error

    def decoded(self, type_: type[_T], path: str, **params: str | int) -> _T:
        """Ask for JSON."""
        answer = self.surely(path, None, **params)
        try:
            return msgspec.json.decode(answer.content, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unverified(f"{path} is not answered in the form of this release: {error}.") from error

    def head(self) -> int:
        """Return where the log ends now."""
        return position_of(self.surely("/v1/log", limit=1))

    def checkpoint(self, least: int, key: Verifier, witnesses: int = 0) -> tuple[Checkpoint, str]:
        """
        Return the latest signed checkpoint, or the latest that so many witnesses have cosigned, and its note.

        Waits, not long, for one that holds the position `least`.
        """
        asked = {"witnesses": witnesses} if witnesses else {}
        try:
            answer = self._ask("/v1/log/checkpoint", {"min-position": str(least)}, asked)
        except (Refused, Faulty):
            answer = self.surely("/v1/log/checkpoint", None, **asked)
        found, note = _signed(answer, key)
        if found.size < least:
            told = f"The last checkpoint that is so signed holds {found.size:,} events, and the log has {least:,}"
            raise Unverified(f"{told}: those behind it are not sealed, or not cosigned.")
        return found, note

    def checkpoints(self, after: int, until: Checkpoint, key: Verifier) -> Iterator[tuple[Checkpoint, str]]:
        """Yield the signed checkpoints of trees larger than one size, up to another; raise Different."""
        last: int | None = after
        while last is not None and last < until.size:
            page = self.decoded(_Checkpoints, "/v1/log/checkpoints", after=last, limit=PAGE)
            for each in page.items:
                if each.size <= last or each.size > until.size:
                    break
                last = each.size
                yield _read(each, key), each.note
            else:
                last = page.next_after
                continue
            return

    def lines(self, after: int, until: int) -> Iterator[bytes]:
        """Yield the events after one position up to another as they are served; raise Faulty at one it fails with."""
        starts = iter(range(after, until, PAGE))
        with ThreadPoolExecutor(_AHEAD, "pages") as pool:
            ahead: list[Future[list[bytes | Faulty]]] = []
            try:
                for start in starts:
                    ahead.append(pool.submit(self._lines, start, min(PAGE, until - start)))
                    if len(ahead) > _AHEAD:
                        yield from _whole(ahead.pop(0).result())
                while ahead:
                    yield from _whole(ahead.pop(0).result())
            finally:
                for each in ahead:
                    each.cancel()

    def _lines(self, after: int, limit: int) -> list[bytes | Faulty]:
        try:
            content = self.get("/v1/log", {"Accept": NDJSON}, after=after, limit=limit).content
        except Faulty as error:
            if limit == 1:
                return [error]
            half = limit // 2
            return [*self._lines(after, half), *self._lines(after + half, limit - half)]
        return [*content.removesuffix(b"\n").split(b"\n")] if content else []

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        """Return the hashes of the leaves from one up to, not including, another, as the tiles have them."""
        found = bytearray()
        for number in range(start // WIDTH, -(-end // WIDTH)):
            found += self.tile(0, number, min(WIDTH, end - number * WIDTH))
        skipped = start % WIDTH
        return [bytes(found[n : n + SIZE]) for n in range(skipped * SIZE, len(found), SIZE)]

    def tile(self, level: int, number: int, width: int) -> bytes:
        """Return a tile."""
        return self.surely(f"/v1/log/tile/{level}/{named(number, width)}").content


def named(number: int, width: int) -> str:
    """Return how a tile is named below its level."""
    return path(number, width % WIDTH)


def position_of(answer: httpx.Response) -> int:
    """Return the position that an answer says that it reflects."""
    try:
        return int(answer.headers.get("Log-Position", ""))
    except ValueError:
        raise Unverified(f"{answer.url.path} is answered without a Log-Position: is it the ledger?") from None


def _whole(page: Sequence[bytes | Faulty]) -> Iterator[bytes]:
    for each in page:
        if isinstance(each, Faulty):
            raise each
        yield each


def _signed(answer: httpx.Response, key: Verifier) -> tuple[Checkpoint, str]:
    try:
        found = read_checkpoint(answer.text, key)
    except NotSigned as error:
        told = f"The signed checkpoint is not to be trusted: {error}. Is this the public key of this log?"
        raise Unverified(told) from error
    if found.origin != key.name:
        raise Unverified(f"The checkpoint is of the log {found.origin}, and the key is of {key.name}.")
    return found, answer.text


def _read(each: _Listed, key: Verifier) -> Checkpoint:
    try:
        found = read_checkpoint(each.note, key)
        root = b64decode(each.root_hash, validate=True)
    except (NotSigned, NotBase64) as error:
        raise Different(
            each.size, f"The signed checkpoint of {each.size} events is not as it was signed: {error}."
        ) from error
    if (found.origin, found.size, found.root) != (key.name, each.size, root):
        raise Different(each.size, f"The signed checkpoint of {each.size} events is listed as what it does not say.")
    return found
