package charts

import (
	"net/http"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
)

type measureList struct {
	page layout.Page
	with []*measures.Measure // somebody has loaded data for it
	sans []*measures.Measure // defined, and waiting for data
}

// Measures lists every measure, those with data first.
func (p *Pages) Measures(w http.ResponseWriter, r *http.Request) error {
	_, page := p.frame(r, "Measures", layout.Crumb{Name: "What changed", URL: "/"})
	list := measureList{page: page}
	for _, m := range p.Analysis.Catalogue.Measures() {
		if _, ok := p.Analysis.Catalogue.Dataset(m.Dataset); ok {
			list.with = append(list.with, m)
		} else {
			list.sans = append(list.sans, m)
		}
	}
	return measuresPage(list).Render(r.Context(), w)
}
