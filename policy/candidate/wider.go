package candidate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

const (
	// enoughRows is how many rows are compared at least, where so many may be seen.
	enoughRows = 5000
	// maxQuestions bounds how many questions of those that could be asked are asked.
	maxQuestions = 1000
	// rowsEach is how many rows one answer is compared with.
	rowsEach = 24
	// maxThought is the processor time that an answer may take. The baseline takes
	// a fraction of a millisecond; what takes this long keeps other readers waiting.
	maxThought = 25 * time.Millisecond
	maxWider   = 20 // as many examples as a person looks at
)

// comparison asks a candidate whether its rows say what it says.
type comparison struct {
	world  *world
	engine *policy.Engine
	// answerTime bounds an answer. It is longer than a reader's: a child stands
	// behind everybody else in the queue for the processor.
	answerTime time.Duration
	alone      sync.RWMutex // held whole to measure one question by itself

	mu       sync.Mutex
	wider    []Wider
	rows     int
	findings []Finding
	said     map[string]bool
	stop     context.CancelFunc
}

// compare asks generated people's questions, and for each answer asks again about
// single rows: no row that the answer lets through may be one that the policy,
// asked about that row alone, would not show. The joint answer may never be wider
// than the baseline's, and the candidate itself should not even try.
func compare(ctx context.Context, t task, c *candidate) *comparison {
	parsed := make([]*ast.Module, 0, len(c.files))
	for _, f := range c.rulesOnly() {
		parsed = append(parsed, f.parsed)
	}
	p := &comparison{world: imagine(t, literalsOf(parsed)), said: map[string]bool{},
		answerTime: time.Duration(t.Seconds * float64(time.Second) / 15)}
	rules := policy.Policy{Trusts: map[measures.ODSCode][]policy.Module{t.Owner: t.Draft}}
	if t.Owner == policy.Everyone {
		rules = policy.Policy{National: t.Draft}
	}
	var err error
	p.engine, err = policy.NewEngine(ctx, policy.EngineOptions{Policy: rules, Data: p.world.data, Deadline: p.answerTime})
	if err != nil {
		p.say(Fault, "compile", "The policy cannot go live: "+err.Error(), "Mend what is named.")
		return p
	}
	ctx, p.stop = context.WithCancel(ctx)
	defer p.stop()
	questions := p.world.ask()
	work := make(chan policy.Request)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for q := range work {
				p.examine(ctx, q)
			}
		})
	}
	asked := 0
	for asked < len(questions) && ctx.Err() == nil {
		work <- questions[asked]
		asked++
	}
	close(work)
	workers.Wait()
	if ctx.Err() != nil && !faulty(p.findings) && p.rows < enoughRows {
		// Nothing is proved of what was not asked.
		p.say(Fault, "compared", fmt.Sprintf("Only %d of %d questions could be asked in time, and %d rows compared; %d are needed.", asked, len(questions), p.rows, enoughRows),
			"Check again when less is going on. A policy that takes long to answer takes long to check.")
	}
	return p
}

// dataActions are all that may open data.
var dataActions = []policy.Action{policy.ChartRead, policy.DataExport, policy.DataLoad, policy.EvidenceSend}

// ask gives the questions of a world's people, in an order that does not depend
// on who comes first.
func (w *world) ask() []policy.Request {
	var questions []policy.Request
	for _, who := range w.personas {
		for _, dataset := range w.datasets {
			for _, action := range dataActions {
				for _, ods := range append(slices.Clone(w.orgs[:min(2, len(w.orgs))]), policy.Everyone) {
					if action == policy.EvidenceSend && ods != who.actor.ODS {
						continue // each organisation sends its own, and the baseline is tested by itself
					}
					questions = append(questions, w.question(who, action, dataset, ods))
				}
			}
		}
	}
	order := rand.New(rand.NewPCG(5, 2026))
	order.Shuffle(len(questions), func(i, j int) { questions[i], questions[j] = questions[j], questions[i] })
	questions = questions[:min(len(questions), maxQuestions)]
	for i := range questions {
		q := &questions[i].Resource
		switch i % 4 {
		case 1:
			q.Period.From = w.days[i/4%len(w.days)]
		case 2:
			q.Period.From = w.days[i/4%len(w.days)]
			q.Period.To = q.Period.From.AddMonths(24)
		case 3:
			q.Period.To = w.days[i/4%len(w.days)]
		}
		if i%5 == 4 {
			q.Stratifiers = w.data.Datasets[q.Dataset].Stratifiers
		}
	}
	return questions
}

