"""Tell webhooks of events: one sender works, any number stand by."""

import asyncio
import logging
import random
import time
from collections import Counter, OrderedDict
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from service.cloud_events import cloud_event
from service.db import SILENCE, Database, DatabaseAway, NotBuilt, connect
from service.following import PASSING, READING
from service.projections.passing import Version, read
from service.store import events
from service.store.locks import try_lock
from service.webhooks import deliveries
from service.webhooks.courier import Courier
from service.webhooks.deliveries import Due, Outcome, State
from service.webhooks.targets import Targets

DELAYS: Final = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800))
"""After each attempt that failed: nearly 24 hours, after which a delivery is dead."""
_STAND_BY: Final = 1.0
"""Seconds between two tries to be the one that sends."""
_POLL: Final = 0.5
"""Seconds after which is looked what is due, whether or not PostgreSQL told of an event."""
_BATCH: Final = 200
_OF_EACH: Final = 8
"""Messages under way to one webhook; to one that fails there is one."""
_IN_ALL: Final = 512
_REMEMBERED: Final = 1000
_KEPT: Final = timedelta(days=30)
"""For which one can see what was delivered."""
_TIDY: Final = 600.0
_GONE: Final = 410
_log: Final = logging.getLogger(__name__)


class Sender:
    """Sends what the webhooks of one database are to be told, if no other does."""

    def __init__(self, db: Database, targets: Targets, source: str) -> None:
        self._db: Final = db
        self._targets: Final = targets
        self._source: Final = source
        self._bell: Final = asyncio.Event()
        self._flying: Final[dict[tuple[UUID, int], asyncio.Task[None]]] = {}
        self._failing: Final[set[UUID]] = set()
        self._recent: Final[OrderedDict[UUID, Version]] = OrderedDict()
        self._tidied = 0.0

    async def run(self) -> None:
        """Send until cancelled: stand by, send, and come back after an outage."""
        while True:
            try:
                await self._lead()
            except (*PASSING, DatabaseAway, NotBuilt) as error:
                _log.warning("the sender of webhooks lost its database and will be back: %s", error)
            except Exception:  # noqa: BLE001  # and so it does when what is wrong is mended
                _log.exception("the sender of webhooks will try again")
            await asyncio.sleep(_STAND_BY)

    async def _lead(self) -> None:
        connection = await connect(self._db.url, READING, command_timeout=SILENCE)
        try:
            if not await try_lock(connection, "webhooks"):
                return
            await connection.add_listener("events", lambda *_: self._bell.set())
            async with Courier(self._targets) as courier:
                try:
                    while True:
                        self._bell.clear()
                        queued = await self._queue(connection)
                        await self._start(connection, courier)
                        await self._tidy()
                        if not queued:
                            with suppress(TimeoutError):
                                await asyncio.wait_for(self._bell.wait(), _POLL)
                finally:
                    for each in self._flying.values():
                        each.cancel()
                    await asyncio.gather(*self._flying.values(), return_exceptions=True)
                    self._flying.clear()
        finally:
            connection.terminate()

    async def _queue(self, connection: asyncpg.Connection) -> int:
        """Decide who is told of the next events, and return how many these were."""
        head = (await events.head(self._db))[0]
        telling = await deliveries.behind(self._db, head)
        if not telling:
            return 0
        passing = await read(connection, min(each.position for each in telling), head, _BATCH, self._recent)
        for each in passing:
            self._recent[each.incident] = each.after
            self._recent.move_to_end(each.incident)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        if passing:
            await deliveries.add(self._db, [e for e in telling if e.position < passing[-1].position], passing)
        return len(passing)

    async def _start(self, connection: asyncpg.Connection, courier: Courier) -> None:
        """Start to send what is due."""
        under_way = Counter(webhook for webhook, _ in self._flying)
        for each in await deliveries.due(connection, _OF_EACH):
            place, most = (each.webhook, each.position), 1 if each.webhook in self._failing else _OF_EACH
            if place not in self._flying and under_way[each.webhook] < most and len(self._flying) < _IN_ALL:
                under_way[each.webhook] += 1
                self._flying[place] = asyncio.create_task(self._send(courier, each))

    async def _send(self, courier: Courier, sent: Due) -> None:
        try:
            outcome = await self._take(courier, sent)
            if outcome is not None:
                await self._keep(sent, outcome)
        except (*PASSING, DatabaseAway, NotBuilt) as error:
            _log.warning("what came of a delivery is not known, and it will be sent again: %s", error)
        except Exception:  # noqa: BLE001  # the others are sent all the same
            _log.exception("a delivery to the webhook %s failed", sent.webhook)
            await asyncio.sleep(_STAND_BY)
        finally:
            del self._flying[sent.webhook, sent.position]
            self._bell.set()

    async def _take(self, courier: Courier, sent: Due) -> Outcome | None:
        """Send it as it is on record now; None if that is not known yet."""
        async with self._db.connection() as connection:
            found = await read(connection, sent.position - 1, sent.position, 1, self._recent)
        if not found:
            await asyncio.sleep(_POLL)
            return None
        body = cloud_event(found[0], sent.concern, self._source)
        return await courier.take(sent.url, str(found[0].event_id), body, sent.secrets)

    async def _keep(self, sent: Due, outcome: Outcome) -> None:
        state: State = "delivered" if outcome.error is None else "pending"
        again = timedelta(0)
        self._failing.discard(sent.webhook)
        if outcome.error is not None:
            self._failing.add(sent.webhook)
            if sent.attempts < len(DELAYS):
                again = max(DELAYS[sent.attempts] * random.uniform(1, 1.2), outcome.retry_after or again)  # noqa: S311  # not in step
            else:
                state = "dead"
        await deliveries.done(self._db, sent, state, again, outcome)
        if outcome.answer == _GONE:
            await deliveries.disable(self._db, sent.webhook, "Its receiver answered 410: it is gone.")

    async def _tidy(self) -> None:
        if time.monotonic() - self._tidied > _TIDY:
            self._tidied = time.monotonic()
            await deliveries.forget(self._db, _KEPT, _BATCH * 50)
