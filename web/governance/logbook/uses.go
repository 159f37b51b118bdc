package logbook

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// usesDays is over how many days requests are counted.
const usesDays = 30

// registerFor is how long the register is shown before it is made again. It is
// open to everybody, and must not be a way to keep the database busy.
const registerFor = time.Minute

// register keeps what was last made.
type register struct {
	mu   sync.Mutex
	made time.Time
	uses []DatasetUse
}

// DatasetUse is what the register says of one dataset. It names no person, and no
// organisation that asked.
type DatasetUse struct {
	Dataset   measures.DatasetID `json:"dataset"`
	Title     string             `json:"title"`
	Synthetic bool               `json:"made_up"`
	Published bool               `json:"published"` // under an open licence
	Owner     string             `json:"owner"`
	Source    string             `json:"source"`
	Licence   string             `json:"licence"`
	OptOuts   string             `json:"opt_outs"`
	// Who may use it: rules in words, and agreements by number.
	Who        []string       `json:"who_may_use_it"`
	Agreements []AgreementUse `json:"agreements"`
	Hidden     string         `json:"small_numbers"`
	Plugins    []string       `json:"computed_by"`
	Requests   []RequestCount `json:"requests_in_30_days"`
}

// AgreementUse is one agreement under which a dataset is used.
type AgreementUse struct {
	Ref      string   `json:"ref"`
	Between  string   `json:"between"`
	Purposes []string `json:"purposes"`
	Until    string   `json:"until"`
}

func (a AgreementUse) sentence() string {
	return a.Between + " for " + listed(a.Purposes) + ", until " + a.Until + "."
}

// RequestCount is how often a dataset was opened.
type RequestCount struct {
	Purpose string `json:"purpose"`
	By      string `json:"by"`    // kind of organisation
	Count   string `json:"count"` // "fewer than 8" for small numbers
}

type usesView struct {
	page  layout.Page
	uses  []DatasetUse
	made  time.Time
	least int
}

// Uses is the public register of what data is used for, as a page, CSV or JSON.
func (p *Pages) Uses(w http.ResponseWriter, r *http.Request) error {
	uses, made, err := p.usesNow(r.Context())
	if err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(r.URL.Path, ".json"):
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		return json.NewEncoder(w).Encode(map[string]any{"made": made.UTC().Format(time.RFC3339), "days": usesDays, "datasets": uses})
	case strings.HasSuffix(r.URL.Path, ".csv"):
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		return writeUses(w, uses)
	}
	_, page := p.Reader(r)
	page.Title, page.Door = "What data is used for", layout.Governance
	_, known := p.Engine.Live()
	return usesPage(usesView{page: page, uses: uses, made: made, least: known.Suppression.MinCellCount}).Render(r.Context(), w)
}

func writeUses(w http.ResponseWriter, uses []DatasetUse) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"dataset", "title", "owner", "licence", "opt_outs", "purpose", "by", "requests_in_30_days"})
	for _, u := range uses {
		rows := u.Requests
		if len(rows) == 0 {
			rows = []RequestCount{{Count: "0"}}
		}
		for _, c := range rows {
			cells := []string{string(u.Dataset), u.Title, u.Owner, u.Licence, u.OptOuts, c.Purpose, c.By, c.Count}
			for i := range cells {
				cells[i] = noFormula(cells[i])
			}
			_ = out.Write(cells)
		}
	}
	out.Flush()
	return out.Error()
}

// noFormula keeps a spreadsheet from taking a name for a formula.
func noFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func (p *Pages) usesNow(ctx context.Context) ([]DatasetUse, time.Time, error) {
	p.register.mu.Lock()
	defer p.register.mu.Unlock()
	now := p.Now()
	if now.Sub(p.register.made) < registerFor {
		return p.register.uses, p.register.made, nil
	}
	_, known := p.Engine.Live()
	counts, err := p.Log.Uses(ctx, now.AddDate(0, 0, -usesDays), known.Suppression.MinCellCount)
	if err != nil {
		return nil, now, err
	}
	baseline, err := policy.Baseline()
	if err != nil {
		return nil, now, fmt.Errorf("rules for the register of uses: %w", err)
	}
	p.register.uses = p.gather(ctx, known, counts, titlesOf(baseline))
	p.register.made = now
	return p.register.uses, now, nil
}

func (p *Pages) gather(ctx context.Context, known policy.ReferenceData, counts []postgres.Use, titles map[string]string) []DatasetUse {
	uses := []DatasetUse{}
	for id := range known.Datasets {
		d, ok := p.Catalogue.Dataset(id)
		if !ok {
			continue // it has come since the catalogue was read, and will be here in a moment
		}
		u := DatasetUse{Dataset: id, Title: d.Title, Synthetic: d.Synthetic, Published: d.Published && known.Licences[d.Licence].Open, Owner: orNot(d.Owner), Source: d.Source, Licence: licence(d.Licence, known),
			OptOuts: orNot(d.OptOuts), Who: whoMay(d, known, titles), Hidden: hidden(d, known.Suppression),
			Agreements: p.agreements(ctx, id, known), Plugins: p.computedBy(id), Requests: []RequestCount{}}
		for _, c := range counts {
			if c.Dataset == id {
				u.Requests = append(u.Requests, p.counted(c, known.Suppression.MinCellCount))
			}
		}
		uses = append(uses, u)
	}
	slices.SortFunc(uses, func(a, b DatasetUse) int { return strings.Compare(a.Title, b.Title) })
	return uses
}

