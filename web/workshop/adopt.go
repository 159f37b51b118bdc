package workshop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// adopting is what a release would come to at the reader's organisation.
type adopting struct {
	page     layout.Page
	by       publisher
	own      string // the organisation, by name
	proposal *sharing.Proposal
	shown    []adoptedMeasure
	needs    []layout.Field // the selects of datasets that can be mapped
	choices  [][]layout.Option
	firsts   []layout.Option
	faults   []layout.Fault
	// What this reader may do; why not, where neither.
	pilot, adopt bool
	barred       []policy.Reason
}

// adoptedMeasure is one measure of the release, with the chart of the organisation's
// own figures and the fields by which it is laid out.
type adoptedMeasure struct {
	*sharing.Proposed
	drawn    *drawn // nil where there is no chart
	problem  string // why there is none
	from, to []layout.Option
	target   layout.Field
	note     layout.Field
	strata   []layout.Option // by which it could be split
}

// TakeRelease fetches a release that the hub lists, and leads on to what it would
// show here.
func (p *Pages) TakeRelease(w http.ResponseWriter, r *http.Request) error {
	actor, _ := p.Reader(r)
	id, which := r.PathValue("id"), r.FormValue("version")
	listed, err := p.Shared.Listings(r.Context(), id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(listed, func(l registry.Listing) bool { return l.Version == which })
	if i < 0 {
		return fmt.Errorf("%s %s at the hub: %w", id, which, postgres.ErrNotFound)
	}
	if _, err := p.Shelf.FromHub(r.Context(), actor, listed[i]); err != nil {
		return takingTrouble(err)
	}
	to := adoptAddress(id, which)
	switch {
	case r.FormValue("look") != "":
		to = listingAddress(id) + "?version=" + which
	case r.FormValue("to") == "difference":
		to = versionAddress(version{Listing: listed[i]})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Adopt shows what a release would come to: ?version=.
func (p *Pages) Adopt(w http.ResponseWriter, r *http.Request) error {
	return p.showAdopting(w, r, http.StatusOK, nil)
}

// DoAdopt adopts or pilots a release, or shows its charts with what was chosen.
func (p *Pages) DoAdopt(w http.ResponseWriter, r *http.Request) error {
	actor, _ := p.Reader(r)
	kept, err := p.keptVersion(r.Context(), r.PathValue("id"), r.FormValue("version"))
	if err != nil {
		return err
	}
	stage := postgres.Adopted
	switch r.FormValue("do") {
	case "adopt":
	case "pilot":
		stage = postgres.Pilot
	default:
		return p.showAdopting(w, r, http.StatusOK, nil)
	}
	choice, faults := choiceOf(r, kept)
	if choice.Stage = stage; len(faults) > 0 {
		return p.showAdopting(w, r, http.StatusUnprocessableEntity, faults)
	}
	misfit := (*sharing.Misfit)(nil)
	switch _, err := p.Adopting.Adopt(r.Context(), actor, choice); {
	case errors.As(err, &misfit):
		return p.showAdopting(w, r, http.StatusUnprocessableEntity, nil)
	case err != nil:
		return adoptingTrouble(err)
	}
	http.Redirect(w, r, listingAddress(kept.Manifest.ID)+"?version="+kept.Manifest.Version, http.StatusSeeOther)
	return nil
}

// showAdopting proposes what was left open, and shows what was chosen.
func (p *Pages) showAdopting(w http.ResponseWriter, r *http.Request, status int, faults []layout.Fault) error {
	kept, err := p.keptVersion(r.Context(), r.PathValue("id"), r.FormValue("version"))
	if err != nil {
		return err
	}
	actor, page := p.frame(r, "Adopt "+kept.Manifest.Title, toCatalogue, layout.Crumb{Name: kept.Manifest.Title, URL: listingAddress(kept.Manifest.ID) + "?version=" + kept.Manifest.Version})
	if actor.ODS == "" {
		return &layout.Trouble{Status: http.StatusForbidden, Title: "Organisations adopt releases for themselves",
			Text: "You belong to no organisation here, so there are no figures that it could run on.", Help: "Send the address of the listing to somebody at a trust."}
	}
	choice, misread := choiceOf(r, kept)
	proposal, err := p.Adopting.Propose(r.Context(), actor, choice)
	if err != nil {
		return err
	}
	v := adopting{page: page, own: ownName(page), proposal: proposal, faults: append(faults, misread...)}
	if len(faults) > 0 {
		v.faults = faults
	}
	hub, err := p.index(r.Context())
	if err != nil {
		return err
	}
	v.by = publisherOf(hub.list, kept.Publisher)
	facts, err := p.Adopting.Facts(r.Context(), kept.Digest)
	if err != nil {
		return err
	}
	v.adopt, v.barred = p.Adopting.May(r.Context(), actor, policy.ReleaseAdopt, facts)
	v.pilot, _ = p.Adopting.May(r.Context(), actor, policy.ReleasePilot, facts)
	v.fill(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	return adoptPage(v).Render(r.Context(), w)
}

// Undo goes back to what the organisation ran before.
func (p *Pages) Undo(w http.ResponseWriter, r *http.Request) error {
	actor, _ := p.Reader(r)
	if err := p.Adopting.Undo(r.Context(), actor, r.PathValue("id")); err != nil {
		return adoptingTrouble(err)
	}
	http.Redirect(w, r, listingAddress(r.PathValue("id")), http.StatusSeeOther)
	return nil
}

// Leave ends what the organisation runs.
func (p *Pages) Leave(w http.ResponseWriter, r *http.Request) error {
	actor, _ := p.Reader(r)
	if err := p.Adopting.Leave(r.Context(), actor, r.PathValue("id"), r.FormValue("reason")); err != nil {
		return adoptingTrouble(err)
	}
	http.Redirect(w, r, listingAddress(r.PathValue("id")), http.StatusSeeOther)
	return nil
}

// keptVersion finds a release that is here.
func (p *Pages) keptVersion(ctx context.Context, id, which string) (*postgres.KeptRelease, error) {
	kept, err := p.Shared.KeptReleases(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(kept, func(k postgres.KeptRelease) bool { return k.Manifest.ID == id && k.Manifest.Version == which })
	if i < 0 {
		return nil, fmt.Errorf("release %s %q, which is not here: %w", id, which, postgres.ErrNotFound)
	}
	return &kept[i], nil
}

// adoptingTrouble puts into words why an act came to nothing. A denial has a page of
// its own.
func adoptingTrouble(err error) error {
	misfit := (*sharing.Misfit)(nil)
	switch {
	case errors.As(err, &misfit):
		return &layout.Trouble{Status: http.StatusUnprocessableEntity, Title: "Something is to be put right", Text: misfit.Message + ".", Help: "Go back, and send it again."}
	case errors.Is(err, sharing.ErrNotMet):
		return &layout.Trouble{Status: http.StatusUnprocessableEntity, Title: "It has nothing to compute from",
			Text: "Your organisation has no figures that this release could read, so it was not adopted.", Help: "Load the figures, or say which of your datasets stands for what it asks for."}
	case errors.Is(err, sharing.ErrNotRunning), errors.Is(err, postgres.ErrEnded):
		return &layout.Trouble{Status: http.StatusConflict, Title: "Your organisation does not run it",
			Text: "Perhaps somebody else was quicker. Nothing was changed.", Help: "Its page says what your organisation runs now."}
	case errors.Is(err, postgres.ErrWithdrawn):
		return &layout.Trouble{Status: http.StatusConflict, Title: "That release was withdrawn",
			Text: "Nobody should run it any more, so it was not taken up again.", Help: "The listing says why, and which version there is instead."}
	default:
		return err
	}
}

// takingTrouble puts into words why a release was not taken.
func takingTrouble(err error) error {
	refused := func(text, help string) error {
		return &layout.Trouble{Status: http.StatusBadGateway, Title: "The release was not taken", Text: text, Help: help}
	}
	unsound := (*sharing.Unsound)(nil)
	switch {
	case errors.As(err, &unsound):
		return refused("Its check found something: "+unsound.Error()+".", "Tell its publisher. Nothing of it was kept.")
	case errors.Is(err, sharing.ErrNoRegistry):
		return refused("This installation has no hub to fetch it from.", "Bring it in a file, under “Bring a release in a file”.")
	case errors.Is(err, postgres.ErrWithdrawn):
		return refused("It was withdrawn: nobody should run it any more.", "The listing says why, and which version there is instead.")
	}
	for _, known := range []struct {
		is         error
		text, help string
	}{
		{registry.ErrReplaced, "What came is not what the index pins: its contents are others.", "Somebody between the hub and this installation may have changed it. Tell whoever runs the hub."},
		{registry.ErrMisnamed, "What came is another release than the one that was asked for.", "Tell whoever runs the hub."},
		{registry.ErrRevoked, "It was signed with a key that is not to be believed any more.", "Ask its publisher for a release that is signed anew."},
		{registry.ErrUnsigned, "Nobody has put their name to it.", "Ask its publisher for a signed release."},
		{registry.ErrTooFew, "Fewer people have signed it than its publisher promised.", "Ask its publisher; a second person has to check and sign it."},
		{registry.ErrStranger, "It is signed by somebody who does not sign for its publisher.", "Do not use it. Tell its publisher."},
		{registry.ErrBadSignature, "A signature under it does not fit.", "Fetch it again. If that does not help, tell its publisher."},
		{registry.ErrStale, "The list of publishers that this installation has is too old to believe by it.", "Ask whoever operates this installation to fetch a newer one from the hub."},
		{sharing.ErrNoTrust, "This installation believes no publisher yet.", "Whoever operates it can lay in the keys of a hub."},
	} {
		if errors.Is(err, known.is) {
			return refused(known.text, known.help)
		}
	}
	return err
}

// choiceOf reads a form, and what in it cannot be read. What was not sent is left to
// be proposed.
func choiceOf(r *http.Request, kept *postgres.KeptRelease) (sharing.Choice, []layout.Fault) {
	c := sharing.Choice{Digest: kept.Digest, Sends: r.FormValue("sends") != "no"}
	if r.FormValue("sent") == "" { // the first look, or what runs goes on as it was laid out
		return c, nil
	}
	var faults []layout.Fault
	date := func(id, value string) (d measures.Date) {
		d, err := measures.ParseDate(value)
		if err != nil && value != "" {
			faults = append(faults, layout.Fault{Field: id, Message: "Choose a period from the list"})
		}
		return d
	}
	for _, id := range datasetsOf(&kept.Manifest) {
		if own := r.FormValue("dataset-" + string(id)); own != "" {
			if c.Layers.Datasets == nil {
				c.Layers.Datasets = map[measures.DatasetID]measures.DatasetID{}
			}
			c.Layers.Datasets[id] = measures.DatasetID(own)
		}
	}
	c.First = date("f-first", r.FormValue("first"))
	c.Layers.Measures = map[measures.MeasureID]postgres.Layer{}
	for i := range kept.Manifest.Measures {
		m := &kept.Manifest.Measures[i]
		id := string(m.ID)
		if _, sent := r.PostForm["from-"+id]; !sent {
			continue // its chart could not be shown, so it had no fields: propose again
		}
		layer := postgres.Layer{Note: strings.TrimSpace(r.FormValue("note-" + id))}
		if from, to := date("f-from-"+id, r.FormValue("from-"+id)), date("f-to-"+id, r.FormValue("to-"+id)); from != 0 && to != 0 {
			layer.Baseline = &postgres.Baseline{From: from, To: to}
		}
		if _, sent := r.PostForm["splits-"+id]; sent {
			layer.Stratifiers = append([]string{}, r.PostForm["strata-"+id]...)
		}
		target, err := targetOf(m, r.FormValue("target-"+id), r.FormValue("proposed-"+id))
		if err != nil {
			faults = append(faults, layout.Fault{Field: "f-target-" + id, Message: capital(err.Error())})
		}
		layer.Targets = target
		c.Layers.Measures[m.ID] = layer
	}
	return c, faults
}