func (w *world) question(who persona, action policy.Action, dataset measures.DatasetID, ods measures.ODSCode) policy.Request {
	r := policy.Request{Now: w.now, Action: action, Actor: who.actor,
		Resource: policy.Resource{Dataset: dataset, ODS: ods, Grain: "aggregate"}}
	for column := range w.data.Datasets[dataset].Columns {
		r.Resource.Columns = append(r.Resource.Columns, column)
	}
	slices.Sort(r.Resource.Columns)
	if action == policy.ChartRead || action == policy.EvidenceSend {
		r.Plugin = w.plugin
	}
	return r
}

// examine asks one question and looks at its answer from every side.
func (p *comparison) examine(ctx context.Context, q policy.Request) {
	var f policy.Floors
	ok := p.timed(ctx, q, func() (err error) {
		f, err = p.engine.Floors(ctx, q)
		return err
	})
	if !ok {
		return
	}
	if f.HasOwn {
		p.own(q, f)
	}
	p.compareRows(ctx, q, f)
}

// timed puts a question, and reports whether it was answered. What takes long is
// asked again while no other question is, and found guilty by processor time: a
// machine that is busy with others makes no policy slow.
func (p *comparison) timed(ctx context.Context, q policy.Request, put func() error) bool {
	p.alone.RLock()
	began := time.Now()
	err := put()
	took := time.Since(began)
	p.alone.RUnlock()
	if err != nil && !errors.Is(err, policy.ErrUnavailable) {
		p.say(Fault, "answer", fmt.Sprintf("The policy did not answer %s: %v.", p.tell(q), err), "Mend the rule that is named.")
		return false
	}
	if err == nil && took <= maxThought || ctx.Err() != nil {
		return err == nil && ctx.Err() == nil
	}
	p.alone.Lock()
	defer p.alone.Unlock()
	for range 3 {
		before := processorTime()
		err = put()
		used := processorTime() - before
		switch {
		case ctx.Err() != nil:
			return false
		case err == nil && used <= maxThought:
			return true
		case err != nil && used > p.answerTime/4, used > 10*maxThought:
			p.slow(q, used)
			return false
		case err == nil:
			took = used
		}
	}
	if err == nil {
		p.slow(q, took)
	}
	return false
}

