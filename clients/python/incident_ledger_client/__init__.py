"""A client of the incident ledger: `generated` has every call, the rest is what a call alone does not do."""

from incident_ledger_client.connection import connect
from incident_ledger_client.problems import ProblemAnswered, document
from incident_ledger_client.stream import Told, follow
from incident_ledger_client.sync import Held

__all__ = ["Held", "ProblemAnswered", "Told", "connect", "document", "follow"]
