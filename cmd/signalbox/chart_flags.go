package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// chartFlags are the settings of the command as they were typed. An empty one
// has the default of its kind and rule set.
type chartFlags struct {
	kind, plugin, rules, constant, direction, target, centre, multiply, format string
	rebase, exclude                                                            []string
	baseline, trend                                                            int
	screen, screenGiven                                                        bool
}

func (f *chartFlags) register(set *pflag.FlagSet) {
	set.SortFlags = false
	set.StringVar(&f.kind, "kind", "xmr", "kind of chart: xmr, mr, run, p, pp, u, up, c, np, g, t, xbar, s, ip, ewma, cusum or funnel")
	set.StringVar(&f.rules, "rules", "", "rule set: mdc, mdc-r022, anhoej, ihi, western-electric, nelson, powerbi or none\n(by default mdc; anhoej for a run chart)")
	set.StringVar(&f.direction, "direction", "neutral", "the way that is wanted: increase, decrease or neutral")
	set.StringVar(&f.target, "target", "", "the target `N`, in plotted units")
	set.IntVar(&f.baseline, "baseline", 0, "the first `N` points of every phase make its limits (by default all)")
	set.StringSliceVar(&f.rebase, "rebase", nil, "the `X,...` of each first point of a new phase")
	set.StringSliceVar(&f.exclude, "exclude", nil, "the points `I,...` to leave out of statistics and runs, counted from 1")
	set.StringVar(&f.centre, "centre", "", "the centre line `N`, in plotted units, or median")
	set.StringVar(&f.multiply, "multiply", "1", "factor `N` of what is plotted: 100 for percent")
	set.StringVar(&f.constant, "constant", "", "2.66 for limits at 2.66 mean moving ranges, or 1.128 for 3/1.128\n(by default 2.66 under mdc and mdc-r022, else 1.128)")
	set.BoolVar(&f.screen, "screen", false, "leave large moving ranges out of the limits\n(by default off; on under mdc-r022 and powerbi)")
	set.IntVar(&f.trend, "trend", 0, "points that make a trend (by default 7; ihi and powerbi 5, nelson 6)")
	set.StringVar(&f.plugin, "plugin", "spc", "the plugin that does the arithmetic: a name, or a file FILE.wasm")
	set.StringVar(&f.format, "format", "text", "text, json, svg or csv")
}

// chartSettings are the flags, understood.
type chartSettings struct {
	parameters      spc.Parameters
	plugin, format  string
	target          float64 // or measures.Missing
	baseline        int
	rebase, exclude []string
}

func (f *chartFlags) settings() (*chartSettings, error) {
	s := &chartSettings{plugin: f.plugin, format: f.format, baseline: f.baseline, rebase: f.rebase, exclude: f.exclude}
	if !slices.Contains([]string{"text", "json", "svg", "csv"}, f.format) {
		return nil, fmt.Errorf("--format is %q, want text, json, svg or csv", f.format)
	}
	var err error
	if s.parameters, err = f.parameters(); err != nil {
		return nil, err
	}
	if s.target, err = optional("target", f.target); err != nil {
		return nil, err
	}
	// The library's arithmetic is ours to check; a plugin from a file may know
	// more kinds than we do.
	if !strings.HasSuffix(s.plugin, ".wasm") {
		if err := s.parameters.Check(); err != nil {
			return nil, err
		}
	}
	mdc := s.parameters.Rules == measures.MDC || s.parameters.Rules == measures.MDCR022
	if s.baseline < 0 || mdc && s.baseline > 0 && s.baseline < 12 {
		return nil, fmt.Errorf("--baseline is %d; the rule set %s needs at least 12 points", s.baseline, s.parameters.Rules)
	}
	return s, nil
}

