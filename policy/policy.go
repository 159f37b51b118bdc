// Package policy owns the question who may see what, and why: the actor, the
// request, the decision and the grant. Only an allowing decision that has been
// recorded can become a Grant, and every query for trust data takes a Grant,
// so nobody can forget to ask.
package policy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// ErrDenied says that the policy answered no. Its reasons are in the decision.
var ErrDenied = errors.New("denied by policy")

// ErrUnavailable says that no policy answered: a time-out, a broken engine. It
// closes the door as a denial does, but nobody has decided anything.
var ErrUnavailable = errors.New("policy unavailable")

// Purpose is what data is asked for.
type Purpose string

// Role is what somebody does at their organisation.
type Role string

// Actor is who asks, as the sign-in told it.
type Actor struct {
	ID        string             `json:"id"`
	Name      string             `json:"-"` // for the page; the policy never sees it
	ODS       measures.ODSCode   `json:"ods"`
	Orgs      []measures.ODSCode `json:"orgs"`
	Roles     []Role             `json:"roles"`
	Purpose   Purpose            `json:"purpose"`
	Assurance string             `json:"assurance"` // aal1, aal2, aal3
	// TrainedOn is the day of the last data security training; 0 where none is held.
	TrainedOn measures.Date `json:"trained_on"`
}

// Change is what a request about governance or about a release would change, and who
// has had a hand in it: nobody decides alone on what they wrote or asked for themselves.
type Change struct {
	Kind      string   `json:"kind"`      // policy, access, people, release
	Ref       string   `json:"ref"`       // a draft's or release's digest, the number of a request, the id of a person
	Author    string   `json:"author"`    // who wrote it or asked for it
	Approvers []string `json:"approvers"` // who has said yes before
}

// Plugin is what the policy is told of the plugin that will compute.
type Plugin struct {
	ID      string   `json:"id"`
	Version string   `json:"version"`
	Digest  string   `json:"digest"`
	Signers []string `json:"signers"`
	// Approval is what the host holds of it: approved (it comes with the program, or the
	// organisation has adopted it), preview, draft, quarantine.
	Approval string `json:"approval"`
}

// Resource is the data that a request touches.
type Resource struct {
	Dataset     measures.DatasetID `json:"dataset"`
	Columns     []string           `json:"columns"`
	ODS         measures.ODSCode   `json:"ods"` // one organisation, or ENG for all of them
	Grain       string             `json:"grain"`
	Stratifiers []string           `json:"stratifiers"`
	Period      Period             `json:"period"`
}

// Period is closed on both sides; a side that is zero is open.
type Period struct {
	From measures.Date `json:"from"`
	To   measures.Date `json:"to"`
}

// Everyone stands for all organisations in Resource.ODS.
const Everyone measures.ODSCode = "ENG"

// Request is one question to the policy.
type Request struct {
	ID       string // names the request in the record and on the denial page
	Now      int64  // seconds since 1970
	Action   Action
	Actor    Actor
	Plugin   Plugin
	Change   Change // of a request about governance or a release; its zero value is none
	Release  Release
	Resource Resource
}

// Reason says why a decision went as it did.
type Reason struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Help    string `json:"help"`
	Rule    string `json:"rule"` // file and line
}

// GrantRef names the rule or agreement that allowed.
type GrantRef struct {
	Code string `json:"code"`
	Ref  string `json:"ref"`
}

// Disclosure is how small numbers are hidden in what is released.
type Disclosure struct {
	MinCellCount int  `json:"min_cell_count"` // counts from 1 to one below it are hidden; 0 hides nothing
	RoundTo      int  `json:"round_to"`       // 0 or 1: exact
	Secondary    bool `json:"secondary"`
	ZeroVisible  bool `json:"zero_visible"`
}

