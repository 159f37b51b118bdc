package policies

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// draftView is one draft as its author and its approvers see it: the same page for
// both, so that all of them have seen the same.
type draftView struct {
	*visit
	*governing.Dossier
	rules, tests []ruleView
	tallies      tallies
	generated    tallies
	changes      []changeRow
	unasked      []changeRow // that nobody has asked yet
	shadowed     []changeRow
	all          bool // list all changes
	mayApprove   string
	baseline     string // digest
	steps        []stepLine
	faults       []layout.Fault
	reason, from string // as they were entered
}

type stepLine struct {
	status     plot.Status
	name, said string
}

// mostRows is how many changes a page lists unless it is asked for all.
const mostRows = 12

// Draft shows a draft: what it would change, its rules, its tests, and who has said
// what to it.
func (p *Pages) Draft(w http.ResponseWriter, r *http.Request) error {
	v, err := p.draftView(r)
	if err != nil {
		return err
	}
	return draftPage(v).Render(r.Context(), w)
}

func (p *Pages) draftView(r *http.Request) (*draftView, error) {
	entered, err := p.enter(r, "", true)
	if err != nil {
		return nil, err
	}
	d, err := p.dossier(r, entered)
	if err != nil {
		return nil, err
	}
	v := &draftView{visit: entered, Dossier: d, all: r.URL.Query().Has("all")}
	v.page.Title = d.Title
	before := d.Live.Files
	if !v.marked() { // there is nothing to compare with, or it is not a draft any more
		before = d.Files
	}
	v.rules, v.tests = compare(before, d.Files, false), compare(before, d.Files, true)
	name := func(code measures.ODSCode) string {
		if name, err := p.Names.OrganisationName(r.Context(), code); err == nil {
			return plain(name)
		}
		return string(code)
	}
	if d.Impact != nil {
		found := d.Impact.Impact
		v.tallies, v.generated = tally(found.Changed, found.Same), tally(found.ChangedGenerated, 0)
		v.changes, v.unasked = p.changeRows(found.Changed, name), p.changeRows(found.ChangedGenerated, name)
	}
	if d.Shadow != nil {
		v.shadowed = p.changeRows(d.Shadow.Changed, name)
	}
	baseline, err := policy.Baseline()
	if err != nil {
		return nil, err
	}
	v.baseline = rulesDigest(baseline)
	v.approver()
	v.step()
	return v, nil
}

// approver says why this reader cannot approve; nothing if they can.
func (v *draftView) approver() {
	switch {
	case !v.approves:
		v.mayApprove = "You are not one of those who approve."
	case slices.Contains(v.Authors(), v.actor.ID):
		v.mayApprove = "You have written this draft, so others have to approve it."
	}
	if v.Proposal == nil {
		return
	}
	for _, said := range v.Proposal.Verdicts {
		if said.By == v.actor.ID {
			v.mayApprove = "You have said what you have to say, and a second yes has to come from somebody else."
		}
	}
}

// step writes the five stages.
func (v *draftView) step() {
	add := func(done bool, name, said string) {
		status := plot.Waiting
		if done {
			status = plot.Done
		}
		v.steps = append(v.steps, stepLine{status, name, said})
	}
	add(true, "Draft", plain(v.Name)+", "+day(v.At))
	add(v.Tested(), "Tested", testSaid(v.Report))
	switch {
	case v.Revision > 0:
		add(true, "Impact reviewed", counted(v.Impact.Impact.Replayed, "decision asked again", "decisions asked again"))
	case v.Impact == nil:
		add(false, "Impact reviewed", "Nobody has looked yet")
	case !v.Reviewed():
		add(false, "Impact reviewed", "The live policy has changed since")
	default:
		add(true, "Impact reviewed", counted(v.Impact.Impact.Replayed, "decision asked again", "decisions asked again"))
	}
	approvals, live := 0, "When two have approved"
	if v.Proposal != nil {
		approvals = v.Proposal.Approvals()
		if !v.Proposal.NotBefore.IsZero() {
			live = "Not before " + moment(v.Proposal.NotBefore)
		}
	}
	add(approvals >= governing.Approvals, "Approved by two", strconv.Itoa(approvals)+" of 2; the author cannot approve")
	if v.Revision > 0 {
		live = "As revision " + strconv.Itoa(v.Revision)
		if v.Live.Revision != v.Revision && !v.Proposal.NotBefore.IsZero() {
			live += ", not before " + moment(v.Proposal.NotBefore)
		}
	}
	add(v.Revision > 0 && v.Live.Revision == v.Revision, "Live", live)
}

func testSaid(r *candidate.Report) string {
	if r == nil {
		return "Not checked yet"
	}
	all := r.Tests.Passed + len(r.Tests.Failures)
	faults := 0
	for _, f := range r.Findings {
		if f.Severity == candidate.Fault {
			faults++
		}
	}
	if faults > 0 {
		return counted(faults, "thing to put right", "things to put right")
	}
	if all == 0 {
		return "It has no tests"
	}
	return strconv.Itoa(r.Tests.Passed) + " of " + strconv.Itoa(all) + " tests pass"
}

