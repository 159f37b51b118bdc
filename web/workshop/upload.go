package workshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// upload is the form, and what was wrong with what came.
type upload struct {
	page   layout.Page
	faults []layout.Fault
}

const fileField = "module"

// maxModule is the size of a module that is taken at all.
var maxModule = plugins.DefaultLimits().ModuleBytes

// New is the form for bringing a plugin.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Bring a plugin", toCatalogue)
	// Somebody who may not is told so here, and not after having sent a file.
	if _, err := p.decide(r.Context(), actor, policy.PluginUpload, policy.Plugin{ID: "new", Approval: "draft"}); err != nil {
		return err
	}
	return uploadPage(upload{page: page}).Render(r.Context(), w)
}

// fault is what is wrong with what was sent, for the form.
type fault struct {
	status  int
	message string
}

func (f *fault) Error() string { return f.message }

// Check takes a module and checks it. The page is sent as the check goes on, one
// finding after the other, and is whole at its end; so this address is not to be
// wrapped into anything that holds answers back.
func (p *Pages) Check(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Check of a plugin", toCatalogue, layout.Crumb{Name: "Bring a plugin", URL: "/plugins/new"})
	name, module, err := readModule(r)
	if wrong := (*fault)(nil); errors.As(err, &wrong) {
		page.Title, page.Crumbs = "Bring a plugin", []layout.Crumb{toCatalogue}
		w.WriteHeader(wrong.status)
		return uploadPage(upload{page: page, faults: []layout.Fault{{Field: fileField, Message: wrong.message}}}).Render(r.Context(), w)
	}
	if err != nil {
		return err
	}
	page.Title = "Check of " + name
	c := checked{page: page, name: name, digest: plugins.DigestOf(module), module: module}
	grant, err := p.decide(r.Context(), actor, policy.PluginUpload, policy.Plugin{ID: "new", Digest: string(c.digest), Approval: "draft"})
	if err != nil {
		return err
	}
	bench, err := p.Bench(r.Context())
	if err != nil {
		return err
	}
	defer bench.Close()
	// From here on nothing stops half-way: if the author goes away, the draft is
	// there when they come back.
	ctx := context.WithoutCancel(r.Context())
	steps := templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		p.checkAndKeep(ctx, bench, grant, &c, &stream{out: out})
		return nil
	})
	if err := checkPage(c, steps).Render(ctx, flushing{w}); err != nil {
		p.Log.Info("the author of a draft went away before its page was whole", "plugin", c.digest, "error", err)
	}
	return nil
}

// stream is a page on its way to somebody who may have gone.
type stream struct {
	out  io.Writer
	gone bool
}

func (s *stream) send(ctx context.Context, part templ.Component) {
	if s.gone {
		return
	}
	if err := templ.Flush().Render(templ.WithChildren(ctx, part), s.out); err != nil {
		s.gone = true
	}
}

// flushing lets a template flush what may lie under several wrappings.
type flushing struct{ http.ResponseWriter }

func (f flushing) Flush() { _ = http.NewResponseController(f.ResponseWriter).Flush() }

// checked is a module under way.
type checked struct {
	page   layout.Page
	name   string // of the file
	digest plugins.Digest
	module []byte
	steps  []check.Step
	draft  int64  // its number, once it is kept
	lost   string // why it was not kept
}

func (c *checked) size() string { return room(uint64(len(c.module))) }

// checkWithin leaves some of the 30 seconds for starting a bench and keeping the draft.
const checkWithin = 25 * time.Second

// checkAndKeep sends every step as it is done, and then what became of the draft.
func (p *Pages) checkAndKeep(ctx context.Context, bench Bench, grant policy.Grant, c *checked, s *stream) {
	s.send(ctx, templ.NopComponent) // the head of the page, before anything takes time
	options := check.Options{Known: p.Catalogue.Known(), Datasets: p.Datasets, Libraries: p.Library.Releases(), Within: checkWithin}
	for step := range check.Module(ctx, bench, c.module, options) {
		if casesBeside(&step) {
			continue
		}
		c.steps = append(c.steps, step)
		s.send(ctx, stepItem(step))
	}
	err := p.keep(ctx, grant, c)
	if err = p.done(ctx, grant, c.digest, err); err != nil {
		p.Log.Error("a draft was not kept", "plugin", c.digest, "error", err)
		c.draft, c.lost = 0, "The draft could not be kept: something broke here. The findings above stand; please bring the file again later."
	}
	s.send(ctx, checkEnd(c))
}