// Decision is the answer to a Request. The zero Decision denies.
type Decision struct {
	Request     Request
	Allow       bool
	Reasons     []Reason
	Grants      []GrantRef
	Scope       []measures.ODSCode // what row-level security lets through
	Rows        []RowRule          // an OR of ANDs
	Columns     []string
	Disclosure  Disclosure
	Obligations []string
	// CacheSeconds is how long a caller may act on this answer without asking
	// again; 0 means not at all.
	CacheSeconds int
	// PolicyRevision and DataRevision name the rules and the reference data
	// that decided.
	PolicyRevision string
	DataRevision   string
	sealed         bool // made by an Engine, not written by hand
}

// RowRule is an AND of conditions on the fields of a row, or everything.
type RowRule struct {
	All        bool
	Conditions []Condition
}

// Condition compares one field with values: eq, in, gte, gt, lte, lt, is_null.
type Condition struct {
	Field  string
	Op     string
	Values []any
}

// Record is a decision that the ledger holds. Only a ledger should make one,
// after the record is safe on disk.
type Record struct {
	decision Decision
	sequence int64
}

// Recorded is called by the ledger once the decision is committed.
func Recorded(d Decision, sequence int64) Record { return Record{d, sequence} }

// Sequence is the record's number in the ledger, from 1.
func (r Record) Sequence() int64 { return r.sequence }

// Decision is what was recorded.
func (r Record) Decision() Decision { return r.decision }

// Grant turns a recorded decision into the key to the data, or gives the
// denial as an error that matches ErrDenied.
func (r Record) Grant() (Grant, error) {
	switch {
	case r.sequence < 1:
		return Grant{}, fmt.Errorf("grant for %s: the decision is not recorded", r.decision.Request.ID)
	case !r.decision.sealed:
		return Grant{}, fmt.Errorf("grant for %s: no policy engine made this decision", r.decision.Request.ID)
	case !r.decision.Allow:
		return Grant{}, &Denial{Record: r}
	}
	return Grant{record: r}, nil
}

// Denial is the error of a recorded decision that does not allow.
type Denial struct{ Record Record }

func (d *Denial) Error() string {
	reasons := d.Record.decision.Reasons
	if len(reasons) == 0 {
		return fmt.Sprintf("%v (record %d)", ErrDenied, d.Record.sequence)
	}
	return fmt.Sprintf("%v: %s (record %d)", ErrDenied, reasons[0].Message, d.Record.sequence)
}

func (d *Denial) Unwrap() error { return ErrDenied }

// Grant is the key to data. Its zero value opens nothing.
type Grant struct{ record Record }

// Valid reports whether the grant came from an allowing, recorded decision.
func (g Grant) Valid() bool { return g.record.sequence > 0 && g.record.decision.Allow }

func (g Grant) Record() Record              { return g.record }
func (g Grant) Dataset() measures.DatasetID { return g.record.decision.Request.Resource.Dataset }
func (g Grant) Scope() []measures.ODSCode   { return slices.Clone(g.record.decision.Scope) }
func (g Grant) Rows() []RowRule             { return g.record.decision.Rows }
func (g Grant) Disclosure() Disclosure      { return g.record.decision.Disclosure }
func (g Grant) Period() Period              { return g.record.decision.Request.Resource.Period }

// Sees reports whether a column may be read under this grant.
func (g Grant) Sees(column string) bool {
	return g.Valid() && slices.Contains(g.record.decision.Columns, column)
}

// For reports what is wrong, if anything, with a grant as the key to an act of
// governance: it must have been given for that action, organisation and change.
func (g Grant) For(action Action, owner measures.ODSCode, kind, ref string) error {
	r := g.record.decision.Request
	switch {
	case !g.Valid():
		return fmt.Errorf("%s at %s: the grant is empty", action, owner)
	case r.Action != action, r.Resource.ODS != owner, r.Change.Kind != kind, r.Change.Ref != ref:
		return fmt.Errorf("%s of %s %q at %s: the grant is for %s of %s %q at %s", action, kind, ref, owner,
			r.Action, r.Change.Kind, r.Change.Ref, r.Resource.ODS)
	}
	return nil
}
