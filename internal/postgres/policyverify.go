package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// PolicyFault is one thing in the store of policies that does not agree with the
// ledger.
type PolicyFault struct {
	Record  int64  // of the decision in the ledger that let it be done
	Where   string // draft 15 of ZZA
	Problem string
}

func (f PolicyFault) String() string {
	return fmt.Sprintf("record %d, %s: %s", f.Record, f.Where, f.Problem)
}

// kept is one row of the store as it should be found in the ledger.
type kept struct {
	record      int64
	where       string
	action      policy.Action
	by, ref     string // who, and the digest of the files; ref is empty where the row does not say
	act         string
	filesDigest string // of the files that the row has; empty if it has none
}

// VerifyPolicies compares the store of policies with the ledger: every row must
// stand for a recorded decision, be as it was when it was written, and have the
// files that its digest names; and no row that the ledger knows of may be missing.
// That the ledger is whole is for ledger.Verify to say.
func (db *DB) VerifyPolicies(ctx context.Context) ([]PolicyFault, error) {
	rows, err := db.keptPolicies(ctx)
	if err != nil {
		return nil, fmt.Errorf("verify the store of policies: %w", err)
	}
	byRecord := map[int64][]kept{}
	for _, row := range rows {
		byRecord[row.record] = append(byRecord[row.record], row)
	}
	acts, err := db.policyActs(ctx)
	if err != nil {
		return nil, fmt.Errorf("verify the store of policies: %w", err)
	}
	var faults []PolicyFault
	for record, rows := range byRecord {
		faults = append(faults, verifyAct(record, rows, acts[record])...)
	}
	for record, act := range acts {
		if _, there := byRecord[record]; !there && act.digest != "" {
			faults = append(faults, PolicyFault{record, "policy of " + string(act.document.Input.Resource.ODS),
				"the ledger knows of this act, and the store does not: it was taken out"})
		}
	}
	slices.SortFunc(faults, func(a, b PolicyFault) int {
		return cmp.Or(cmp.Compare(a.Record, b.Record), cmp.Compare(a.Where, b.Where))
	})
	return faults, nil
}

// policyAct is a decision about a policy, and the digest of the rows that came of it.
type policyAct struct {
	document *policy.Document
	digest   string // empty where nothing came of it
	ended    bool   // the ledger says what came of it
}

func verifyAct(record int64, rows []kept, act policyAct) (faults []PolicyFault) {
	var digests []string
	for _, row := range rows {
		fault := func(problem string) { faults = append(faults, PolicyFault{record, row.where, problem}) }
		digests = append(digests, row.act)
		switch d := act.document; {
		case d == nil:
			fault("there is no decision about a policy of that number in the ledger")
		case !d.Allow || d.Input.Action != row.action || d.Input.Subject.ID != row.by:
			fault(fmt.Sprintf("the ledger has %s by %s there, and the store says %s by %s", d.Input.Action, d.Input.Subject.ID, row.action, row.by))
		case row.ref != "" && (d.Input.Change == nil || d.Input.Change.Ref != row.ref):
			fault("the decision was about other files than those that the row names")
		}
		if row.filesDigest != "" && row.filesDigest != row.ref {
			fault("its files are not those that its digest names")
		}
	}
	if len(faults) > 0 || act.document == nil {
		return faults
	}
	switch {
	case !act.ended:
		faults = append(faults, PolicyFault{record, rows[0].where, "the ledger does not say that this came of the decision: the program stopped just then, or somebody added the row"})
	case act.digest != actsDigest(digests...):
		faults = append(faults, PolicyFault{record, rows[0].where, "it is not as it was when it was written"})
	}
	return faults
}

