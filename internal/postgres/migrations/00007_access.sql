-- +goose Up

-- What people have asked to see, in their own words, and what became of it. A
-- request stands on a denial that the ledger holds: everything but the reason is
-- taken from there, so that nobody asks for one thing and is granted another.
CREATE TABLE access_request (
	request_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	owner_id   int2 NOT NULL REFERENCES organisation,
	partner_id int2 NOT NULL REFERENCES organisation, -- for which the asker works
	dataset_id int2 NOT NULL REFERENCES dataset,
	measure    text NOT NULL,
	columns    text[] NOT NULL,
	action     text NOT NULL CHECK (action IN ('chart.read', 'data.export')),
	purpose    text NOT NULL CHECK (purpose <> ''),
	why        text NOT NULL CHECK (why <> '' AND length(why) <= 2000),
	asked_by   text NOT NULL CHECK (asked_by <> ''),
	asked_name text NOT NULL,
	roles      text[] NOT NULL,
	asked_at   timestamptz NOT NULL,
	denied     int8 NOT NULL, -- sequence of the denial in the ledger
	state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'granted', 'refused', 'withdrawn', 'expired')),
	closed_at  timestamptz,
	decided_by text CHECK (decided_by <> asked_by), -- nobody decides on what they asked for
	reason     text,
	decided    int8, -- sequence of the decision in the ledger
	CHECK ((state = 'waiting') = (closed_at IS NULL)),
	CHECK ((state IN ('granted', 'refused')) = (decided_by IS NOT NULL AND decided IS NOT NULL)),
	CHECK (state <> 'refused' OR reason <> '')
);
CREATE UNIQUE INDEX access_request_open ON access_request (asked_by, owner_id, partner_id, dataset_id, action, purpose)
	WHERE state = 'waiting';
CREATE INDEX access_request_owner ON access_request (owner_id, asked_at);

-- What an organisation lets the staff of another see. One that has ended stays
-- here: who could see what last spring is asked later.
CREATE TABLE agreement (
	agreement_id   int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	owner_id       int2 NOT NULL REFERENCES organisation,
	partner_id     int2 NOT NULL REFERENCES organisation,
	dataset_id     int2 NOT NULL REFERENCES dataset,
	purposes       text[] NOT NULL CHECK (cardinality(purposes) > 0),
	export         bool NOT NULL,
	min_cell_count int4 NOT NULL CHECK (min_cell_count >= 8),
	starts         timestamptz NOT NULL,
	until          date NOT NULL, -- the last day, by the clock in London
	request_id     int8 NOT NULL REFERENCES access_request,
	granted_by     text NOT NULL CHECK (granted_by <> ''),
	granted        int8 NOT NULL, -- sequence of the decision in the ledger
	ended_at       timestamptz,
	ended_by       text CHECK (ended_by <> ''),
	ended          int8,
	CHECK (owner_id <> partner_id),
	CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended IS NULL))
);
CREATE UNIQUE INDEX agreement_in_force ON agreement (owner_id, partner_id, dataset_id) WHERE ended_at IS NULL;
CREATE INDEX agreement_request ON agreement (request_id);

-- A request is its asker's, and may be read by those who decide for the owner:
-- signalbox.governs is the organisation that a grant was given for. Who asked may
-- withdraw; only the owner decides.
ALTER TABLE access_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_request FORCE ROW LEVEL SECURITY;
CREATE POLICY access_request_read ON access_request FOR SELECT USING (
	asked_by = NULLIF(current_setting('signalbox.actor', true), '')
	OR owner_id = NULLIF(current_setting('signalbox.governs', true), '')::int2);
CREATE POLICY access_request_ask ON access_request FOR INSERT WITH CHECK (
	asked_by = NULLIF(current_setting('signalbox.actor', true), '') AND state = 'waiting');
CREATE POLICY access_request_close ON access_request FOR UPDATE USING (state = 'waiting') WITH CHECK (
	asked_by = NULLIF(current_setting('signalbox.actor', true), '') AND state IN ('withdrawn', 'expired')
	OR owner_id = NULLIF(current_setting('signalbox.governs', true), '')::int2 AND state IN ('granted', 'refused'));

-- Agreements are what policies look up, and no secret. Only the owner makes and
-- ends them.
ALTER TABLE agreement ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement FORCE ROW LEVEL SECURITY;
CREATE POLICY agreement_read ON agreement FOR SELECT USING (true);
CREATE POLICY agreement_make ON agreement FOR INSERT WITH CHECK (
	owner_id = NULLIF(current_setting('signalbox.governs', true), '')::int2 AND ended_at IS NULL);
CREATE POLICY agreement_end ON agreement FOR UPDATE USING (
	owner_id = NULLIF(current_setting('signalbox.governs', true), '')::int2 AND ended_at IS NULL)
	WITH CHECK (owner_id = NULLIF(current_setting('signalbox.governs', true), '')::int2 AND ended_at IS NOT NULL);

GRANT SELECT, INSERT, UPDATE (state, closed_at, decided_by, reason, decided) ON access_request TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (ended_at, ended_by, ended) ON agreement TO signalbox_app;

-- +goose Down
DROP TABLE agreement;
DROP TABLE access_request;
