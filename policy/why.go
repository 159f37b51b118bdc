package policy

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/signalbox-health/signalbox/measures"
)

// Why says how a decision came about, for the reader of the log: which floor
// decided, by which rule, and what was missing where the answer was no.
type Why struct {
	Allowed bool   // of the recorded decision; all else is told by the rules of today
	Floor   string // that decided: host, national or trust
	Rule    string // code of the ground that allowed, or of the reason against
	Title   string // of the rule, as its METADATA says it
	File    string // of the rule; empty for the host's invariants
	Line    int    // from 1; 0 where File is empty
	Grant   *GrantRef
	// Nearest is the title of the ground that came nearest to allowing, and
	// Missing the one fact it lacked, in words; both are empty for a yes.
	Nearest string
	Missing string
	Checks  []Check
	// SameRevision reports whether the rules and the reference data that explain
	// are those that decided. Where it is false, the answer may have been another
	// then, and SameAnswer says whether it still is the recorded one.
	SameRevision bool
	SameAnswer   bool
}

// Floors that may decide.
const (
	hostFloor     = "host"
	nationalFloor = "national"
	trustFloor    = "trust"
)

// Why explains a recorded decision by asking again, as of its own time. It
// decides nothing. It takes milliseconds, so it is asked only when somebody wants
// to know.
func (e *Engine) Why(ctx context.Context, d Document) (Why, error) {
	r := d.Input.Request()
	fail := func(err error) (Why, error) {
		return Why{Allowed: d.Allow}, fmt.Errorf("explain %s of %s at %s: %w", r.Action, r.Resource.Dataset, r.Resource.ODS, err)
	}
	checks, err := e.Explain(ctx, r)
	if err != nil {
		return fail(err)
	}
	ctx, cancel := context.WithTimeout(ctx, e.deadline)
	defer cancel()
	l := e.live.Load()
	national, err := l.ask(ctx, l.national, r)
	if err != nil {
		return fail(err)
	}
	joint, err := l.above(ctx, national.clone(), r)
	if err != nil {
		return fail(err)
	}
	w := Why{Allowed: d.Allow, Checks: checks, SameAnswer: sameAnswer(d, joint),
		SameRevision: d.PolicyRevision == l.rules.revision && d.DataRevision == l.dataRevision}
	grounds, err := l.follow(ctx, groundEntry, r)
	if err != nil {
		return fail(err)
	}
	if joint.Allow {
		err = l.whyYes(ctx, &w, r, national, joint)
	} else {
		l.whyNo(&w, r, national, joint, grounds)
	}
	if err != nil {
		return fail(err)
	}
	return w, nil
}

// sameAnswer reports whether a decision still is the recorded one, in all that
// data depends on.
func sameAnswer(d Document, now Decision) bool {
	again := now.Document()
	if !d.Allow && !again.Allow {
		return true
	}
	again.Input, again.PolicyRevision, again.DataRevision, again.CacheSeconds = d.Input, d.PolicyRevision, d.DataRevision, d.CacheSeconds
	return reflect.DeepEqual(d, again)
}

// whyYes names the ground, and the rule of the organisation that narrowed it.
func (l *live) whyYes(ctx context.Context, w *Why, r Request, national, joint Decision) error {
	w.Floor = nationalFloor
	if len(joint.Grants) > 0 {
		w.Grant = &joint.Grants[0]
		w.Rule = w.Grant.Code
		w.tell(l.bookOf("")[w.Rule])
	}
	unasked := l.within(national.clone())
	if r.Resource.ODS == Everyone || reflect.DeepEqual(unasked.Rows, joint.Rows) && reflect.DeepEqual(unasked.Columns, joint.Columns) && unasked.Disclosure == joint.Disclosure {
		return nil
	}
	followed, err := l.follow(ctx, trustEntry(r.Resource.ODS).String(), r)
	if err != nil {
		return err
	}
	w.Floor = trustFloor
	w.tell(l.narrowing(followed, r.Resource.ODS))
	return nil
}

// whyNo names what stood against it, and the ground that came nearest.
func (l *live) whyNo(w *Why, r Request, national, joint Decision, grounds trail) {
	if len(joint.Reasons) == 0 {
		return
	}
	reason := joint.Reasons[0]
	w.Rule, w.Missing = reason.Code, reason.Message
	switch {
	case reason.Rule == "host":
		w.Floor = hostFloor
	case national.Allow:
		w.Floor = trustFloor
		w.tell(l.bookOf(string(r.Resource.ODS) + "/")[reason.Code])
	default:
		w.Floor = nationalFloor
		w.tell(l.bookOf("")[reason.Code])
	}
	w.Nearest = l.nearest(grounds, w.File)
	if w.Title == "" && w.Floor == nationalFloor {
		w.Title = w.Nearest // the fact that is missing belongs to that ground
	}
}

func (w *Why) tell(r rulePlace) { w.Title, w.File, w.Line = r.title, r.file, r.line }

// follow asks an entrypoint and keeps which rules it went through, and how far.
func (l *live) follow(ctx context.Context, entry string, r Request) (trail, error) {
	p := trail{left: map[string]bool{}, seen: map[string]bool{}}
	_, err := rego.New(rego.Query(entry), rego.Compiler(l.rules.compiler), rego.Store(l.store),
		rego.StrictBuiltinErrors(true), rego.ParsedInput(inputValue(r)), rego.QueryTracer(p)).Eval(ctx)
	return p, err
}

// narrowing finds the rule of an organisation's policy that made an answer
// narrower: of those that held, the last with a title of its own that is not the
// decision itself.
func (l *live) narrowing(followed trail, owner measures.ODSCode) rulePlace {
	var found, decision rulePlace
	for _, rule := range l.rulesOf(string(owner) + "/") {
		switch {
		case !followed.left[rule.at()] || rule.title == "" || rule.plain:
		case rule.name == "decision":
			decision = rule
		default:
			found = rule
		}
	}
	if found.file == "" {
		return decision
	}
	return found
}

// nearest gives the title of the ground that held, or else of the one in the file
// of the missing fact whose conditions held longest.
func (l *live) nearest(followed trail, file string) string {
	best, far := "", -1
	for _, rule := range l.rulesOf("") {
		if !strings.HasSuffix(rule.name, "ground") || rule.title == "" || rule.code == "" {
			continue
		}
		if followed.left[rule.at()] {
			return rule.title
		}
		if at := followed.far(rule); rule.file == file && at > far {
			best, far = rule.title, at // several as far: the first
		}
	}
	return best
}
