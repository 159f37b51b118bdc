package workshop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// bringing is the form for a release, and what was wrong with what came.
type bringing struct {
	page       layout.Page
	faults     []layout.Fault
	note       string
	file       string // that is to be signed: of a draft, or any
	publishers []layout.Option
}

// NewRelease is the form for bringing a release: ?draft= the draft that it was.
func (p *Pages) NewRelease(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Bring a release", toCatalogue, toReleases)
	// Somebody who may not is told so here, and not after having sent a file.
	if _, err := p.Making.Life.Ask(r.Context(), actor, policy.ReleaseSubmit, unborn()); err != nil {
		return err
	}
	v, err := p.bringing(r.Context(), page)
	if err != nil {
		return err
	}
	if id := r.FormValue("draft"); id != "" {
		r.SetPathValue("draft", id)
		found, _, err := p.openDraft(r, actor)
		if err != nil {
			return err
		}
		v.file = found.FileName
	}
	return bringPage(v).Render(r.Context(), w)
}

// bringing prepares the form. Where nobody is believed yet nothing can be brought.
func (p *Pages) bringing(ctx context.Context, page layout.Page) (bringing, error) {
	v := bringing{page: page, file: "my-plugin"}
	list, err := p.Making.Life.List(ctx)
	if list == nil {
		return v, noTrust(err)
	}
	for _, one := range list.Publishers {
		v.publishers = append(v.publishers, layout.Option{Value: one.ID, Name: one.Name})
	}
	return v, nil
}

// noTrust is the trouble of an installation that believes nobody.
func noTrust(err error) error {
	if errors.Is(err, sharing.ErrNoTrust) {
		return &layout.Trouble{Status: http.StatusConflict, Title: "This Signalbox believes no publisher yet",
			Text: "A release is believed by the list of publishers of a hub, and none has come here.",
			Help: "Whoever operates this Signalbox puts the hub's root.json and publishers.json into the folder “trust”. docs/sharing.md says how."}
	}
	return err
}

// what a form with a release may have.
const (
	maxReleaseFile = 20 << 20 // bytes: a module, its list of parts, signatures
	maxNote        = 4 << 10
)

// sent is a form with a file in it.
type sent struct {
	values map[string]string
	file   []byte
	name   string // of the file
}

// readForm takes the fields and the one file of a form. What is wrong with it is a
// *fault, in words for the form.
func readForm(r *http.Request, field string) (sent, error) {
	form := sent{values: map[string]string{}}
	parts, err := r.MultipartReader()
	if err != nil {
		return form, &fault{http.StatusBadRequest, "Choose the file of the release: it ends in .tar"}
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return form, nil
		case err != nil:
			return form, &fault{http.StatusBadRequest, "The file did not arrive whole: choose it again"}
		}
		limit := int64(maxNote)
		if part.FormName() == field {
			limit = maxReleaseFile
		}
		text, err := io.ReadAll(io.LimitReader(part, limit+1))
		switch {
		case err != nil:
			return form, &fault{http.StatusBadRequest, "The file did not arrive whole: choose it again"}
		case int64(len(text)) > limit:
			_, _ = io.CopyN(io.Discard, r.Body, drained)
			return form, &fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("Choose a smaller file: a release has %s at most", room(maxReleaseFile))}
		case part.FormName() == field:
			form.file, form.name = text, fileName(part.FileName())
		default:
			form.values[part.FormName()] = string(text)
		}
	}
}

// release reads the one release of a file.
func (f *sent) release(ctx context.Context) (registry.Release, error) {
	if len(f.file) == 0 {
		return registry.Release{}, &fault{http.StatusUnprocessableEntity, "Choose the file of the release: it ends in .tar"}
	}
	all, err := registry.ReadBundle(ctx, bytes.NewReader(f.file))
	switch {
	case err != nil:
		return registry.Release{}, &fault{http.StatusUnprocessableEntity, "Choose the file that “signalbox plugin sign” has written: this one cannot be read as a release (" + err.Error() + ")"}
	case len(all) != 1:
		return registry.Release{}, &fault{http.StatusUnprocessableEntity, fmt.Sprintf("Choose a file with one release in it: this one has %d", len(all))}
	}
	return all[0], nil
}

const releaseField = "release"

// examined is a release under way.
type examined struct {
	page    layout.Page
	release registry.Release
	so      *sharing.Standing // once it is kept
	steps   []check.Step
	lost    string // why it was not kept
}

