package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// question is what the plugin is asked about the file.
func (s *chartSettings) question(d *chartfile.Data) (wire.Request, error) {
	series := measures.Series{States: make([]measures.State, len(d.X)), Columns: [][]float64{d.Y}}
	for _, x := range d.X {
		series.Periods = append(series.Periods, measures.Date(x))
	}
	q := wire.Request{Measure: "file", Entry: s.parameters.Kind.String(), Inputs: []string{sdk.InputValue},
		Parameters: sdk.ChartParameters(s.parameters), Whole: !d.XIsDate}
	if d.N != nil {
		q.Inputs = []string{sdk.InputNumerator, sdk.InputDenominator}
		series.Columns = append(series.Columns, d.N)
	}
	var err error
	if series.Targets, err = s.targets(d); err != nil {
		return q, err
	}
	if s.parameters.Kind != measures.Funnel {
		if series.Phases, err = s.phases(d); err != nil {
			return q, err
		}
	}
	if err := s.leaveOut(d, series.States); err != nil {
		return q, err
	}
	q.Series = []measures.Series{series}
	return q, nil
}

// targets is the one target of the command, or those of the file: a new one
// begins wherever the column says something else than before.
func (s *chartSettings) targets(d *chartfile.Data) ([]measures.Target, error) {
	given := !measures.IsMissing(s.target)
	switch {
	case given && d.Target != nil:
		return nil, errors.New("--target: the file has a column target already")
	case given:
		return []measures.Target{{Value: s.target}}, nil
	}
	var targets []measures.Target
	last := measures.Missing
	for i, v := range d.Target {
		if !measures.IsMissing(v) && v != last {
			targets = append(targets, measures.Target{From: measures.Date(d.X[i]), Value: v})
			last = v
		}
	}
	return targets, nil
}

// leaveOut marks the rows of the points that were excluded.
func (s *chartSettings) leaveOut(d *chartfile.Data, states []measures.State) error {
	points := d.Points()
	for _, text := range s.exclude {
		point, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || point < 1 || point > points {
			return fmt.Errorf("--exclude %q: want a whole number; there are points 1 to %d", text, points)
		}
		from, to := d.Rows(point - 1)
		for i := from; i < to; i++ {
			states[i] = measures.Excluded
		}
	}
	return nil
}

// phases gives the baseline to every phase, the first one included.
func (s *chartSettings) phases(d *chartfile.Data) ([]measures.Phase, error) {
	starts := []int32{d.X[0]}
	for _, text := range s.rebase {
		x, err := d.ParseX(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("--rebase: %w", err)
		}
		if x > d.X[0] {
			starts = append(starts, x)
		}
	}
	slices.Sort(starts)
	var phases []measures.Phase
	for _, x := range slices.Compact(starts) {
		phases = append(phases, measures.Phase{Start: measures.Date(x), Baseline: s.baseline})
	}
	return phases, nil
}
