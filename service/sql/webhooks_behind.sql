-- The webhooks that are to be told of what comes up to a position, and how far each of them is.
-- $1 that position
SELECT webhook, position, events, wanted FROM webhooks WHERE status = 'enabled' AND position < $1
