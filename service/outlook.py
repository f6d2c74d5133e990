"""How incidents will stand when the orders before have been carried out: what the next one is decided on."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from service.db import Database
from service.domain.commands import Command, Report, Retract, Revise
from service.domain.errors import NotFound
from service.domain.incident import Incident
from service.orders import ExternalIdTaken, Order
from service.projections import incidents


class Known(Struct, frozen=True):
    """An incident as it will stand when the orders before are carried out."""

    incident: Incident
    reported_at: str | None
    external_ids: frozenset[str]


class Outlook(Struct):
    """The incidents that one attempt knows of."""

    incidents: dict[UUID, Known] = {}
    holders: dict[str, UUID] = {}
    """External id -> the incident that has it."""

    def find(self, order: Order) -> tuple[UUID, Known] | None:
        """Return the incident that the order is about; None for a new one. Raises NotFound."""
        if order.is_new:
            return None
        incident = order.incident or self.holders.get(order.external_id or "")
        if incident is None or incident not in self.incidents:
            raise NotFound
        return incident, self.incidents[incident]

    def check_free(self, external_ids: Iterable[str], incident: UUID) -> None:
        """Raise ExternalIdTaken if another incident is known to have one of them."""
        for external_id in external_ids:
            holder = self.holders.get(external_id, incident)
            if holder != incident:
                raise ExternalIdTaken(holder)

    def learn(self, incident: UUID, known: Known) -> None:
        """Take in how an incident will stand."""
        before = self.incidents.get(incident)
        for released in before.external_ids if before else ():
            self.holders.pop(released, None)
        self.holders.update(dict.fromkeys(known.external_ids, incident))
        self.incidents[incident] = known


async def look_up(db: Database, orders: Sequence[Order]) -> Outlook:
    """Return how the incidents stand that the orders name, and those that have the external ids which they claim."""
    outlook = Outlook()
    if all(order.is_new for order in orders):
        return outlook  # the append says whether an external id is taken
    ids = [order.incident for order in orders if order.incident is not None]
    external_ids = [order.external_id for order in orders if order.external_id is not None]
    if len(orders) > 1:
        external_ids += (each for order in orders for each in _claimed(order.command))
    for incident, standing in await incidents.standing(db, ids, external_ids):
        held = standing.facts.get("external_ids", {}) if standing.status == "active" else {}
        now = Incident(standing.revision, standing.status, standing.facts, expunged=standing.expunged)
        outlook.learn(incident, Known(now, standing.reported_at, frozenset(_joined(held))))
    return outlook


def _claimed(command: Command) -> list[str]:
    match command:
        case Report():
            return _joined(command.facts.external_ids)
        case Revise():
            given = command.patch.get("external_ids")
            return _joined(given) if isinstance(given, dict) else []
        case Retract():
            return []


def _joined(external_ids: Mapping[str, object]) -> list[str]:
    return [f"{namespace}/{key}" for namespace, key in external_ids.items() if isinstance(key, str) and "\0" not in key]
