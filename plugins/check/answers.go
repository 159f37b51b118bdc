package check

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/conformance"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// enough is how many findings of one step are told: the rest would be the same.
const enough = 5

// asked is one entry of the plugin with a way of asking it.
type asked struct {
	entry    string
	inputs   []string
	settings []wire.Parameter
}

// questionsFor finds how each entry is to be asked: as the plugin's own measures
// ask it, or, where it has none, as a value and as a share.
func questionsFor(m *plugins.Manifest) []asked {
	var list []asked
	for _, entry := range m.Entries {
		own := false
		for i := range m.Measures {
			measure := &m.Measures[i]
			if measure.Uses.Plugin != m.ID || measure.Uses.Entry != entry {
				continue
			}
			one := asked{entry: entry, settings: Settings(measure)}
			for _, in := range measure.Inputs {
				one.inputs = append(one.inputs, in.Name)
			}
			if !slices.ContainsFunc(list, func(a asked) bool { return a.entry == entry && slices.Equal(a.inputs, one.inputs) }) {
				list = append(list, one)
			}
			own = true
		}
		if !own {
			settings := Settings(&measures.Measure{Uses: measures.Uses{Entry: entry}, Unit: measures.Unit{Multiply: 1}, Direction: measures.Increase})
			list = append(list, asked{entry, []string{sdk.InputValue}, settings},
				asked{entry, []string{sdk.InputNumerator, sdk.InputDenominator}, settings})
		}
	}
	return list
}

// Settings are what the plugin of a measure is told besides the figures: all
// settings of a chart for the kinds that the host knows, and otherwise the
// direction and what the values are multiplied by.
func Settings(m *measures.Measure) []wire.Parameter {
	var kind measures.Kind
	if kind.UnmarshalText([]byte(m.Uses.Entry)) == nil {
		p := spc.Defaults(kind, m.Rules)
		p.Direction, p.Multiply = m.Direction, m.Unit.Multiply
		return sdk.ChartParameters(p)
	}
	return sdk.MeasureParameters(m)
}

// answers asks every entry all questions of the conformance kit but the long ones.
func (c *checking) answers(s *Step) {
	count := 0
	for _, a := range c.entries {
		declined, charted := 0, 0
		for _, v := range conformance.Vectors(a.entry, a.inputs, a.settings) {
			if v.Request.Rows() > short {
				continue
			}
			count++
			answer, finding := c.ask(a.entry+", "+v.Name, &v.Request)
			switch {
			case finding != nil:
				s.Findings = append(s.Findings, *finding)
			case answer.Status == wire.OK:
				charted++
			default:
				declined++
			}
			if len(s.Findings) >= enough || c.ctx.Err() != nil {
				return
			}
		}
		if charted == 0 && declined > 0 && c.general(a) {
			s.Findings = append(s.Findings, Finding{"answers", fmt.Sprintf("entry %q declined every question about %v.", a.entry, a.inputs),
				"if it takes other inputs, bring a measure in the manifest that names them, so that it is asked as it wants to be.", !c.alone(a)})
		}
	}
	s.Detail = fmt.Sprintf("%d questions", count)
}

// short is how many points the quick questions have at most.
const short = 1_000

// general reports whether nobody said how the entry is to be asked.
func (c *checking) general(a asked) bool {
	return len(a.inputs) > 0 && (a.inputs[0] == sdk.InputValue || a.inputs[0] == sdk.InputNumerator)
}

// alone reports whether this is the only way in which the entry is asked.
func (c *checking) alone(a asked) bool {
	n := 0
	for _, other := range c.entries {
		if other.entry == a.entry {
			n++
		}
	}
	return n == 1
}

