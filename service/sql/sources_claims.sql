-- What is on record of the claims of these incidents, beside their facts.
-- $1 incidents
SELECT incident, claim, slug, recorded_at, revised, retracted FROM source_claims WHERE incident = ANY ($1::uuid[])
