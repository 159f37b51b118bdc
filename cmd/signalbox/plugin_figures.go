package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// figures are what a measure is tried on.
type figures struct {
	series measures.Series
	whole  bool   // periods are whole numbers
	name   string // of the organisation, or empty
	from   string // where they come from, in words
}

// figuresFor chooses the figures: as the author asked, or else the file data.csv
// beside the plugin, or else the demonstration's first organisation that has any.
func (r *running) figuresFor(ctx context.Context, w *written, s *subject) (*figures, error) {
	switch {
	case r.file != "":
		return figuresOfFile(s, r.file)
	case r.at != "":
		return r.figuresOfHouse(ctx, s)
	case r.demo != "":
		return figuresOfDemo(s, measures.ODSCode(r.demo))
	}
	beside := filepath.Join(w.folder, "data.csv")
	if _, err := os.Stat(beside); err == nil {
		return figuresOfFile(s, beside)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if s.bare {
		return nil, badInput(fmt.Errorf("%s has no measure that says which data it wants; give it some with --file FILE.csv", w.path))
	}
	return figuresOfDemo(s, "")
}

func figuresOfFile(s *subject, file string) (*figures, error) {
	q, err := s.questionOf(file)
	if err != nil {
		return nil, badLine(err)
	}
	return &figures{series: q.Series[0], whole: q.Whole, from: "figures of " + file}, nil
}

// figuresOfDemo makes the demonstration's figures in memory; no database is asked.
func figuresOfDemo(s *subject, code measures.ODSCode) (*figures, error) {
	m := s.measure
	if s.bare {
		return nil, badInput(errors.New("--demo is for measures, which say which data they want; give an entry some with --file FILE.csv"))
	}
	known, err := datasets()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(known, func(d measures.Dataset) bool { return d.ID == m.Dataset })
	var others []string
	for _, file := range demo.Files(demo.DefaultSeed) {
		if file.Dataset == "" {
			continue
		}
		if !slices.Contains(others, string(file.Dataset)) {
			others = append(others, string(file.Dataset))
		}
		if file.Dataset != m.Dataset || at < 0 {
			continue
		}
		for _, code := range pretenders(code) {
			list, err := intake.Look(file.Name, bytes.NewReader(file.Content), known[at], code)
			if err != nil {
				return nil, err
			}
			if f, err := figuresOfSeries(s, known[at], list); f != nil || err != nil {
				return f, err
			}
		}
	}
	if slices.Contains(others, string(m.Dataset)) {
		return nil, badInput(fmt.Errorf("--demo %s: the demonstration has no figures of dataset %s for it; codes are ZZA, ZZB and so on to ZZM", code, m.Dataset))
	}
	return nil, badInput(fmt.Errorf("the demonstration has no figures of dataset %q, which measure %s reads; it has %s. Figures of your own are given with --file FILE.csv",
		m.Dataset, m.ID, strings.Join(others, ", ")))
}

// figuresOfSeries takes the series that a measure is about: of the whole
// organisation, or of the one stratum that it names.
func figuresOfSeries(s *subject, d measures.Dataset, list []measures.Series) (*figures, error) {
	stratum := ""
	if s.measure.Part != nil {
		stratum = s.measure.Part.Stratum
	}
	for _, one := range list {
		if one.Stratum != stratum || len(one.Periods) == 0 {
			continue
		}
		series, err := analysis.Inputs(s.measure, d, one)
		return &figures{series: series, name: "Demonstration trust", from: "invented figures of the demonstration"}, err
	}
	return nil, nil
}

// pretenders are the organisations of the demonstration that are looked at: the one
// that was named, or all of them until one has figures.
func pretenders(code measures.ODSCode) []measures.ODSCode {
	if code != "" {
		return []measures.ODSCode{code}
	}
	var all []measures.ODSCode
	for letter := 'A'; letter <= 'M'; letter++ {
		all = append(all, measures.ODSCode("ZZ"+string(letter)))
	}
	return all
}

// datasets are all that this program knows without a database.
func datasets() ([]measures.Dataset, error) {
	known, err := intake.Datasets()
	return append(known, demo.Own()...), err
}

// figuresOfHouse asks for figures that are loaded. A plugin that nobody has
// approved is no reason to read anything, so what is asked for is a plain chart of
// the measure's inputs by the library's plugin; the policy decides, the decision is
// recorded, small numbers are hidden, and only what was released is shown to the
// plugin. Published data only: of other data a trial is not what they are for.
func (r *running) figuresOfHouse(ctx context.Context, s *subject) (*figures, error) {
	code := measures.ODSCode(r.at)
	if s.bare {
		return nil, badInput(errors.New("--at is for measures, which say which data they want"))
	}
	if !code.Valid() {
		return nil, badInput(fmt.Errorf("--at is %q, want an ODS code such as RQW", r.at))
	}
	plain := *s.measure
	plain.Uses = measures.Uses{Plugin: "spc", Entry: measures.XmR.String()}
	h, err := r.ask(ctx)
	if err != nil {
		return nil, err
	}
	defer h.close()
	catalogue := analysis.NewCatalogue(&trialShelf{h.books, &plain})
	if err := catalogue.Refresh(ctx, h.db); err != nil {
		return nil, err
	}
	d, loaded := catalogue.Dataset(plain.Dataset)
	switch {
	case !loaded:
		return nil, badInput(fmt.Errorf("--at %s: dataset %s, which measure %s reads, is not loaded here; \"signalbox load\" takes it in", code, plain.Dataset, plain.ID))
	case !d.Published:
		return nil, fmt.Errorf("--at %s: dataset %s is not published, and a plugin that nobody has approved is tried on published data only; use --demo or a file of your own", code, d.ID)
	}
	name, err := h.db.OrganisationName(ctx, code)
	if err != nil {
		return nil, badInput(fmt.Errorf("--at %s: %w", code, err))
	}
	trial := &analysis.Analysis{Catalogue: catalogue, Policy: h.engine, Ledger: h.db, Data: h.db, Plugins: h.host, Now: r.now}
	answers, err := trial.Ask(ctx, analysis.Question{Actor: policy.Actor{ID: "operator-" + currentUser(), Orgs: []measures.ODSCode{}, Roles: []policy.Role{"operator"},
		Purpose: "development", Assurance: "aal1"},
		Action: policy.DataExport, Measure: plain.ID, Organisation: code})
	if err != nil {
		return nil, err
	}
	if err := answers[0].Err; err != nil {
		return nil, fmt.Errorf("%s at %s: %w", plain.ID, code, err)
	}
	return released(s, &answers[0], name)
}

// released makes a series of what may be seen of a chart.
func released(s *subject, answer *analysis.Answer, name string) (*figures, error) {
	if len(answer.Charts) == 0 {
		return nil, fmt.Errorf("%s at %s: there are no figures", answer.Measure.ID, answer.Question.Organisation)
	}
	c := &answer.Charts[0]
	columns := [][]float64{c.Numerator, c.Denominator}[:len(s.measure.Inputs)]
	if slices.ContainsFunc(columns, func(column []float64) bool { return len(column) != c.Chart.Len() }) {
		return nil, badInput(fmt.Errorf("--at: the inputs of measure %s are %s; what is released is a value, or a numerator and a denominator",
			s.measure.ID, strings.Join(inputNames(s.measure), ", ")))
	}
	f := &figures{name: name, from: "published figures, released by record " + fmt.Sprint(answer.Receipt.Record) + " of the ledger"}
	f.series = measures.Series{Organisation: c.Organisation, States: c.Chart.States, Columns: columns, Phases: c.Decided, Targets: s.measure.Targets}
	for _, x := range c.Chart.X {
		f.series.Periods = append(f.series.Periods, measures.Date(x))
	}
	return f, nil
}

// trialShelf is the library with one measure more, or another in its place.
type trialShelf struct {
	*shelf
	measure *measures.Measure
}

func (t *trialShelf) Measures() []*measures.Measure {
	list := slices.DeleteFunc(t.shelf.Measures(), func(m *measures.Measure) bool { return m.ID == t.measure.ID })
	return append(list, t.measure)
}
