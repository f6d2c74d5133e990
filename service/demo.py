"""What `serve --demo` does once: record the story's incidents in an empty log, and have a key to try things with."""

import asyncio
import contextlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from service import codes, keys, settings, story
from service.db import Database
from service.orders import Order
from service.projections import incidents_list
from service.register import Register
from service.store import events
from service.store.writer import Writer

_ACTOR: Final = "demo"
_SCOPES: Final = ("incidents:read", "incidents:write", "log:read", "webhooks:manage", "admin:read")


class _Incident(Struct):
    id: str
    revision: int


async def prepare() -> tuple[str, str, int]:
    """Return an API key, and the id and revision of an incident: one that is not retracted, if there is any."""
    chosen = settings.read(os.environ)
    db, writer = Database(chosen.database_url, 2), Writer(chosen.database_url, chosen.queue_size)
    await db.open()
    writer.start()
    try:
        if not (await events.head(db))[0]:
            await _record(Register(db, writer, codes.load()))
        incident = await _oldest(db, "active") or await _oldest(db, None)
        assert incident is not None, "the log is not empty"  # noqa: S101
        return await _key(db, chosen.data_dir / "demo-key"), incident.id, incident.revision
    finally:
        await writer.stop()
        await db.close()


async def _record(register: Register) -> None:
    """Report Belgorod first, since the others are said to follow it."""
    night = datetime.now(UTC).date() - timedelta(days=1)
    belgorod = await register.carry_out(_ACTOR, Order(story.incidents(night)[3]))
    for report in story.incidents(night, belgorod.incident)[:3]:
        await register.carry_out(_ACTOR, Order(report))


async def _oldest(db: Database, status: str | None) -> _Incident | None:
    wanted = incidents_list.Filters(
        tags=(), status=status, message_status=None, occurred_from=None, occurred_to=None, recorded_from=None,
        recorded_to=None, box=None,
    )  # fmt: skip
    found = (await incidents_list.page(db, wanted, "recorded", 1, None)).documents
    return msgspec.json.decode(found, type=_Incident) if found else None


async def _key(db: Database, file: Path) -> str:
    """Return the key of the last start, as long as it counts, or a new one; only its owner may read the file."""
    with contextlib.suppress(FileNotFoundError):
        kept = file.read_text().strip()  # noqa: ASYNC240  # nothing else runs in this process
        if await keys.Keyring(db).recognise(kept) is not None:
            return kept
    made = await keys.create(db, _ACTOR, _SCOPES, None, by="serve --demo")
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(made)
    return made


if __name__ == "__main__":
    print(*asyncio.run(prepare()))  # noqa: T201
