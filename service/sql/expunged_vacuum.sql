-- Take out of the tables what no transaction sees any more, and out of the statistics what samples of it they hold.
VACUUM (ANALYZE) events, incidents, external_ids