// casesBeside reports whether a step says only that there are no cases beside the
// plugin: to a file that comes by itself that is no advice.
func casesBeside(s *check.Step) bool {
	return len(s.Findings) > 0 && !slices.ContainsFunc(s.Findings, func(f check.Finding) bool { return f.Rule != "cases" || !f.Advice })
}

// maxManifest is the longest manifest of a draft that is kept: it is shown as a whole.
const maxManifest = 128 << 10

// keep keeps what can become a plugin: a module that says in its manifest what it is.
func (p *Pages) keep(ctx context.Context, grant policy.Grant, c *checked) error {
	manifest, err := plugins.ManifestOf(c.module)
	if err != nil {
		c.lost = "The file is not kept, because it does not say in a manifest what it is. Mend it and bring it again."
		return nil
	}
	if len(manifestText(manifest)) > maxManifest {
		c.lost = "The file is not kept, because its manifest is longer than " + room(maxManifest) + ". Shorten its texts and bring it again."
		return nil
	}
	c.draft, err = p.Drafts.KeepDraft(ctx, grant, postgres.Draft{Digest: c.digest, At: p.Now(), FileName: c.name, Manifest: manifest, Steps: c.steps, Module: c.module})
	return err
}

// faulty counts the findings that are more than advice, and the advice.
func faulty(steps []check.Step) (faults, advice int) {
	for i := range steps {
		for _, f := range steps[i].Findings {
			if f.Advice {
				advice++
			} else {
				faults++
			}
		}
	}
	return faults, advice
}

// stopped reports whether a check ended before its last part. That part gives
// advice only, so a check that ends with a fault was stopped by it.
func stopped(steps []check.Step) bool { return len(steps) > 0 && !steps[len(steps)-1].Sound() }

// problemText is a finding as a sentence. One that begins with the name of an
// entry and a comma keeps it as it is written.
func problemText(problem string) string {
	if first, _, _ := strings.Cut(problem, " "); strings.HasSuffix(first, ",") {
		return problem
	}
	return capital(problem)
}

// verdict is what a check came to.
func verdict(steps []check.Step) string {
	faults, advice := faulty(steps)
	switch {
	case faults > 0:
		return counted(faults, "thing is", "things are") + " to be mended before anybody can approve it."
	case advice > 0:
		return "It is sound. " + counted(advice, "piece", "pieces") + " of advice may make it better."
	default:
		return "It is sound: nothing was found."
	}
}

// drained is how much of a file that is too large is read and thrown away, so that
// the browser gets as far as reading the answer.
const drained = 64 << 20

// readModule takes the file out of a form.
func readModule(r *http.Request) (name string, module []byte, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, &fault{http.StatusBadRequest, "Choose the file of a plugin: it ends in .wasm"}
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, &fault{http.StatusUnprocessableEntity, "Choose the file of a plugin: it ends in .wasm"}
		}
		if err != nil {
			return "", nil, &fault{http.StatusBadRequest, "The file did not arrive whole: choose it again"}
		}
		if part.FormName() != fileField {
			continue
		}
		name = fileName(part.FileName())
		module, err = io.ReadAll(io.LimitReader(part, int64(maxModule)+1))
		switch {
		case err != nil:
			return "", nil, &fault{http.StatusBadRequest, "The file did not arrive whole: choose it again"}
		case len(module) > maxModule:
			_, _ = io.CopyN(io.Discard, r.Body, drained)
			return "", nil, &fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("Choose a smaller file: a plugin has %s at most. Strip its symbols and leave out large libraries", room(uint64(maxModule)))}
		case len(module) == 0:
			return "", nil, &fault{http.StatusUnprocessableEntity, "Choose the file of a plugin: this one is empty"}
		}
		return name, module, nil
	}
}

// longName is how much of the name of a file is kept.
const longName = 80

// fileName is what a file is called, as far as it can be said on a page: the
// author's machine chose it, and it is nothing else here.
func fileName(given string) string {
	name := filepath.Base(strings.ReplaceAll(given, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, name)
	if letters := []rune(name); len(letters) > longName {
		name = string(slices.Concat(letters[:longName-1], []rune("…")))
	}
	if name == "" || name == "." || name == "/" {
		return "a file without a name"
	}
	return name
}

// reviewed says when a measure of a draft is to be looked at again.
func reviewed(d measures.Date) string {
	if d == 0 {
		return "not said"
	}
	return d.DayName()
}
