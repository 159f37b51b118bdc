package wire

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// DecodeRequest reads a request. The result shares no memory with b.
func DecodeRequest(b []byte) (Request, error) {
	var q Request
	r, err := open(b, kindRequest, tagStrings, tagColumns, tagMeasure, tagParameters, tagSeries, tagPhases, tagTargets)
	if err != nil {
		return q, err
	}
	section := r.sections[tagMeasure]
	if len(section) < measureSize {
		return q, refuse(RuleDirectory, "section \"MEAS\" has %d bytes; %d are needed", len(section), measureSize)
	}
	if q.Measure, err = r.text("measure", section, MaxName); err != nil {
		return q, err
	}
	if q.Entry, err = r.text("entry", section[stringSize:], MaxName); err != nil {
		return q, err
	}
	if q.Parameters, err = r.parameters(); err != nil {
		return q, err
	}
	if err = r.requestColumns(&q); err != nil {
		return Request{}, err
	}
	return q, nil
}

func (r *reader) parameters() ([]Parameter, error) {
	section, count, err := r.entries(tagParameters, parameterSize)
	if err != nil || count == 0 {
		return nil, err
	}
	list := make([]Parameter, 0, count)
	seen := make(map[string]bool, count)
	for ; len(section) > 0; section = section[parameterSize:] {
		p := Parameter{Type: ParameterType(le.Uint32(section[8:]))}
		if p.Key, err = r.text("key of a parameter", section, MaxName); err != nil {
			return nil, err
		}
		if seen[p.Key] {
			return nil, refuse(RuleRepeated, "parameter %q appears twice", p.Key)
		}
		seen[p.Key] = true
		value := section[16:]
		switch p.Type {
		case NumberType:
			bits := le.Uint64(value)
			if bits&exponentMask == exponentMask {
				return nil, refuse(RuleNotFinite, "parameter %q is NaN or infinite", p.Key)
			}
			p.Number = math.Float64frombits(bits)
		case TextType:
			if p.Text, err = r.text("parameter "+p.Key, value, MaxName); err != nil {
				return nil, err
			}
		case TruthType:
			if le.Uint32(value) > 1 {
				return nil, refuse(RuleValue, "parameter %q is neither true (1) nor false (0)", p.Key)
			}
			p.Truth = le.Uint32(value) == 1
		case DateType:
			p.Date = measures.Date(le.Uint32(value))
		default:
			// A plugin of today cannot know what a type of the future means,
			// and a setting left out would give an untrue chart.
			return nil, refuse(RuleValue, "parameter %q has type %d; known are 1 number, 2 text, 3 truth, 4 date", p.Key, p.Type)
		}
		list = append(list, p)
	}
	return list, nil
}

func (r *reader) requestColumns(q *Request) error {
	data, kind, err := r.need(periodColumn, columnDate, columnI32)
	if err != nil {
		return err
	}
	q.Whole = kind == columnI32
	periods := make([]measures.Date, len(data)/4)
	readRaw(periods, data)
	data, _, err = r.need(stateColumn, columnU8)
	if err != nil {
		return err
	}
	states := make([]measures.State, len(data))
	readRaw(states, data)
	for i, s := range states {
		if !s.Known() {
			return refuse(RuleValue, "row %d has state %d, which is not known", i, s)
		}
	}
	columns, err := r.inputs(q)
	if err != nil {
		return err
	}
	return r.seriesOf(q, periods, states, columns)
}

// inputs reads the declared inputs, all into one piece of memory.
func (r *reader) inputs(q *Request) ([][]float64, error) {
	for _, c := range r.columns {
		if len(c.name) > len(inputMark) && c.name[:len(inputMark)] == inputMark {
			q.Inputs = append(q.Inputs, c.name[len(inputMark):])
		}
	}
	columns := make([][]float64, len(q.Inputs))
	for i, name := range q.Inputs {
		columns[i] = make([]float64, r.rows)
		if err := r.floats(inputMark+name, columns[i]); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

func (r *reader) seriesOf(q *Request, periods []measures.Date, states []measures.State, columns [][]float64) error {
	section, count, err := r.entries(tagSeries, seriesSize)
	if err != nil {
		return err
	}
	phases, targets, err := r.phasesAndTargets()
	if err != nil {
		return err
	}
	q.Series = make([]measures.Series, count)
	inputs := make([][]float64, count*len(columns))
	row, phase, target := 0, 0, 0
	for i := range q.Series {
		s, entry := &q.Series[i], section[i*seriesSize:]
		code, err := r.text("organisation", entry, MaxName)
		if err != nil {
			return err
		}
		s.Organisation = measures.ODSCode(code)
		if s.Stratum, err = r.text("stratum", entry[8:], MaxName); err != nil {
			return err
		}
		from := row
		if row, err = tile("rows of a series", le.Uint32(entry[16:]), le.Uint32(entry[20:]), row, r.rows); err != nil {
			return err
		}
		s.Periods, s.States = periods[from:row:row], states[from:row:row]
		s.Columns, inputs = inputs[:len(columns):len(columns)], inputs[len(columns):]
		for c := range columns {
			s.Columns[c] = columns[c][from:row:row]
		}
		for k := 1; k < len(s.Periods); k++ {
			if s.Periods[k] < s.Periods[k-1] {
				return refuse(RuleOrder, "series %d: the periods of its rows %d and %d are out of order", i, k-1, k)
			}
		}
		from = phase
		if phase, err = tile("phases of a series", le.Uint32(entry[24:]), le.Uint32(entry[28:]), phase, len(phases)); err != nil {
			return err
		}
		s.Phases = phases[from:phase:phase]
		from = target
		if target, err = tile("targets of a series", le.Uint32(entry[32:]), le.Uint32(entry[36:]), target, len(targets)); err != nil {
			return err
		}
		s.Targets = targets[from:target:target]
	}
	if err := tiled("rows", row, r.rows); err != nil {
		return err
	}
	if err := tiled("phases", phase, len(phases)); err != nil {
		return err
	}
	return tiled("targets", target, len(targets))
}

func (r *reader) phasesAndTargets() ([]measures.Phase, []measures.Target, error) {
	section, count, err := r.entries(tagPhases, phaseSize)
	if err != nil {
		return nil, nil, err
	}
	phases := make([]measures.Phase, count)
	for i := range phases {
		entry := section[i*phaseSize:]
		baseline := le.Uint32(entry[4:])
		if baseline > math.MaxInt32 {
			return nil, nil, refuse(RuleValue, "phase %d has a baseline of %d points", i, baseline)
		}
		phases[i] = measures.Phase{Start: measures.Date(le.Uint32(entry)), Baseline: int(baseline)}
	}
	section, count, err = r.entries(tagTargets, targetSize)
	if err != nil {
		return nil, nil, err
	}
	targets := make([]measures.Target, count)
	for i := range targets {
		entry := section[i*targetSize:]
		bits := le.Uint64(entry[8:])
		if bits&exponentMask == exponentMask {
			return nil, nil, refuse(RuleNotFinite, "target %d is NaN or infinite", i)
		}
		targets[i] = measures.Target{From: measures.Date(le.Uint32(entry)), Value: math.Float64frombits(bits)}
	}
	return phases, targets, nil
}
