-- +goose Up

-- What the staff of an organisation have been told of the numbers of another, so
-- that no second table tells what the first one hid. One row is one number of a
-- dataset, a sum of columns, with what is known of it period by period: not the
-- number, but the range that was shown. Rows are only ever made closer: what
-- somebody knows they do not forget, so nothing is taken away here.
CREATE TABLE release (
	reader     text NOT NULL CHECK (reader <> ''),
	trust_id   int2 NOT NULL REFERENCES organisation,
	dataset_id int2 NOT NULL REFERENCES dataset,
	sum        text NOT NULL,
	periods    int4[] NOT NULL, -- days since 1970-01-01
	loads      int4[] NOT NULL,
	low        float8[] NOT NULL,
	high       float8[] NOT NULL,
	small      bool[] NOT NULL,
	record     int8 NOT NULL, -- of the latest decision that told something new
	PRIMARY KEY (reader, dataset_id, trust_id, sum)
);

ALTER TABLE release ENABLE ROW LEVEL SECURITY;
ALTER TABLE release FORCE ROW LEVEL SECURITY;
CREATE POLICY release_scope ON release USING (
	trust_id = ANY ((SELECT NULLIF(current_setting('signalbox.scope', true), '')::int2[])::int2[])
	AND dataset_id = ANY ((SELECT NULLIF(current_setting('signalbox.dataset', true), '')::int2[])::int2[]));

GRANT SELECT, INSERT, UPDATE (periods, loads, low, high, small, record) ON release TO signalbox_app;

-- +goose Down
DROP TABLE release;
