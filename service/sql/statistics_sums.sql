-- What the incidents that began in an interval come to, group by group; one that overlaps several groups is in each of them.
-- $1 at this position  $2 version of the rule  $3 $4 the interval  $5 message status or NULL  $6 kind or NULL  $7 country or NULL
-- $8 subdivision or NULL  $9 object type or NULL  $10 of which number; `incidents` for none  $11 rows that repeat less than this
-- $12 by what: period, country, subdivision, kind, object_type  $13 where periods begin
-- $14 incidents that come out one by one, each object with the claim of its number, since they are part of others or these of them
-- $15 how many rows at most
SELECT g.period, g.country, g.subdivision, g.kind, g.object_type, g.incident, g.entry, g.claim,
       count(*) AS inputs, count(g.number) AS known, coalesce(sum(g.number[4]), 0) AS none_reported,
       count(g.number[1]) AS vouched, sum(coalesce(g.number[1], g.number[2])) AS best, sum(g.number[2]) AS low,
       sum(g.number[3]) AS high, count(g.number[3]) AS closed, coalesce(sum(g.number[5]), 0) AS disputed
  FROM (SELECT CASE WHEN 'period' = ANY ($12::text[]) THEN width_bucket(m.occurred, $13::timestamptz[]) END AS period,
               CASE WHEN 'country' = ANY ($12) THEN c.country END AS country,
               CASE WHEN 'subdivision' = ANY ($12) THEN s.subdivision END AS subdivision,
               CASE WHEN 'kind' = ANY ($12) THEN m.kind END AS kind,
               CASE WHEN 'object_type' = ANY ($12) THEN m.object_type END AS object_type,
               CASE WHEN o.alone THEN m.incident END AS incident,
               CASE WHEN o.alone THEN m.entry END AS entry,
               CASE WHEN o.alone THEN m.best_claims[array_position(
                   ARRAY['observed', 'destroyed', 'impacted', 'lost_contact', 'killed', 'injured'], $10)] END AS claim,
               CASE $10::text WHEN 'observed' THEN m.observed WHEN 'destroyed' THEN m.destroyed WHEN 'impacted' THEN m.impacted
                              WHEN 'lost_contact' THEN m.lost_contact WHEN 'killed' THEN m.killed
                              WHEN 'injured' THEN m.injured END AS number
          FROM measures m
               CROSS JOIN LATERAL (SELECT cardinality($14::uuid[]) > 0 AND m.incident = ANY ($14) AS alone) o
               LEFT JOIN LATERAL unnest(m.countries) AS c (country) ON 'country' = ANY ($12)
               LEFT JOIN LATERAL unnest(m.subdivisions) AS s (subdivision) ON 'subdivision' = ANY ($12)
         WHERE m.occurred >= $3 AND m.occurred < $4 AND m.occurred > '-infinity'
           AND m.repeats < $11 AND $2::integer BETWEEN m.rule_from AND m.rule_to AND m.position <= $1 AND m.until > $1
           AND ($5::text IS NULL OR m.message_status = $5)
           AND ($6::text IS NULL OR m.kind = $6)
           AND ($7::text IS NULL OR m.countries @> ARRAY[$7])
           AND ($8::text IS NULL OR m.subdivisions @> ARRAY[$8])
           AND ($9::text IS NULL OR m.object_type = $9)) g
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
 LIMIT $15
