-- +goose Up

-- The program works as signalbox_app, which owns nothing, so that row-level
-- security and the missing rights below hold for it. Roles belong to the whole
-- cluster: several databases may be migrated at once, hence the exceptions.
-- +goose StatementBegin
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'signalbox_app') THEN
		CREATE ROLE signalbox_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
	END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
DO $$
BEGIN
	IF NOT pg_has_role(current_user, 'signalbox_app', 'MEMBER') THEN
		EXECUTE format('GRANT signalbox_app TO %I', current_user);
	END IF;
END $$;
-- +goose StatementEnd

-- Trusted since PostgreSQL 13: the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

------------------------------------------------------------------ organisations

-- A reference table: copied to every node if the schema is ever distributed.
CREATE TABLE organisation (
	trust_id int2 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	ods      text NOT NULL UNIQUE CHECK (ods ~ '^[A-Z0-9]{3,10}$'),
	kind     text NOT NULL CHECK (kind IN ('trust', 'icb', 'region', 'national', 'site', 'other')),
	subkind  text NOT NULL DEFAULT '',
	opened   date,
	closed   date
);
-- England is organisation 1. Rows that concern everybody carry its number.
INSERT INTO organisation (ods, kind) VALUES ('ENG', 'national');

-- One row for each name an organisation has been given, with the first and the
-- last day that a source used it; null is unknown, rank 1 is the register.
CREATE TABLE organisation_name (
	trust_id  int2 NOT NULL REFERENCES organisation,
	name_key  text NOT NULL,
	name      text NOT NULL,
	rank      int2 NOT NULL,
	seen_from date,
	seen_to   date,
	source    text NOT NULL,
	PRIMARY KEY (trust_id, name_key)
);
CREATE INDEX organisation_name_like ON organisation_name USING gin (name_key gin_trgm_ops);
INSERT INTO organisation_name VALUES (1, 'england', 'England', 1, NULL, NULL, 'signalbox');
-- The seven regions of NHS England, by their codes in the register.
WITH region (ods, name) AS (VALUES
	('Y56', 'London'), ('Y58', 'South West'), ('Y59', 'South East'), ('Y60', 'Midlands'),
	('Y61', 'East of England'), ('Y62', 'North West'), ('Y63', 'North East and Yorkshire')),
made AS (INSERT INTO organisation (ods, kind) SELECT ods, 'region' FROM region RETURNING trust_id, ods)
INSERT INTO organisation_name (trust_id, name_key, name, rank, source)
SELECT trust_id, lower(name), name, 1, 'signalbox' FROM made JOIN region USING (ods);

-- An unknown beginning is written as the first day of the NHS, because no
-- membership is older; an open end is null.
CREATE TABLE membership (
	trust_id  int2 NOT NULL REFERENCES organisation,
	parent_id int2 NOT NULL REFERENCES organisation,
	from_date date NOT NULL DEFAULT '1948-07-05',
	to_date   date,
	PRIMARY KEY (trust_id, parent_id, from_date)
);

CREATE TABLE succession (
	trust_id       int2 NOT NULL REFERENCES organisation,
	successor_id   int2 NOT NULL REFERENCES organisation,
	effective_from date NOT NULL,
	basis          text NOT NULL,
	note           text NOT NULL,
	PRIMARY KEY (trust_id, successor_id)
);
CREATE INDEX succession_successor ON succession (successor_id);

----------------------------------------------------------------------- datasets

CREATE TABLE dataset (
	dataset_id int2 PRIMARY KEY,
	id         text NOT NULL UNIQUE CHECK (id ~ '^[a-z0-9][a-z0-9_]*$'),
	definition jsonb NOT NULL
);
-- Number 0 stands for what is not figures: organisations and events.
INSERT INTO dataset VALUES (0, 'register', '{}');

-- A column keeps its place for ever: it is an index into observation.numbers.
CREATE TABLE dataset_column (
	dataset_id int2 NOT NULL REFERENCES dataset,
	place      int2 NOT NULL CHECK (place > 0),
	name       text NOT NULL,
	type       text NOT NULL CHECK (type IN ('count', 'number', 'share')),
	role       text NOT NULL CHECK (role IN ('numerator', 'denominator', 'value')),
	PRIMARY KEY (dataset_id, place),
	UNIQUE (dataset_id, name)
);

