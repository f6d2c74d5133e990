"""Figures that run along with the log: what an event changes in those of each region or campaign. Pure."""

from collections.abc import Iterable, Sequence
from operator import add, sub
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct, field

from service.projections.contribution import (
    BEST,
    LEFT_OUT,
    MEASURES,
    NOWHERE,
    SIZE,
    VOUCHED,
    Contribution,
    Extent,
    Input,
    Member,
    measure_at,
)
from service.store.changes import Change

STANDING: Final = 2**63 - 1
_UNTIL: Final = 5
_encode: Final = msgspec.json.Encoder().encode

Included = dict[tuple[str, int, str], tuple[Input, tuple[UUID, str]]]
"""By group, measure and object: what is not added there, and the claim that includes it."""
Listed = tuple[str, str, str]
"""A group, what sort of thing is listed there, and its key in the incident."""
LEFT_OUT_ITEM: Final = "left_out"


class Running(Struct, array_like=True):
    """The figures of one group, as they are stored."""

    figures: list[int] = field(default_factory=lambda: [0] * SIZE)
    extent: Extent = NOWHERE
    places: dict[str, int] = field(default_factory=dict)


class Effect(Struct, frozen=True):
    """An event, and what its incident added before and adds after."""

    change: Change
    before: Contribution
    after: Contribution


class Edge:
    """How far those incidents of a group reach that a batch leaves alone, and those that it touches."""

    def __init__(self, others: Extent) -> None:
        self._others: Final = others
        self.touched: Final[dict[UUID, Extent]] = {}

    @property
    def extent(self) -> Extent:
        """Return what holds them all."""
        found = self._others
        for each in self.touched.values():
            found |= each
        return found


class Members:
    """Who counts, and what is included in what."""

    def __init__(self, members: dict[UUID, Member]) -> None:
        self._members: Final = members
        self._parts: Final[dict[UUID, set[UUID]]] = {}
        for incident, member in members.items():
            self._add_parts(incident, member)

    def _add_parts(self, incident: UUID, member: Member) -> None:
        for above, _ in member.edges.values():
            self._parts.setdefault(above, set()).add(incident)

    def replace(self, incident: UUID, member: Member | None) -> None:
        """Put an incident in the place of what it was."""
        old = self._members.pop(incident, None)
        for above, _ in old.edges.values() if old is not None else ():
            self._parts[above].discard(incident)
        if member is not None:
            self._members[incident] = member
            self._add_parts(incident, member)

    def under(self, incident: UUID) -> set[UUID]:
        """Return an incident and all that have a claim which is part of one of it, or of one of those."""
        found, todo = {incident}, [incident]
        while todo:
            new = self._parts.get(todo.pop(), set()) - found
            found |= new
            todo.extend(new)
        return found

    def included(self, incidents: Iterable[UUID]) -> dict[UUID, Included]:
        """Return what is not added of these incidents."""
        return {each: left for each in incidents if each in self._members and (left := self._included(each))}

    def _included(self, incident: UUID) -> Included:
        member, found = self._members[incident], Included()
        for each in member.inputs:
            above = [there for other in self._above(incident, each.claim) if (there := self._members.get(other))]
            bit = 1 << each.measure
            groups = {group for there in above if there.numbered & bit for group in there.groups}
            for group in member.groups:
                if group in groups:
                    found[group, each.measure, each.key] = each, member.edges[each.claim]
        return found

    def _above(self, incident: UUID, claim: str) -> list[UUID]:
        """Return the incidents that include a claim, from the nearest; none if it goes round in a circle."""
        found: list[UUID] = []
        at, seen = (incident, claim), {(incident, claim)}
        while (member := self._members.get(at[0])) is not None and (above := member.edges.get(at[1])) is not None:
            if above[0] == incident:
                return []
            if above in seen:
                break
            found.append(above[0])
            seen.add(above)
            at = above
        return found


