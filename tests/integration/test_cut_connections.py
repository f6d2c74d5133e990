"""Every connection to PostgreSQL is cut while the server stays: by an operator, or a pooler that restarts."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg

from tests.faults.rounds import wait
from tests.running import Ledger

FACTS = {"title": "Drone over the harbour", "kind": "sighting"}
OURS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'incident-ledger'"
CUT = f"SELECT count(pg_terminate_backend(pid)) {OURS}"
WAITING = f"SELECT count(*) {OURS} AND wait_event_type = 'Lock'"


def test_idle_connections_that_were_cut_are_made_anew(own_ledger: Ledger) -> None:
    with own_ledger.client() as client:
        incident = report(client).headers["Location"]
        for _ in range(5):
            assert set(read_at_once(client, incident)) == {200}
            assert own_ledger.sql(CUT)[0][0] > 1
            assert report(client).status_code == 201
            assert set(read_at_once(client, incident)) <= {200, 503}
    assert own_ledger.sql("SELECT count(*), max(position) FROM events") == [(6, 6)]


def test_a_write_survives_the_cut_of_its_connection_and_a_read_is_answered_503(own_ledger: Ledger) -> None:
    with own_ledger.client() as client, ThreadPoolExecutor(2) as threads:
        incident = report(client).headers["Location"]
        with psycopg.connect(own_ledger.database_url) as operator:
            operator.execute("LOCK TABLE incidents")
            written = threads.submit(report, client)
            read = threads.submit(client.get, incident)
            wait(lambda: own_ledger.sql(WAITING)[0][0] == 2)
            own_ledger.sql(CUT)
        assert read.result().status_code == 503
        assert read.result().headers["Retry-After"]
        assert written.result().status_code == 201
        assert client.get(incident).status_code == 200
    assert own_ledger.sql("SELECT count(*), max(position) FROM events") == [(2, 2)]


def report(client: httpx.Client) -> httpx.Response:
    return client.post("/v1/incidents", json={"facts": FACTS})


def read_at_once(client: httpx.Client, path: str) -> list[int]:
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda _: client.get(path).status_code, range(8)))
