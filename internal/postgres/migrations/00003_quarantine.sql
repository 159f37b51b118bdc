-- +goose Up

-- Plugins that are not run any more, because they did wrong. One that was lifted
-- stays here, with who lifted it: why a measure was away for a week is asked later.
CREATE TABLE quarantine (
	quarantine_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	digest        text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
	since         timestamptz NOT NULL,
	-- How it went wrong, one entry a fault that counted: trap, deadline, untrue.
	manners       text[] NOT NULL CHECK (cardinality(manners) > 0),
	lifted_at     timestamptz,
	lifted_by     text CHECK (lifted_by <> ''),
	CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX quarantine_in_force ON quarantine (digest) WHERE lifted_at IS NULL;

GRANT SELECT, INSERT, UPDATE (lifted_at, lifted_by) ON quarantine TO signalbox_app;

-- +goose Down
DROP TABLE quarantine;
