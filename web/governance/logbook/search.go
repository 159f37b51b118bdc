package logbook

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// perPage is how many decisions a page lists.
const perPage = 200

// search is the log as a page shows it.
type search struct {
	page     layout.Page
	Owner    string
	form     form
	faults   []layout.Fault
	datasets []layout.Option
	actions  []layout.Option
	answers  []layout.Option
	plugins  []layout.Option
	groups   []group
	older    string // address of the next page; empty where there is none
	narrowed bool
}

// form is what the reader asked for.
type form struct {
	person, dataset, plugin, asker, action, allow, from, to string
	before                                                  int64
}

// line is one decision in words.
type line struct {
	postgres.LogLine
	Who, Wanted, Title, Purpose, Because, Became string
}

// group is what one person asked for in one breath, the newest first: a page of
// charts asks a question for each of them.
type group []line

// breath is how far apart the questions of one page are.
const breath = 20 * time.Second

// together adds a line to the last group, if it was asked in one breath with it.
func together(groups []group, l line) []group {
	if n := len(groups); n > 0 {
		last := groups[n-1][len(groups[n-1])-1]
		a, b := last.Document.Input, l.Document.Input
		if a.Subject.ID == b.Subject.ID && last.Who == l.Who && a.Action == b.Action && a.Action.OpensData() && a.Resource.ODS == b.Resource.ODS &&
			a.Subject.Purpose == b.Subject.Purpose && last.Document.Allow == l.Document.Allow && ground(last.Document) == ground(l.Document) &&
			last.Time.Sub(l.Time).Abs() < breath {
			groups[n-1] = append(groups[n-1], l)
			return groups
		}
	}
	return append(groups, group{l})
}

// ground is the code of what opened or closed.
func ground(d policy.Document) string {
	switch {
	case d.Allow && len(d.Grants) > 0:
		return d.Grants[0].Code
	case !d.Allow && len(d.Reasons) > 0:
		return d.Reasons[0].Code
	}
	return ""
}

// wanted is what a group asked for: several sets of figures, each named below.
func (g group) wanted() string {
	if len(g) == 1 {
		return g[0].Wanted
	}
	return strings.Replace(g[0].Wanted, "“"+g[0].Title+"”", counted(int64(len(g)), "set of figures", "sets of figures"), 1)
}

// aside is what a reader may want to know besides.
func (l line) aside() string {
	return "· " + moment(l.Time) + " · " + l.Document.Input.Subject.ID + " · " + l.Became
}

// because is why, where it is the same for all of the group.
func (g group) because() string {
	for _, l := range g {
		if l.Because != g[0].Because {
			return ""
		}
	}
	return g[0].Because
}

// Search lists the decisions of the reader's organisation, the newest first.
func (p *Pages) Search(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Decisions")
	v := search{page: page, Owner: p.called(r.Context(), actor.ODS)}
	q, faults := v.form.read(r.URL.Query())
	v.faults, v.narrowed = faults, v.form != form{before: v.form.before}
	q.Owner, q.Limit = actor.ODS, perPage+1
	v.options(p)
	if len(faults) > 0 { // nothing is read, so nothing is asked
		w.WriteHeader(http.StatusUnprocessableEntity)
		return searchPage(v).Render(r.Context(), w)
	}
	lines, err := p.read(r.Context(), actor, func(grant policy.Grant) ([]postgres.LogLine, error) {
		lines, err := p.Log.Decisions(r.Context(), grant, q)
		if len(lines) > perPage {
			v.older = "/governance/log?" + v.form.query(lines[perPage-1].Sequence)
			lines = lines[:perPage]
		}
		return lines, err
	})
	if err != nil {
		return err
	}
	for _, l := range lines {
		v.groups = together(v.groups, p.say(r, l))
	}
	return searchPage(v).Render(r.Context(), w)
}

