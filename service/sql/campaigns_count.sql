-- How many campaigns there were on all pages as the log stood at a position.
-- $1 position  $2 codes that it is one of, or NULL
SELECT count(*) AS count FROM campaign_codes c WHERE c.position <= $1 AND ($2::text[] IS NULL OR c.code = ANY ($2))
