-- Keep what became of claims.
-- $1 incidents  $2 their claims  $3 whose they are  $4 when they came  $5 whether they were revised  $6 whether they were retracted
INSERT INTO source_claims (incident, claim, slug, recorded_at, revised, retracted)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[], $6::boolean[])
    ON CONFLICT (incident, claim, slug) DO UPDATE SET revised = excluded.revised, retracted = excluded.retracted
