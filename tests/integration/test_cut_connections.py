"""Every connection to PostgreSQL is cut while the server stays: an operator's restart of a pooler, a failover."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.running import Ledger

FACTS = {"title": "Drone over the harbour", "kind": "sighting"}
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'incident-ledger'
"""


def test_cut_connections_are_made_anew(own_ledger: Ledger) -> None:
    with own_ledger.client() as client:
        incident = client.post("/v1/incidents", json={"facts": FACTS}).headers["Location"]
        for n in range(5):
            assert {answer.status_code for answer in read_at_once(own_ledger, incident)} == {200}
            assert own_ledger.sql(CUT)[0][0] > 1
            written = client.post("/v1/incidents", json={"facts": FACTS})
            assert written.status_code == 201, written.text
            cut = read_at_once(own_ledger, incident)
            assert {answer.status_code for answer in cut} <= {200, 503}, n
    log = own_ledger.sql("SELECT count(*), max(position) FROM events")
    assert log == [(6, 6)]


def read_at_once(ledger: Ledger, path: str) -> list[httpx.Response]:
    with ledger.client() as client, ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda _: client.get(path), range(8)))
