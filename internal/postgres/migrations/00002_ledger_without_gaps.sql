-- +goose Up

-- Every entry but the first stands on the one before it. The program numbers
-- entries from what it remembers of the end of the ledger, and the end may not be
-- where it was: after a crash that lost the last results, which are committed
-- without waiting for the disk, or after a failover to a server that lags
-- behind. Then the database refuses, and the program looks again.
ALTER TABLE ledger ADD COLUMN previous int8 GENERATED ALWAYS AS (NULLIF(sequence - 1, 0)) STORED REFERENCES ledger (sequence);

-- +goose Down
ALTER TABLE ledger DROP COLUMN previous;
