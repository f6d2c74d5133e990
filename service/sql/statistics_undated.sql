-- How many incidents there are of which nobody says when they were; it is not counted beyond a limit.
-- $1 at this position  $2 version of the rule  $3 message status or NULL  $4 kind or NULL  $5 country or NULL  $6 subdivision or NULL
-- $7 object type or NULL  $8 the limit
SELECT count(*) AS incidents
  FROM (SELECT
          FROM measures m
         WHERE m.occurred = '-infinity' AND m.repeats <= CASE WHEN $7::text IS NULL THEN 0 ELSE 1 END
           AND $2::integer BETWEEN m.rule_from AND m.rule_to AND m.position <= $1 AND m.until > $1
           AND ($3::text IS NULL OR m.message_status = $3)
           AND ($4::text IS NULL OR m.kind = $4)
           AND ($5::text IS NULL OR m.countries @> ARRAY[$5])
           AND ($6::text IS NULL OR m.subdivisions @> ARRAY[$6])
           AND ($7 IS NULL OR m.object_type = $7)
         LIMIT $8) undated
