package policies

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// policyView is the policy of one organisation: what is live, what is being written,
// and how it came about.
type policyView struct {
	*visit
	live    postgres.PolicyRevision
	since   string
	closed  string
	rules   []ruleView
	tests   []ruleView
	drafts  []draftLine
	history []event
	coming  []event
	back    []layout.Option // revisions that can be made live again
	faults  []layout.Fault
	reason  string
}

type draftLine struct {
	*governing.Dossier
	stage string
}

// event is one line of the history: a revision that was made live.
type event struct {
	postgres.PolicyPointer
	title, digest string
	approvers     []postgres.PolicyVerdict
	live, undone  bool // live now; taken back before its time
}

// Policy shows the policy of an organisation.
func (p *Pages) Policy(w http.ResponseWriter, r *http.Request) error {
	v, err := p.policyView(r)
	if err != nil {
		return err
	}
	return policyPage(v).Render(r.Context(), w)
}

func (p *Pages) policyView(r *http.Request) (*policyView, error) {
	entered, err := p.enter(r, "", false)
	if err != nil {
		return nil, err
	}
	v := &policyView{visit: entered}
	v.page.Title, v.page.Crumbs = "Policy of "+v.name, v.page.Crumbs[:2]
	v.live, v.closed = p.Policies.InForce(v.owner)
	v.rules, v.tests = rulesOf(v.live.Files, false), rulesOf(v.live.Files, true)
	if v.writes || v.approves {
		drafts, err := p.Policies.Drafts(r.Context(), v.owner)
		if err != nil {
			return nil, err
		}
		for _, d := range drafts {
			v.drafts = append(v.drafts, draftLine{d, stageOf(d)})
		}
	}
	return v, p.history(r, v)
}

// history tells what was live when, and who approved it.
func (p *Pages) history(r *http.Request, v *policyView) error {
	ctx := r.Context()
	pointers, err := p.Policies.Store.PolicyPointers(ctx, v.owner)
	if err != nil {
		return err
	}
	revisions, err := p.Policies.Store.PolicyRevisions(ctx, v.owner)
	if err != nil {
		return err
	}
	proposals, err := p.Policies.Store.PolicySubmissions(ctx, v.owner, 0)
	if err != nil {
		return err
	}
	byRevision := map[int]event{}
	for _, revision := range revisions {
		e := event{title: revision.Title, digest: revision.Digest}
		for _, s := range proposals {
			if s.Submission == revision.Submission {
				e.approvers = s.Verdicts
			}
		}
		byRevision[revision.Revision] = e
	}
	now, shown, takenBack := p.Now(), false, false
	for _, pointer := range pointers { // the newest first
		e := byRevision[pointer.Revision]
		e.PolicyPointer = pointer
		switch future := pointer.Effective.After(now); {
		case future && takenBack:
			e.undone = true
			v.history = append(v.history, e)
		case future:
			v.coming = append(v.coming, e)
		default:
			if !shown && pointer.Revision == v.live.Revision {
				e.live, shown, v.since = true, true, moment(pointer.Effective)
			}
			v.history = append(v.history, e)
			if pointer.Revision != v.live.Revision || len(v.coming) > 0 {
				v.offer(pointer.Revision, e.title)
			}
		}
		takenBack = takenBack || pointer.Rollback
	}
	if len(pointers) > 0 && v.live.Revision > 0 {
		v.offer(0, "")
	}
	return nil
}

// offer adds a revision to those that can be made live again, once.
func (v *policyView) offer(revision int, title string) {
	value := strconv.Itoa(revision)
	if slices.ContainsFunc(v.back, func(o layout.Option) bool { return o.Value == value }) {
		return
	}
	name := "The national baseline alone, without a policy of " + v.name
	if revision > 0 {
		name = "Revision " + value + ", “" + title + "”"
	}
	v.back = append(v.back, layout.Option{Value: value, Name: name, Chosen: len(v.back) == 0})
}

// stageOf says in a few words where a draft is.
func stageOf(d *governing.Dossier) string {
	switch {
	case d.Revision > 0:
		return "Published as revision " + strconv.Itoa(d.Revision)
	case d.Proposal != nil && d.Proposal.SentBack():
		return "Sent back"
	case d.Open() && d.Stale():
		return "Proposed, but the live policy has changed since"
	case d.Open():
		return "Waiting for approval, " + strconv.Itoa(d.Proposal.Approvals()) + " of " + strconv.Itoa(governing.Approvals)
	case d.Report == nil:
		return "Not checked yet"
	case !d.Tested():
		return "To be mended"
	case !d.Reviewed():
		return "Tested"
	}
	return "Impact reviewed"
}

// RollBack makes an earlier revision live again. One press: the reason is asked for
// on the same page.
func (p *Pages) RollBack(w http.ResponseWriter, r *http.Request) error {
	v, err := p.policyView(r)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(r.PostFormValue("revision"))
	if err != nil || revision < 0 {
		return &layout.Trouble{Status: http.StatusBadRequest, Title: "Which revision was meant is not clear",
			Text: "A revision is named by its number.", Help: "Use the form on the page of the policy."}
	}
	v.reason = r.PostFormValue("reason")
	err = p.Policies.RollBack(r.Context(), v.actor, v.owner, revision, v.reason)
	if v.faults, err = mended(err, "reason"); err != nil {
		return err
	}
	if len(v.faults) > 0 {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return policyPage(v).Render(r.Context(), w)
	}
	http.Redirect(w, r, addressOf(v.owner)+"#live", http.StatusSeeOther)
	return nil
}

// revisionView is one revision beside what is live.
type revisionView struct {
	*visit
	postgres.PolicyRevision
	live      int
	rules     []ruleView
	tests     []ruleView
	approvers []postgres.PolicyVerdict
	author    string
}

// Revision shows one revision, and how it differs from the one that is live.
func (p *Pages) Revision(w http.ResponseWriter, r *http.Request) error {
	entered, err := p.enter(r, "", false)
	if err != nil {
		return err
	}
	number, _ := strconv.Atoi(r.PathValue("revision"))
	revision, err := p.Policies.Store.PolicyRevision(r.Context(), entered.owner, number)
	if errors.Is(err, postgres.ErrNotFound) {
		return &layout.Trouble{Status: http.StatusNotFound, Title: "There is no such revision",
			Text: entered.name + " has no revision of that number.", Help: "Its history is on the page of its policy."}
	}
	if err != nil {
		return err
	}
	v := &revisionView{visit: entered, PolicyRevision: revision}
	v.page.Title = revision.Title
	live, _ := p.Policies.InForce(v.owner)
	v.live = live.Revision
	v.rules, v.tests = compare(live.Files, revision.Files, false), compare(live.Files, revision.Files, true)
	proposals, err := p.Policies.Store.PolicySubmissions(r.Context(), v.owner, revision.Draft)
	if err != nil {
		return err
	}
	for _, s := range proposals {
		if s.Submission == revision.Submission {
			v.approvers, v.author = s.Verdicts, s.Name
		}
	}
	return revisionPage(v).Render(r.Context(), w)
}

// begin gives what a new draft begins with: the live policy, or the template.
func (p *Pages) begin(v *visit) (base int, files []policy.Module, err error) {
	live, _ := p.Policies.InForce(v.owner)
	if live.Revision > 0 {
		return live.Revision, live.Files, nil
	}
	year, month, d := p.Now().UTC().Date()
	files, err = policy.Template(v.owner, measures.DateOf(year+1, int(month), d))
	return 0, files, err
}
