package logbook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// why is one decision with everything that speaks for it.
type why struct {
	page  layout.Page
	Owner measures.ODSCode
	line
	Grain     string
	Explained policy.Why
	// NotExplained says why the page cannot say more; empty where it can.
	NotExplained string
	Revision     *postgres.PolicyRevision // of the organisation's own policy, live then
	Proof        string
	Proved       bool
	Drafts       []Draft
	NoCase       string // why no test case can be made of it; empty where one can
}

// Record shows one decision, and why it was so.
func (p *Pages) Record(w http.ResponseWriter, r *http.Request) error {
	text := r.PathValue("sequence")
	sequence, err := strconv.ParseInt(text, 10, 64)
	if err != nil || sequence < 1 {
		return absent(text)
	}
	actor, page := p.frame(r, "Record "+number(sequence), layout.Crumb{Name: "Decisions", URL: "/governance/log"})
	lines, err := p.read(r.Context(), actor, func(grant policy.Grant) ([]postgres.LogLine, error) {
		found, err := p.Log.LoggedDecision(r.Context(), grant, actor.ODS, sequence)
		return []postgres.LogLine{found}, err
	})
	if errors.Is(err, postgres.ErrNotFound) {
		return absent(text)
	}
	if err != nil {
		return err
	}
	v := why{page: page, Owner: actor.ODS, line: p.say(r, lines[0])}
	v.page.Demo = v.page.Demo || demo.Fictional(v.Document.Input.Resource.ODS)
	if err := p.explain(r.Context(), &v); err != nil {
		return err
	}
	return whyPage(v).Render(r.Context(), w)
}

func (p *Pages) explain(ctx context.Context, v *why) (err error) {
	explained, err := p.Engine.Why(ctx, v.Document)
	if err != nil {
		v.NotExplained = "The rules could not be asked again just now. What was answered stands above."
	}
	v.Explained = tidied(explained)
	if v.Proved, v.Proof, err = p.prove(ctx, v.LogLine); err != nil {
		return err
	}
	about := v.Document.Input.Resource.ODS
	live, _, err := p.Log.LivePolicies(ctx, v.Time)
	if err != nil {
		return fmt.Errorf("policies that were live at record %d: %w", v.Sequence, err)
	}
	if revision, ok := live[about]; ok {
		v.Revision = &revision
	}
	_, known := p.Engine.Live()
	if _, err := policy.CaseOf(v.Owner, v.Document, "case", known); err != nil {
		v.NoCase = strings.TrimPrefix(err.Error(), policy.ErrNoCase.Error()+": ")
		return nil
	}
	v.Drafts, err = p.Drafts(ctx, v.Owner)
	return err
}

// tidied is an explanation without the label of the demonstration.
func tidied(w policy.Why) policy.Why {
	w.Title, w.Nearest, w.Missing = unlabelled(w.Title), unlabelled(w.Nearest), unlabelled(w.Missing)
	w.Checks = slices.Clone(w.Checks)
	for i := range w.Checks {
		w.Checks[i].Text = unlabelled(w.Checks[i].Text)
	}
	return w
}

// prove checks that a record stands in a signed head. One that is newer than all
// heads is a reason to sign one: somebody wants to know.
func (p *Pages) prove(ctx context.Context, l postgres.LogLine) (proved bool, said string, err error) {
	head, err := p.Heads.Latest()
	if err == nil && head.Size < l.Sequence {
		head, err = p.Heads.Take(ctx)
	}
	if errors.Is(err, ledger.ErrTampered) {
		return false, "The record does not continue the head that was signed before: " + alarm, nil
	}
	if err != nil {
		return false, "", fmt.Errorf("a signed head for record %d: %w", l.Sequence, err)
	}
	proof, err := ledger.Included(l.Sequence, head.Head, p.Log.LedgerHashes(ctx))
	if err == nil {
		err = ledger.CheckIncluded(l.Sequence, l.Canonical, head.Head, proof)
	}
	if err != nil {
		return false, "It does not agree with the head that was signed on " + moment(head.Taken) +
			": " + alarm, nil
	}
	return true, "It stands in the head of " + counted(head.Size, "record", "records") + " that was signed on " + moment(head.Taken) + ", checked just now.", nil
}

