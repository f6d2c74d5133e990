"""The parts of the running service that a handler works with."""

from typing import Any

import msgspec
from litestar import Request

from service.db import Database
from service.domain.checks import Codes
from service.projections.lookup import Lookup
from service.register import Register
from service.store.tree import Tiles
from service.tail import Tail
from service.webhooks.targets import Targets


class Publishing(msgspec.Struct, frozen=True):
    """What the feeds say of the service."""

    address: str
    """Empty if it does not know its own."""
    sender: str
    is_public: bool
    """Whether everybody may read, and so a cache may give one reader's answer to another."""


class Parts(msgspec.Struct, frozen=True):
    """Made once by the composition root, and kept in the application's state."""

    db: Database
    register: Register
    codes: Codes
    lookup: Lookup
    publishing: Publishing
    tail: Tail
    tiles: Tiles
    targets: Targets
    stream: str | None
    """That of NATS; None if nothing is published there."""


def parts(request: Request[Any, Any, Any]) -> Parts:
    """Return the parts."""
    found: Parts = request.app.state["parts"]
    return found