func (p *comparison) slow(q policy.Request, used time.Duration) {
	p.say(Fault, "slow", fmt.Sprintf("The policy used %v of processor time on %s, and may use %v.", used.Round(time.Millisecond), p.tell(q), maxThought),
		"Look for loops inside loops, and for lists that grow from lists.")
	p.stop()
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// own looks at what the candidate itself says. Whatever it says cannot widen the
// answer, but its author may believe that it does.
func (p *comparison) own(q policy.Request, f policy.Floors) {
	for _, reason := range f.Own.Reasons {
		if reason.Rule == "engine" {
			p.say(Fault, "answer", fmt.Sprintf("Asked for %s, the policy gave no answer that can be used. %s", p.tell(q), reason.Message), "Look at what the rule decision gives: signalbox policy schema decision shows its form.")
			return
		}
	}
	if !f.Own.Allow {
		return
	}
	wide := func(what string) {
		p.say(Fault, "wider", fmt.Sprintf("Asked for %s, the policy %s. It would have no effect: a policy can only narrow.", p.tell(q), what),
			"Begin with national.decision, and change only what is to be narrower.")
	}
	named := func(rule policy.RowRule) bool {
		return slices.ContainsFunc(rule.Conditions, func(c policy.Condition) bool {
			return c.Field == "ods" && slices.ContainsFunc(c.Values, func(v any) bool { return v != string(q.Resource.ODS) })
		})
	}
	all := func(rule policy.RowRule) bool { return rule.All }
	switch {
	case !f.National.Allow:
		wide("says yes where the national baseline says no")
	case len(f.Own.Reasons) > 0:
		p.say(Fault, "answer", fmt.Sprintf("Asked for %s, the policy says yes and gives reasons against.", p.tell(q)), "Say no where there are reasons, and give none with a yes.")
	case more(f.Own.Columns, f.National.Columns):
		wide("opens columns that nobody asked for")
	case more(f.Own.Scope, f.National.Scope), slices.ContainsFunc(f.Own.Rows, named):
		wide("opens data of other organisations")
	case slices.ContainsFunc(f.Own.Rows, all) && !slices.ContainsFunc(f.National.Rows, all):
		wide("opens all rows, of every organisation")
	case milder(f.Own.Disclosure, f.National.Disclosure):
		wide("hides small numbers less than the national baseline does")
	}
}

// compareRows looks for rows that are let through and should not be.
func (p *comparison) compareRows(ctx context.Context, q policy.Request, f policy.Floors) {
	joint := f.Joint
	if joint.Allow && (!f.National.Allow || more(joint.Columns, f.National.Columns) || milder(joint.Disclosure, f.National.Disclosure)) {
		p.found(q, "the whole answer, beside that of the baseline")
	}
	if !joint.Allow {
		return
	}
	compared := 0
	defer func() {
		p.mu.Lock()
		p.rows += compared
		p.mu.Unlock()
	}()
	for _, r := range p.world.rowsFor(q) {
		compared++
		if !shows(joint, r) {
			continue
		}
		if !shows(f.National, r) {
			p.found(q, r.String()+", beside the baseline")
			continue
		}
		single := q
		single.Resource.ODS = r.ods
		single.Resource.Period = policy.Period{From: r.period, To: r.period}
		var d policy.Decision
		ok := p.timed(ctx, single, func() (err error) {
			d, err = p.engine.Decide(ctx, single)
			return err
		})
		if !ok {
			return
		}
		if !shows(d, r) || more(joint.Columns, d.Columns) || milder(joint.Disclosure, d.Disclosure) {
			p.found(q, r.String())
		}
	}
}

// rowsFor chooses rows that a question could be answered with, and some that it
// could not.
func (w *world) rowsFor(q policy.Request) []row {
	orgs := []measures.ODSCode{q.Resource.ODS, w.orgs[len(w.orgs)-1]}
	if q.Resource.ODS == policy.Everyone {
		orgs = w.orgs
	}
	strata, stratifier := []string{""}, ""
	if split := w.data.Datasets[q.Resource.Dataset].Stratifiers; len(split) > 0 {
		strata, stratifier = w.strata, split[0]
	}
	var rows []row
	for i, ods := range orgs {
		for j, period := range w.days {
			for k, stratum := range strata {
				if len(strata) > 1 && (i+j+k)%2 == 1 {
					continue
				}
				r := row{ods: ods, dataset: q.Resource.Dataset, period: period, stratum: stratum}
				if stratum != "" {
					r.stratifier = stratifier
				}
				rows = append(rows, r)
			}
		}
	}
	if step := len(rows)/rowsEach + 1; step > 1 {
		few := rows[:0]
		for i := len(q.Actor.ID) % step; i < len(rows); i += step {
			few = append(few, rows[i])
		}
		rows = few
	}
	return rows
}

// tell says in words what was asked.
func (p *comparison) tell(q policy.Request) string {
	who := "somebody"
	for _, persona := range p.world.personas {
		if persona.actor.ID == q.Actor.ID && persona.actor.ODS == q.Actor.ODS && persona.actor.Purpose == q.Actor.Purpose {
			who = persona.name
		}
	}
	return fmt.Sprintf("%s of %s at %s by a %s", q.Action, q.Resource.Dataset, q.Resource.ODS, who)
}

func (p *comparison) found(q policy.Request, row string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.wider) < maxWider {
		asked := fmt.Sprintf("%s of %s at %s, from %s to %s", q.Action, q.Resource.Dataset, q.Resource.ODS, side(q.Resource.Period.From), side(q.Resource.Period.To))
		p.wider = append(p.wider, Wider{Persona: p.tell(q), Asked: asked, Row: row})
	}
}

func side(d measures.Date) string {
	if d == 0 {
		return "any time"
	}
	return d.String()
}

// say notes a finding once for each rule and kind of problem.
func (p *comparison) say(severity Severity, rule, problem, mend string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kind := rule + mend; !p.said[kind] {
		p.said[kind] = true
		p.findings = append(p.findings, Finding{Severity: severity, Rule: rule, Problem: problem, Mend: mend})
	}
}