// parameters are the defaults of the kind and the rule set, with what was given.
func (f *chartFlags) parameters() (spc.Parameters, error) {
	var none spc.Parameters
	var kind measures.Kind
	if err := kind.UnmarshalText([]byte(f.kind)); err != nil || kind == measures.Custom {
		return none, fmt.Errorf("--kind is %q, want xmr, mr, run, p, pp, u, up, c, np, g, t, xbar, s, ip, ewma, cusum or funnel", f.kind)
	}
	rules := measures.MDC
	if kind == measures.Run {
		rules = measures.Anhoej
	}
	if f.rules != "" {
		if err := rules.UnmarshalText([]byte(f.rules)); err != nil {
			return none, fmt.Errorf("--rules is %q, want mdc, mdc-r022, anhoej, ihi, western-electric, nelson, powerbi or none", f.rules)
		}
	}
	p := spc.Defaults(kind, rules)
	if err := p.Direction.UnmarshalText([]byte(f.direction)); err != nil {
		return none, fmt.Errorf("--direction is %q, want increase, decrease or neutral", f.direction)
	}
	switch f.constant {
	case "":
	case "2.66":
		p.Constant = spc.Constant266
	case "1.128":
		p.Constant = spc.Constant1128
	default:
		return none, fmt.Errorf("--constant is %q, want 2.66 or 1.128", f.constant)
	}
	var err error
	if p.Multiply, err = optional("multiply", f.multiply); err != nil {
		return none, err
	}
	if f.centre == "median" {
		p.Median = true
	} else if p.Centre, err = optional("centre", f.centre); err != nil {
		return none, err
	}
	if f.trend != 0 {
		p.Trend = f.trend
	}
	if f.screenGiven {
		p.Screen = f.screen
	}
	return p, nil
}

// optional is a number, or Missing where nothing was given.
func optional(flag, text string) (float64, error) {
	if text == "" {
		return measures.Missing, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("--%s is %q, want a number such as 12.5", flag, text)
	}
	return v, nil
}

// question is what the plugin is asked about the file.
func (s *chartSettings) question(d *chartfile.Data) (wire.Request, error) {
	series := measures.Series{States: make([]measures.State, len(d.X))}
	for _, x := range d.X {
		series.Periods = append(series.Periods, measures.Date(x))
	}
	q := wire.Request{Measure: "file", Entry: s.parameters.Kind.String(), Inputs: []string{sdk.InputValue},
		Parameters: sdk.ChartParameters(s.parameters), Whole: !d.XIsDate}
	series.Columns = [][]float64{d.Y}
	if d.N != nil {
		q.Inputs = []string{sdk.InputNumerator, sdk.InputDenominator}
		series.Columns = append(series.Columns, d.N)
	}
	if !measures.IsMissing(s.target) {
		series.Targets = []measures.Target{{Value: s.target}}
	}
	if err := s.phases(d, &series); err != nil {
		return q, err
	}
	for _, text := range s.exclude {
		i, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || i < 1 || i > len(d.X) {
			return q, fmt.Errorf("--exclude %s: there are points 1 to %d", text, len(d.X))
		}
		series.States[i-1] = measures.Excluded
	}
	q.Series = []measures.Series{series}
	return q, nil
}

// phases gives the baseline to every phase, the first one included.
func (s *chartSettings) phases(d *chartfile.Data, series *measures.Series) error {
	starts := []int32{d.X[0]}
	for _, text := range s.rebase {
		x, err := d.ParseX(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("--rebase: %w", err)
		}
		if x > d.X[0] {
			starts = append(starts, x)
		}
	}
	slices.Sort(starts)
	for _, x := range slices.Compact(starts) {
		series.Phases = append(series.Phases, measures.Phase{Start: measures.Date(x), Baseline: s.baseline})
	}
	return nil
}

// centreWord names a centre line that is not the usual one.
func (s *chartSettings) centreWord() string {
	switch {
	case !measures.IsMissing(s.parameters.Centre):
		return "centre line"
	case s.parameters.Median:
		return "median"
	}
	return ""
}
