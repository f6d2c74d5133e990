"""How far each projection is: what /v1/projections, /health/ready and `projections status` tell."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from service.db import Database
from service.projections.every import PROJECTIONS
from service.projections.projection import Projection
from service.store import followers
from service.store.events import instant
from service.store.followers import Standing

State = Annotated[
    Literal["following", "building", "failed"],
    Meta(description="`building`: there is none to read yet; `failed`: it stands where it is until it is retried."),
]


class Build(Struct, omit_defaults=True):
    """One that is being made to take the place of the one that serves."""

    version: int
    position: Annotated[int, Meta(ge=0)]
    error: str | UnsetType = UNSET


class ProjectionStatus(Struct, omit_defaults=True):
    """One projection, and how far behind the log it is."""

    name: str
    state: State
    version: Annotated[
        int,
        Meta(ge=0, description="Of the code that wrote it; with a new one, or at 0 (data expunged), it is built anew."),
    ]
    position: Annotated[int, Meta(ge=0, description="Its checkpoint: it holds every event up to here.")]
    lag: Annotated[int, Meta(ge=0, description="Events that it has not taken yet.")]
    lag_seconds: Annotated[float, Meta(ge=0, description="How long ago the first of those was recorded.")]
    error: Annotated[str, Meta(description="What stopped it: the event's position and the reason.")] | UnsetType = UNSET
    failed_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | UnsetType = UNSET
    build: Build | UnsetType = UNSET


async def status(db: Database) -> tuple[list[ProjectionStatus], int]:
    """Return every projection in the order of their names, and the head of the log."""
    standing, head, _ = await followers.every(db)
    at = {(each.name, each.building): each for each in standing}
    return [
        _status(each, at.get((each.name, False)), at.get((each.name, True)), head)
        for each in sorted(PROJECTIONS, key=lambda each: each.name)
    ], head


def _status(projection: Projection, serves: Standing | None, built: Standing | None, head: int) -> ProjectionStatus:
    build = UNSET if built is None else Build(built.version, built.position, built.error or UNSET)
    if serves is None:
        return ProjectionStatus(projection.name, "building", projection.version, 0, head, 0.0, build=build)
    if not projection.followed:
        return ProjectionStatus(projection.name, "following", serves.version, head, 0, 0.0, build=build)
    since = serves.next_recorded_at
    waited = 0.0 if since is None else max((datetime.now(UTC) - since).total_seconds(), 0.0)
    return ProjectionStatus(
        serves.name, "following" if serves.error is None else "failed", serves.version, serves.position,
        max(head - serves.position, 0), round(waited, 3), serves.error or UNSET,
        instant(serves.failed_at) if serves.failed_at else UNSET, build,
    )  # fmt: skip
