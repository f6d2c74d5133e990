"""Gather the cosignatures of outside witnesses: each is asked about the newest checkpoint; none waits for another."""

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Final

import httpx

from service.db import SILENCE, Database, DatabaseAway, connect
from service.domain.merkle import consistency
from service.domain.tiles import prove, tiles_of
from service.following import PASSING
from service.store import cosignatures, tree
from service.store.locks import try_lock
from service.store.tree import Signed
from service.witnesses.submission import Submission
from service.witnesses.witness import TIMEOUT, ElsewhereAlready, Unheard, Witness

_STAND_BY: Final = 1.0
"""Seconds between two tries to be the one that gathers."""
_POLL: Final = 0.3
"""Seconds between two looks for a new checkpoint."""
_LONGEST: Final = 60.0
"""Seconds between two tries with a witness that has failed often; at first it is one."""
_log: Final = logging.getLogger(__name__)


class Gatherer:
    """Has the log of one database cosigned, if no other does."""

    def __init__(self, db: Database, witnesses: Sequence[Witness]) -> None:
        self._db: Final = db
        self._witnesses: Final = witnesses
        self._newest: Signed | None = None
        self._grown: Final = asyncio.Condition()
        self._keeping: Final = asyncio.Lock()

    async def run(self) -> None:
        """Gather until cancelled: stand by, ask, and come back after an outage."""
        while True:
            try:
                await self._lead()
            except (*PASSING, DatabaseAway) as error:
                _log.warning("the gatherer lost its database and will be back: %s", error)
            except Exception:  # noqa: BLE001  # and so it does when what is wrong is mended
                _log.exception("the gatherer will try again")
            await asyncio.sleep(_STAND_BY)

    async def _lead(self) -> None:
        leading = await connect(self._db.url, command_timeout=SILENCE)
        try:
            if not await try_lock(leading, "gatherer"):
                return
            async with httpx.AsyncClient(timeout=TIMEOUT) as client:
                work = [asyncio.create_task(self._keep(client, each)) for each in self._witnesses]
                try:
                    while True:
                        newest = await tree.sealed(leading)
                        async with self._grown:
                            self._newest = newest
                            self._grown.notify_all()
                        await asyncio.sleep(_POLL)
                finally:
                    for each in work:
                        each.cancel()
                    await asyncio.gather(*work, return_exceptions=True)
        finally:
            leading.terminate()

    async def _keep(self, client: httpx.AsyncClient, witness: Witness) -> None:
        """Have one witness cosign whatever is newest, one after the other, whatever comes back."""
        held: int | None = None
        told, failures = "", 0
        while True:
            try:
                if held is None:
                    held = await cosignatures.last(self._db, str(witness))
                newest = await self._larger_than(held)
                line = await self._cosigned(client, witness, newest, held)
                async with self._keeping:  # so that each gets a number of its own among those of its size
                    await cosignatures.add(self._db, newest.size, str(witness), line)
                held, told, failures = newest.size, "", 0
                continue
            except Unheard as error:
                reason = str(error)
            except (*PASSING, DatabaseAway) as error:
                held, reason = None, f"the database is away: {error}"
            except Exception as error:  # noqa: BLE001  # the others go on, and so does this one when what is wrong is mended
                held, reason = None, f"{type(error).__name__}: {error}"
            if reason != told:
                _log.warning("not cosigned by %s, which will be asked again: %s", witness, reason)
            told, failures = reason, failures + 1
            await asyncio.sleep(_pause(failures))

    async def _larger_than(self, size: int) -> Signed:
        """Wait for a checkpoint of a larger tree, and return the newest."""
        async with self._grown:
            while self._newest is None or self._newest.size <= size:
                await self._grown.wait()
            return self._newest

    async def _cosigned(self, client: httpx.AsyncClient, witness: Witness, newest: Signed, held: int) -> str:
        """Ask a witness that has cosigned `held` leaves for all one knows, once more if it tells of another size."""
        try:
            return await witness.cosign(client, await self._submission(newest, held))
        except ElsewhereAlready as elsewhere:
            size = elsewhere.size
        if size > newest.size:
            raise Unheard(
                f"it has cosigned a tree of {size} leaves, and the log has {newest.size}: the log has lost some, or "
                "there is another with its name and its key"
            )
        try:
            return await witness.cosign(client, await self._submission(newest, size))
        except ElsewhereAlready as elsewhere:
            raise Unheard(str(elsewhere)) from elsewhere

    async def _submission(self, newest: Signed, old: int) -> Submission:
        ranges = consistency(old, newest.size) if 0 < old < newest.size else []
        tiles = await tree.tiles(self._db, tiles_of(ranges))
        return Submission(old, tuple(prove(ranges, tiles)), newest.note)


def _pause(failures: int) -> float:
    """Return for how many seconds a witness is left alone: longer each time, and not in step with others."""
    return min(2.0 ** (failures - 1), _LONGEST) * random.uniform(0.5, 1)  # noqa: S311  # nobody is to be kept from guessing it
