"""Seal the log: let its Merkle tree grow, and sign each state of it. One sealer works, any number stand by."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Final

import asyncpg

from service.db import SILENCE, DatabaseAway, connect
from service.domain.tiles import Edge
from service.following import PASSING
from service.notes import Checkpoint, NotSigned, Signer, read_checkpoint, write_checkpoint
from service.store import tree
from service.store.locks import try_lock

_STAND_BY: Final = 1.0
"""Seconds between two tries to be the one that seals."""
_POLL: Final = 0.5
"""Seconds after which the log is looked at, whether or not PostgreSQL told of an event."""
_PACE: Final = 0.3
"""Seconds from one checkpoint to the next, so that many events go into one."""
_SLOWEST: Final = 0.7
"""What the pace comes to while events keep coming: a checkpoint takes 430 bytes of disk for good."""
_SLOWER: Final = 1.05
"""From one checkpoint to the next: it takes 8 seconds without a pause to come to the slowest pace."""
_BATCH: Final = 8192
_log: Final = logging.getLogger(__name__)


class WrongSigner(Exception):
    """The log is signed with another key; the message says which."""


class WrongTree(Exception):
    """The hashes of the tree are not those that were signed; to sign more of them would be to vouch for a fork."""


class Sealer:
    """Keeps the tree of one database at the head of its log, if no other does."""

    def __init__(self, url: str, signer: Signer) -> None:
        self._url: Final = url
        self._signer: Final = signer
        self._bell: Final = asyncio.Event()

    async def run(self) -> None:
        """Seal until cancelled: stand by, seal, and come back after an outage."""
        told = ""
        while True:
            try:
                await self._lead()
            except (*PASSING, DatabaseAway) as error:
                _log.warning("the sealer lost its database and will be back: %s", error)
            except (WrongSigner, WrongTree, tree.Gap) as error:
                if str(error) != told:
                    _log.error("the log is not sealed: %s", error)  # the sentence says it all
                told = str(error)
            except Exception:  # noqa: BLE001  # and so it does when what is wrong is mended
                _log.exception("the sealer will try again")
            await asyncio.sleep(_STAND_BY)

    async def _lead(self) -> None:
        connection = await connect(self._url, command_timeout=SILENCE)
        try:
            if not await try_lock(connection, "sealer"):
                return
            await connection.add_listener("events", lambda *_: self._bell.set())
            edge = await self._begin(connection)
            pace = _PACE
            while True:
                self._bell.clear()
                began = time.monotonic()
                added = await self.step(connection, edge)
                if not added:
                    pace = _PACE
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._bell.wait(), _POLL)
                elif added < _BATCH:
                    await asyncio.sleep(began + pace - time.monotonic())
                    pace = min(pace * _SLOWER, _SLOWEST)
        finally:
            connection.terminate()

    async def _begin(self, connection: asyncpg.Connection) -> Edge:
        """Return the edge of the tree as it was last signed, by this key; sign the empty one if it never was."""
        signed = await tree.sealed(connection)
        if signed is None:
            await self._sign(connection, Edge())
            return Edge()
        try:
            known = read_checkpoint(signed.note, self._signer.verifier)
        except NotSigned as error:
            raise WrongSigner(f"its last checkpoint is of another key than SIGNING_KEY: {error}") from error
        edge = await tree.edge(connection, signed.size)
        if (edge.size, edge.root()) != (known.size, known.root):
            raise WrongTree(f"the hashes of the tree do not give the root that was signed at {known.size}")
        return edge

    async def step(self, connection: asyncpg.Connection, edge: Edge) -> int:
        """Take the next leaves into the tree, sign it, and return how many they were; `edge` is lost if this fails."""
        leaves = await tree.unsealed(connection, edge.size, _BATCH)
        if leaves:
            async with connection.transaction():
                await tree.add(connection, edge.add(leaves))
                await self._sign(connection, edge)
        return len(leaves)

    async def _sign(self, connection: asyncpg.Connection, edge: Edge) -> None:
        checkpoint = Checkpoint(self._signer.name, edge.size, edge.root())
        note = write_checkpoint(checkpoint, [self._signer.sign(checkpoint.body())])
        await tree.sign(connection, checkpoint.size, checkpoint.root, note)
