// Package logbook shows the record of decisions: to those who answer for an
// organisation's data every decision about it, and to everybody what data is used
// for.
package logbook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Log reads the record.
type Log interface {
	Decisions(context.Context, policy.Grant, postgres.LogQuery) ([]postgres.LogLine, error)
	LoggedDecision(ctx context.Context, grant policy.Grant, owner measures.ODSCode, sequence int64) (postgres.LogLine, error)
	RecordResults(context.Context, []postgres.Result) error
	LedgerHashes(context.Context) ledger.HashReader
	LedgerHead(context.Context) (ledger.Head, error)
	LivePolicies(ctx context.Context, at time.Time) (map[measures.ODSCode]postgres.PolicyRevision, time.Time, error)
	Uses(ctx context.Context, since time.Time, least int) ([]postgres.Use, error)
}

// Heads signs the head of the record, and keeps what was signed.
type Heads interface {
	Take(context.Context) (ledger.SignedHead, error)
	Latest() (ledger.SignedHead, error)
	Key() string
}

// Names finds what organisations are called.
type Names interface {
	OrganisationName(ctx context.Context, code measures.ODSCode) (string, error)
}

// Draft is a draft of a policy that a case can be added to.
type Draft struct {
	Number int
	Title  string
}

// Pages are the pages about the record.
type Pages struct {
	Desk      *governing.Desk
	Log       Log
	Heads     Heads
	Engine    *policy.Engine
	Catalogue *analysis.Catalogue
	Names     Names
	// Drafts lists the drafts of an organisation's policy that may be written on.
	Drafts func(context.Context, measures.ODSCode) ([]Draft, error)
	Reader func(*http.Request) (policy.Actor, layout.Page)
	Now    func() time.Time

	register register
}

// frame starts a page.
func (p *Pages) frame(r *http.Request, title string, crumbs ...layout.Crumb) (policy.Actor, layout.Page) {
	actor, page := p.Reader(r)
	page.Title, page.Door = title, layout.Governance
	page.Crumbs = append([]layout.Crumb{{Name: "Governance", URL: "/governance"}}, crumbs...)
	return actor, page
}

// read asks whether the reader may read the log of their organisation, which is
// recorded too, and reads. What it gave is recorded after.
func (p *Pages) read(ctx context.Context, actor policy.Actor, get func(policy.Grant) ([]postgres.LogLine, error)) ([]postgres.LogLine, error) {
	grant, err := p.Desk.Ask(ctx, actor, policy.LogRead, actor.ODS, policy.Change{})
	if err != nil {
		return nil, err
	}
	lines, err := get(grant)
	result := postgres.Result{Record: grant.Record(), Rows: int64(len(lines)), Digest: digestOf(lines)}
	if err != nil {
		result = postgres.Result{Record: grant.Record(), Problem: "it could not be read"}
	}
	if recorded := p.Log.RecordResults(ctx, []postgres.Result{result}); recorded != nil && err == nil {
		return nil, fmt.Errorf("record what was shown of the log: %w", recorded)
	}
	return lines, err
}

// digestOf names the records that were shown.
func digestOf(lines []postgres.LogLine) string {
	h := sha256.New()
	for _, line := range lines {
		fmt.Fprintln(h, line.Sequence)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// name is what an organisation is called in running text.
func (p *Pages) name(ctx context.Context, code measures.ODSCode) string {
	if code == policy.Everyone {
		return "all organisations"
	}
	name, err := p.Names.OrganisationName(ctx, code)
	if err != nil {
		return string(code) // the page is about a decision, and not about a name
	}
	return strings.TrimPrefix(name, demo.Label)
}

// called is an organisation's name and code.
func (p *Pages) called(ctx context.Context, code measures.ODSCode) string {
	name := p.name(ctx, code)
	if name == string(code) || code == policy.Everyone {
		return name
	}
	return name + " (" + string(code) + ")"
}

// title is what a dataset is called.
func (p *Pages) title(id measures.DatasetID) string {
	if d, known := p.Catalogue.Dataset(id); known {
		return d.Title
	}
	return string(id)
}

// address is where a record is shown.
func address(sequence int64) string { return "/governance/log/" + strconv.FormatInt(sequence, 10) }

// absent is the page of a record that is not in the reader's log.
func absent(sequence string) error {
	return &layout.Trouble{Status: http.StatusNotFound, Title: "There is no such record in your log",
		Text: "Record " + sequence + " is not there, or is about others' data, or was let go because it was old.",
		Help: "The log lists the decisions about your organisation's data and those of its own people."}
}
