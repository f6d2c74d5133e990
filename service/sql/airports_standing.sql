-- What stands of these incidents' disruptions: since when each, and its end, are on record.
-- $1 incidents
SELECT DISTINCT incident, disruption, noted_at, ended_at
  FROM airport_disruptions WHERE incident = ANY ($1::uuid[]) AND until = 9223372036854775807
