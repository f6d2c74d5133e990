"""The end of the log, followed once in each process for all in it who wait for what comes."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID

import asyncpg

from service.db import AWAY, SILENCE, Database, DatabaseAway, NotBuilt, connect
from service.following import PASSING, READING
from service.projections.incidents_list import Filters
from service.projections.matching import Concern, concern
from service.projections.passing import Passing, Version, read
from service.store import events

MOST: Final = 10_000
"""Subscribers of one process."""
_BUFFER: Final = 256 * 1024
"""Bytes that wait for a subscriber who does not read, before he is cut off."""
_BATCH: Final = 200
_POLL: Final = 1.0
"""Seconds after which the log is looked at, whether or not PostgreSQL told of an event."""
_AGAIN: Final = 0.005
_SELDOM: Final = 0.2
"""Seconds between two looks at what is not known yet: at first, and if it is long in coming."""
_REMEMBERED: Final = 1000
"""Incidents whose last version is kept: `versions` may not have it yet when the next event comes."""
_log: Final = logging.getLogger(__name__)

Render = Callable[[Passing, Concern], bytes]
"""Makes a message of an event and what it is for the filters."""


class TooManySubscribers(Exception):
    """Nobody else can be served."""


class Ending(Exception):
    """The process is about to end."""


class Subscriber:
    """Takes the messages that one client is to be sent."""

    def __init__(self, since: int, after: int) -> None:
        self._after: Final = after
        self.since: Final = since
        """The position after which he is told of every event that concerns him."""
        self.cut = False
        """Whether he has been cut off: what is still to be taken is the last."""
        self.stop: Callable[[], object] | None = None
        """Stops what is being sent to him, for as long as it is."""
        self._waiting: Final[deque[bytes]] = deque()
        self._bytes = 0
        self._bell: Final = asyncio.Event()

    def tell(self, position: int, message: bytes) -> None:
        """Leave a message, unless he has it already; or cut him off if too much waits."""
        if self.cut or position <= self._after:
            return
        if self._bytes + len(message) > _BUFFER and self._waiting:
            self.end()
            return
        self._waiting.append(message)
        self._bytes += len(message)
        self._bell.set()

    def end(self) -> None:
        """Cut him off, even if he does not take what is being sent."""
        self.cut = True
        self._bell.set()
        if self.stop is not None:
            self.stop()

    def take(self) -> bytes:
        """Return what waits, all of it."""
        taken = b"".join(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        self._bell.clear()
        return taken

    async def wait(self, seconds: float) -> bool:
        """Wait until there is something to be taken, or he is cut off; False if that takes too long."""
        if not self.cut and not self._waiting:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), seconds)
        return self.cut or bool(self._waiting)


class _Group:
    """Subscribers who are sent the same bytes: of one form, for the same filters."""

    def __init__(self, wanted: Filters, render: Render) -> None:
        self._wanted: Final = wanted
        self._render: Final = render
        self.subscribers: Final[set[Subscriber]] = set()

    def tell(self, passing: Passing) -> None:
        """Tell all of an event, if it concerns them."""
        what = concern(self._wanted, passing)
        if what is not None:
            message = self._render(passing, what)
            for each in self.subscribers:
                each.tell(passing.position, message)


class Tail:
    """
    Reads each event once, as soon as PostgreSQL tells of it, while there are subscribers.

    It tells them of each event in the order of the log, leaves none out, and comes back by itself after an outage.
    """

    def __init__(self, db: Database) -> None:
        self._db: Final = db
        self._groups: Final[dict[str, _Group]] = {}
        self._recent: Final[OrderedDict[UUID, Version]] = OrderedDict()
        self._bell: Final = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._position: int | None = None
        self._head = 0
        self._count = 0
        self._ended = False

    @property
    def position(self) -> int:
        """The position up to which all have been told of everything; only after `start`."""
        assert self._position is not None, "start() comes first"  # noqa: S101
        return self._position

    @property
    def full(self) -> bool:
        """Whether nobody else can subscribe."""
        return self._count >= MOST

    async def start(self) -> None:
        """Follow the log from now on, if nobody made it do so before; raise DatabaseAway, NotBuilt or Ending."""
        if self._ended:
            raise Ending
        if self._position is None:
            position = (await events.head(self._db))[0]
            if self._position is None:
                self._position = position
        if self._work is None:
            self._work = asyncio.create_task(self._run(), name="tail")

    @contextmanager
    def subscribe(self, form: str, wanted: Filters, render: Render, after: int = 0) -> Iterator[Subscriber]:
        """
        Subscribe to what comes after a position, if that is not past; only after `start`.

        `form` names filters and rendering: whoever has the same is sent the same bytes.
        """
        if self.full:
            raise TooManySubscribers
        subscriber = Subscriber(self.position, after)
        group = self._groups.setdefault(form, _Group(wanted, render))
        group.subscribers.add(subscriber)
        self._count += 1
        try:
            yield subscriber
        finally:
            self._count -= 1
            group.subscribers.discard(subscriber)
            if not group.subscribers:
                self._groups.pop(form, None)

    async def past(self, after: int, until: int) -> list[Passing]:
        """Return the next events that are past; none if some of it is not known yet."""
        async with self._db.connection() as connection:
            return await read(connection, after, until, _BATCH, {})

    def end(self) -> None:
        """Cut off everybody: the process is about to end."""
        self._ended = True
        for each in [each for group in self._groups.values() for each in group.subscribers]:
            each.end()

    async def close(self) -> None:
        """Stop."""
        self.end()
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except (*PASSING, *AWAY, DatabaseAway, NotBuilt, asyncpg.UndefinedTableError) as error:
                _log.warning("the tail of the log lost its database and will be back: %s", error)
            except Exception:  # noqa: BLE001  # who waits is told when what is wrong is mended
                _log.exception("the tail of the log will go on")
            await asyncio.sleep(_POLL)

    async def _follow(self) -> None:
        connection = await connect(self._db.url, READING, command_timeout=SILENCE)
        try:
            await connection.add_listener("events", self._wake)
            self._head = (await events.head(self._db))[0]
            pause = _AGAIN
            while not connection.is_closed():
                self._bell.clear()
                if await self._pass_on(connection):
                    pause = _AGAIN
                elif self._position is not None and self._position < self._head:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _SELDOM)
                else:
                    await self._wait()
        finally:
            connection.terminate()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._bell.wait(), _POLL)
        except TimeoutError:
            self._head = (await events.head(self._db))[0]

    def _wake(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._head = max(self._head, int(str(payload)))
        self._bell.set()

    async def _pass_on(self, connection: asyncpg.Connection) -> int:
        """Tell of what has come, and return how many events that were."""
        assert self._position is not None, "start() comes first"  # noqa: S101
        if self._position >= self._head:
            return 0
        if not self._groups:
            self._position = self._head
            return 0
        found = await read(connection, self._position, self._head, _BATCH, self._recent)
        for each in found:
            for group in [*self._groups.values()]:
                group.tell(each)
            self._remember(each)
            self._position = each.position
            await asyncio.sleep(0)
        return len(found)

    def _remember(self, passing: Passing) -> None:
        self._recent[passing.incident] = passing.after
        self._recent.move_to_end(passing.incident)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
