"""Run what follows the log: projector and sender; where there is a key, sealer and gatherer; publisher."""

import asyncio
import logging
import os
import signal
from typing import Final

import uvloop

from service import parent, settings
from service.db import Database
from service.notes import Signer
from service.projector import Projector
from service.publisher import Destination, Publisher
from service.sealer import Sealer
from service.settings import Settings
from service.signing import signer
from service.store.changes import collect_seldom
from service.webhooks.sender import Sender
from service.webhooks.targets import targets
from service.witnesses.gatherer import Gatherer
from service.witnesses.witness import witnesses

_log: Final = logging.getLogger(__name__)


async def follow(chosen: Settings, key: Signer | None) -> None:
    """Project and seal what is in a database, have it cosigned, tell webhooks and NATS of it, until cancelled."""
    collect_seldom()
    url, asked = chosen.database_url, witnesses(chosen)
    db, telling = Database(url, 3), Database(url, 4)
    await db.open()
    await telling.open()
    try:
        source = f"{chosen.public_url}/v1/log"
        work = [Projector(db).run(), Sender(telling, targets(chosen), source).run()]
        if chosen.nats_url:
            to = Destination(chosen.nats_url, chosen.nats_stream, chosen.nats_subject)
            work.append(Publisher(telling, to, source).run())
        if key is None:
            _log.warning("the log is not sealed: SIGNING_KEY is not set")
        else:
            work.append(Sealer(url, key).run())
        if key is not None and asked:
            work.append(Gatherer(db, asked).run())
        await asyncio.gather(*work)
    finally:
        await db.close()
        await telling.close()


async def _beside(chosen: Settings) -> None:
    """Follow for as long as the process that started this one lives, however it ends."""
    alone = asyncio.create_task(parent.ended(os.getppid()))
    work = asyncio.create_task(follow(chosen, signer(chosen)))
    await asyncio.wait([work, alone], return_when=asyncio.FIRST_COMPLETED)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one when it has ended
    uvloop.run(_beside(settings.read(os.environ)))