func orNot(text string) string {
	if text == "" {
		return "Not said"
	}
	return text
}

func licence(id string, known policy.ReferenceData) string {
	if facts, ok := known.Licences[id]; ok && facts.Title != "" {
		return facts.Title
	}
	return orNot(id)
}

// groundCode finds the code of a ground in the Rego of its rule.
var groundCode = regexp.MustCompile(`(?s)^\w*ground contains \{.*?"code": "([a-z_]+)"`)

// titlesOf gives the words of the rules that open data, by code.
func titlesOf(modules []policy.Module) map[string]string {
	titles := map[string]string{}
	for _, m := range modules {
		for _, rule := range policy.Outline(m) {
			if found := groundCode.FindStringSubmatch(strings.Join(rule.Source, "\n")); found != nil {
				titles[found[1]] = rule.Title
			}
		}
	}
	return titles
}

// whoMay are the titles of the rules that can open a dataset.
func whoMay(d measures.Dataset, known policy.ReferenceData, titles map[string]string) []string {
	codes := []string{"own_organisation", "same_system", "national_body", "agreement"}
	if d.Published && known.Licences[d.Licence].Open {
		codes = append([]string{"published"}, append(codes, "evidence_published")...)
	} else {
		codes = append(codes, "evidence")
	}
	if d.Synthetic {
		codes = append(codes, "synthetic")
	}
	said := []string{}
	for _, code := range codes {
		if title, ok := titles[code]; ok {
			said = append(said, title)
		}
	}
	return said
}

// hidden says what becomes of small numbers.
func hidden(d measures.Dataset, s policy.Disclosure) string {
	if d.Published {
		return "It is published already, so nothing is hidden."
	}
	return "Beyond the organisation that it is about, counts from 1 to " + strconv.Itoa(s.MinCellCount-1) +
		" are hidden and others rounded to the nearest " + strconv.Itoa(max(s.RoundTo, 1)) + "."
}

func (p *Pages) agreements(ctx context.Context, id measures.DatasetID, known policy.ReferenceData) []AgreementUse {
	list := []AgreementUse{}
	now := p.Now()
	for key, a := range known.Agreements {
		parts := strings.Split(string(key), "|")
		if measures.DatasetID(parts[2]) != id || a.Expires <= now.Unix() {
			continue
		}
		use := AgreementUse{Ref: a.Ref, Between: p.name(ctx, measures.ODSCode(parts[0])) + " shares it with " + p.name(ctx, measures.ODSCode(parts[1])),
			Purposes: []string{}, Until: measures.Date((a.Expires - 1) / 86400).DayName()}
		for _, purpose := range a.Purposes {
			use.Purposes = append(use.Purposes, strings.ToLower(p.purpose(purpose)))
		}
		list = append(list, use)
	}
	slices.SortFunc(list, func(a, b AgreementUse) int { return strings.Compare(a.Ref, b.Ref) })
	return list
}

// computedBy names the plugins whose measures ask for a dataset.
func (p *Pages) computedBy(id measures.DatasetID) []string {
	list := []string{}
	for _, d := range p.Catalogue.Everywhere() {
		name := d.Release.Manifest.ID + " " + d.Release.Manifest.Version
		if d.Dataset == id && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// kinds are what organisations are called in the register.
var kinds = map[string]string{"trust": "NHS trusts", "icb": "Integrated care boards", "region": "NHS regions", "national": "National bodies",
	"": "People of no NHS organisation"}

func (p *Pages) counted(u postgres.Use, least int) RequestCount {
	by, ok := kinds[u.Kind]
	if !ok {
		by = "Other organisations"
	}
	// To the nearest five, so that nobody can watch single requests go by.
	c := RequestCount{Purpose: capital(p.purpose(u.Purpose)), By: by, Count: "about " + strconv.FormatInt((u.Requests+2)/5*5, 10)}
	if u.Few {
		c.Count = "fewer than " + strconv.Itoa(least)
	}
	return c
}

// rules are the rules that open any of the datasets, each once.
func (v *usesView) rules() []string {
	var list []string
	for _, u := range v.uses {
		for _, rule := range u.Who {
			if !slices.Contains(list, rule) {
				list = append(list, rule)
			}
		}
	}
	return list
}

func (u DatasetUse) published() string {
	said := "No: what goes beyond its own organisation needs a rule or an agreement"
	if u.Published {
		said = "Yes, under an open licence"
	}
	if u.Synthetic {
		said += ". Made up, and about nobody"
	}
	return said + "."
}
