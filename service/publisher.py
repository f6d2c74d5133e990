"""
Publish every event of the log to NATS JetStream, in order, each once. One publisher works, any number stand by.

What the stream has is asked of the stream itself: its last message names its position. Every message says which number
it is to get there (`Nats-Expected-Last-Sequence`), so that none is stored after one that was lost, nor one by a
publisher that only believes to be the one. Within the stream's window for duplicates, NATS knows the ids, too.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import asyncpg
import nats
from msgspec import Struct
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import Header, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from service.cloud_events import MEDIA_TYPE, cloud_event
from service.db import SILENCE, Database, DatabaseAway, NotBuilt, connect
from service.following import PASSING, READING
from service.projections.passing import Passing, Version, read
from service.store import events, publications
from service.store.locks import try_lock

POSITION: Final = "Ledger-Position"
"""The header that says which event of the log a message is."""
_STAND_BY: Final = 1.0
"""Seconds between two tries to be the one that publishes."""
_POLL: Final = 0.5
"""Seconds after which the log is looked at, whether or not PostgreSQL told of an event."""
_BATCH: Final = 200
_TIMEOUT: Final = 5.0
"""Seconds that NATS may take to acknowledge a batch."""
_WINDOW: Final = 600.0
"""Seconds for which a stream that is made here knows ids again."""
_REMEMBERED: Final = 1000
_ROOM: Final = 4096
"""Bytes of a message that are no CloudEvent."""
_log: Final = logging.getLogger(__name__)


class Destination(Struct, frozen=True):
    """Where to: a server, a stream there, and what its subjects begin with."""

    url: str
    stream: str
    subject: str


class WrongStream(Exception):
    """The stream is not one of this log; the message says why."""


class Publisher:
    """Publishes the log of one database, if no other does."""

    def __init__(self, db: Database, to: Destination, source: str) -> None:
        self._db: Final = db
        self._to: Final = to
        self._source: Final = source
        self._bell: Final = asyncio.Event()
        self._recent: Final[OrderedDict[UUID, Version]] = OrderedDict()

    async def run(self) -> None:
        """Publish until cancelled: stand by, publish, and come back after an outage of PostgreSQL or of NATS."""
        told = ""
        while True:
            try:
                await self._lead()
                told = ""
            except (*PASSING, DatabaseAway, NotBuilt) as error:
                _log.warning("the publisher lost its database and will be back: %s", error)
            except (NatsError, OSError, TimeoutError, WrongStream) as error:
                reason = str(error) or type(error).__name__
                if reason != told:
                    _log.warning("nothing is published to NATS, and it will be tried again: %s", reason)
                told = reason
            except Exception:  # noqa: BLE001  # and so it is when what is wrong is mended
                _log.exception("the publisher will try again")
            await asyncio.sleep(_STAND_BY)

    async def _lead(self) -> None:
        connection = await connect(self._db.url, READING, command_timeout=SILENCE)
        try:
            if not await try_lock(connection, "publisher"):
                return
            await connection.add_listener("events", lambda *_: self._bell.set())
            client = await nats.connect(
                self._to.url,
                name="incident-ledger",
                allow_reconnect=False,
                connect_timeout=int(_TIMEOUT),
                error_cb=_told,
            )
            try:
                await self._publish(connection, client)
            finally:
                with suppress(NatsError, OSError, TimeoutError):
                    await asyncio.wait_for(client.close(), _TIMEOUT)
        finally:
            connection.terminate()

    async def _publish(self, connection: asyncpg.Connection, client: Client) -> None:
        stream = client.jetstream(timeout=_TIMEOUT, publish_async_max_pending=_BATCH)
        position, sequence = await self._stands(stream)
        while True:
            self._bell.clear()
            head = (await events.head(self._db))[0]
            if position > head:
                raise WrongStream(f"{self._to.stream} has events up to {position}, and the log ends at {head}")
            found = await read(connection, position, head, _BATCH, self._recent) if position < head else []
            if found:
                await self._store(stream, found, sequence, client.max_payload)
                position, sequence = found[-1].position, sequence + len(found)
                await publications.move(self._db, self._to.stream, position)
                self._remember(found)
            elif client.is_closed:
                raise NatsError("the connection is lost")
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._bell.wait(), _POLL if position == head else _POLL / 10)

    async def _stands(self, stream: JetStreamContext) -> tuple[int, int]:
        """Return the position of the last event that the stream has, and the number of its last message."""
        try:
            info = await stream.stream_info(self._to.stream)
        except NotFoundError:
            config = StreamConfig(
                name=self._to.stream,
                subjects=[f"{self._to.subject}.>"],
                storage=StorageType.FILE,
                duplicate_window=_WINDOW,
            )
            info = await stream.add_stream(config)
        last = info.state.last_seq
        if info.state.messages:
            message = await stream.get_msg(self._to.stream, seq=last)
            position = (message.headers or {}).get(POSITION, "")
            if not position.isdigit():
                raise WrongStream(f"the last message of {self._to.stream} is none of this log's")
            return int(position), last
        return await publications.position(self._db, self._to.stream) if last else 0, last

    async def _store(self, stream: JetStreamContext, found: Sequence[Passing], after: int, largest: int) -> None:
        """Have events stored as the messages after a number, in this order; raise if not every one was."""
        asked = []
        for number, each in enumerate(found, after):
            headers = {
                Header.MSG_ID.value: str(each.event_id),
                Header.EXPECTED_STREAM.value: self._to.stream,
                Header.EXPECTED_LAST_SEQUENCE.value: str(number),
                POSITION: str(each.position),
                "Content-Type": MEDIA_TYPE,
            }
            body = cloud_event(each, "incident", self._source, largest - _ROOM)
            subject = f"{self._to.subject}.{each.type}.{each.incident}"
            asked.append(await stream.publish_async(subject, body, headers=headers))
        async with asyncio.timeout(_TIMEOUT):
            stored = await asyncio.gather(*asked)
        if [each.seq for each in stored] != [*range(after + 1, after + 1 + len(found))]:
            raise WrongStream(f"{self._to.stream} had some of these events already: is it written to by others?")

    def _remember(self, found: Sequence[Passing]) -> None:
        for each in found:
            self._recent[each.incident] = each.after
            self._recent.move_to_end(each.incident)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)


async def _told(error: Exception) -> None:
    """Take what the client says of its own accord: what comes of it is raised where something is asked of it."""
    _log.debug("NATS: %s", error)
