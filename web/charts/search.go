package charts

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
)

// searchLimit is how many organisations a search shows.
const searchLimit = 20

type search struct {
	page   layout.Page
	query  string
	found  []measures.Organisation
	trusts []measures.Organisation // all of them, where nothing was asked
}

// Search finds organisations by name or code, typing errors, old names and
// closed codes included. Without a question it lists all trusts.
func (p *Pages) Search(w http.ResponseWriter, r *http.Request) error {
	query := strings.TrimSpace(r.FormValue("q"))
	_, page := p.frame(r, "Find a trust", layout.Crumb{Name: "What changed", URL: "/"})
	s := search{page: page, query: query}
	var err error
	if query == "" {
		s.trusts, err = p.Register.Organisations(r.Context(), measures.Trust)
	} else {
		s.found, err = p.Register.SearchOrganisations(r.Context(), query, searchLimit)
	}
	if err != nil {
		return fmt.Errorf("find organisations like %q: %w", query, err)
	}
	// A code typed exactly is a wish to be there.
	if len(s.found) > 0 && string(s.found[0].ODS) == strings.ToUpper(query) {
		http.Redirect(w, r, trustAddress(s.found[0].ODS), http.StatusSeeOther)
		return nil
	}
	return searchPage(s).Render(r.Context(), w)
}
