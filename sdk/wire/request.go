package wire

import (
	"math"
	"slices"
)

// AppendRequest writes the request behind dst. It refuses what cannot be
// written: columns of unequal length, infinite numbers. Who decided a phase
// and why is not written: a plugin has no use for names of people.
func AppendRequest(dst []byte, q *Request) ([]byte, error) {
	rows := q.Rows()
	w := newWriter(slices.Grow(dst, 4<<10+rows*(5+9*len(q.Inputs))+(seriesSize+32)*len(q.Series)), 7)
	offset := w.begin()
	w.text(q.Measure)
	w.text(q.Entry)
	w.end(tagMeasure, offset)
	if err := w.parameters(q.Parameters); err != nil {
		return nil, err
	}
	if err := w.series(q); err != nil {
		return nil, err
	}
	if err := w.requestColumns(q); err != nil {
		return nil, err
	}
	return w.finish(kindRequest, 0)
}

func (w *writer) parameters(list []Parameter) error {
	offset := w.begin()
	for _, p := range list {
		w.text(p.Key)
		w.u32(uint32(p.Type))
		w.u32(0)
		switch p.Type {
		case NumberType:
			if math.IsNaN(p.Number) || math.IsInf(p.Number, 0) {
				return refuse(RuleNotFinite, "parameter %q is %v; leave out what is not known", p.Key, p.Number)
			}
			w.f64(p.Number)
		case TextType:
			w.text(p.Text)
		case TruthType:
			truth := uint32(0)
			if p.Truth {
				truth = 1
			}
			w.u32(truth)
			w.u32(0)
		case DateType:
			w.u32(uint32(p.Date))
			w.u32(0)
		default:
			return refuse(RuleValue, "parameter %q has type %d; known are 1 number, 2 text, 3 truth, 4 date", p.Key, p.Type)
		}
		w.u32(0)
		w.u32(0)
	}
	w.end(tagParameters, offset)
	return nil
}

func (w *writer) series(q *Request) error {
	offset := w.begin()
	row, phase, target := 0, 0, 0
	for i := range q.Series {
		s := &q.Series[i]
		if len(s.States) != len(s.Periods) || len(s.Columns) != len(q.Inputs) {
			return refuse(RuleRowCount, "series %d: %d periods, %d states, %d columns for %d inputs", i, len(s.Periods), len(s.States), len(s.Columns), len(q.Inputs))
		}
		w.text(string(s.Organisation))
		w.text(s.Stratum)
		for _, v := range [...]int{row, len(s.Periods), phase, len(s.Phases), target, len(s.Targets)} {
			w.u32(uint32(v))
		}
		row, phase, target = row+len(s.Periods), phase+len(s.Phases), target+len(s.Targets)
	}
	w.end(tagSeries, offset)

	offset = w.begin()
	for i := range q.Series {
		for _, p := range q.Series[i].Phases {
			w.u32(uint32(p.Start))
			w.u32(uint32(p.Baseline))
		}
	}
	w.end(tagPhases, offset)

	offset = w.begin()
	for i := range q.Series {
		for _, t := range q.Series[i].Targets {
			if math.IsNaN(t.Value) || math.IsInf(t.Value, 0) {
				return refuse(RuleNotFinite, "series %d has a target of %v", i, t.Value)
			}
			w.u32(uint32(t.From))
			w.u32(0)
			w.f64(t.Value)
		}
	}
	w.end(tagTargets, offset)
	return nil
}

func (w *writer) requestColumns(q *Request) error {
	rows := q.Rows()
	offset := w.begin()
	for i := range q.Series {
		w.buf = appendRaw(w.buf, q.Series[i].Periods)
	}
	kind := uint32(columnDate)
	if q.Whole {
		kind = columnI32
	}
	w.column(periodColumn, kind, offset, rows)

	offset = w.begin()
	for i := range q.Series {
		w.buf = appendRaw(w.buf, q.Series[i].States)
	}
	w.column(stateColumn, columnU8, offset, rows)

	for c, name := range q.Inputs {
		offset, row := w.begin(), 0
		for i := range q.Series {
			values := q.Series[i].Columns[c]
			if len(values) != len(q.Series[i].Periods) {
				return refuse(RuleRowCount, "series %d: %d values of %q for %d periods", i, len(values), name, len(q.Series[i].Periods))
			}
			if err := w.floats(values, row, rows); err != nil {
				return err
			}
			row += len(values)
		}
		w.column(inputMark+name, columnF64, offset, rows)
	}
	return nil
}
