-- +goose Up

-- Releases that this installation has, verified when they came. They are nobody's
-- data; a row is never changed and never taken away, because a chart of years ago
-- names the release that drew it.
CREATE TABLE plugin_release (
	digest    text PRIMARY KEY CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
	plugin    text NOT NULL,
	version   text NOT NULL,
	publisher text NOT NULL,
	signers   json NOT NULL,
	issued    timestamptz NOT NULL,
	manifest  json NOT NULL,
	contents  bytea NOT NULL CHECK (length(contents) <= 8388608),
	signed    json NOT NULL, -- the envelopes
	sbom      bytea,
	artifact  text NOT NULL CHECK (artifact ~ '^sha256:[0-9a-f]{64}$'),
	origin    text NOT NULL CHECK (origin IN ('hub', 'bundle', 'here')),
	kept_at   timestamptz NOT NULL,
	kept_by   text NOT NULL CHECK (kept_by <> ''),
	record    int8 NOT NULL,
	UNIQUE (plugin, version),
	UNIQUE (plugin, digest) -- for what names both
);
ALTER TABLE plugin_release ALTER COLUMN contents SET STORAGE EXTERNAL;

-- Who stands behind a release once somebody has signed it after it came: a checker
-- signs what an author has brought. The newest row holds; what is signed stays as
-- it is.
CREATE TABLE release_signature (
	signature_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	digest  text NOT NULL REFERENCES plugin_release,
	signed  json NOT NULL, -- the envelopes, those of before among them
	signers json NOT NULL,
	at      timestamptz NOT NULL,
	by      text NOT NULL CHECK (by <> ''),
	record  int8 NOT NULL
);
CREATE INDEX release_signature_digest ON release_signature (digest, signature_id);

-- The life of a release that is made here: each step once, by whom, and by which
-- recorded decision. The latest says where it is.
CREATE TABLE release_step (
	step_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	digest  text NOT NULL REFERENCES plugin_release,
	step    text NOT NULL CHECK (step IN ('submitted', 'checked', 'refused', 'published', 'deprecated', 'withdrawn')),
	at      timestamptz NOT NULL,
	by      text NOT NULL CHECK (by <> ''),
	note    text NOT NULL, -- what changed, what was found, why
	until   date,          -- of a deprecation
	found   json,          -- of the check: its steps and findings
	cost    json,          -- what an answer took at the check
	record  int8 NOT NULL
);
CREATE INDEX release_step_digest ON release_step (digest, step_id);

-- The second wall behind the program's own check: nothing is published that nobody
-- but its author has looked at.
-- +goose StatementBegin
CREATE FUNCTION release_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM release_step s WHERE s.digest = NEW.digest AND s.step = 'checked'
			AND s.by NOT IN (SELECT b.by FROM release_step b WHERE b.digest = NEW.digest AND b.step = 'submitted')) THEN
		RAISE EXCEPTION 'release % was checked by nobody but who brought it', NEW.digest;
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER release_checked BEFORE INSERT ON release_step FOR EACH ROW WHEN (NEW.step = 'published') EXECUTE FUNCTION release_checked();

-- Which release an organisation runs, pinned by its digest, with what it has laid
-- over it. Going to another version ends one row and begins the next, so that
-- nothing of the past is lost.
CREATE TABLE adoption (
	trust_id    int2 NOT NULL REFERENCES organisation,
	adoption_id int8 GENERATED ALWAYS AS IDENTITY,
	plugin      text NOT NULL,
	digest      text NOT NULL,
	stage       text NOT NULL CHECK (stage IN ('pilot', 'adopted')),
	layers      json NOT NULL,
	first       date NOT NULL, -- the first period that counts as after
	sends       bool NOT NULL, -- evidence is sent back
	begun_at    timestamptz NOT NULL,
	begun_by    text NOT NULL CHECK (begun_by <> ''),
	begun       int8 NOT NULL, -- the recorded decision
	replaces    int8,          -- the adoption before, of the same plugin
	ended_at    timestamptz,
	ended_by    text,
	ended       int8,
	reason      text,
	PRIMARY KEY (trust_id, adoption_id),
	FOREIGN KEY (plugin, digest) REFERENCES plugin_release (plugin, digest),
	CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended IS NULL))
);
CREATE UNIQUE INDEX adoption_live ON adoption (trust_id, plugin) WHERE ended_at IS NULL;

-- Who runs what is no secret: policies look it up. Only the organisation itself
-- begins and ends it, and what has ended stays as it ended.
ALTER TABLE adoption ENABLE ROW LEVEL SECURITY;
ALTER TABLE adoption FORCE ROW LEVEL SECURITY;
CREATE POLICY adoption_read ON adoption FOR SELECT USING (true);
CREATE POLICY adoption_begin ON adoption FOR INSERT WITH CHECK (
	trust_id = NULLIF(current_setting('signalbox.governs', true), '')::int2 AND ended_at IS NULL);
