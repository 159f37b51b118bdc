package policies

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// AddCase adds a test to a draft that asks for what a recorded decision said: one
// press, on the page of the decision.
func (p *Pages) AddCase(w http.ResponseWriter, r *http.Request) error {
	entered, d, err := p.openDraft(r)
	if err != nil {
		return err
	}
	sequence, err := strconv.ParseInt(r.PostFormValue("record"), 10, 64)
	if err != nil || sequence < 1 {
		return noRecord(r.PostFormValue("record"))
	}
	grant, err := p.Policies.Desk.Ask(r.Context(), entered.actor, policy.LogRead, entered.owner, policy.Change{})
	if err != nil {
		return err
	}
	line, err := p.Policies.Store.LoggedDecision(r.Context(), grant, entered.owner, sequence)
	if errors.Is(err, postgres.ErrNotFound) {
		return noRecord(r.PostFormValue("record"))
	}
	if err != nil {
		return err
	}
	files, err := policy.AddCase(entered.owner, d.Files, line.Document, "record_"+strconv.FormatInt(sequence, 10), p.Policies.Reference())
	if errors.Is(err, policy.ErrNoCase) {
		return &layout.Trouble{Status: http.StatusUnprocessableEntity, Title: "This decision cannot be made a test",
			Text: sentenceOf(err, policy.ErrNoCase), Help: "A test can be written by hand in the editor."}
	}
	if err != nil {
		return err
	}
	v := &editorView{visit: entered, draft: d.Draft, version: d.Version, base: d.Base, title: d.Title, files: files}
	return p.save(w, r, v)
}

func noRecord(number string) error {
	return &layout.Trouble{Status: http.StatusNotFound, Title: "There is no such decision", Text: "The log of this organisation has no decision of the number " + number + ".",
		Help: "A test is added from the page of a decision in the log."}
}
