-- +goose Up

-- What a registry holds, for those who have no other: releases and what is said of
-- them. Rows are added and never changed; what nobody should run is withdrawn in
-- the index, and stays here as evidence. None of it is anybody's data.
CREATE TABLE registry_blob (
	repository text NOT NULL,
	digest     text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
	content    bytea NOT NULL CHECK (length(content) <= 8388608),
	added      timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (repository, digest)
);
ALTER TABLE registry_blob ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE registry_manifest (
	repository    text NOT NULL,
	digest        text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
	media_type    text NOT NULL,
	artifact_type text NOT NULL,
	subject       text NOT NULL, -- empty: it refers to nothing
	content       bytea NOT NULL CHECK (length(content) <= 65536),
	added         timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (repository, digest)
);
CREATE INDEX registry_manifest_subject ON registry_manifest (repository, subject) WHERE subject <> '';

CREATE TABLE registry_tag (
	repository text NOT NULL,
	tag        text NOT NULL,
	digest     text NOT NULL,
	added      timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (repository, tag),
	FOREIGN KEY (repository, digest) REFERENCES registry_manifest (repository, digest)
);

GRANT SELECT, INSERT ON registry_blob, registry_manifest, registry_tag TO signalbox_app;

-- +goose Down
DROP TABLE registry_tag, registry_manifest, registry_blob;