-- Strata. Number 0 is the whole organisation.
CREATE TABLE dim (
	dim_id     int4 PRIMARY KEY,
	dims       jsonb NOT NULL UNIQUE,
	stratifier text NOT NULL,
	stratum    text NOT NULL
);
INSERT INTO dim VALUES (0, '{}', '', '');

--------------------------------------------------------------------------- loads

-- A load is a vintage. Its number comes from a sequence and may skip: a load
-- that came to nothing has used one. trust_id is the organisation on whose
-- behalf it was loaded; 1 is national data.
CREATE TABLE load (
	trust_id   int2 NOT NULL,
	load_id    int4 NOT NULL,
	dataset_id int2 NOT NULL,
	loaded_at  timestamptz NOT NULL DEFAULT now(),
	loaded_by  text NOT NULL,
	file_name  text NOT NULL,
	digest     bytea NOT NULL,
	mapping    text NOT NULL,
	rows_in    int8 NOT NULL,
	refused    int8 NOT NULL,
	added      int8 NOT NULL,
	revised    int8 NOT NULL,
	unchanged  int8 NOT NULL,
	PRIMARY KEY (trust_id, load_id, dataset_id) -- a tidy file may feed several datasets
);
CREATE SEQUENCE load_number AS int4;

-- One row of a source file is one row here: its columns stand in an array, in
-- the order of dataset_column. One A&E row has thirteen columns; as thirteen
-- rows it took eight times the space and nine times as long to write
-- (BenchmarkLayout). Null in the array is "not there", never zero.
--
-- There are no foreign keys: the loader resolves every number by a join on the
-- reference tables in the statement that inserts, and a check a row would cost
-- more than the insert.
--
-- A version lives from load_id until superseded_by, which is the largest
-- integer while it is current.
CREATE TABLE observation (
	trust_id      int2 NOT NULL,
	dataset_id    int2 NOT NULL,
	dim_id        int4 NOT NULL,
	period        date NOT NULL,
	load_id       int4 NOT NULL,
	superseded_by int4 NOT NULL DEFAULT 2147483647,
	state         int2 NOT NULL CHECK (state BETWEEN 0 AND 3),
	numbers       float8[] NOT NULL,
	PRIMARY KEY (trust_id, dataset_id, dim_id, period, load_id)
);
CREATE UNIQUE INDEX observation_current ON observation (trust_id, dataset_id, dim_id, period)
	WHERE superseded_by = 2147483647;
-- There is no index on (dataset_id, period). All organisations in one month are
-- found by the index above, one descent for each organisation in scope (1.6 ms
-- for 215 of them); the planner never chose the other, and it had to be
-- kept up to date by every load.
-- Only superseded_by is ever updated, and it stands in an index predicate, so
-- pages need no spare room.
ALTER TABLE observation SET (fillfactor = 100);

-- What there is, kept at each load: from when to when, and how many rows.
CREATE TABLE dataset_coverage (
	trust_id   int2 NOT NULL,
	dataset_id int2 NOT NULL,
	first      date NOT NULL,
	last       date NOT NULL,
	rows       int8 NOT NULL,
	PRIMARY KEY (trust_id, dataset_id)
);

------------------------------------------------------------- around the figures

-- trust_id 1 (England): the event concerns everybody.
CREATE TABLE event (
	trust_id   int2 NOT NULL,
	event_id   int8 GENERATED ALWAYS AS IDENTITY,
	dataset_id int2,
	start      date NOT NULL,
	until      date,
	kind       text NOT NULL CHECK (kind IN ('intervention', 'merger', 'definition_change', 'outside_event')),
	text       text NOT NULL,
	source     text NOT NULL,
	rebase     bool NOT NULL,
	exclude    bool NOT NULL,
	load_id    int4,
	PRIMARY KEY (trust_id, event_id)
);

