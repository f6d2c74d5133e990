-- Change a webhook; NULL leaves a part as it is.
-- $1 actor  $2 id  $3 URL  $4 description  $5 types of events  $6 filters, JSON  $7 the same as they are matched  $8 status
UPDATE webhooks
   SET url = coalesce($3, url), description = coalesce($4, description), events = coalesce($5::text[], events),
       filters = coalesce($6, filters), wanted = coalesce($7, wanted), status = coalesce($8, status),
       reason = CASE $8 WHEN 'enabled' THEN '' WHEN 'disabled' THEN 'It was disabled by its owner.' ELSE reason END
 WHERE actor = $1 AND webhook = $2
RETURNING webhook
