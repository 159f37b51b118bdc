package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// chartSettings are the flags, understood.
type chartSettings struct {
	parameters            spc.Parameters
	plugin, entry, format string
	target                float64 // or measures.Missing
	baseline              int
	rebase, exclude       []string
}

// fromFile reports whether the plugin is a file, which may know more than we do.
func (s *chartSettings) fromFile() bool { return strings.HasSuffix(s.plugin, ".wasm") }

func (s *chartSettings) shape() chartfile.Shape {
	return chartfile.Shape{Kind: s.parameters.Kind, Ratio: s.parameters.Ratio}
}

func (f *chartFlags) settings() (*chartSettings, error) {
	s := &chartSettings{plugin: f.plugin, entry: f.entry, format: f.format, rebase: f.rebase, exclude: f.exclude}
	if !slices.Contains([]string{"text", "json", "svg", "csv"}, f.format) {
		return nil, fmt.Errorf("--format is %q, want text, json, svg or csv", f.format)
	}
	var err error
	if s.parameters, err = f.parameters(); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if s.target, err = optional("target", f.target); err != nil {
		return nil, err
	}
	if s.baseline, err = wholeOr("baseline", f.baseline, 0); err != nil {
		return nil, err
	}
	if s.entry != "" && !s.fromFile() {
		return nil, fmt.Errorf("--entry belongs to a plugin from a file, --plugin FILE.wasm; the library's is asked for its --kind")
	}
	// The library's arithmetic is ours to check; a plugin from a file may know
	// more kinds than we do.
	if !s.fromFile() {
		if err := s.parameters.Check(); err != nil {
			return nil, err
		}
	}
	mdc := s.parameters.Rules == measures.MDC || s.parameters.Rules == measures.MDCR022
	switch {
	case s.baseline < 0:
		return nil, fmt.Errorf("--baseline is %d; want how many points make the limits, or 0 for all", s.baseline)
	case mdc && s.baseline > 0 && s.baseline < 12:
		return nil, fmt.Errorf("--baseline is %d; the rule set %s needs at least 12 points", s.baseline, s.parameters.Rules)
	}
	return s, nil
}

// parameters are the defaults of the kind and the rule set, with what was given.
func (f *chartFlags) parameters() (spc.Parameters, error) {
	var none spc.Parameters
	var kind measures.Kind
	if err := kind.UnmarshalText([]byte(f.kind)); err != nil || kind == measures.Custom {
		return none, fmt.Errorf("--kind is %q, want %s", f.kind, kindList)
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
	if err := f.names(&p); err != nil {
		return none, err
	}
	centre := f.centre
	if centre == "median" {
		p.Median, centre = true, ""
	}
	for _, number := range []struct {
		flag, text string
		to         *float64
	}{
		{"multiply", f.multiply, &p.Multiply}, {"centre", centre, &p.Centre}, {"floor", f.floor, &p.Floor}, {"ceiling", f.ceiling, &p.Ceiling},
		{"lambda", f.lambda, &p.Lambda}, {"shift", f.shift, &p.Shift}, {"decision", f.decision, &p.Decision},
		{"head-start", f.headStart, &p.HeadStart}, {"odds-ratio", f.oddsRatio, &p.OddsRatio},
	} {
		v, err := optional(number.flag, number.text)
		if err != nil {
			return none, err
		}
		if !measures.IsMissing(v) {
			*number.to = v
		}
	}
	var err error
	if p.Trend, err = wholeOr("trend", f.trend, p.Trend); err != nil {
		return none, err
	}
	if f.given("screen") {
		p.Screen = f.screen
	}
	p.Ranges, p.Exact = f.ranges, f.exact
	return p, nil
}

// names reads the settings that are one of a few words.
func (f *chartFlags) names(p *spc.Parameters) error {
	if err := p.Direction.UnmarshalText([]byte(f.direction)); err != nil {
		return fmt.Errorf("--direction is %q, want increase, decrease or neutral", f.direction)
	}
	if err := p.Ratio.UnmarshalText([]byte(f.ratio)); err != nil {
		return fmt.Errorf("--ratio is %q, want proportion, standardised or rate", f.ratio)
	}
	if err := p.Transform.UnmarshalText([]byte(f.transform)); err != nil {
		return fmt.Errorf("--transform is %q, want sqrt or log", f.transform)
	}
	switch f.od {
	case "none":
	case "additive":
		p.Additive = true
	default:
		return fmt.Errorf("--od is %q, want none or additive", f.od)
	}
	switch f.constant {
	case "":
	case "2.66":
		p.Constant = spc.Constant266
	case "1.128":
		p.Constant = spc.Constant1128
	default:
		return fmt.Errorf("--constant is %q, want 2.66 or 1.128", f.constant)
	}
	return nil
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

// wholeOr is a whole number, or what holds where nothing was given.
func wholeOr(flag, text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("--%s is %q, want a whole number such as 12", flag, text)
	}
	return n, nil
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
