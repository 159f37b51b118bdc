// Package check is the conformance kit: it tries a plugin as hard as a trust
// would, before one does, and says of everything it finds how to mend it.
package check

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Box runs modules; it is a *host.Host.
type Box interface {
	Install(ctx context.Context, module []byte) (plugins.Release, error)
	RunPayload(ctx context.Context, digest plugins.Digest, payload []byte, rows int, limit time.Duration) ([]byte, error)
}

// Finding is one thing that a plugin does wrong, or could do better.
type Finding struct {
	Rule    string // what it is against, in one word: "manifest", "repeatable"
	Problem string // what was seen, on one line
	Mend    string // how to mend it
	// Advice is no reason to refuse the plugin.
	Advice bool
}

// String is the finding on one line.
func (f Finding) String() string {
	line := f.Rule + ": " + f.Problem
	if f.Advice {
		line = f.Rule + ", advice only: " + f.Problem
	}
	if f.Mend != "" {
		line += " To mend it: " + f.Mend
	}
	return oneLine(line)
}

// Step is one part of the check that has been done. Without findings it was passed.
type Step struct {
	Name     string // "It starts", "It gives the same answer three times"
	Detail   string // what was measured, where that is worth telling
	Findings []Finding
	Took     time.Duration
}

// Sound reports whether nothing was found but advice.
func (s *Step) Sound() bool {
	return !slices.ContainsFunc(s.Findings, func(f Finding) bool { return !f.Advice })
}

func (s *Step) find(f Finding) { s.Findings = append(s.Findings, f) }

// enough is how many things that go wrong are asked for in one step: the rest
// would be the same.
const enough = 5

// Case is a question that the author knows the answer to.
type Case struct {
	Name    string
	Request wire.Request
	// Differs says where an answer is not the one that was expected, or nothing.
	// Answers come here only once they have been held against the question.
	Differs func(*wire.Answer) string
}

// Options say what a module is held against.
type Options struct {
	// Limits are those of the installation; zero means plugins.DefaultLimits.
	Limits plugins.Limits
	// Known are the measures that exist already, for likeness.
	Known []*measures.Measure
	// Datasets are those that measures may read; nil where nobody knows them.
	Datasets []measures.Dataset
	// Cases are the author's own.
	Cases []Case
	// Libraries are the plugins that measures may use besides their own.
	Libraries []plugins.Release
	// Within bounds the whole check; 0 means 28 seconds.
	Within time.Duration
}

// usual is how long a check takes at most: whoever waits for it was promised 30
// seconds, and starting and ending take some.
const usual = 28 * time.Second

func (o Options) complete() Options {
	if o.Limits == (plugins.Limits{}) {
		o.Limits = plugins.DefaultLimits()
	}
	if o.Within <= 0 {
		o.Within = usual
	}
	return o
}

// part is one step of a check, still to be done.
type part struct {
	name string
	do   func(*Step)
}

// Module checks a module and gives its steps as they are done. What cannot be
// asked any more is left out: a module that is refused is not started, and one
// that cannot answer is not asked for long answers.
func Module(ctx context.Context, box Box, module []byte, o Options) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		o = o.complete()
		ctx, cancel := context.WithTimeout(ctx, o.Within)
		defer cancel()
		c := &checking{ctx: ctx, box: box, module: module, o: o}
		c.steps(yield, []part{
			{"It keeps to the form of a plugin", c.form},
			{"Its manifest is complete", c.manifest},
			{"It starts", c.start},
			{"It answers what plugins are asked", c.answers},
			{"It gives the same answer three times", c.repeats},
			{"It takes a long series, and many at once", c.loads},
			{casesName, c.cases},
			{"It is not a measure that exists already", c.likeness},
		})
	}
}

// Manifest checks a pack that brings measures and no code. Its measures may use
// the plugins of o.Libraries only.
func Manifest(m plugins.Manifest, o Options) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		c := &checking{ctx: context.Background(), o: o.complete(), release: plugins.Release{Manifest: m}}
		c.steps(yield, []part{
			{"Its manifest is complete", c.manifestAlone},
			{"It is not a measure that exists already", c.likeness},
		})
	}
}

// checking is one check under way.
type checking struct {
	ctx     context.Context
	box     Box
	module  []byte
	o       Options
	release plugins.Release
	asked   []asked
	stopped bool // nothing more can be found out
}

func (c *checking) steps(yield func(Step) bool, parts []part) {
	for _, p := range parts {
		step := Step{Name: p.name}
		began := time.Now()
		p.do(&step)
		if c.ctx.Err() != nil {
			c.stopped = true
			step.Findings = append(slices.DeleteFunc(step.Findings, isLate), c.late())
		}
		step.Took = time.Since(began)
		if !yield(step) || c.stopped {
			return
		}
	}
}

// Rules that more is made of than a heading.
const (
	timeRule  = "time"
	faultRule = "fault" // a trap, an exit, a missed deadline
)

func isLate(f Finding) bool { return f.Rule == timeRule }

func (c *checking) late() Finding {
	return Finding{Rule: timeRule, Problem: fmt.Sprintf("the check was stopped after %v, because the module takes so long to start or to answer.", c.o.Within),
		Mend: "look for loops that do not end; compiling takes long where single functions are very large."}
}

// form is preflight: what can be told without running anything.
func (c *checking) form(s *Step) {
	s.Detail = fmt.Sprintf("%d bytes", len(c.module))
	if err := plugins.Preflight(c.module, c.o.Limits); err != nil {
		s.find(Finding{"form", sentence(err.Error()), formMend(err), false})
		c.stopped = true
	}
}

// start compiles the module and makes a first instance. Compiling does not stop
// when nobody waits any more, so it is waited for here and not there.
func (c *checking) start(s *Step) {
	type outcome struct {
		release plugins.Release
		err     error
	}
	done := make(chan outcome, 1)
	began := time.Now()
	go func() {
		release, err := c.box.Install(c.ctx, c.module)
		done <- outcome{release, err}
	}()
	select {
	case <-c.ctx.Done():
	case o := <-done:
		if o.err != nil {
			s.find(c.faultFinding("start", o.err))
			c.stopped = true
			return
		}
		c.release.Digest = o.release.Digest
		s.Detail = fmt.Sprintf("compiled and started in %v", time.Since(began).Round(time.Millisecond))
		c.asked = questionsFor(&c.release.Manifest)
	}
}

// sentence puts a text on one line and ends it with a full stop.
func sentence(text string) string {
	text = oneLine(text)
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