CREATE TABLE phase (
	trust_id int2 NOT NULL,
	measure  text NOT NULL,
	start    date NOT NULL,
	baseline int4 NOT NULL CHECK (baseline >= 0),
	reason   text NOT NULL CHECK (reason <> ''),
	author   text NOT NULL CHECK (author <> ''),
	approver text NOT NULL,
	decided  date NOT NULL,
	PRIMARY KEY (trust_id, measure, start)
);

--------------------------------------------------------------------- the ledger

-- entry holds the canonical bytes that the hashes were made from; the other
-- columns repeat what is searched for. Numbers run from 1 without a gap.
CREATE TABLE ledger (
	sequence   int8 PRIMARY KEY CHECK (sequence > 0),
	recorded   timestamptz NOT NULL,
	kind       text NOT NULL,
	request_id text NOT NULL,
	actor      text NOT NULL,
	ods        text NOT NULL,
	dataset    text NOT NULL,
	action     text NOT NULL,
	allow      bool,
	entry      bytea NOT NULL
);
CREATE INDEX ledger_request ON ledger (request_id);
CREATE TABLE ledger_hash (
	place int8 PRIMARY KEY CHECK (place >= 0),
	hash  bytea NOT NULL CHECK (length(hash) = 32)
);

-- The layout that scs/pgxstore expects.
CREATE TABLE sessions (
	token  text PRIMARY KEY,
	data   bytea NOT NULL,
	expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

------------------------------------------------------------- row-level security

-- The scope arrives with set_config(..., true) in the transaction of the query.
-- Once a session has had one, "unset" is an empty string and no longer null;
-- both mean no rows. The sub-select makes the array a constant of the scan, so
-- that it can become an index condition. The cast stands within it: outside,
-- the text was read again for every row, and a load of all trusts took four
-- times as long.

ALTER TABLE observation ENABLE ROW LEVEL SECURITY;
ALTER TABLE observation FORCE ROW LEVEL SECURITY;
CREATE POLICY observation_scope ON observation USING (
	trust_id = ANY ((SELECT NULLIF(current_setting('signalbox.scope', true), '')::int2[])::int2[])
	AND dataset_id = ANY ((SELECT NULLIF(current_setting('signalbox.dataset', true), '')::int2[])::int2[]));

ALTER TABLE load ENABLE ROW LEVEL SECURITY;
ALTER TABLE load FORCE ROW LEVEL SECURITY;
CREATE POLICY load_scope ON load USING (
	(trust_id = 1 OR trust_id = ANY ((SELECT NULLIF(current_setting('signalbox.scope', true), '')::int2[])::int2[]))
	AND dataset_id = ANY ((SELECT NULLIF(current_setting('signalbox.dataset', true), '')::int2[])::int2[]));

ALTER TABLE dataset_coverage ENABLE ROW LEVEL SECURITY;
ALTER TABLE dataset_coverage FORCE ROW LEVEL SECURITY;
CREATE POLICY dataset_coverage_scope ON dataset_coverage USING (
	trust_id = ANY ((SELECT NULLIF(current_setting('signalbox.scope', true), '')::int2[])::int2[]));

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY event_scope ON event USING (
	trust_id = 1 OR trust_id = ANY ((SELECT NULLIF(current_setting('signalbox.scope', true), '')::int2[])::int2[]));

ALTER TABLE phase ENABLE ROW LEVEL SECURITY;
ALTER TABLE phase FORCE ROW LEVEL SECURITY;
CREATE POLICY phase_scope ON phase USING (
	trust_id = ANY ((SELECT NULLIF(current_setting('signalbox.scope', true), '')::int2[])::int2[]));

------------------------------------------------------------------------- rights

GRANT USAGE ON SCHEMA public TO signalbox_app;
GRANT SELECT, INSERT, UPDATE ON organisation, organisation_name, membership, succession, dataset, dataset_column TO signalbox_app;
GRANT SELECT, INSERT ON dim, load, ledger, ledger_hash TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (superseded_by) ON observation TO signalbox_app;
GRANT SELECT, INSERT, UPDATE ON dataset_coverage, event, phase TO signalbox_app;
GRANT DELETE ON membership, event TO signalbox_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO signalbox_app;
GRANT USAGE ON SEQUENCE load_number TO signalbox_app;

-- +goose Down
-- A database of decisions is not taken back: restore a backup instead.
