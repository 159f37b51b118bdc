-- +goose Up

-- Modules that somebody has brought to have them checked and tried. A draft is
-- nobody's release: it runs on invented figures only, and is forgotten after a while.
CREATE TABLE draft (
	draft_id    int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	digest      text NOT NULL CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
	uploaded_by text NOT NULL CHECK (uploaded_by <> ''),
	uploaded_at timestamptz NOT NULL,
	file_name   text NOT NULL,
	-- plugins.DefaultLimits allows 8 MiB.
	module      bytea NOT NULL CHECK (length(module) <= 8388608),
	manifest    json NOT NULL, -- as text: jsonb knows no \u0000, and authors may write anything
	steps       json NOT NULL, -- of the check, with their findings
	UNIQUE (uploaded_by, digest)
);
-- It is read whole and seldom: pressing 8 MiB together would keep its author waiting.
ALTER TABLE draft ALTER COLUMN module SET STORAGE EXTERNAL;

-- A draft is its author's, and may be read by those who answer for governance.
-- Nobody writes one for somebody else. What is old may be taken away by anybody.
ALTER TABLE draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE draft FORCE ROW LEVEL SECURITY;
CREATE POLICY draft_read ON draft FOR SELECT USING (
	uploaded_by = NULLIF(current_setting('signalbox.actor', true), '')
	OR current_setting('signalbox.drafts', true) = 'all');
CREATE POLICY draft_write ON draft FOR INSERT WITH CHECK (
	uploaded_by = NULLIF(current_setting('signalbox.actor', true), ''));
CREATE POLICY draft_change ON draft FOR UPDATE USING (
	uploaded_by = NULLIF(current_setting('signalbox.actor', true), ''));
CREATE POLICY draft_forget ON draft FOR DELETE USING (
	uploaded_by = NULLIF(current_setting('signalbox.actor', true), '')
	OR uploaded_at < current_timestamp - interval '30 days');

GRANT SELECT, INSERT, UPDATE, DELETE ON draft TO signalbox_app;

-- +goose Down
DROP TABLE draft;