class Books:
    """The figures that a batch of events is entered in."""

    def __init__(self, running: dict[str, Running], members: Members, edges: dict[str, Edge]) -> None:
        self._running: Final = running
        self._members: Final = members
        self._edges: Final = edges
        self._touched: Final[set[str]] = set()
        self._fresh: Final[dict[tuple[str, str, UUID, str], list[Any]]] = {}
        self.groups: Final[list[tuple[str, int]]] = []
        self.versions: Final[list[tuple[str, int, str]]] = []
        self.items: Final[list[list[Any]]] = []
        self.ended: Final[list[tuple[str, str, UUID, str, int]]] = []
        """Items of earlier batches that no longer stand, and from which position on."""

    def enter(self, event: Effect) -> None:
        """Enter the next event."""
        incident, position = event.change.after.incident, event.change.position
        before, after = event.before, event.after
        self._enter_figures(before, after, position)
        self._enter_extent(incident, before, after)
        if before.items or after.items:
            self._enter_items(incident, position, _of_groups(before), _of_groups(after))
        self._enter_included(event)
        for group in self._touched:
            self.versions.append((group, position, _encode(self._running[group]).decode()))
        self._touched.clear()

    def _group(self, group: str, position: int) -> Running:
        self._touched.add(group)
        running = self._running.get(group)
        if running is None:
            running = self._running[group] = Running()
            self.groups.append((group, position))
        return running

    def _enter_figures(self, before: Contribution, after: Contribution, position: int) -> None:
        if before.groups == after.groups:
            delta = list(map(sub, after.figures, before.figures))
            same = not any(delta) and before.places == after.places and before.extent == after.extent
            changes = [] if same else [(after.groups, delta, before.places, after.places)]
        else:
            changes = [
                (before.groups, [-figure for figure in before.figures], before.places, []),
                (after.groups, after.figures, [], after.places),
            ]
        for groups, delta, gone, come in changes:
            for group in groups:
                running = self._group(group, position)
                running.figures = list(map(add, running.figures, delta))
                for place in gone:
                    running.places[place] -= 1
                for place in come:
                    running.places[place] = running.places.get(place, 0) + 1
                if gone:
                    running.places = {place: count for place, count in running.places.items() if count}

    def _enter_extent(self, incident: UUID, before: Contribution, after: Contribution) -> None:
        for group, was, now in _extents(before, after):
            running, edge = self._running[group], self._edges.get(group)
            if edge is not None:
                edge.touched[incident] = now
            if edge is not None and was.reaches(running.extent):
                running.extent = edge.extent
            else:
                running.extent |= now

    def _enter_included(self, event: Effect) -> None:
        incident, members = event.change.after.incident, self._members
        before, after = event.before.member, event.after.member
        affected = {incident} if _reach(before) == _reach(after) else members.under(incident)
        was = members.included(affected)
        members.replace(incident, after)
        now = members.included(affected)
        for each in {*was, *now}:
            old, new = was.get(each, {}), now.get(each, {})
            if old != new:
                self._leave_out(event.change.position, each, old, new)

    def _leave_out(self, position: int, incident: UUID, old: Included, new: Included) -> None:
        for left, sign in ((old, add), (new, sub)):
            for (group, measure, _), (each, _) in left.items():
                figures, at = self._group(group, position).figures, measure_at(measure)
                end = at + len(each.figures)
                figures[at:end] = map(sign, figures[at:end], each.figures)
                figures[at + LEFT_OUT] -= sign(0, 1)
        self._enter_items(incident, position, _left_out(incident, old), _left_out(incident, new))

    def _enter_items(self, incident: UUID, position: int, old: dict[Listed, str], new: dict[Listed, str]) -> None:
        for (group, sort, key), document in old.items():
            if new.get((group, sort, key)) != document:
                row = self._fresh.pop((group, sort, incident, key), None)
                if row is None:
                    self.ended.append((group, sort, incident, key, position))
                else:
                    row[_UNTIL] = position
        for (group, sort, key), document in new.items():
            if old.get((group, sort, key)) != document:
                row = [group, sort, incident, key, position, STANDING, document]
                self._fresh[group, sort, incident, key] = row
                self.items.append(row)


def at_the_edge(effects: Sequence[Effect], running: dict[str, Running]) -> set[str]:
    """Return the groups whose extent may become smaller."""
    return {
        group
        for each in effects
        for group, was, _ in _extents(each.before, each.after)
        if was.reaches(running[group].extent if group in running else NOWHERE)
    }


def _extents(before: Contribution, after: Contribution) -> list[tuple[str, Extent, Extent]]:
    """Return the groups for which it changes how far an incident reaches."""
    if before.groups == after.groups:
        if before.extent == after.extent:
            return []
        return [(group, before.extent, after.extent) for group in after.groups]
    was, now = dict.fromkeys(before.groups, before.extent), dict.fromkeys(after.groups, after.extent)
    both = {group: (was.get(group, NOWHERE), now.get(group, NOWHERE)) for group in was | now}
    return [(group, *extents) for group, extents in both.items() if extents[0] != extents[1]]


def _of_groups(each: Contribution) -> dict[Listed, str]:
    return {(group, *item): document for group in each.groups for item, document in each.items.items()}


def _left_out(incident: UUID, included: Included) -> dict[Listed, str]:
    found = {}
    for (group, measure, key), (each, (above, claim)) in included.items():
        told = {
            "incident": incident,
            "measure": MEASURES[measure],
            "object": key or None,
            "claim": each.claim,
            "best": each.figures[BEST] if each.figures[VOUCHED] else None,
            "part_of": {"incident": above, "claim": claim},
        }
        found[group, LEFT_OUT_ITEM, f"{MEASURES[measure]}/{key}"] = _encode(told).decode()
    return found


def _reach(member: Member | None) -> object:
    return None if member is None else (member.groups, member.numbered, member.edges)
