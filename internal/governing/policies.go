package governing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// ErrNotReady says that a policy is not where an act would need it to be; its text
// is for the reader.
var ErrNotReady = errors.New("not ready")

// Approvals is how many people must say yes, none of whom has had a hand in
// writing the policy.
const Approvals = 2

// Bench looks at policies that nobody depends on yet.
type Bench interface {
	Check(ctx context.Context, owner measures.ODSCode, draft []policy.Module) (candidate.Report, error)
	Impact(ctx context.Context, q candidate.ImpactQuestion) (candidate.Impact, error)
}

// Policies is the life of organisations' policies: draft, tested, impact reviewed,
// approved by two, live from a set time. Every act is asked of the policy and
// recorded before it is done.
type Policies struct {
	Desk   *Desk
	Store  *postgres.DB
	Bench  Bench
	Engine *policy.Engine // decides by what is live
	// Reference is the reference data that decides now.
	Reference func() policy.ReferenceData
	Log       *slog.Logger

	exchange sync.Mutex // one exchange of the live policies at a time
	inForce  atomic.Pointer[inForce]
	shadows  shadows
}

// fileName is what a file of a policy may be called.
var fileName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}\.rego$`)

// The most that a draft may have; policy.Engine holds to the same.
const (
	maxTitle = 120
	maxFiles = 64
	maxBytes = 256 << 10
)

// Misfit is something in a form that has to be put right.
type Misfit struct{ Field, Message string }

func (m *Misfit) Error() string { return m.Message }

// fits looks at what can be said without compiling.
func fits(v postgres.PolicyVersion) error {
	size := 0
	for _, m := range v.Files {
		size += len(m.Source)
		switch {
		case !fileName.MatchString(m.Name):
			return &Misfit{"files", fmt.Sprintf("Call the file %q something like access.rego: small letters, digits and underscores", m.Name)}
		case !utf8.ValidString(m.Source):
			return &Misfit{"files", fmt.Sprintf("The file %s is not text: write it in UTF-8", m.Name)}
		}
	}
	twice := func(name string) bool {
		return len(slices.DeleteFunc(slices.Clone(v.Files), func(m policy.Module) bool { return m.Name != name })) > 1
	}
	switch title := strings.TrimSpace(v.Title); {
	case title == "":
		return &Misfit{"title", "Enter a title that says what this draft is for, for example: Neighbours may read diagnostics"}
	case len(title) > maxTitle:
		return &Misfit{"title", fmt.Sprintf("Shorten the title to %d letters", maxTitle)}
	case len(v.Files) == 0:
		return &Misfit{"files", "Keep at least one file: a policy without any decides nothing"}
	case len(v.Files) > maxFiles || size > maxBytes:
		return &Misfit{"files", fmt.Sprintf("Make the policy smaller: it has %d files of %d bytes in all, and the most are %d and %d", len(v.Files), size, maxFiles, maxBytes)}
	case slices.ContainsFunc(v.Files, func(m policy.Module) bool { return twice(m.Name) }):
		return &Misfit{"files", "Give each file a name of its own"}
	}
	return nil
}

// Save keeps what somebody has written as the next version of a draft, and checks
// it. Where nothing has changed it is only checked. v.Draft is 0 for a new draft.
func (p *Policies) Save(ctx context.Context, actor policy.Actor, v postgres.PolicyVersion) (postgres.PolicyVersion, candidate.Report, error) {
	v.Title = strings.TrimSpace(v.Title)
	if err := fits(v); err != nil {
		return v, candidate.Report{}, err
	}
	v.Digest, v.At, v.Name = policy.FilesDigest(v.Files), p.Desk.Now(), actor.Name
	before, err := p.newest(ctx, v.Owner, v.Draft)
	if err != nil {
		return v, candidate.Report{}, err
	}
	grant, err := p.Desk.Ask(ctx, actor, policy.PolicyWrite, v.Owner, change(v.Digest, actor.ID))
	if err != nil {
		return v, candidate.Report{}, err
	}
	same := before.Version > 0 && before.Version == v.Version && before.Digest == v.Digest && before.Title == v.Title
	if same {
		v = before
		err = p.done(ctx, grant, "", nil)
	} else {
		var act string
		v, act, err = p.Store.SavePolicy(ctx, grant, v)
		err = p.done(ctx, grant, act, err)
	}
	if err != nil {
		return v, candidate.Report{}, err
	}
	report, err := p.Bench.Check(ctx, v.Owner, v.Files)
	if err == nil {
		err = p.Store.KeepPolicyCheck(ctx, v, p.Desk.Now(), report)
	}
	return v, report, err
}

// newest gives the newest version of a draft; none of a draft that is not begun.
func (p *Policies) newest(ctx context.Context, owner measures.ODSCode, draft int) (postgres.PolicyVersion, error) {
	if draft == 0 {
		return postgres.PolicyVersion{}, nil
	}
	versions, err := p.Store.PolicyVersions(ctx, owner, draft)
	if err != nil {
		return postgres.PolicyVersion{}, err
	}
	return versions[0], nil
}

// May says whether a page should offer an act. Nothing is done on the strength of
// it: whoever takes the offer is decided about then.
func (d *Desk) May(ctx context.Context, actor policy.Actor, action policy.Action, owner measures.ODSCode, change policy.Change) bool {
	decision, err := d.Policy.Decide(ctx, d.request(actor, action, owner, change))
	return err == nil && decision.Allow
}

func change(ref, author string, approvers ...string) policy.Change {
	return policy.Change{Kind: "policy", Ref: ref, Author: author, Approvers: approvers}
}

// done records what became of an act that was decided on: the digest of what the
// store has kept of it, or that it could not be done.
func (p *Policies) done(ctx context.Context, grant policy.Grant, act string, err error) error {
	result := postgres.Result{Record: grant.Record(), Digest: act}
	if err != nil {
		result.Digest, result.Problem = "", "it could not be done"
	}
	if recorded := p.Store.RecordResults(context.WithoutCancel(ctx), []postgres.Result{result}); recorded != nil && err == nil {
		return fmt.Errorf("record what became of %s: %w", grant.Record().Decision().Request.Action, recorded)
	}
	return err
}
