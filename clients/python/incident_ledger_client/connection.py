"""A connection to a ledger, that tries again what may be tried again."""

from collections.abc import Callable
from typing import Any, Final

import httpx
from tenacity import RetryCallState, retry, retry_if_exception, stop_after_delay, wait_exponential_jitter

from incident_ledger_client.generated import AuthenticatedClient
from incident_ledger_client.problems import ProblemAnswered

PATIENCE: Final = 60.0
"""Seconds after which nothing is tried again."""
_MAY_PASS: Final = frozenset([429, 502, 503, 504])
_waits: Final = wait_exponential_jitter(multiplier=0.2, max=10)


def connect(url: str, key: str) -> AuthenticatedClient:
    """Return the client that every generated call takes; `key` is an API key."""
    return AuthenticatedClient(base_url=url, token=key, timeout=httpx.Timeout(90.0, connect=10.0))


def passes(error: BaseException) -> bool:
    """Whether the same request may succeed a little later."""
    if isinstance(error, ProblemAnswered):
        return error.status in _MAY_PASS
    return isinstance(error, httpx.TransportError)


def wait(state: RetryCallState) -> float:
    """Return the seconds until the next try: as the service asks for, or longer each time."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after if isinstance(error, ProblemAnswered) else None
    return asked if asked is not None else _waits(state)


def trying(patience: float = PATIENCE) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what makes a function try again for so long what may pass."""
    return retry(retry=retry_if_exception(passes), wait=wait, stop=stop_after_delay(patience), reraise=True)
