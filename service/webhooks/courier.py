"""Take one message to a webhook, signed as Standard Webhooks 1.0 has it, and say what came of it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import httpcore
from standardwebhooks import Webhook

from service.cloud_events import MEDIA_TYPE
from service.webhooks.deliveries import Outcome
from service.webhooks.targets import Connecting, Targets

TIMEOUT: Final = 15.0
"""Seconds that a receiver has for all of it."""
_CONNECTIONS: Final = 512
_READ: Final = 4096
"""Bytes of an answer that are read; the rest is cut off with the connection."""
_LONGEST: Final = 86_400


class Courier:
    """Keeps the connections to receivers."""

    def __init__(self, targets: Targets) -> None:
        self._pool: Final = httpcore.AsyncConnectionPool(
            max_connections=_CONNECTIONS, keepalive_expiry=30, network_backend=Connecting(targets)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def take(self, url: str, message_id: str, body: bytes, secrets: Sequence[str]) -> Outcome:
        """Send a message once; whatever goes wrong is an outcome. Redirects are not followed."""
        now = datetime.now(UTC)
        headers: dict[str | bytes, str | bytes] = {
            "host": urlsplit(url).netloc.rpartition("@")[2],
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "user-agent": "incident-ledger",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Webhook(each).sign(message_id, now, body.decode()) for each in secrets),
        }
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._pool.stream("POST", url, headers=headers, content=body) as answer,
            ):
                await _some(answer)
                return _outcome(answer)
        except TimeoutError:
            return Outcome(None, f"There was no answer within {TIMEOUT:.0f} s.")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            return Outcome(None, str(error) or f"The connection failed: {type(error).__name__}.")


async def _some(answer: httpcore.Response) -> None:
    """Read what a decent receiver answers, so that its connection can be used again; no more."""
    read = 0
    async for piece in answer.aiter_stream():
        read += len(piece)
        if read > _READ:
            return


def _outcome(answer: httpcore.Response) -> Outcome:
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004  # what is a success
        return Outcome(status, None)
    if 300 <= status < 400:  # noqa: PLR2004  # what is a redirect
        return Outcome(status, f"It answered {status}: redirects are not followed; change the URL.")
    return Outcome(status, f"It answered {status}.", _retry_after(answer))


def _retry_after(answer: httpcore.Response) -> timedelta | None:
    given = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
    return timedelta(seconds=min(int(given), _LONGEST)) if given.isdigit() and len(given) < 10 else None  # noqa: PLR2004
