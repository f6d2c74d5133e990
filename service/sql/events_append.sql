-- Append a batch; see migrations/V0003__append.sql for what each answer means.
-- $1 event ids  $2 incidents  $3 expected revisions  $4 types  $5 schema versions  $6 actors  $7 nonces  $8 hashes  $9 data
-- $10 statuses  $11 message statuses  $12 occurred from  $13 occurred to  $14 tags  $15 places  $16 flags  $17 flags if it
-- happened after it was recorded  $18 rest of the document  $19 external ids claimed  $20 and released  $21 all or none
SELECT * FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
