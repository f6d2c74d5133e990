"""Whether an order stays within the bounds of the key that it came with: before it is recorded, and before a replay."""

from itertools import islice

from service.domain.bounds import FREE, faults_of_change, outside, released
from service.domain.checks import MAX_FAULTS, Codes
from service.domain.commands import Report, Retract
from service.domain.errors import Fault
from service.domain.events import Logged, type_of
from service.domain.incident import Incident, evolve, facts_of
from service.orders import Order, OutOfBounds


def check_standing(order: Order, now: Incident | None, codes: Codes) -> None:
    """Raise OutOfBounds if the incident that the order is about is beyond its bounds."""
    if order.bounds == FREE or now is None:
        return
    facts = facts_of(now)
    wrong = outside(order.bounds, facts, codes)
    if wrong is None and isinstance(order.command, Retract) and (others := released(order.bounds, facts)):
        wrong = f"A retraction would release its external ids of {', '.join(others)}, too"
    if wrong is not None:
        raise OutOfBounds(order.bounds, (), wrong, "incident" if order.external_id is None else "external_id")


def check_change(order: Order, now: Incident | None, event: Logged, codes: Codes) -> None:
    """Raise OutOfBounds, with every fault, if the order's event makes something of the incident that is beyond them."""
    if order.bounds == FREE or type_of(event) == "retracted":
        return
    at = "/facts" if isinstance(order.command, Report) else "/patch"
    before = None if now is None else facts_of(now)
    wrong = faults_of_change(order.bounds, before, facts_of(evolve(now, event)), codes)
    if wrong:
        raise OutOfBounds(order.bounds, [Fault(at + each.pointer, each.message) for each in islice(wrong, MAX_FAULTS)])
