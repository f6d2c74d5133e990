-- Whether anybody has a claim that is part of one of these incidents.
-- $1 incidents
SELECT EXISTS (SELECT FROM region_parts WHERE above = ANY ($1::uuid[])) AS found