func (p *Pages) say(r *http.Request, l postgres.LogLine) line {
	in := l.Document.Input
	return line{LogLine: l, Who: p.who(r.Context(), in.Subject), Wanted: p.wanted(r.Context(), in), Title: p.title(in.Resource.Dataset),
		Purpose: strings.ToLower(p.purpose(in.Subject.Purpose)), Because: because(l.Document), Became: became(l)}
}

// read takes the form from an address. A day is told from midnight to midnight, UTC.
func (f *form) read(values url.Values) (q postgres.LogQuery, faults []layout.Fault) {
	get := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	*f = form{person: get("person"), dataset: get("dataset"), plugin: get("plugin"), asker: strings.ToUpper(get("asker")),
		action: get("action"), allow: get("answer"), from: get("from"), to: get("to")}
	f.before, _ = strconv.ParseInt(get("before"), 10, 64)
	q = postgres.LogQuery{Person: f.person, Dataset: f.dataset, Plugin: f.plugin, Asker: f.asker, Action: f.action, Before: max(f.before, 0)}
	if f.allow == "yes" || f.allow == "no" {
		yes := f.allow == "yes"
		q.Allow = &yes
	}
	date := func(id, text string) (day time.Time) {
		if text == "" {
			return day
		}
		day, err := time.Parse(time.DateOnly, text)
		if err != nil || day.Year() < 1948 || day.Year() > 9000 {
			faults = append(faults, layout.Fault{Field: id, Message: "Enter a day such as 2026-05-31, or leave it empty."})
		}
		return day
	}
	q.From, q.To = date("from", f.from), date("to", f.to)
	if !q.To.IsZero() {
		q.To = q.To.AddDate(0, 0, 1)
	}
	if len(faults) == 0 && !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		faults = append(faults, layout.Fault{Field: "from", Message: "The first day comes after the last. Exchange them."})
	}
	if f.asker != "" && !measures.ODSCode(f.asker).Valid() {
		faults = append(faults, layout.Fault{Field: "asker", Message: "Enter the code of an organisation, such as ZZB, or leave it empty."})
	}
	return q, faults
}

// query is the form as part of an address, for the page of what is older.
func (f form) query(before int64) string {
	values := url.Values{"before": {strconv.FormatInt(before, 10)}}
	for name, value := range map[string]string{"person": f.person, "dataset": f.dataset, "plugin": f.plugin, "asker": f.asker,
		"action": f.action, "answer": f.allow, "from": f.from, "to": f.to} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values.Encode()
}

// options fills what can be chosen from.
func (v *search) options(p *Pages) {
	_, known := p.Engine.Live()
	v.datasets = []layout.Option{{Name: "Any data"}}
	for id, facts := range known.Datasets {
		v.datasets = append(v.datasets, layout.Option{Value: string(id), Name: facts.Title, Chosen: string(id) == v.form.dataset})
	}
	byName := func(a, b layout.Option) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(v.datasets[1:], byName)
	v.plugins = []layout.Option{{Name: "Any plugin"}}
	for digest, facts := range known.Plugins {
		v.plugins = append(v.plugins, layout.Option{Value: digest, Name: facts.ID + " " + facts.Version, Chosen: digest == v.form.plugin})
	}
	slices.SortFunc(v.plugins[1:], byName)
	v.actions = []layout.Option{{Name: "Anything"}}
	for _, a := range acts {
		v.actions = append(v.actions, layout.Option{Value: string(a.action), Name: a.name, Chosen: string(a.action) == v.form.action})
	}
	for _, a := range []layout.Option{{Name: "Either"}, {Value: "yes", Name: "Allowed"}, {Value: "no", Name: "Denied"}} {
		a.Chosen = a.Value == v.form.allow
		v.answers = append(v.answers, a)
	}
}

// field is one line of the form.
func (v *search) field(id, label, value, hint, kind string) layout.Field {
	f := layout.Field{ID: id, Name: id, Label: label, Value: value, Hint: hint, Type: kind, Autocomplete: "off"}
	for _, fault := range v.faults {
		if fault.Field == id {
			f.Fault = fault.Message
			if kind == "date" {
				f.Value = "" // a field for days shows no other text
			}
		}
	}
	return f
}
