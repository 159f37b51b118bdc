-- +goose Up

-- How organisations write, foresee, approve and take back their policies. Rows
-- are only ever added: what was once shown to somebody stays as it was shown.
-- record is the number of the decision in the ledger that let it be done; the
-- ledger's result for it holds the digest of the row (policyacts.go), so that a
-- row that is changed here no longer agrees with the book.

CREATE TABLE policy_draft (
	ods   text NOT NULL,
	draft int4 NOT NULL CHECK (draft > 0),
	PRIMARY KEY (ods, draft)
);

-- Every save is a version of its own. base is the revision that the draft was
-- begun from; 0 is the template.
CREATE TABLE policy_version (
	ods      text NOT NULL,
	draft    int4 NOT NULL,
	version  int4 NOT NULL CHECK (version > 0),
	base     int4 NOT NULL CHECK (base >= 0),
	title    text NOT NULL CHECK (title <> ''),
	files    json NOT NULL, -- name: source; as text, because jsonb knows no \u0000
	digest   text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
	saved_at timestamptz NOT NULL,
	saved_by text NOT NULL CHECK (saved_by <> ''),
	name     text NOT NULL, -- of the person, as the page says it
	record   int8 NOT NULL CHECK (record > 0),
	PRIMARY KEY (ods, draft, version),
	FOREIGN KEY (ods, draft) REFERENCES policy_draft
);

CREATE TABLE policy_check (
	ods        text NOT NULL,
	draft      int4 NOT NULL,
	version    int4 NOT NULL,
	checked_at timestamptz NOT NULL,
	sound      bool NOT NULL,
	report     json NOT NULL,
	PRIMARY KEY (ods, draft, version, checked_at),
	FOREIGN KEY (ods, draft, version) REFERENCES policy_version
);

-- live is the revision that the draft was compared with; 0 is the national
-- baseline alone. since is the first moment whose decisions were asked again.
CREATE TABLE policy_impact (
	ods         text NOT NULL,
	draft       int4 NOT NULL,
	version     int4 NOT NULL,
	reviewed_at timestamptz NOT NULL,
	reviewed_by text NOT NULL CHECK (reviewed_by <> ''),
	live        int4 NOT NULL CHECK (live >= 0),
	since       timestamptz NOT NULL,
	impact      json NOT NULL,
	record      int8 NOT NULL CHECK (record > 0),
	PRIMARY KEY (ods, draft, version, reviewed_at),
	FOREIGN KEY (ods, draft, version) REFERENCES policy_version
);

CREATE TABLE policy_submission (
	submission int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	ods        text NOT NULL,
	draft      int4 NOT NULL,
	version    int4 NOT NULL,
	digest     text NOT NULL,
	live       int4 NOT NULL CHECK (live >= 0), -- what it would take the place of
	not_before timestamptz,                     -- null: as soon as two have approved
	at         timestamptz NOT NULL,
	by         text NOT NULL CHECK (by <> ''),
	name       text NOT NULL,
	record     int8 NOT NULL CHECK (record > 0),
	FOREIGN KEY (ods, draft, version) REFERENCES policy_version
);
CREATE INDEX policy_submission_draft ON policy_submission (ods, draft);

-- One person says yes or no once, to exactly the files that were shown.
CREATE TABLE policy_verdict (
	submission int8 NOT NULL REFERENCES policy_submission,
	by         text NOT NULL CHECK (by <> ''),
	name       text NOT NULL,
	at         timestamptz NOT NULL,
	approves   bool NOT NULL,
	reason     text NOT NULL CHECK (reason <> ''),
	digest     text NOT NULL,
	record     int8 NOT NULL CHECK (record > 0),
	PRIMARY KEY (submission, by)
);

CREATE TABLE policy_revision (
	ods          text NOT NULL,
	revision     int4 NOT NULL CHECK (revision > 0),
	submission   int8 NOT NULL UNIQUE REFERENCES policy_submission,
	title        text NOT NULL,
	files        json NOT NULL,
	digest       text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
	published_at timestamptz NOT NULL,
	record       int8 NOT NULL CHECK (record > 0), -- of the second approval
	PRIMARY KEY (ods, revision)
);