// alarm is what to do when the record is not what was signed.
const alarm = "somebody has changed it. Ask the people who run this Signalbox to run “signalbox audit verify”."

// sentence is the answer in one.
func (v *why) sentence() string {
	_, word := answer(v.Document.Allow)
	if v.Because == "" {
		return word
	}
	return word + " " + v.Because
}

// when says whether the rules that explain are those that decided.
func (v *why) when() string {
	switch {
	case v.NotExplained != "":
		return v.NotExplained
	case v.Explained.SameRevision:
		return ""
	case v.Explained.SameAnswer:
		return "Rules or data have changed since. Asked today, the answer is the same; what follows is told by the rules of today."
	}
	return "Rules or data have changed since, and today the answer would be another. What follows is told by the rules of today, and the answer above is the one that was given."
}

func (v *why) floor() string {
	switch v.Explained.Floor {
	case "host":
		return "the program itself, which no policy can overrule"
	case "trust":
		return "the organisation’s own policy"
	}
	return "the national baseline"
}

// facts is what was asked.
func (v *why) facts() []layout.Fact {
	in := v.Document.Input
	list := []layout.Fact{
		{Term: "Who", Value: v.Who}, {Term: "Id", Value: in.Subject.ID},
		{Term: "For", Value: capital(v.Purpose)}, {Term: "Signed in", Value: assurance(in.Subject.Assurance)},
	}
	if in.Subject.TrainedOn != nil {
		list = append(list, layout.Fact{Term: "Training", Value: in.Subject.TrainedOn.DayName()})
	}
	list = append(list, layout.Fact{Term: "Wanted", Value: capital(v.Wanted)})
	if len(in.Resource.Columns) > 0 {
		list = append(list, layout.Fact{Term: "Columns", Value: strings.Join(in.Resource.Columns, ", ")})
	}
	if span := spanned(in.Resource.Period); span != "" {
		list = append(list, layout.Fact{Term: "Period", Value: span})
	}
	if in.Plugin != nil {
		list = append(list, layout.Fact{Term: "Computed by", Value: in.Plugin.ID + " " + in.Plugin.Version, Code: short(in.Plugin.Digest)})
	}
	if r := in.Release; r != nil {
		list = append(list, layout.Fact{Term: "Release", Value: r.ID + " " + r.Version + ", " + string(r.State), Code: short(r.Digest)})
	}
	if in.Change != nil && in.Change.Author != "" {
		list = append(list, layout.Fact{Term: "About", Value: in.Change.Kind + " of " + in.Change.Author, Code: short(in.Change.Ref)})
	}
	return list
}

func assurance(level string) string {
	switch level {
	case "aal3":
		return "With a key that cannot be copied"
	case "aal2":
		return "With two factors"
	}
	return "With one factor"
}

func spanned(s policy.Span) string {
	switch {
	case s.From != nil && s.To != nil:
		return s.From.DayName() + " to " + s.To.DayName()
	case s.From != nil:
		return "From " + s.From.DayName()
	case s.To != nil:
		return "Until " + s.To.DayName()
	}
	return ""
}

// receipt is what stands in the record.
func (v *why) receipt() []layout.Fact {
	list := []layout.Fact{
		{Term: "Record", Value: number(v.Sequence), Code: v.Document.Input.RequestID},
		{Term: "When", Value: moment(v.Time)},
		{Term: "Policy", Code: short(v.Document.PolicyRevision)}, {Term: "Reference data", Code: short(v.Document.DataRevision)},
	}
	if v.Result != nil {
		list = append(list, layout.Fact{Term: "Result", Value: "Record " + number(v.ResultSequence), Code: short(v.Result.Digest)})
	}
	return list
}

func mark(met bool) plot.Status {
	if met {
		return plot.Done
	}
	return plot.Waiting
}

func proofMark(proved bool) plot.Status {
	if proved {
		return plot.Done
	}
	return plot.Attention
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// place names where a rule stands.
func place(w policy.Why) string {
	if w.File == "" {
		return "."
	}
	return ", " + w.File + ":" + strconv.Itoa(w.Line) + "."
}
