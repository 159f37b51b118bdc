// Package check is the conformance kit: it tries a plugin as hard as a trust
// would, before one does, and says of everything it finds how to mend it.
package check

import (
	"context"
	"errors"
	"fmt"
	"iter"
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
	if f.Mend != "" {
		line += " To mend it: " + f.Mend
	}
	return strings.Join(strings.Fields(line), " ")
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
	for _, f := range s.Findings {
		if !f.Advice {
			return false
		}
	}
	return true
}

// Case is a question that the author knows the answer to.
type Case struct {
	Name    string
	Request wire.Request
	Want    wire.Answer // compared as the bytes that it is written as
}

// Options say what a module is held against.
type Options struct {
	// Limits are those of the installation; zero means plugins.DefaultLimits.
	Limits plugins.Limits
	// Known are the measures that exist already, for likeness.
	Known []*measures.Measure
	// Cases are the author's own.
	Cases []Case
	// Libraries are the plugins that measures without code may use, by name.
	Libraries []plugins.Release
	// Within bounds the whole check; 0 means 28 seconds.
	Within time.Duration
}

// usual is how long a check takes at most: whoever waits for it was promised 30
// seconds, and starting and ending take some.
const usual = 28 * time.Second

// Module checks a module and gives its steps as they are done. A module that is
// refused outright ends the check early; what it does to itself or the sandbox
// does not.
func Module(ctx context.Context, box Box, module []byte, o Options) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		o = o.complete()
		ctx, cancel := context.WithTimeout(ctx, o.Within)
		defer cancel()
		c := &checking{ctx: ctx, box: box, module: module, o: o}
		for _, part := range []struct {
			name string
			do   func(*Step)
		}{
			{"It keeps to the form of a plugin", c.form},
			{"Its manifest is complete", c.manifest},
			{"It starts", c.start},
			{"It answers what plugins are asked", c.answers},
			{"It gives the same answer three times", c.repeats},
			{"It takes a long series and many at once", c.loads},
			{"It meets the cases beside it", c.cases},
			{"It is not a measure that exists already", c.likeness},
		} {
			if c.stopped {
				return
			}
			step := Step{Name: part.name}
			began := time.Now()
			part.do(&step)
			if ctx.Err() != nil && len(step.Findings) == 0 {
				step.Findings = []Finding{late(o.Within)}
				c.stopped = true
			}
			step.Took = time.Since(began)
			if !yield(step) {
				return
			}
		}
	}
}

func (o Options) complete() Options {
	if o.Limits == (plugins.Limits{}) {
		o.Limits = plugins.DefaultLimits()
	}
	if o.Within <= 0 {
		o.Within = usual
	}
	return o
}

// Manifest checks a pack that brings measures and no code.
func Manifest(m plugins.Manifest, o Options) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		c := &checking{o: o.complete(), release: plugins.Release{Manifest: m}}
		for _, part := range []struct {
			name string
			do   func(*Step)
		}{
			{"Its manifest is complete", c.manifestOnly},
			{"The plugins it uses compute what it asks", c.uses},
			{"It is not a measure that exists already", c.likeness},
		} {
			step := Step{Name: part.name}
			began := time.Now()
			part.do(&step)
			step.Took = time.Since(began)
			if !yield(step) {
				return
			}
		}
	}
}

func late(limit time.Duration) Finding {
	return Finding{Rule: "time", Problem: fmt.Sprintf("the check was stopped after %v, because the module takes so long to start or to answer.", limit),
		Mend: "look for loops that do not end; compiling takes long where single functions are very large."}
}

// checking is one check under way.
type checking struct {
	ctx     context.Context
	box     Box
	module  []byte
	o       Options
	release plugins.Release
	entries []asked
	stopped bool
}

// form is preflight: what can be told without running anything.
func (c *checking) form(s *Step) {
	s.Detail = fmt.Sprintf("%d bytes", len(c.module))
	if err := plugins.Preflight(c.module, c.o.Limits); err != nil {
		s.Findings = []Finding{{"form", sentence(err.Error()),
			"build it with \"signalbox plugin build\", which sets what the socket wants; docs/plug-socket.md lists imports, exports and limits.", false}}
		c.stopped = true
	}
}

func (c *checking) manifest(s *Step) {
	m, err := plugins.ManifestOf(c.module)
	if err != nil {
		s.Findings = []Finding{{"manifest", sentence(err.Error()),
			"write manifest.json beside the source and build with \"signalbox plugin build\", which puts it inside the module.", false}}
		return
	}
	c.release.Manifest = m
	s.Detail = fmt.Sprintf("%s %s by %s", m.ID, m.Version, m.Publisher)
	s.Findings = manifestFindings(m)
}

func (c *checking) manifestOnly(s *Step) { s.Findings = manifestFindings(c.release.Manifest) }

func manifestFindings(m plugins.Manifest) []Finding {
	var list []Finding
	for _, problem := range problems(m.Check()) {
		list = append(list, Finding{"manifest", sentence(problem), "correct it in manifest.json; docs/manifest.schema.json describes every field.", false})
	}
	for i := range m.Measures {
		if d := m.Measures[i].Direction; d == measures.Neutral {
			list = append(list, Finding{"manifest", fmt.Sprintf("measure %q has no wanted direction, so its chart can say that something changed and not whether that is good.", m.Measures[i].ID),
				"set direction to increase or decrease, unless either can be right.", true})
		}
	}
	return list
}

// problems are the parts of a joined error.
func problems(err error) []string {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var list []string
		for _, e := range joined.Unwrap() {
			list = append(list, e.Error())
		}
		return list
	}
	return []string{err.Error()}
}

// sentence ends what a package says with a full stop.
func sentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// start compiles the module and makes a first instance.
func (c *checking) start(s *Step) {
	began := time.Now()
	release, err := c.box.Install(c.ctx, c.module)
	if err != nil {
		s.Findings = []Finding{c.faultFinding("start", err)}
		c.stopped = true
		return
	}
	c.release.Digest = release.Digest
	s.Detail = fmt.Sprintf("compiled and started in %v", time.Since(began).Round(time.Millisecond))
	c.entries = questionsFor(&c.release.Manifest)
}
