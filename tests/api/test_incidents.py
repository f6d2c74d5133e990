"""Report, revise, retract and read over HTTP."""

from tests.running import Ledger

FACTS = {"title": "Drone over the harbour", "kind": "sighting"}


def test_a_report_is_recorded_and_read_back(ledger: Ledger) -> None:
    with ledger.client() as client:
        answer = client.post("/v1/incidents", json={"facts": FACTS})
        assert answer.status_code == 201
        assert answer.headers["ETag"] == '"1"'
        read = client.get(answer.headers["Location"])
        assert read.status_code == 200
        assert read.content == answer.content
        assert read.json()["facts"] == FACTS
