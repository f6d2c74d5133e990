"""Content codings (RFC 9110, 8.4): whole answers that are worth it go in the best one that the client reads."""

import asyncio
import gzip
import re
from collections.abc import Callable, Mapping
from typing import Final

import brotli
import zstandard

LEAST: Final = 1024
"""Bytes of a body below which compressing it saves nothing that anybody would notice."""
_APART: Final = 32 * 1024
"""Bytes of a body from which on it is compressed in a thread: others are served meanwhile."""
_CODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "zstd": lambda body: zstandard.compress(body, 9),
    "br": lambda body: bytes(brotli.compress(body, quality=5)),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
"""The best first; at these levels each takes about 6 ms for 850 KB of incidents."""
_PLAIN: Final = re.compile(rb"text/|application/(?:[a-z.-]+\+)?(?:json|msgpack|x-ndjson|javascript)")
_WEIGHED: Final = re.compile(r"\s*([A-Za-z0-9*_-]+)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")

Headers = list[tuple[bytes, bytes]]


def worth(headers: Headers) -> bool:
    """Whether an answer is whole, and large and plain enough for its form to depend on Accept-Encoding."""
    given = dict(headers)
    if b"content-encoding" in given or int(given.get(b"content-length", b"0")) < LEAST:  # a stream has no length
        return False
    return _PLAIN.match(given.get(b"content-type", b"")) is not None


def varied(headers: Headers) -> Headers:
    """Return the headers of an answer that looks otherwise for other codings."""
    rest = [(name, value) for name, value in headers if name != b"vary"]
    vary = [value for name, value in headers if name == b"vary"]
    return [*rest, (b"vary", b", ".join([*vary, b"Accept-Encoding"]))]


def chosen(accepted: str) -> str | None:
    """Return the coding that a client likes best, of those made here; None for the body as it is."""
    weights: dict[str, float] = {}
    for each in accepted.split(","):
        form = _WEIGHED.fullmatch(each)
        if form is not None:
            weights[form[1].lower()] = float(form[2] or 1)
    if "*" in weights and "gzip" not in weights:  # what everybody reads
        weights["gzip"] = weights["*"]
    liked = [name for name in _CODINGS if weights.get(name, 0) > 0]
    best = max(liked, key=lambda name: weights[name], default=None)
    return best if best is None or weights[best] >= weights.get("identity", 0) else None


async def encoded(coding: str, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """
    Return an answer in a coding.

    Its entity tag becomes a weak one: a strong one is of the very bytes. If-Match takes both for the same revision.
    """
    encode = _CODINGS[coding]
    short = encode(body) if len(body) < _APART else await asyncio.to_thread(encode, body)
    named = {b"content-length": b"%d" % len(short)}
    named |= {name: b"W/" + value for name, value in headers if name == b"etag" and not value.startswith(b"W/")}
    kept = [(name, named.get(name, value)) for name, value in headers]
    return [*kept, (b"content-encoding", coding.encode())], short