CREATE POLICY adoption_end ON adoption FOR UPDATE USING (
	trust_id = NULLIF(current_setting('signalbox.governs', true), '')::int2 AND ended_at IS NULL)
	WITH CHECK (trust_id = NULLIF(current_setting('signalbox.governs', true), '')::int2 AND ended_at IS NOT NULL);

-- What the hub has said: one row, the newest list and index that were believed.
CREATE TABLE hub_state (
	one         bool PRIMARY KEY DEFAULT true CHECK (one),
	list        json,
	list_serial int8 NOT NULL DEFAULT 0,
	"index"     json, -- without its releases, which are in listing
	index_serial int8 NOT NULL DEFAULT 0,
	expires     timestamptz,
	synced_at   timestamptz, -- when an index was last believed
	tried_at    timestamptz,
	problem     text NOT NULL DEFAULT ''
);
INSERT INTO hub_state DEFAULT VALUES;

-- The releases of the index, as the newest has them: what is not in it goes.
CREATE TABLE listing (
	plugin    text NOT NULL,
	version   text NOT NULL,
	contents  text NOT NULL,
	publisher text NOT NULL,
	state     text NOT NULL,
	areas     text[] NOT NULL,
	datasets  text[] NOT NULL,
	latest    bool NOT NULL, -- the highest version that may be adopted
	improved  int4 NOT NULL, -- organisations with evidence that is believed, by what it says
	unchanged int4 NOT NULL,
	concern   int4 NOT NULL,
	results   text[] NOT NULL, -- all that such evidence says
	listing   json NOT NULL, -- as the index has it
	lead      text NOT NULL, -- what is searched first: the title and the problem
	rest      text NOT NULL, -- and then: names, areas, datasets
	words     tsvector NOT NULL GENERATED ALWAYS AS
		(setweight(to_tsvector('english', lead), 'A') || setweight(to_tsvector('english', rest), 'C')) STORED,
	print     bytea NOT NULL, -- of all the others: what has not changed is not written again
	PRIMARY KEY (plugin, version)
);
CREATE INDEX listing_words ON listing USING gin (words) WHERE latest;
CREATE INDEX listing_contents ON listing (contents);

-- What goes out: evidence, questions, replies and faults, signed, until the hub has
-- them. They stay here as the installation's own copy.
CREATE TABLE saying (
	trust_id  int2 REFERENCES organisation, -- none of a reply: a publisher need be no organisation
	saying_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind      text NOT NULL CHECK (kind IN ('evidence', 'question', 'reply', 'faults')),
	plugin    text NOT NULL,
	digest    text NOT NULL,
	artifact  text NOT NULL,
	envelope  json NOT NULL,
	made_at   timestamptz NOT NULL,
	made_by   text NOT NULL CHECK (made_by <> ''),
	record    int8 NOT NULL, -- the recorded decision
	sent_at   timestamptz,
	problem   text NOT NULL DEFAULT '',
	CHECK ((trust_id IS NULL) = (kind = 'reply'))
);
CREATE INDEX saying_unsent ON saying (made_at) WHERE sent_at IS NULL;
CREATE INDEX saying_plugin ON saying (plugin);

-- Whatever is here was let out by a policy, and is to be read by everybody. Only an
-- organisation says something in its own name, and what was sent cannot be unsaid.
ALTER TABLE saying ENABLE ROW LEVEL SECURITY;
ALTER TABLE saying FORCE ROW LEVEL SECURITY;
CREATE POLICY saying_read ON saying FOR SELECT USING (true);
CREATE POLICY saying_make ON saying FOR INSERT WITH CHECK (
	(trust_id IS NULL OR trust_id = NULLIF(current_setting('signalbox.governs', true), '')::int2) AND sent_at IS NULL);
CREATE POLICY saying_send ON saying FOR UPDATE USING (sent_at IS NULL) WITH CHECK (true);

-- What this installation has issued as a hub.
CREATE TABLE hub_issue (
	kind     text NOT NULL CHECK (kind IN ('publishers', 'index')),
	serial   int8 NOT NULL,
	envelope bytea NOT NULL, -- as it is served
	at       timestamptz NOT NULL,
	PRIMARY KEY (kind, serial)
);

GRANT SELECT, INSERT ON plugin_release, release_signature, release_step, hub_issue TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (ended_at, ended_by, ended, reason) ON adoption TO signalbox_app;
GRANT SELECT, UPDATE ON hub_state TO signalbox_app;
GRANT SELECT, INSERT, DELETE ON listing TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (sent_at, problem) ON saying TO signalbox_app;

-- +goose Down
DROP TABLE hub_issue, saying, listing, hub_state, adoption, release_step, release_signature, plugin_release;
DROP FUNCTION release_checked;
