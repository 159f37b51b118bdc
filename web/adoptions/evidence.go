package adoptions

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/internal/sharing/evidence"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// leaving is evidence as it would leave.
type leaving struct {
	trust
	*sharing.Prepared
	bare     bool   // without its points
	document string // what is signed, to the letter
	picture  plot.Picture
	moved    bool // the figures have changed since the reader looked
}

// bareWord in ?points= leaves the points out.
const bareWord = "no"

// Evidence shows what would leave about one measure, to the letter: ?points=. That
// somebody looks is asked of the policy as the act of sending is, and recorded.
func (p *Pages) Evidence(w http.ResponseWriter, r *http.Request) error {
	actor, v, err := p.leaving(r)
	if err != nil {
		return err
	}
	id, measure := adoptionOf(r)
	if v.Prepared, err = p.Witness.Evidence(r.Context(), actor, v.ods, id, measure, !v.bare); err != nil {
		return troubleOf(err)
	}
	return p.show(w, r, v)
}

// Send signs what the reader has looked at, and keeps it until the hub has it.
func (p *Pages) Send(w http.ResponseWriter, r *http.Request) error {
	actor, v, err := p.leaving(r)
	if err != nil {
		return err
	}
	id, measure := adoptionOf(r)
	v.Prepared, err = p.Witness.Send(r.Context(), actor, v.ods, id, measure, !v.bare, plugins.Digest(r.FormValue("seen")))
	switch {
	case errors.Is(err, sharing.ErrMoved):
		v.moved = true
		w.WriteHeader(http.StatusConflict)
		return p.show(w, r, v)
	case err != nil:
		return troubleOf(err)
	}
	http.Redirect(w, r, adoptionsAddress(v.ods)+"#sent", http.StatusSeeOther)
	return nil
}

func (p *Pages) leaving(r *http.Request) (actor policy.Actor, v leaving, err error) {
	actor, v.trust, err = p.open(r)
	v.bare = r.FormValue("points") == bareWord
	return actor, v, err
}

func adoptionOf(r *http.Request) (id int64, measure measures.MeasureID) {
	id, err := strconv.ParseInt(r.PathValue("adoption"), 10, 64)
	if err != nil {
		id = 0 // there is none of that number
	}
	return id, measures.MeasureID(r.PathValue("measure"))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, v leaving) error {
	text, err := json.MarshalIndent(v.Prepared.Evidence, "", "  ")
	if err != nil {
		return err
	}
	v.document = string(text)
	v.page.Title = "What would leave " + v.name
	v.page.Crumbs = append(v.page.Crumbs, layout.Crumb{Name: "Adopted", URL: adoptionsAddress(v.ods)})
	v.picture = v.trust.picture(&v.Became, "chart")
	// What people here have written on the chart stays here.
	v.picture.Events = []measures.Event{{Start: v.Prepared.Evidence.Adopted, Kind: measures.Intervention, Text: "Adopted"}}
	v.picture.Targets, v.picture.Hidden = nil, hiddenText(&v.Prepared.Evidence)
	if v.Prepared.Evidence.Target == nil {
		v.picture.Chart.Target = measures.Missing
	}
	return evidencePage(v).Render(r.Context(), w)
}

// troubleOf is an error that the reader, or whoever runs this, can do something about.
func troubleOf(err error) error {
	trouble := func(status int, title, help string) error {
		return &layout.Trouble{Status: status, Title: title, Text: capital(plainText(err)) + ".", Help: help}
	}
	switch {
	case errors.Is(err, sharing.ErrNoAdoption):
		return &layout.Trouble{Status: http.StatusNotFound, Title: "No such adoption runs here",
			Text: "It has ended, or another release has taken its place.", Help: "The page of what the organisation has adopted lists what runs now."}
	case errors.Is(err, sharing.ErrNoBaseline):
		return &layout.Trouble{Status: http.StatusUnprocessableEntity, Title: "There is nothing to compare with",
			Text: "No baseline was locked for this measure when it was adopted.", Help: "Adopt it again once there are figures enough for a baseline."}
	case errors.Is(err, evidence.ErrCase):
		return &layout.Trouble{Status: http.StatusUnprocessableEntity, Title: "There is no before and after yet",
			Text: "There are no figures that may be told and that could be compared.", Help: "Look again when the next figures have been loaded."}
	case errors.Is(err, sharing.ErrNoVoice):
		return trouble(http.StatusConflict, "Nobody would believe it", "Whoever runs this Signalbox can have it listed at the hub. Nothing was read, and nothing has left.")
	case errors.Is(err, sharing.ErrNoTrust):
		return trouble(http.StatusConflict, "There is nobody to send it to", "Whoever runs this Signalbox can join a hub. Nothing was read, and nothing has left.")
	}
	return err
}
