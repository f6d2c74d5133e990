"""A register of many incidents, made in seconds: a few real reports, copied by the owner of the tables."""

from typing import Final

import httpx
import psycopg

from tests.api.samples import report
from tests.running import Ledger

COUNT: Final = 20_000
COUNTRIES: Final = ["UA", "RU", "PL", "LT", "RO", "MD", "FI", "EE"]

_COPY: Final = """
SET enable_seqscan = off;  -- a test counts the rows of what is read from end to end: let it not count these
CREATE TEMP TABLE made AS
SELECT n + h.position AS position, gen_random_uuid() AS incident, e.document, e.tags, 1 + (n %% 8) AS country,
       timestamptz '2022-02-24' + ((n * 7919) %% 2000000) * interval '1 minute' AS occurred,
       timestamptz '2026-01-01' + n * interval '1 second' AS recorded
  FROM generate_series(1, %(count)s::bigint) n CROSS JOIN log_head h
  JOIN (SELECT document, tags, row_number() OVER (ORDER BY position) AS k, count(*) OVER () AS of
          FROM incidents) e ON e.k = 1 + n %% e.of;
INSERT INTO events (position, event_id, incident, revision, type, schema_version, recorded_at, actor,
                    nonce, data_sha256, data)
SELECT m.position, gen_random_uuid(), m.incident, 1, 'reported', 1, m.recorded, 'actor-' || m.position %% 20,
       e.nonce, e.data_sha256, e.data
  FROM made m CROSS JOIN (SELECT * FROM events ORDER BY position LIMIT 1) e;
INSERT INTO incidents (incident, revision, position, recorded_at, reported_at, status, message_status,
                       occurred_start, occurred_end, tags, places, extent, document)
SELECT incident, 1, position, recorded, recorded, CASE WHEN position %% 20 = 0 THEN 'retracted' ELSE 'active' END,
       CASE WHEN position %% 50 = 0 THEN 'exercise' ELSE 'actual' END, occurred, occurred + interval '1 hour',
       tags || ARRAY['country:' || (%(countries)s::text[])[country], 'campaign:c' || position %% 200,
                     'word:w' || position %% 1000, 'external_id:x/' || position],
       ARRAY[spot], box(spot, spot), document
  FROM (SELECT *, point(-180 + (position * 37 %% 36000) / 100.0, -80 + (position * 61 %% 16000) / 100.0) AS spot
          FROM made) m;
UPDATE log_head h SET position = m.position, recorded_at = m.recorded
  FROM (SELECT position, recorded FROM made ORDER BY position DESC LIMIT 1) m;
"""


def a_few(client: httpx.Client) -> None:
    """Report what the others are copied from."""
    for kind in ("strike", "interception", "sighting", "debris", "alert"):
        for type_ in ("uav", "missile"):
            claims = {"c": {"attribution": "named", "source": f"source-{kind}", "confidence": "confirmed"}}
            objects = {"o": {"type": type_, "counts": {"observed": {"c": {"value": 3}}}}}
            report(client, title=f"{type_} {kind}", kind=kind, claims=claims, objects=objects, summary="Drones. " * 40)


def fill(ledger: Ledger, count: int = COUNT, *, counted: bool = True) -> None:
    """Copy what is there until there are `count` more; `counted`: let PostgreSQL know, which plans anew after that."""
    with psycopg.connect(ledger.database_url, autocommit=True) as connection:
        cursor = psycopg.ClientCursor(connection)  # many statements at once
        cursor.execute(_COPY.encode(), {"count": count, "countries": COUNTRIES})
        for table in (b"events", b"incidents", b"external_ids", b"log_head") if counted else ():
            connection.execute(b"VACUUM ANALYZE " + table)
