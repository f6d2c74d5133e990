"""The outside witnesses that cosign the log: who they are, and how one of them is asked (C2SP tlog-witness)."""

import asyncio
import re
from typing import Final

import httpx
from msgspec import Struct

from service.notes import WITNESS, NotSigned, Verifier, WrongKey, parts, read_public
from service.settings import Settings, WrongSetting
from service.witnesses.submission import MOST_WITNESSES, PATH, SIZE_TYPE, Submission

TIMEOUT: Final = httpx.Timeout(5)
_PATIENCE: Final = 10.0
"""Seconds that an answer may take as a whole."""
_MOST: Final = 64 * 1024
"""Bytes of an answer that are read."""
_ADDRESS: Final = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?")
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


class Unheard(Exception):
    """A witness has not cosigned; the message says why."""


class ElsewhereAlready(Exception):
    """It goes on from another size than it was asked to: that of the last checkpoint that it has cosigned."""

    def __init__(self, size: int) -> None:
        self.size: Final = size
        super().__init__(f"it has cosigned a tree of {size} leaves")


class Witness(Struct, frozen=True):
    """An outside witness: the key that it cosigns with, and the address below which it is asked."""

    verifier: Verifier
    url: str

    def __str__(self) -> str:
        """Return the name and the id of its key."""
        return f"{self.verifier.name}+{self.verifier.id.hex()}"

    async def cosign(self, client: httpx.AsyncClient, asked: Submission) -> str:
        """Return its line of signature, verified; raise Unheard or ElsewhereAlready."""
        try:
            async with asyncio.timeout(_PATIENCE):
                status, kind, said = await self._ask(client, asked.text().encode())
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Unheard(f"it cannot be reached ({str(error) or type(error).__name__})") from error
        text = said.decode(errors="replace")
        if status == httpx.codes.CONFLICT and kind == SIZE_TYPE and (size := _SIZE.fullmatch(text)) is not None:
            raise ElsewhereAlready(int(size[1]))
        if status != httpx.codes.OK:
            raise Unheard(f"it answers {status}: {text[:200]!r}")
        return self._verified(asked.note, text)

    async def _ask(self, client: httpx.AsyncClient, body: bytes) -> tuple[int, str, bytes]:
        headers = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}
        said = b""
        async with client.stream("POST", f"{self.url}/{PATH}", content=body, headers=headers) as answer:
            async for piece in answer.aiter_raw():
                said += piece
                if len(said) > _MOST:
                    raise Unheard(f"it answers with more than {_MOST} bytes")
            return answer.status_code, answer.headers.get("content-type", ""), said

    def _verified(self, note: str, lines: str) -> str:
        try:
            body, signatures = parts(note + lines)
            line = self.verifier.signed(body, signatures)
        except NotSigned as error:
            raise Unheard(f"its answer is no cosignature: {error}") from error
        if line is None or not note.startswith(f"{body}\n"):
            raise Unheard("its answer is not signed with the key in WITNESSES")
        return line


def witnesses(settings: Settings) -> list[Witness]:
    """Return who is to cosign; raise WrongSetting."""
    words = settings.witnesses.split()
    if len(words) % 2 or len(words) > 2 * MOST_WITNESSES:
        raise WrongSetting(
            f"WITNESSES cannot be used: it is the public key and the address of up to {MOST_WITNESSES} witnesses, in "
            "turn, with spaces between."
        )
    found = [_witness(n, key, url) for n, (key, url) in enumerate(zip(words[::2], words[1::2], strict=True), 1)]
    if twice := sorted({str(each) for each in found if sum(str(other) == str(each) for other in found) > 1}):
        raise WrongSetting(f"WITNESSES cannot be used: it names {twice[0]} more than once.")
    return found


def _witness(number: int, key: str, url: str) -> Witness:
    try:
        verifier = read_public(key, WITNESS)
    except WrongKey as error:  # not shown: it may be a private one, by mistake
        raise WrongSetting(f"WITNESSES cannot be used: the key of witness {number}: {error}.") from error
    if _ADDRESS.fullmatch(url) is None:
        raise WrongSetting(f"WITNESSES cannot be used: {url!r} is no address like https://witness.example.org/w1.")
    return Witness(verifier, url.rstrip("/"))
