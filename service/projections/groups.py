"""Incidents in groups, the figures of each as every event left them: what `regions` and `campaigns` have in common."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import asyncpg
import msgspec
from msgspec import Struct

from service.projections.contribution import NOTHING, NOWHERE, Contribution, Extent, Grouping, Member, contribution
from service.projections.projection import Projection
from service.projections.running import Books, Edge, Effect, Members, Running, at_the_edge
from service.store.changes import Change, Snapshot

_encode: Final = msgspec.json.Encoder().encode
_running: Final = msgspec.json.Decoder(Running).decode
_member: Final = msgspec.json.Decoder(Member).decode


class Statements(Struct, frozen=True):
    """What reads and writes the tables of one projection, which are called `name` and something."""

    name: str
    latest: str
    included: str
    members: str
    edges: str
    end: str
    forget: str


def grouped(name: str, version: int, tables: tuple[str, ...], statements: Statements, by: Grouping) -> Projection:
    """Return the projection that groups incidents so."""
    make = partial(contribution, by=by)

    async def apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
        effects = _effects(changes, make)
        if not effects:
            return
        groups = {group for each in effects for group in (*each.before.groups, *each.after.groups)}
        members, more = await _members(connection, statements, effects)
        running = {
            row["code"]: _running(row["document"])
            for row in await connection.fetch(statements.latest, sorted(groups | more))
        }
        books = Books(running, members, await _edges(connection, statements, effects, running))
        for each in effects:
            books.enter(each)
        await _write(connection, statements, books)
        await _replace(connection, statements, effects)

    return Projection(name, version, tables, apply, make)


def _effects(changes: Sequence[Change], make: Callable[[Snapshot], Contribution]) -> list[Effect]:
    effects = []
    for change in changes:
        before, after = NOTHING if change.before is None else change.before.made(make), change.after.made(make)
        if before != after:
            effects.append(Effect(change, before, after))
    return effects


async def _members(
    connection: asyncpg.Connection, statements: Statements, effects: Sequence[Effect]
) -> tuple[Members, set[str]]:
    """Return whoever includes or is included in an incident of the batch, and the groups that they are in."""
    first = {each.change.after.incident: each.before.member for each in reversed(effects)}
    above = {
        incident
        for each in effects
        if each.after.member is not None
        for incident, _ in each.after.member.edges.values()
    }
    members = {incident: member for incident, member in first.items() if member is not None}
    if not above and not any(member.edges for member in members.values()):
        row = await connection.fetchrow(statements.included, list(first))
        if not row["found"]:  # the usual case, and a tenth of the cost of looking further
            return Members(members), set()
    rows = await connection.fetch(statements.members, list(first), list(above))
    members |= {row["incident"]: _member(row["member"]) for row in rows}
    return Members(members), {group for row in rows for group in members[row["incident"]].groups}


async def _edges(
    connection: asyncpg.Connection, statements: Statements, effects: Sequence[Effect], running: dict[str, Running]
) -> dict[str, Edge]:
    groups = at_the_edge(effects, running)
    if not groups:
        return {}
    first = {each.change.after.incident: each.before for each in reversed(effects)}
    rows = await connection.fetch(statements.edges, sorted(groups), list(first))
    others = {row["code"]: _extent(row) for row in rows}
    edges = {group: Edge(others.get(group, NOWHERE)) for group in groups}
    for incident, before in first.items():
        for group in groups.intersection(before.groups):
            edges[group].touched[incident] = before.extent
    return edges


def _extent(row: Any) -> Extent:  # noqa: ANN401  # a Record
    last = None if row["last"] is None else (row["last"], row["incident"])
    box = None if row["west"] is None else (row["west"], row["south"], row["east"], row["north"])
    return Extent(row["first"], last, box)


async def _write(connection: asyncpg.Connection, statements: Statements, books: Books) -> None:
    if books.ended:
        await connection.execute(statements.end, *[list(column) for column in zip(*books.ended, strict=True)])
    for table, rows in (("codes", books.groups), ("versions", books.versions), ("items", books.items)):
        if rows:
            await connection.copy_records_to_table(f"{statements.name}_{table}", records=rows)


async def _replace(connection: asyncpg.Connection, statements: Statements, effects: Sequence[Effect]) -> None:
    """Put what now counts in the place of what did."""
    first = {each.change.after.incident: each.before for each in reversed(effects)}
    last = {each.change.after.incident: each.after for each in effects}
    changed = [incident for incident, before in first.items() if before != last[incident]]
    gone = [incident for incident in changed if first[incident].member is not None]
    if gone:
        codes = [(code, incident) for incident in gone for code in first[incident].groups]
        await connection.execute(
            statements.forget, gone, [code for code, _ in codes], [incident for _, incident in codes]
        )
    counting = [(incident, last[incident].member) for incident in changed]
    members = [(incident, _encode(member).decode()) for incident, member in counting if member is not None]
    parts = {
        (above, incident) for incident, member in counting if member is not None for above, _ in member.edges.values()
    }
    extents = [
        (code, incident, each.first or (each.last and each.last[0]), *(each.box or (None,) * 4))
        for incident in changed
        if (each := last[incident].extent) != NOWHERE
        for code in last[incident].groups
    ]
    for table, rows in (("members", members), ("parts", parts), ("extents", extents)):
        if rows:
            await connection.copy_records_to_table(f"{statements.name}_{table}", records=rows)
