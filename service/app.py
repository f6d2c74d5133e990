"""The composition root: the one place that knows every part."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.types import ASGIApp

from service import codes, parent, settings
from service.api import (
    airports,
    asyncapi,
    batches,
    campaigns,
    cap,
    changes,
    docs,
    explain,
    feed,
    health,
    incidents,
    incidents_list,
    incidents_read,
    log,
    openapi,
    problem_pages,
    projections,
    proofs,
    regions,
    response_headers,
    revisions,
    sources,
    statistics,
    stream,
    trail,
    tree,
    trend,
    webhook_deliveries,
    webhooks,
)
from service.api.access import Guard
from service.api.edge import Edge
from service.api.parts import Parts, Publishing
from service.api.problems import answer
from service.db import Database, DatabaseAway
from service.keys import Keyring
from service.projections.lookup import Lookup
from service.register import Register
from service.settings import Settings
from service.store import events
from service.store.tree import Tiles
from service.store.writer import Writer
from service.tail import Tail
from service.webhooks.targets import targets

if TYPE_CHECKING:
    from service.jwts import Tokens

MAX_BODY = 1024 * 1024
ROUTES = (
    incidents.report,
    incidents_list.list_incidents,
    incidents_read.show,
    incidents.revise,
    incidents.retract,
    incidents.report_again,
    explain.show,
    revisions.history_of,
    revisions.at_revision,
    statistics.show,
    trend.show,
    batches.carry_out,
    changes.list_changes,
    stream.stream,
    webhooks.create,
    webhooks.list_webhooks,
    webhooks.show,
    webhooks.change,
    webhooks.remove,
    webhooks.rotate,
    webhook_deliveries.list_deliveries,
    webhook_deliveries.replay,
    webhook_deliveries.replay_dead,
    airports.list_airports,
    airports.show,
    sources.list_sources,
    sources.show,
    regions.list_regions,
    regions.show,
    campaigns.list_campaigns,
    campaigns.show,
    feed.atom_feed,
    feed.cap_feed,
    feed.geojson_feed,
    cap.show,
    log.head,
    log.replay,
    log.show,
    tree.checkpoint,
    tree.checkpoints,
    tree.tile,
    tree.entries,
    proofs.prove_inclusion,
    proofs.prove_consistency,
    projections.list_projections,
    trail.list_entries,
    health.live,
    health.ready,
    problem_pages.show,
    docs.contract,
    docs.told,
    docs.page,
    docs.asset,
)


def create() -> ASGIApp:
    """Return the application of the settings in the environment; what the server loads."""
    return compose(settings.read(os.environ))


def compose(chosen: Settings) -> ASGIApp:
    """Put the parts together."""
    db = Database(chosen.database_url, chosen.pool_size)
    guard = Guard(Keyring(db), _tokens(chosen), anonymous_read=chosen.anonymous_read)
    return Edge(_litestar(db, guard, chosen), db)


def _tokens(chosen: Settings) -> "Tokens | None":
    """Return what recognises tokens, if an issuer is trusted; without one, a worker is spared 15 MB."""
    if not chosen.oidc_issuer:
        return None
    from service.issuer import Issuer  # noqa: PLC0415
    from service.jwts import Tokens  # noqa: PLC0415

    return Tokens(Issuer(chosen.oidc_issuer), chosen.oidc_audience)


def contract() -> dict[str, object]:
    """Return the OpenAPI document, for which no database is needed."""
    db = Database("", 1)
    return openapi.document(_litestar(db, Guard(Keyring(db), None, anonymous_read=False), Settings()))


def _litestar(db: Database, guard: Guard, chosen: Settings) -> Litestar:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        tail = Tail(db)
        _end_when_told(tail)
        orphaned = asyncio.create_task(_end_with(os.getppid()))
        writer = Writer(chosen.database_url, chosen.queue_size)
        await db.open()
        writer.start()
        app.state["parts"] = _parts(db, writer, tail, chosen)
        with contextlib.suppress(DatabaseAway):  # it may come later
            db.head = (await events.head(db))[0]
        app.state["contract"] = msgspec.json.encode(openapi.document(app))
        app.state["told"] = msgspec.json.encode(asyncapi.document())
        gc.collect()
        gc.freeze()  # what is here now stays: the collector need not look at it again and again
        try:
            yield
        finally:
            orphaned.cancel()
            await tail.close()
            await writer.stop()
            await db.close()

    return Litestar(
        route_handlers=ROUTES,
        before_request=guard,
        exception_handlers={Exception: answer},
        lifespan=[lifespan],
        openapi_config=None,
        cors_config=_cors(chosen.cors_origins.split(",")) if chosen.cors_origins else None,
        request_max_body_size=MAX_BODY,
    )


def _parts(db: Database, writer: Writer, tail: Tail, chosen: Settings) -> Parts:
    known = codes.load()
    return Parts(
        db=db,
        register=Register(db, writer, known),
        codes=known,
        lookup=Lookup(db),
        publishing=Publishing(chosen.public_url, chosen.feed_sender, chosen.anonymous_read),
        tail=tail,
        tiles=Tiles(db),
        targets=targets(chosen),
        stream=chosen.nats_stream if chosen.nats_url else None,
    )


def _end_when_told(tail: Tail) -> None:
    """
    Leave SIGINT to the process that started this worker, which ends it with SIGTERM; then let nobody wait any longer.

    Ctrl-C reaches both, and a worker of granian 2.8 that gets the second signal while it takes the first sometimes
    hangs until it is killed. And it ends when all answers have been sent, which those of a stream never are. What
    granian does at SIGTERM cannot be called from here, but it does the same at SIGINT.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end() -> None:
        tail.end()
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.raise_signal(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)


async def _end_with(server: int) -> None:
    """End when the process that started this worker was killed: it would listen on, unseen, beside the next one."""
    await parent.ended(server)
    os.kill(os.getpid(), signal.SIGTERM)


def _cors(origins: list[str]) -> CORSConfig:
    """Let pages of these origins use every method, and read every header that an answer may have."""
    return CORSConfig(
        allow_origins=origins,
        allow_headers=["Authorization", "Idempotency-Key", "If-Match", "If-None-Match", "Request-Id"],
        expose_headers=[*response_headers.HEADERS],
        max_age=86400,
    )
