package sharing

import (
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// chartFrom is a chart of months from January 2023; 0 is a month without a figure.
func chartFrom(values ...float64) *measures.Chart {
	c := &measures.Chart{}
	for i, v := range values {
		if v == 0 {
			v = measures.Missing
		}
		c.X, c.Y = append(c.X, int32(measures.DateOf(2023, 1+i, 1))), append(c.Y, v)
	}
	return c
}

// around is n points that go up and down around a level, as chance does.
func around(level float64, n int) (values []float64) {
	for i := range n {
		values = append(values, level+float64((i*7)%5-2))
	}
	return values
}

func month(n int) measures.Date { return measures.DateOf(2023, n, 1) }

func TestBaselineIsTheLongestSettledStretchOfTheLastTwelveToTwentyFourPoints(t *testing.T) {
	for name, test := range map[string]struct {
		values []float64
		first  measures.Date
		want   *postgres.Baseline
		quiet  bool
	}{
		"three settled years":        {around(80, 36), month(37), &postgres.Baseline{From: month(13), To: month(36), Points: 24}, true},
		"eighteen settled months":    {around(80, 18), month(19), &postgres.Baseline{From: month(1), To: month(18), Points: 18}, true},
		"another level for fourteen": {slices.Concat(around(60, 22), around(80, 14)), month(37), &postgres.Baseline{From: month(23), To: month(36), Points: 14}, true},
		"another level for six":      {slices.Concat(around(60, 30), around(80, 6)), month(37), &postgres.Baseline{From: month(13), To: month(36), Points: 24}, false},
		"eleven points":              {around(80, 11), month(12), nil, false},
		"gaps are no points":         {slices.Concat(around(80, 12), []float64{0, 0, 0}), month(16), &postgres.Baseline{From: month(1), To: month(12), Points: 12}, true},
		"what counts as after":       {around(80, 36), month(31), &postgres.Baseline{From: month(7), To: month(30), Points: 24}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := chartFrom(test.values...)
			got := baselineBefore(c, test.first)
			if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
				t.Fatalf("the baseline is %+v, want %+v", got, test.want)
			}
			if got != nil && quiet(valuesWithin(c, got)) != test.quiet {
				t.Errorf("settled: %v, want %v", !test.quiet, test.quiet)
			}
		})
	}
}

func TestTargetFromHistoryHasBeenReachedInAQuarterOfTheBaseline(t *testing.T) {
	c := chartFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12.34)
	b := &postgres.Baseline{From: month(1), To: month(12), Points: 12}
	for direction, want := range map[measures.Direction]float64{measures.Increase: 10, measures.Decrease: 3} {
		got, found := targetFromHistory(&measures.Measure{Direction: direction, Unit: measures.Unit{Decimals: 1}}, c, b)
		if !found || got.Value != want {
			t.Errorf("%v: the target is %v (%v), want %v", direction, got.Value, found, want)
		}
	}
	if _, found := targetFromHistory(&measures.Measure{Direction: measures.Neutral}, c, b); found {
		t.Error("there is a target although neither direction is better")
	}
	if _, found := targetFromHistory(&measures.Measure{Direction: measures.Increase}, c, nil); found {
		t.Error("there is a target without a baseline")
	}
	rounded, _ := targetFromHistory(&measures.Measure{Direction: measures.Increase, Unit: measures.Unit{Decimals: 1}}, chartFrom(1.26, 1.26, 1.26, 1.26), b)
	if rounded.Value != 1.3 {
		t.Errorf("the target is %v, want it with the decimals that are shown", rounded.Value)
	}
}

func TestADatasetOfAnotherNameStandsInOnlyIfItHasWhatIsReadAndNobodyHasToGuess(t *testing.T) {
	dataset := func(id string, grain measures.Grain, stratifier string, columns ...string) Fit {
		d := measures.Dataset{ID: measures.DatasetID(id), Title: id, Grain: grain, Stratifiers: []string{stratifier}}
		for _, name := range columns {
			d.Columns = append(d.Columns, measures.Column{Name: name})
		}
		return Fit{Dataset: d}
	}
	wanted := func() Need {
		return Need{Dataset: "falls", Columns: []string{"days", "falls"}, Stratifiers: []string{"ward"}, Grain: measures.Month}
	}
	for name, test := range map[string]struct {
		has    []Fit
		chosen measures.DatasetID
		uses   measures.DatasetID
		lacks  []string
		fits   int
	}{
		"the same name":             {[]Fit{dataset("falls", measures.Month, "ward", "falls", "days")}, "", "falls", nil, 0},
		"nothing":                   {nil, "", "", nil, 0},
		"the only one that fits":    {[]Fit{dataset("slips", measures.Month, "ward", "falls", "days", "more")}, "", "slips", nil, 1},
		"two that fit":              {[]Fit{dataset("slips", measures.Month, "ward", "falls", "days"), dataset("trips", measures.Month, "ward", "falls", "days")}, "", "", nil, 2},
		"one of two was chosen":     {[]Fit{dataset("slips", measures.Month, "ward", "falls", "days"), dataset("trips", measures.Month, "ward", "falls", "days")}, "trips", "trips", nil, 2},
		"a column is lacking":       {[]Fit{dataset("slips", measures.Month, "ward", "falls")}, "", "", nil, 0},
		"another grain":             {[]Fit{dataset("slips", measures.Quarter, "ward", "falls", "days")}, "", "", nil, 0},
		"a stratifier is lacking":   {[]Fit{dataset("slips", measures.Month, "site", "falls", "days")}, "", "", nil, 0},
		"the same name, less in it": {[]Fit{dataset("falls", measures.Month, "ward", "days")}, "", "falls", []string{"falls"}, 0},
		"one that does not fit was chosen": {[]Fit{dataset("falls", measures.Month, "ward", "falls", "days"), dataset("slips", measures.Month, "site", "falls", "days")}, "slips",
			"slips", []string{"ward"}, 0},
		"one that is not there was chosen": {[]Fit{dataset("falls", measures.Month, "ward", "falls", "days")}, "others", "", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			n := wanted()
			n.meet(test.has, test.chosen)
			if n.Uses != test.uses || !slices.Equal(n.Lacks, test.lacks) || len(n.Fits) != test.fits {
				t.Errorf("uses %q, lacks %v, fits %d; want %q, %v, %d", n.Uses, n.Lacks, len(n.Fits), test.uses, test.lacks, test.fits)
			}
			if n.Met() != (test.uses != "" && test.lacks == nil) {
				t.Errorf("met: %v", n.Met())
			}
		})
	}
}