// policyActs reads the decisions about policies, by their numbers, with what the
// ledger says came of them.
func (db *DB) policyActs(ctx context.Context) (map[int64]policyAct, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT e.entry
		FROM ledger e
		WHERE e.action IN ('policy.write', 'policy.approve', 'policy.rollback')
			OR e.kind = 'result' AND EXISTS (SELECT FROM ledger d
				WHERE d.request_id = e.request_id AND d.action IN ('policy.write', 'policy.approve', 'policy.rollback'))
		ORDER BY e.sequence`)
	if err != nil {
		return nil, err
	}
	acts := map[int64]policyAct{}
	var canonical []byte
	_, err = pgx.ForEachRow(rows, []any{&canonical}, func() error {
		e, err := ledger.Decode(canonical)
		switch {
		case err != nil:
			return err
		case e.Decision != nil:
			acts[e.Sequence] = policyAct{document: e.Decision}
		case e.Result != nil:
			act := acts[e.Result.Record]
			act.digest, act.ended = e.Result.Digest, true
			acts[e.Result.Record] = act
		}
		return nil
	})
	return acts, err
}

// keptPolicies reads every row that an act has written; rows of one act in the
// order in which they were written.
func (db *DB) keptPolicies(ctx context.Context) (all []kept, err error) {
	gather := func(sql string, read func(pgx.CollectableRow) (kept, error)) {
		if err != nil {
			return
		}
		rows, problem := db.pool.Query(ctx, sql)
		if problem != nil {
			err = problem
			return
		}
		list, problem := pgx.CollectRows(rows, read)
		all, err = append(all, list...), problem
	}
	draft := func(owner any, number int) string { return fmt.Sprintf("draft %d of %s", number, owner) }
	gather(versionQuery, func(row pgx.CollectableRow) (kept, error) {
		v, err := readVersion(row)
		return kept{v.Record, draft(v.Owner, v.Draft) + fmt.Sprintf(", version %d", v.Version), policy.PolicyWrite, v.By, v.Digest, v.act(),
			policy.FilesDigest(v.Files)}, err
	})
	gather(impactQuery, func(row pgx.CollectableRow) (kept, error) {
		i, text, err := readImpact(row)
		return kept{i.Record, "impact of " + draft(i.Owner, i.Draft), policy.PolicyWrite, i.By, "", i.act(text), ""}, err
	})
	gather(submissionQuery, func(row pgx.CollectableRow) (kept, error) {
		s, err := readSubmission(row)
		return kept{s.Record, "proposal of " + draft(s.Owner, s.Draft), policy.PolicyWrite, s.By, s.Digest, s.act(), ""}, err
	})
	gather(`SELECT ods, draft, version, at, by, ends, record FROM policy_shadow`, func(row pgx.CollectableRow) (kept, error) {
		s, err := readShadow(row)
		return kept{s.Record, "shadow run of " + draft(s.Owner, s.Draft), policy.PolicyWrite, s.By, "", s.act(), ""}, err
	})
	gather(`
		SELECT v.submission, v.by, v.name, v.at, v.approves, v.reason, v.digest, v.record, s.ods, s.draft
		FROM policy_verdict v JOIN policy_submission s USING (submission)`, func(row pgx.CollectableRow) (kept, error) {
		var v PolicyVerdict
		var s PolicySubmission
		err := row.Scan(&s.Submission, &v.By, &v.Name, &v.At, &v.Approves, &v.Reason, &v.Digest, &v.Record, &s.Owner, &s.Draft)
		return kept{v.Record, fmt.Sprintf("what %s said to %s", v.By, draft(s.Owner, s.Draft)), policy.PolicyApprove, v.By, v.Digest, v.act(s), ""}, err
	})
	byRecord := map[int64]string{}
	for _, row := range all {
		byRecord[row.record] = row.by
	}
	gather(revisionQuery, func(row pgx.CollectableRow) (kept, error) {
		r, err := readRevision(row)
		return kept{r.Record, fmt.Sprintf("revision %d of %s", r.Revision, r.Owner), policy.PolicyApprove, byRecord[r.Record], r.Digest, r.act(),
			policy.FilesDigest(r.Files)}, err
	})
	gather(pointerQuery, func(row pgx.CollectableRow) (kept, error) {
		p, err := readPointer(row)
		action := policy.PolicyApprove
		if p.Rollback {
			action = policy.PolicyRollback
		}
		return kept{p.Record, fmt.Sprintf("what made revision %d of %s live", p.Revision, p.Owner), action, p.By, "", p.act(), ""}, err
	})
	return all, err
}
