package logbook

import (
	"net/http"
	"time"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/layout"
)

type headView struct {
	page layout.Page
	head ledger.SignedHead
	key  string
}

// fresh is how old a head may be that is shown. Looking at the page makes the
// record grow, and not every look needs a head of its own.
const fresh = time.Minute

// Head shows the latest signed head of the record, to be printed and kept
// somewhere else. It says nothing of anybody, and is for those who read the log.
func (p *Pages) Head(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "The head of the record", layout.Crumb{Name: "Decisions", URL: "/governance/log"})
	if _, err := p.Desk.Ask(r.Context(), actor, policy.LogRead, actor.ODS, policy.Change{}); err != nil {
		return err
	}
	head, err := p.Heads.Latest()
	if err == nil && p.Now().Sub(head.Taken) > fresh {
		head, err = p.Heads.Take(r.Context())
	}
	if err != nil {
		return err
	}
	return headPage(headView{page, head, p.Heads.Key()}).Render(r.Context(), w)
}
