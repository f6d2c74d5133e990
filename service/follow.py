"""Run what follows the log: the projector and, where there is a key, the sealer and what asks the witnesses."""

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from typing import Final

import uvloop

from service import parent, settings
from service.db import Database
from service.notes import Signer
from service.projector import Projector
from service.sealer import Sealer
from service.settings import Settings
from service.signing import signer
from service.store.changes import collect_seldom
from service.witnesses.gatherer import Gatherer
from service.witnesses.witness import Witness, witnesses

_log: Final = logging.getLogger(__name__)


async def follow(url: str, key: Signer | None, asked: Sequence[Witness]) -> None:
    """Project and seal what is in a database, and have it cosigned, until cancelled."""
    collect_seldom()
    db = Database(url, 3 if asked else 2)
    await db.open()
    try:
        if key is None:
            _log.warning("the log is not sealed: SIGNING_KEY is not set")
            await Projector(db).run()
        elif asked:
            await asyncio.gather(Projector(db).run(), Sealer(url, key).run(), Gatherer(db, asked).run())
        else:
            await asyncio.gather(Projector(db).run(), Sealer(url, key).run())
    finally:
        await db.close()


async def _beside(chosen: Settings) -> None:
    """Follow for as long as the process that started this one lives, however it ends."""
    alone = asyncio.create_task(parent.ended(os.getppid()))
    work = asyncio.create_task(follow(chosen.database_url, signer(chosen), witnesses(chosen)))
    await asyncio.wait([work, alone], return_when=asyncio.FIRST_COMPLETED)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one when it has ended
    uvloop.run(_beside(settings.read(os.environ)))
