package workshop

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// takingFile is the form for releases that are carried here by hand, and what became
// of those in a file.
type takingFile struct {
	page   layout.Page
	faults []layout.Fault
	file   string
	taken  []takenRelease
}

// takenRelease is one release of a file.
type takenRelease struct {
	id, version, title string
	refused            *layout.Trouble // nil where it was taken
}

var toFile = layout.Crumb{Name: "Take releases from a file", URL: "/adopt"}

// TakeForm is the form for an installation without a connection: what others have
// published comes in a file.
func (p *Pages) TakeForm(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, toFile.Name, toCatalogue)
	if !p.mayTake(r.Context(), actor, anyRelease()) {
		return &layout.Trouble{Status: http.StatusForbidden, Title: "You do not take releases in here",
			Text: "Improvement leads, innovators, data managers, governance teams and operators do.", Help: "Send the file to one of them."}
	}
	return takePage(takingFile{page: page}).Render(r.Context(), w)
}

// TakeFile takes every release of a file that may be believed. One that may not is
// refused with its reason and keeps nobody from the others.
func (p *Pages) TakeFile(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, toFile.Name, toCatalogue)
	v := takingFile{page: page}
	refuse := func(status int, message string) error {
		v.faults = []layout.Fault{{Field: releaseField, Message: message}}
		w.WriteHeader(status)
		return takePage(v).Render(r.Context(), w)
	}
	form, err := readForm(r, releaseField)
	wrong := (*fault)(nil)
	switch {
	case errors.As(err, &wrong):
		return refuse(wrong.status, wrong.message)
	case err != nil:
		return err
	case len(form.file) == 0:
		return refuse(http.StatusUnprocessableEntity, "Choose the file with the releases: it ends in .tar")
	}
	all, err := registry.ReadBundle(r.Context(), bytes.NewReader(form.file))
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "Choose another file: this one cannot be read as releases ("+err.Error()+"). Nothing of it was taken")
	}
	v.file = form.name
	for _, release := range all {
		one := takenRelease{id: release.Manifest.ID, version: release.Manifest.Version, title: release.Manifest.Title}
		_, err := p.Shelf.Bring(r.Context(), actor, release, postgres.FromBundle)
		if errors.Is(err, policy.ErrDenied) {
			return err // of one person all releases are denied alike, and the page says why
		}
		if err != nil && !errors.As(takingTrouble(err), &one.refused) {
			return err
		}
		v.taken = append(v.taken, one)
	}
	return takePage(v).Render(r.Context(), w)
}

// counts says how many were taken.
func (v takingFile) counts() string {
	taken := 0
	for _, one := range v.taken {
		if one.refused == nil {
			taken++
		}
	}
	switch {
	case taken == len(v.taken):
		return counted(taken, "release was taken", "releases were taken") + " from " + v.file + "."
	default:
		return counted(taken, "release", "releases") + " of " + counted(len(v.taken), "release", "releases") + " in " + v.file + " could be taken."
	}
}