// headline is the draft in one sentence.
func (v *draftView) headline() string {
	switch {
	case v.Closed != "":
		return "The policy that is live cannot be used, so nobody is shown this organisation’s data until another is published or an earlier one is live again."
	case v.Report == nil:
		return "This draft has not been checked yet."
	case !v.Tested():
		return "This draft is not ready: " + strings.ToLower(testSaid(v.Report)[:1]) + testSaid(v.Report)[1:] + "."
	case v.Impact == nil:
		return "This draft passes its tests. What it would change is still to be looked at."
	}
	return v.tallies.sentence(governing.ImpactDays)
}

// facts are the receipt.
func (v *draftView) facts() []layout.Fact {
	facts := []layout.Fact{
		{Term: "Draft", Value: strconv.Itoa(v.Draft) + ", version " + strconv.Itoa(v.Version), Code: short(v.Digest)},
		{Term: "Compared with", Value: sentenceStart(revisionName(v.Live.Revision)), Code: short(v.Live.Digest)},
	}
	if v.Impact != nil {
		facts = append(facts, layout.Fact{Term: "Asked again", Value: day(v.Impact.Since) + " to " + day(v.Impact.At) + ", " +
			counted(v.Impact.Impact.Replayed, "decision", "decisions")})
	}
	return append(facts, layout.Fact{Term: "National baseline", Code: short(v.baseline)},
		layout.Fact{Term: "Saved by", Value: "record " + strconv.FormatInt(v.Record, 10)})
}

// act does one thing about a draft and leads back to its page, or shows the page
// again with what has to be put right.
func (p *Pages) act(w http.ResponseWriter, r *http.Request, field, part string, do func(*draftView) error) error {
	v, err := p.draftView(r)
	if err != nil {
		return err
	}
	v.reason, v.from = r.PostFormValue("reason"), r.PostFormValue("from")
	if v.faults, err = mended(do(v), field); err != nil {
		return err
	}
	if len(v.faults) > 0 {
		// What stands in the store may be otherwise than this page thought.
		again, err := p.draftView(r)
		if err != nil {
			return err
		}
		again.reason, again.from, again.faults = v.reason, v.from, v.faults
		w.WriteHeader(http.StatusUnprocessableEntity)
		return draftPage(again).Render(r.Context(), w)
	}
	http.Redirect(w, r, draftAddress(v.owner, v.Draft)+part, http.StatusSeeOther)
	return nil
}

// Foresee asks what the draft would change.
func (p *Pages) Foresee(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "foresee", "#impact", func(v *draftView) error {
		_, err := p.Policies.Foresee(r.Context(), v.actor, v.Dossier)
		return benchTrouble(err)
	})
}

// Propose asks others to approve the draft.
func (p *Pages) Propose(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "propose", "#approval", func(v *draftView) error {
		from, err := timeOf(r.PostForm)
		if err != nil {
			return err
		}
		return p.Policies.Propose(r.Context(), v.actor, v.Dossier, from)
	})
}

// timeOf reads when a draft is to be live; both fields empty is at once.
func timeOf(form url.Values) (time.Time, error) {
	text := strings.TrimSpace(form.Get("from"))
	if text == "" {
		return time.Time{}, nil
	}
	for _, as := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(as, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &governing.Misfit{Field: "from", Message: "Enter a day and a time in UTC, for example 2027-01-31 08:00, or leave it empty"}
}

// Judge says yes or no to the draft as it was shown.
func (p *Pages) Judge(w http.ResponseWriter, r *http.Request) error {
	said := r.PostFormValue("verdict")
	if said != "approve" && said != "back" {
		return &layout.Trouble{Status: http.StatusBadRequest, Title: "What you have decided is not clear", Text: "A draft is approved or sent back.",
			Help: "Use one of the two buttons on the page of the draft."}
	}
	return p.act(w, r, "reason", "#approval", func(v *draftView) error {
		_, err := p.Policies.Judge(r.Context(), v.actor, v.Dossier, governing.Answer{Approves: said == "approve",
			Reason: r.PostFormValue("reason"), Digest: r.PostFormValue("digest")})
		return benchTrouble(err)
	})
}

// Shadow begins or ends a run beside the live policy.
func (p *Pages) Shadow(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "shadow", "#shadow", func(v *draftView) error {
		return p.Policies.SetShadow(r.Context(), v.actor, v.Dossier, r.PostFormValue("run") == "begin")
	})
}

// running reports whether the draft runs in shadow now.
func (v *draftView) running() bool { return v.Dossier.Shadow != nil && v.Dossier.Shadow.Until.IsZero() }

// listedRows are the changes that the page lists.
func (v *draftView) listedRows() []changeRow {
	if v.all || len(v.changes) <= mostRows {
		return v.changes
	}
	return v.changes[:mostRows]
}

// unreached are the lines that no test reaches and no finding speaks of.
func (v *draftView) unreached() (places []string) {
	for _, place := range v.Report.Tests.Uncovered {
		if !slices.ContainsFunc(v.Report.Findings, func(f candidate.Finding) bool { return f.File+":"+strconv.Itoa(f.Line) == place }) {
			places = append(places, place)
		}
	}
	return places
}

// marked reports whether rules are shown beside those of a live policy.
func (v *draftView) marked() bool { return v.Revision == 0 && v.Live.Revision > 0 }

// said names those who have said something before, and to which proposal.
func said(s postgres.PolicySubmission) string {
	if s.SentBack() {
		return "Sent back"
	}
	return "Void: the draft was changed afterwards, or proposed anew"
}
