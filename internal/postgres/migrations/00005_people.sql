-- +goose Up

-- People who have signed in or were invited. The issuer is the address of an
-- identity provider, "passkey" for those whom this installation knows itself, or
-- "demo". Nobody is ever deleted: the ledger names them.
CREATE TABLE person (
	person_id text PRIMARY KEY CHECK (person_id <> ''),
	name      text NOT NULL CHECK (name <> ''),
	issuer    text NOT NULL CHECK (issuer <> ''),
	subject   text NOT NULL CHECK (subject <> ''),
	created   timestamptz NOT NULL,
	-- What the provider said at the last sign-in: organisations and role names,
	-- for the page that says why somebody has no role here.
	received  jsonb NOT NULL DEFAULT '[]',
	-- What the person chose last; a new session begins with it.
	purpose   text NOT NULL DEFAULT '',
	post      int8,
	UNIQUE (issuer, subject)
);

-- Who has which role where, from when to when. The organisation is the one whose
-- governance answers for it; number 1, England, is the installation itself, and
-- is used only for operators who were made on the machine.
CREATE TABLE appointment (
	trust_id       int2 NOT NULL REFERENCES organisation,
	appointment_id int8 GENERATED ALWAYS AS IDENTITY,
	person_id      text NOT NULL REFERENCES person,
	role           text NOT NULL CHECK (role <> ''),
	since          timestamptz NOT NULL,
	until          timestamptz,
	-- Of a role that the provider's claims gave: the digest of the mapping by which
	-- they did, and the provider's own name for the role. Under another mapping it
	-- counts for nothing until the person signs in again.
	mapping        text NOT NULL DEFAULT '',
	ref            text NOT NULL DEFAULT '',
	given_by       text NOT NULL CHECK (given_by <> ''),
	given_record   int8, -- in the ledger; null for what a provider said and for the set-up on the machine
	ended_at       timestamptz,
	ended_by       text CHECK (ended_by <> ''),
	ended_record   int8,
	PRIMARY KEY (trust_id, appointment_id),
	CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX appointment_person ON appointment (person_id);
CREATE UNIQUE INDEX appointment_once ON appointment (trust_id, person_id, role, ref, (mapping <> '')) WHERE ended_at IS NULL;

-- What was entered last is what counts; what was entered before stays.
CREATE TABLE training (
	training_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	person_id   text NOT NULL REFERENCES person,
	trained_on  date NOT NULL,
	entered_at  timestamptz NOT NULL,
	entered_by  text NOT NULL CHECK (entered_by <> ''),
	record      int8
);
CREATE INDEX training_person ON training (person_id, training_id DESC);

CREATE TABLE passkey (
	credential_id bytea PRIMARY KEY,
	person_id     text NOT NULL REFERENCES person,
	name          text NOT NULL CHECK (name <> ''),
	credential    jsonb NOT NULL, -- the public key and the state of the authenticator; no secret
	added         timestamptz NOT NULL,
	used          date,
	removed_at    timestamptz
);
CREATE INDEX passkey_person ON passkey (person_id);

-- Links that enrol a passkey, once: of a person, or of the first operator where
-- person_id is null. Only the digest of the link's secret is kept.
CREATE TABLE invitation (
	hash      bytea PRIMARY KEY CHECK (length(hash) = 32),
	person_id text REFERENCES person,
	made_at   timestamptz NOT NULL,
	made_by   text NOT NULL CHECK (made_by <> ''),
	record    int8,
	expires   timestamptz NOT NULL,
	used_at   timestamptz
);

-- Who is signed in. The cookie's session names a row here, so that all of a
-- person's sessions can be ended at once, from anywhere.
CREATE TABLE signed_in (
	session_id text PRIMARY KEY,
	person_id  text NOT NULL REFERENCES person,
	begun      timestamptz NOT NULL,
	expires    timestamptz NOT NULL,
	how        text NOT NULL CHECK (how IN ('passkey', 'provider', 'demo')),
	assurance  text NOT NULL CHECK (assurance IN ('aal1', 'aal2', 'aal3')),
	ended_at   timestamptz,
	ended_by   text CHECK (ended_by <> ''),
	CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX signed_in_person ON signed_in (person_id) WHERE ended_at IS NULL;

-- Tokens for programs. Only the digest of the secret is kept; the token_id is
-- the part of it that may be shown.
CREATE TABLE api_token (
	token_id      text PRIMARY KEY CHECK (token_id <> ''),
	hash          bytea NOT NULL CHECK (length(hash) = 32),
	person_id     text NOT NULL REFERENCES person,
	name          text NOT NULL CHECK (name <> ''),
	trust_id      int2 NOT NULL REFERENCES organisation, -- of the role it acts in
	role          text NOT NULL CHECK (role <> ''),
	purpose       text NOT NULL CHECK (purpose <> ''),
	actions       text[] NOT NULL CHECK (cardinality(actions) > 0),
	datasets      text[] NOT NULL, -- none: all that its person may have
	organisations text[] NOT NULL, -- none: all that its person may have
	assurance     text NOT NULL CHECK (assurance IN ('aal1', 'aal2', 'aal3')),
	made          timestamptz NOT NULL,
	expires       timestamptz NOT NULL CHECK (expires <= made + interval '366 days'),
	used          date,
	revoked_at    timestamptz,
	revoked_by    text CHECK (revoked_by <> ''),
	CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX api_token_person ON api_token (person_id);

GRANT SELECT, INSERT, UPDATE (name, received, purpose, post) ON person TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (until, mapping, ended_at, ended_by, ended_record) ON appointment TO signalbox_app;
GRANT SELECT, INSERT ON training TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (name, credential, used, removed_at) ON passkey TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (expires, used_at) ON invitation TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (ended_at, ended_by) ON signed_in TO signalbox_app;
GRANT SELECT, INSERT, UPDATE (used, revoked_at, revoked_by) ON api_token TO signalbox_app;

-- +goose Down
DROP TABLE api_token, signed_in, invitation, passkey, training, appointment, person;
