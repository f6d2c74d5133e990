"""Report an incident, revise it, keep in step, be told, take the report back: LEDGER_URL and LEDGER_KEY say where."""

import os
import uuid

from incident_ledger_client import Held, connect, document, follow
from incident_ledger_client.generated.api.incidents import report_incident, retract_incident, revise_incident
from incident_ledger_client.generated.models import IncidentDocument, Report, Retract, Revise

ledger = connect(os.environ["LEDGER_URL"], os.environ["LEDGER_KEY"])
source = f"example-{uuid.uuid4().hex[:8]}"
claim = {"attribution": "named", "source": source, "confidence": "preliminary"}
facts = {"title": "Drone over the harbour", "kind": "sighting", "claims": {"c": claim}}

held = Held(ledger, source=source)
held.catch_up()
assert held.incidents == {}

key = str(uuid.uuid4())  # the same request with the same key records one event, however often it is sent
report = Report.from_dict({"facts": facts})
made = document(report_incident.sync_detailed(client=ledger, body=report, idempotency_key=key), IncidentDocument)
again = document(report_incident.sync_detailed(client=ledger, body=report, idempotency_key=key), IncidentDocument)
assert again.id == made.id
print(f"reported   {made.id} revision {made.revision}")

revision = Revise.from_dict({"reason": "More is known.", "patch": {"summary": "Two more were seen."}})
answer = revise_incident.sync_detailed(made.id, client=ledger, body=revision, if_match=f'"{made.revision}"')
revised = document(answer, IncidentDocument)
held.catch_up()
print(f"in step    {len(held.incidents)} incident: {held.incidents[str(made.id)]['facts']['summary']}")

retraction = Retract.from_dict({"reason_code": "false_report", "reason": "It was a flock of birds."})
document(
    retract_incident.sync_detailed(made.id, client=ledger, body=retraction, if_match=f'"{revised.revision}"'),
    IncidentDocument,
)
told = follow(ledger, after=made.position - 1, source=source)
for event in told:
    print(f"told       {event.kind} at position {event.position}, revision {event.data['revision']}")
    if event.kind == "tombstone":
        break
told.close()
held.catch_up()
assert held.incidents == {}
print("in step    the incident is gone, as its tombstone says")
