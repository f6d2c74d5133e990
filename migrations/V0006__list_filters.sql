-- What lists of incidents ask beside tags.

-- Those that are said to have happened after they were recorded: few. One for each order of a list.
CREATE INDEX incidents_early ON incidents (occurred_start, incident) WHERE occurred_start > recorded_at;
CREATE INDEX incidents_early_by_position ON incidents (position) WHERE occurred_start > recorded_at;

-- Whether one of the places is within so many km of a point, on a sphere of the earth's mean radius (haversine).
CREATE FUNCTION near(places point[], longitude float8, latitude float8, km float8) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT EXISTS (SELECT FROM unnest(places) q
                    WHERE 2 * 6371.0088 * asin(least(1, sqrt(power(sind((q[1] - latitude) / 2), 2)
                          + cosd(q[1]) * cosd(latitude) * power(sind((q[0] - longitude) / 2), 2)))) <= km)
$$;

-- How many objects were destroyed by the document of an incident: the sum of the best numbers; NULL if it has none.
CREATE FUNCTION destroyed(document text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
    SELECT sum((o.value #>> '{destroyed,best}')::bigint)::bigint FROM json_each(document::json #> '{derived,objects}') o
$$;
