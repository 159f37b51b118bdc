-- +goose Up

-- What the ledger is searched for, beside the columns that it has. They repeat
-- what stands in the canonical entry; signalbox audit verify compares the two.
ALTER TABLE ledger
	ADD COLUMN subject_ods text NOT NULL DEFAULT '', -- the organisation of who asked
	ADD COLUMN purpose     text NOT NULL DEFAULT '',
	ADD COLUMN plugin      text NOT NULL DEFAULT '', -- digest
	ADD COLUMN codes       text[] NOT NULL DEFAULT '{}'; -- of the reasons and the grants
UPDATE ledger SET
	subject_ods = coalesce(e #>> '{decision,input,subject,ods}', ''),
	purpose     = coalesce(e #>> '{decision,input,subject,purpose}', ''),
	plugin      = coalesce(e #>> '{decision,input,plugin,digest}', ''),
	codes       = ARRAY(SELECT r ->> 'code' FROM json_array_elements(e #> '{decision,reasons}') r)
		|| ARRAY(SELECT g ->> 'code' FROM json_array_elements(e #> '{decision,grants}') g)
FROM (SELECT sequence AS s, convert_from(entry, 'UTF8')::json AS e FROM ledger WHERE kind = 'decision') filled
WHERE sequence = s;

-- A reader pages through the decisions of one organisation, the newest first, and
-- narrows them by one thing or another. An index for each thing does not help
-- where two are asked for that seldom go together, so two indices carry all that
-- can be asked for: the worst search walks one of them and touches no entry. Time
-- comes before the number, because several programs write with clocks of their
-- own and a search names days.
CREATE INDEX ledger_about ON ledger (ods, recorded, sequence)
	INCLUDE (subject_ods, actor, dataset, plugin, action, allow, codes) WHERE kind = 'decision';
CREATE INDEX ledger_by ON ledger (subject_ods, recorded, sequence)
	INCLUDE (ods, actor, dataset, plugin, action, allow, codes) WHERE kind = 'decision';
CREATE INDEX ledger_person ON ledger (actor, recorded, sequence) WHERE kind = 'decision';
CREATE INDEX ledger_denied ON ledger (ods, recorded, sequence)
	INCLUDE (subject_ods, actor, dataset, plugin, action, allow, codes) WHERE kind = 'decision' AND NOT allow;
-- For the public register of uses: what was opened lately, for what, by whom.
CREATE INDEX ledger_uses ON ledger (recorded)
	INCLUDE (dataset, purpose, subject_ods, action) WHERE kind = 'decision' AND allow;
-- An index that stands alone for its pages must know which of them all can see.
ALTER TABLE ledger SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- Old entries about data may be let go once an export of them is kept: their
-- bytes become empty and what is searched for with them; their hashes stay, so
-- that the rest, and an export of them, can still be proved. Acts of governance
-- stay for good. Only the owner of the tables does this, and signs for it: note
-- is policy/ledger.Pruning.
CREATE TABLE ledger_pruned (
	up_to  int8 PRIMARY KEY CHECK (up_to > 0),
	pruned timestamptz NOT NULL,
	note   text NOT NULL
);
GRANT SELECT ON ledger_pruned TO signalbox_app;

-- +goose Down
-- A ledger is not taken back: restore a backup instead.