// Submit takes a release and examines it. The page is sent as the check goes on, so
// this address is not to be wrapped into anything that holds answers back.
func (p *Pages) Submit(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Bring a release", toCatalogue, toReleases)
	again, err := p.bringing(r.Context(), page)
	if err != nil {
		return err
	}
	form, err := readForm(r, releaseField)
	again.note = form.values["note"]
	v := examined{page: page}
	if err == nil {
		v.release, err = form.release(r.Context())
	}
	if err == nil {
		v.page.Title = "Check of " + v.release.Manifest.ID + " " + v.release.Manifest.Version
		v.page.Crumbs = append(slices.Clip(page.Crumbs), layout.Crumb{Name: "Bring a release", URL: "/plugins/releases/new"})
		err = p.submit(w, r, actor, &v, form.values["note"])
	}
	return again.refused(w, r, err)
}

// refused puts what is wrong with a form into it; what is wrong with something else
// stays an error.
func (v bringing) refused(w http.ResponseWriter, r *http.Request, err error) error {
	status := http.StatusUnprocessableEntity
	var wrong *fault
	var misfit *sharing.Misfit
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		status = wrong.status
		v.faults = []layout.Fault{{Field: releaseField, Message: wrong.message}}
	case errors.As(err, &misfit):
		v.faults = []layout.Fault{{Field: misfit.Field, Message: misfit.Message}}
	case sharing.Untrusted(err):
		v.faults = []layout.Fault{{Field: releaseField, Message: "It cannot be believed: " + err.Error()}}
	default:
		return err
	}
	w.WriteHeader(status)
	return bringPage(v).Render(r.Context(), w)
}

// outcome is what became of a submission.
type outcome struct {
	so  *sharing.Standing
	err error
}

// submit asks, examines and keeps, beside the page that tells of it. What goes wrong
// before the first step is an error; the rest stands at the end of the page.
func (p *Pages) submit(w http.ResponseWriter, r *http.Request, actor policy.Actor, v *examined, note string) error {
	// From here on nothing stops half-way: if the author goes away, the release is there
	// when they come back.
	ctx := context.WithoutCancel(r.Context())
	begun, steps, ended := make(chan struct{}), make(chan check.Step), make(chan outcome, 1)
	go func() {
		so, err := p.Making.Life.Submit(ctx, actor, v.release, note, func(ctx context.Context, release registry.Release) (sharing.Examined, error) {
			close(begun)
			defer close(steps)
			return p.Making.Inspector.Inspect(ctx, release, func(s check.Step) { steps <- s })
		})
		ended <- outcome{so, err}
	}()
	select {
	case o := <-ended:
		return o.err
	case <-begun:
	}
	told := templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		s := &stream{out: out}
		s.send(ctx, templ.NopComponent)
		for step := range steps {
			v.steps = append(v.steps, step)
			s.send(ctx, stepItem(step))
		}
		v.end(p, <-ended)
		s.send(ctx, submitEnd(v))
		return nil
	})
	if err := submitPage(*v, told).Render(ctx, flushing{w}); err != nil {
		p.Log.Info("the author of a release went away before its page was whole", "plugin", v.release.Digest(), "error", err)
	}
	return nil
}

// end says what became of it.
func (v *examined) end(p *Pages, o outcome) {
	v.so = o.so
	switch {
	case o.err == nil, errors.Is(o.err, sharing.ErrUnsound):
	case sharing.Untrusted(o.err), errors.Is(o.err, postgres.ErrChanged):
		v.lost = "It is not kept: " + o.err.Error() + "."
	default:
		p.Log.Error("a release was not kept", "plugin", v.release.Digest(), "error", o.err)
		v.lost = "It could not be kept: something broke here. The findings above stand; please bring the file again later."
	}
}

// twins are the measures that the check has named as much alike.
func twins(steps []check.Step) (list []check.Finding) {
	for _, s := range steps {
		for _, f := range s.Findings {
			if f.Rule == sharing.TwinRule {
				list = append(list, f)
			}
		}
	}
	return list
}

// signCommand is how an author signs a file.
func (v bringing) signCommand() string {
	publisher := "PUBLISHER"
	if len(v.publishers) == 1 {
		publisher = v.publishers[0].Value
	}
	return "signalbox plugin sign " + shellWord(v.file) + " --publisher " + publisher
}

// shellWord is a name as it is typed into a shell.
func shellWord(name string) string {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return strconv.Quote(name)
		}
	}
	return name
}
