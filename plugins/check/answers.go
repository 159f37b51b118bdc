package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk/conformance"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// answers asks every entry all questions of the conformance kit but the long ones.
func (c *checking) answers(s *Step) {
	count := 0
	found := faults{step: s, at: map[string]int{}}
	answered, why := map[string]bool{}, make([]string, len(c.asked))
	for i := range c.asked {
		a := &c.asked[i]
		for _, v := range a.vectors(false) {
			count++
			answer, finding := c.ask(&v.Request)
			switch {
			case finding != nil:
				found.add(a.entry+", "+v.Name, *finding)
				answered[a.entry] = true
			case answer.Status == wire.OK:
				answered[a.entry], why[i] = true, ""
			case !answered[a.entry]:
				why[i] = answer.Message
			}
			if found.count >= enough || c.ctx.Err() != nil {
				// It answers little right; more questions would say the same again.
				found.end()
				c.stopped = true
				return
			}
		}
	}
	found.end()
	for i := range c.asked {
		if f, wrong := c.declined(&c.asked[i], why[i], answered); wrong {
			s.find(f)
		}
	}
	s.Detail = fmt.Sprintf("%d questions", count)
}

// faults gathers what goes wrong with questions: the same told once.
type faults struct {
	step  *Step
	count int
	at    map[string]int // index of the finding, by what it says, numbers aside
	again map[int]int    // how often it came again
}

func (f *faults) add(question string, finding Finding) {
	f.count++
	// Lengths and addresses change from question to question.
	what := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return -1
		}
		return c
	}, finding.Problem)
	if at, known := f.at[what]; known {
		if f.again == nil {
			f.again = map[int]int{}
		}
		f.again[at]++
		return
	}
	f.at[what] = len(f.step.Findings)
	finding.Problem = question + ": " + finding.Problem
	f.step.find(finding)
}

func (f *faults) end() {
	for at, n := range f.again {
		f.step.Findings[at].Problem += fmt.Sprintf(" So it is with %d more.", n)
	}
}

// ask puts one question and holds the answer against it.
func (c *checking) ask(q *wire.Request) (wire.Answer, *Finding) {
	payload, err := c.run(q)
	if err != nil {
		f := c.faultFinding(faultRule, err)
		return wire.Answer{}, &f
	}
	answer, err := wire.DecodeAnswer(payload)
	if err == nil {
		err = answer.Accept(q)
	}
	var refusal *wire.Refusal
	switch {
	case errors.As(err, &refusal):
		return answer, &Finding{string(refusal.Rule), sentence("the answer was refused: " + refusal.Detail), mendOf(refusal.Rule), false}
	case err != nil:
		return answer, &Finding{"answers", sentence("the answer was refused: " + err.Error()), mendOf(""), false}
	case answer.Status != wire.OK:
		return answer, nil
	}
	if err := plugins.Verify(c.release, q, answer.Charts); err != nil {
		return answer, &Finding{"true", sentence(causeOf(err)),
			"a chart of a kind that the host knows has to be that kind to the last bit; give a chart of your own the kind custom.", false}
	}
	return answer, nil
}

// run gives the bytes of one answer, within the time of a page.
func (c *checking) run(q *wire.Request) ([]byte, error) {
	payload, err := wire.AppendRequest(nil, q)
	if err != nil {
		return nil, err
	}
	return c.box.RunPayload(c.ctx, c.release.Digest, payload, q.Rows(), c.o.Limits.Time(len(q.Series)))
}

// repeats asks three times. An instance is thrown away after its answer, so a
// difference can only come of what the question does not decide.
func (c *checking) repeats(s *Step) {
	for i := range c.asked {
		a := &c.asked[i]
		q := a.vectors(false)[0].Request
		first, err := c.run(&q)
		for range 2 {
			if err != nil {
				break
			}
			var again []byte
			if again, err = c.run(&q); err == nil && !bytes.Equal(first, again) {
				s.find(Finding{"repeatable", fmt.Sprintf("entry %q gave different bytes for the same question.", a.entry),
					"let the answer depend on the question alone: no order of a map, no address, no memory that was not set.", false})
				break
			}
		}
		if err != nil {
			s.find(c.faultFinding("repeatable", err))
		}
		if len(s.Findings) >= enough || c.ctx.Err() != nil {
			return
		}
	}
}

// loads asks what takes memory and time.
func (c *checking) loads(s *Step) {
	var worst time.Duration
	tooMany := false
	found := faults{step: s, at: map[string]int{}}
	for i := range c.asked {
		a := &c.asked[i]
		for _, v := range a.vectors(true) {
			began := time.Now()
			if _, finding := c.ask(&v.Request); finding != nil {
				found.add(a.entry+", "+v.Name, *finding)
			}
			worst = max(worst, time.Since(began))
		}
		tooMany = c.beyond(&found, a) || tooMany
		if found.count >= enough || c.ctx.Err() != nil {
			break
		}
	}
	found.end()
	s.Detail = fmt.Sprintf("the slowest answer took %v", worst.Round(100*time.Microsecond))
	if tooMany {
		s.Detail += fmt.Sprintf("; %d points are too many for it, as they may be", immense)
	}
}

// immense is the length of a series that no page asks for and no instance need
// have room for: it may end there, and may not answer wrongly.
const immense = 100_000

// beyond asks about an immense series, and reports whether that was too much.
func (c *checking) beyond(found *faults, a *asked) (tooMany bool) {
	q := conformance.Long(a.entry, a.inputs, a.settings, immense).Request
	_, finding := c.ask(&q)
	if finding != nil && finding.Rule == faultRule {
		return true
	}
	if finding != nil {
		found.add(fmt.Sprintf("%s, %d points", a.entry, immense), *finding)
	}
	return false
}

// cases asks what the author knows the answers to.
func (c *checking) cases(s *Step) {
	if len(c.o.Cases) == 0 {
		if c.release.Manifest.ID != "" {
			s.find(Finding{"cases", "there are no cases with known answers beside the plugin.",
				"work a small example out by hand and put it into the folder cases, or write down a run that you have looked at with \"signalbox plugin run --record\".", true})
		}
		return
	}
	s.Detail = fmt.Sprintf("%d of them", len(c.o.Cases))
	found := faults{step: s, at: map[string]int{}}
	for _, one := range c.o.Cases {
		answer, finding := c.ask(&one.Request)
		if finding != nil {
			found.add(one.Name, *finding)
		} else if difference := one.Differs(&answer); difference != "" {
			s.find(Finding{"cases", sentence(one.Name + ": " + difference), "find out which is right; if the case is, mend the plugin, and else the case.", false})
		}
		if len(s.Findings) >= enough || c.ctx.Err() != nil {
			break
		}
	}
	found.end()
}

// Cases asks an installed plugin what an author knows the answers to: for measures
// without code, whose plugin is somebody else's.
func Cases(ctx context.Context, box Box, release plugins.Release, o Options) Step {
	c := &checking{ctx: ctx, box: box, o: o.complete(), release: release}
	step := Step{Name: casesName}
	began := time.Now()
	c.cases(&step)
	step.Took = time.Since(began)
	return step
}

const casesName = "It meets the cases beside it"

// Alike is equality to a billionth: what an author works out by hand or in a
// spreadsheet need not agree to the last bit. Missing is alike to missing only.
func Alike(a, b float64) bool {
	if measures.IsMissing(a) || measures.IsMissing(b) {
		return measures.IsMissing(a) && measures.IsMissing(b)
	}
	return max(a-b, b-a) <= 1e-9*max(1e-3, a, -a, b, -b)
}
