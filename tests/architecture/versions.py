"""A long log of versions, made in seconds: what happens is recorded within days, now and then years later, or ahead."""

from typing import Final

import psycopg

from tests.running import Ledger

_ADD: Final = """
INSERT INTO serving.incident_versions (incident, revision, position, until, recorded_at, reported_at, status,
                                       message_status, occurred_start, occurred_end, tags, places, extent, document)
SELECT md5('incident ' || m.of)::uuid, CASE WHEN n = m.of THEN 1 ELSE 2 END, n,
       CASE WHEN n %% 5 = 2 THEN n + 3 ELSE 9223372036854775807 END, m.recorded, m.recorded,
       CASE WHEN n %% 20 = 0 THEN 'retracted' ELSE 'active' END,
       CASE WHEN n %% 50 = 0 THEN 'exercise' ELSE 'actual' END, m.occurred, m.occurred + interval '1 hour',
       e.tags || ARRAY['country:' || (ARRAY['UA', 'RU', 'PL', 'LT'])[1 + n %% 4], 'campaign:c' || n %% 400,
                       'word:w' || n %% 1000, 'destroyed:' || n %% 3, 'flag:f' || n %% 500],
       ARRAY[spot], box(spot, spot), e.document
  FROM (SELECT n, CASE WHEN n %% 5 = 0 THEN n - 3 ELSE n END AS of,
               timestamptz '2022-02-24' + n * interval '1 hour' AS recorded,
               timestamptz '2022-02-24' + n * interval '1 hour'
               + CASE WHEN n %% 100 = 7 THEN interval '40 days' WHEN n %% 100 = 8 THEN -interval '1 day' * (n %% 1500)
                      ELSE -interval '1 minute' * (n * 7919 %% 4000) END AS occurred,
               point(-180 + (n * 37 %% 36000) / 100.0, -80 + (n * 61 %% 16000) / 100.0) AS spot
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) m
  JOIN (SELECT document, tags, row_number() OVER (ORDER BY position) AS k, count(*) OVER () AS of
          FROM incidents) e ON e.k = 1 + m.of %% e.of;
UPDATE followers SET position = %(last)s WHERE name = 'versions';
"""


def lengthen(ledger: Ledger, first: int, last: int) -> None:
    """Add the versions from one position to another."""
    with psycopg.connect(ledger.database_url, autocommit=True) as connection:
        psycopg.ClientCursor(connection).execute(_ADD.encode(), {"first": first, "last": last})
        connection.execute("VACUUM ANALYZE serving.incident_versions")
