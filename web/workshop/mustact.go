package workshop

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
)

// due is what the reader's organisation has to do something about.
type due struct {
	own   string
	list  []sharing.Must
	today measures.Date
}

// MustAct is a notice for the reader's organisation where it runs something that was
// withdrawn, or that ends; it is empty where there is nothing to do.
func (p *Pages) MustAct(r *http.Request) (templ.Component, error) {
	actor, page := p.Reader(r)
	list, err := p.Shelf.MustAct(r.Context(), actor.ODS)
	if err != nil || len(list) == 0 {
		return templ.NopComponent, err
	}
	return dueNote(due{own: ownName(page), list: list, today: p.today()}), nil
}

// heading says how many there are, and how urgent it is.
func (d due) heading() string {
	stopped := 0
	for i := range d.list {
		if d.list[i].Withdrawn {
			stopped++
		}
	}
	switch {
	case stopped == 0:
		return counted(len(d.list), "release that you run ends", "releases that you run end")
	case stopped == len(d.list):
		return counted(stopped, "release that you run was withdrawn", "releases that you run were withdrawn")
	}
	return counted(stopped, "release that you run was withdrawn", "releases that you run were withdrawn") + ", and " +
		counted(len(d.list)-stopped, "other ends", "others end")
}

// state says what has become of one, or will.
func (d due) state(m *sharing.Must) string {
	switch {
	case m.Withdrawn:
		return "It was withdrawn, and its charts have stopped. No figure was changed."
	case m.Passed(d.today):
		return "It was to end on " + m.Until.DayName() + ", and still runs."
	}
	return "It ends on " + m.Until.DayName() + "."
}