-- Which revision is live from when. Publishing and rolling back both add a row;
-- revision 0 is the national baseline alone. A rollback also takes back what was
-- set before it and has not come yet.
CREATE TABLE policy_pointer (
	pointer        int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	ods            text NOT NULL,
	revision       int4 NOT NULL CHECK (revision >= 0),
	effective_from timestamptz NOT NULL,
	set_at         timestamptz NOT NULL,
	set_by         text NOT NULL CHECK (set_by <> ''),
	name           text NOT NULL,
	rollback       bool NOT NULL,
	reason         text NOT NULL CHECK (reason <> ''),
	record         int8 NOT NULL CHECK (record > 0)
);
CREATE INDEX policy_pointer_ods ON policy_pointer (ods, pointer);

-- A draft that runs beside the live policy: somebody begins it and somebody ends
-- it. What is recorded meanwhile is asked of the draft, a stretch of the ledger at
-- a time; several programs may do so, and the first is right.
CREATE TABLE policy_shadow (
	ods     text NOT NULL,
	draft   int4 NOT NULL,
	version int4 NOT NULL,
	at      timestamptz NOT NULL,
	by      text NOT NULL CHECK (by <> ''),
	ends    bool NOT NULL,
	record  int8 NOT NULL CHECK (record > 0),
	PRIMARY KEY (ods, draft, version, at),
	FOREIGN KEY (ods, draft, version) REFERENCES policy_version
);
CREATE TABLE policy_shadow_stretch (
	ods       text NOT NULL,
	draft     int4 NOT NULL,
	version   int4 NOT NULL,
	since     timestamptz NOT NULL,
	until     timestamptz NOT NULL CHECK (until > since),
	decisions int4 NOT NULL CHECK (decisions >= 0),
	different int4 NOT NULL CHECK (different >= 0),
	dropped   int4 NOT NULL CHECK (dropped >= 0), -- could not be asked: too much at once
	changed   json NOT NULL,
	PRIMARY KEY (ods, draft, version, since),
	FOREIGN KEY (ods, draft, version) REFERENCES policy_version
);

-- The second wall behind the program's own check: nothing is published without
-- two people who had no hand in writing it and who approved exactly this.
-- +goose StatementBegin
CREATE FUNCTION policy_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	approvals int;
BEGIN
	SELECT count(*) INTO approvals
	FROM policy_verdict v
		JOIN policy_submission s USING (submission)
	WHERE v.submission = NEW.submission AND s.ods = NEW.ods AND v.approves
		AND v.digest = NEW.digest AND s.digest = NEW.digest
		AND v.by NOT IN (SELECT w.saved_by FROM policy_version w WHERE w.ods = s.ods AND w.draft = s.draft);
	IF approvals < 2 OR EXISTS (SELECT FROM policy_verdict v WHERE v.submission = NEW.submission AND NOT v.approves) THEN
		RAISE EXCEPTION 'revision % of % has % of the 2 approvals that it needs', NEW.revision, NEW.ods, approvals;
	END IF;
	IF EXISTS (SELECT FROM policy_submission s JOIN policy_version w USING (ods, draft)
		WHERE s.submission = NEW.submission AND w.version > s.version) THEN
		RAISE EXCEPTION 'revision % of % was changed after it was proposed', NEW.revision, NEW.ods;
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER policy_approved BEFORE INSERT ON policy_revision FOR EACH ROW EXECUTE FUNCTION policy_approved();

-- A rollback leads to what has been approved; publishing, to what has just been.
ALTER TABLE policy_pointer ADD CHECK (revision > 0 OR rollback);
-- +goose StatementBegin
CREATE FUNCTION policy_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.revision > 0 AND NOT EXISTS (SELECT FROM policy_revision r WHERE r.ods = NEW.ods AND r.revision = NEW.revision) THEN
		RAISE EXCEPTION 'there is no revision % of %', NEW.revision, NEW.ods;
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER policy_known BEFORE INSERT ON policy_pointer FOR EACH ROW EXECUTE FUNCTION policy_known();

-- No UPDATE and no DELETE: the history stays.
GRANT SELECT, INSERT ON policy_draft, policy_version, policy_check, policy_impact, policy_submission,
	policy_verdict, policy_revision, policy_pointer, policy_shadow, policy_shadow_stretch TO signalbox_app;

-- +goose Down
-- What was decided is not taken back: restore a backup instead.