// ask puts one question and holds the answer against it.
func (c *checking) ask(name string, q *wire.Request) (wire.Answer, *Finding) {
	payload, err := c.run(q)
	if err != nil {
		f := c.faultFinding("answers", err)
		f.Problem = name + ": " + f.Problem
		return wire.Answer{}, &f
	}
	answer, err := wire.DecodeAnswer(payload)
	if err == nil {
		err = answer.Accept(q)
	}
	var refusal *wire.Refusal
	if errors.As(err, &refusal) {
		return answer, &Finding{string(refusal.Rule), sentence(name + ": the answer was refused: " + refusal.Detail), mendOf(refusal.Rule), false}
	}
	if answer.Status != wire.OK {
		return answer, nil
	}
	if err := plugins.Verify(c.release, q, answer.Charts); err != nil {
		return answer, &Finding{"true", sentence(name + ": " + causeOf(err)),
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
	for _, a := range c.entries {
		q := conformance.Vectors(a.entry, a.inputs, a.settings)[0].Request
		first, err := c.run(&q)
		for range 2 {
			if err != nil {
				break
			}
			var again []byte
			if again, err = c.run(&q); err == nil && !bytes.Equal(first, again) {
				s.Findings = append(s.Findings, Finding{"repeatable", fmt.Sprintf("entry %q gave different bytes for the same question.", a.entry),
					"let the answer depend on the question alone: no order of a map, no address, no memory that was not set.", false})
				break
			}
		}
		if err != nil && len(s.Findings) == 0 {
			s.Findings = append(s.Findings, c.faultFinding("repeatable", err))
		}
	}
}

// loads asks what takes memory and time.
func (c *checking) loads(s *Step) {
	var worst time.Duration
	for _, a := range c.entries {
		for _, v := range conformance.Vectors(a.entry, a.inputs, a.settings) {
			if v.Request.Rows() <= short {
				continue
			}
			began := time.Now()
			if _, finding := c.ask(a.entry+", "+v.Name, &v.Request); finding != nil {
				s.Findings = append(s.Findings, *finding)
			}
			worst = max(worst, time.Since(began))
			if len(s.Findings) >= enough || c.ctx.Err() != nil {
				return
			}
		}
	}
	s.Detail = fmt.Sprintf("the slowest answer took %v", worst.Round(100*time.Microsecond))
}

// cases asks what the author knows the answers to.
func (c *checking) cases(s *Step) {
	if len(c.o.Cases) == 0 {
		s.Findings = []Finding{{"cases", "there are no cases with known answers beside the plugin.",
			"work a small example out by hand, put it into the folder cases, and let \"signalbox plugin check\" hold the plugin to it.", true}}
		return
	}
	s.Detail = fmt.Sprintf("%d cases", len(c.o.Cases))
	for _, one := range c.o.Cases {
		answer, finding := c.ask(one.Name, &one.Request)
		if finding != nil {
			s.Findings = append(s.Findings, *finding)
			continue
		}
		if difference := differenceOf(&answer, &one.Want); difference != "" {
			s.Findings = append(s.Findings, Finding{"cases", sentence(one.Name + ": " + difference),
				"find out which is right; if the case is, mend the plugin, and else the case.", false})
		}
	}
}

// differenceOf says where an answer differs from the one that was expected.
func differenceOf(got, want *wire.Answer) string {
	if got.Status != want.Status || got.Message != want.Message {
		return fmt.Sprintf("status %d %q, expected %d %q", got.Status, got.Message, want.Status, want.Message)
	}
	if len(got.Charts) != len(want.Charts) {
		return fmt.Sprintf("%d charts, expected %d", len(got.Charts), len(want.Charts))
	}
	for i := range want.Charts {
		g, w := &got.Charts[i], &want.Charts[i]
		if g.Len() != w.Len() {
			return fmt.Sprintf("chart %d has %d points, expected %d", i+1, g.Len(), w.Len())
		}
		for _, column := range []struct {
			name      string
			got, want []float64
		}{{"y", g.Y, w.Y}, {"centre", g.Centre, w.Centre}, {"lower", g.Lower, w.Lower}, {"upper", g.Upper, w.Upper}} {
			for k := range column.want {
				if !alike(column.got[k], column.want[k]) {
					return fmt.Sprintf("at %s the %s is %v, expected %v", w.XText(k), column.name, column.got[k], column.want[k])
				}
			}
		}
		for k := range w.Signals {
			if g.Signals[k] != w.Signals[k] {
				return fmt.Sprintf("at %s the signals are %q, expected %q", w.XText(k), g.Signals[k].Names(), w.Signals[k].Names())
			}
		}
	}
	return ""
}

// alike is equality to 1e-9 relative: what an author works out by hand or in a
// spreadsheet need not agree to the last bit.
func alike(a, b float64) bool {
	if measures.IsMissing(a) || measures.IsMissing(b) {
		return measures.IsMissing(a) && measures.IsMissing(b)
	}
	return max(a-b, b-a) <= 1e-9*max(1e-3, a, -a, b, -b)
}
