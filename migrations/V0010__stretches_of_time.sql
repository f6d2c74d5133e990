-- What happened in a stretch of time. Both ends as they come: an incident that is said to end before it starts is on record too.
-- Of all incidents, also those of which nobody says when: PostgreSQL estimates by no index that leaves some out.
CREATE INDEX incidents_by_spell ON incidents USING gist (tstzrange(least(occurred_start, occurred_end), greatest(occurred_start, occurred_end), '[]'));
