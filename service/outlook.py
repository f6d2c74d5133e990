"""How incidents will stand when the orders before have been carried out: what the next one is decided on."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from service.db import Database
from service.domain.errors import NotFound
from service.domain.incident import Incident
from service.orders import Order
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

    def learn(self, incident: UUID, known: Known) -> None:
        """Take in how an incident will stand."""
        before = self.incidents.get(incident)
        for released in before.external_ids if before else ():
            self.holders.pop(released, None)
        self.holders.update(dict.fromkeys(known.external_ids, incident))
        self.incidents[incident] = known


async def look_up(db: Database, orders: Sequence[Order]) -> Outlook:
    """Return how the incidents that the orders name stand now."""
    lookup = Outlook()
    ids = [order.incident for order in orders if order.incident is not None]
    external_ids = [order.external_id for order in orders if order.external_id is not None]
    if ids or external_ids:
        for incident, standing in await incidents.standing(db, ids, external_ids):
            held = standing.facts.get("external_ids", {}).items() if standing.status == "active" else ()
            lookup.learn(
                incident,
                Known(
                    Incident(standing.revision, standing.status, standing.facts),
                    standing.reported_at,
                    frozenset(f"{namespace}/{key}" for namespace, key in held),
                ),
            )
    return lookup
