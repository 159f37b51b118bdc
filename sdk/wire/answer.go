package wire

import (
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// targetGiven is the flag of a chart that has a target.
const targetGiven = 1

// columnsOf names the f64 columns of a chart, in the order they are written.
// Those from the first optional one on belong to single kinds.
func columnsOf(c *measures.Chart) [12]*[]float64 {
	return [...]*[]float64{&c.Y, &c.N, &c.Centre, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper,
		&c.EWMA, &c.CusumHigh, &c.CusumLow, &c.VLAD, &c.Z}
}

var columnNames = [...]string{yColumn, nColumn, centreColumn, lowerColumn, upperColumn, nearLowerColumn, nearUpperColumn,
	ewmaColumn, cusumHighColumn, cusumLowColumn, vladColumn, zColumn}

const firstOptional = 7

// AppendAnswer writes the answer behind dst. A column of numbers that is
// missing throughout is left out. The states of points are not written: the
// host knows them and takes no plugin's word for them.
func AppendAnswer(dst []byte, a *Answer) ([]byte, error) {
	sections := 7
	funnels := slices.ContainsFunc(a.Charts, func(c measures.Chart) bool { return c.Kind == measures.Funnel })
	if funnels {
		sections++
	}
	w := newWriter(slices.Grow(dst, sizeOf(a)), sections)
	offset := w.begin()
	w.buf = append(w.buf, a.Message...)
	w.end(tagMessage, offset)
	if err := w.charts(a.Charts); err != nil {
		return nil, err
	}
	if funnels {
		if err := w.dispersion(a.Charts); err != nil {
			return nil, err
		}
	}
	if err := w.answerColumns(a.Charts); err != nil {
		return nil, err
	}
	return w.finish(kindAnswer, uint16(a.Status))
}

// sizeOf is about the size of an answer, never much less: a buffer that has to
// grow on the way costs a plugin more memory than the answer itself.
func sizeOf(a *Answer) int {
	rows, phases, notes := 0, 0, 0
	for i := range a.Charts {
		c := &a.Charts[i]
		rows, phases = rows+len(c.X), phases+len(c.Phases)
		for _, n := range c.Notes {
			notes += noteSize + len(n.Code) + len(n.Text)
		}
	}
	return 4<<10 + len(a.Message) + 71*rows + chartSize*len(a.Charts) + statisticSize*phases + notes
}

func (w *writer) charts(charts []measures.Chart) error {
	offset := w.begin()
	row, phase := 0, 0
	var used measures.Signals
	for i := range charts {
		c := &charts[i]
		if len(c.Phase) != len(c.X) || len(c.Signals) != len(c.X) || len(c.Causes) != len(c.X) {
			return refuse(RuleRowCount, "chart %d: %d x, %d phases, %d signals, %d causes", i, len(c.X), len(c.Phase), len(c.Signals), len(c.Causes))
		}
		if math.IsInf(c.Target, 0) {
			return refuse(RuleNotFinite, "chart %d has an infinite target", i)
		}
		target, flags := c.Target, byte(targetGiven)
		if measures.IsMissing(target) {
			target, flags = 0, 0
		}
		w.u32(uint32(c.Series))
		w.buf = append(w.buf, byte(c.Kind), byte(c.Rules), byte(c.Direction), byte(c.Variation), byte(c.Assurance), flags, 0, 0)
		for _, v := range [...]int{row, len(c.X), phase, len(c.Phases), 0} {
			w.u32(uint32(v))
		}
		w.f64(target)
		row, phase = row+len(c.X), phase+len(c.Phases)
		for _, s := range c.Signals {
			used |= s
		}
	}
	w.end(tagCharts, offset)
	w.statistics(charts)
	w.signals(used)
	w.notes(charts)
	return nil
}

// dispersion writes what only funnels have.
func (w *writer) dispersion(charts []measures.Chart) error {
	offset := w.begin()
	for i := range charts {
		c := &charts[i]
		if c.Kind != measures.Funnel {
			continue
		}
		if c.Phi-c.Phi != 0 || c.Tau2-c.Tau2 != 0 {
			return refuse(RuleNotFinite, "chart %d has a phi of %v and a tau2 of %v", i, c.Phi, c.Tau2)
		}
		w.u32(uint32(i))
		w.u32(0)
		w.f64(c.Phi)
		w.f64(c.Tau2)
	}
	w.end(tagDispersion, offset)
	return nil
}

func (w *writer) statistics(charts []measures.Chart) {
	offset := w.begin()
	for i := range charts {
		for _, p := range charts[i].Phases {
			for _, v := range [...]int32{p.N, p.Useful, p.LongestRun, p.LongestRunMax, p.Crossings, p.CrossingsMin, p.Runs, p.RunsLow, p.RunsHigh} {
				w.u32(uint32(v))
			}
			signal := uint32(0)
			if p.Signal {
				signal = 1
			}
			w.u32(signal)
		}
	}
	w.end(tagStatistics, offset)
}

// signals declares the meaning of every bit that some point uses.
func (w *writer) signals(used measures.Signals) {
	offset := w.begin()
	for bit := range 32 {
		if names := (used & (1 << bit)).Names(); len(names) == 1 {
			w.u32(uint32(bit))
			w.u32(0)
			w.text(names[0])
		}
	}
	w.end(tagSignals, offset)
}

func (w *writer) notes(charts []measures.Chart) {
	offset := w.begin()
	for i := range charts {
		for _, note := range charts[i].Notes {
			w.u32(uint32(i))
			w.u32(0)
			w.text(note.Code)
			w.text(note.Text)
		}
	}
	w.end(tagNotes, offset)
}

func (w *writer) answerColumns(charts []measures.Chart) error {
	rows, dates := 0, false
	for i := range charts {
		if i > 0 && charts[i].XIsDate != dates {
			return refuse(RuleX, "charts with dates and charts with whole numbers in one answer")
		}
		rows, dates = rows+len(charts[i].X), charts[i].XIsDate
	}
	kind := uint32(columnI32)
	if dates {
		kind = columnDate
	}
	offset := w.begin()
	for i := range charts {
		w.buf = appendRaw(w.buf, charts[i].X)
	}
	w.column(xColumn, kind, offset, rows)
	for n := range columnNames {
		if err := w.chartNumbers(charts, n, rows); err != nil {
			return err
		}
	}
	offset = w.begin()
	for i := range charts {
		w.buf = appendRaw(w.buf, charts[i].Phase)
	}
	w.column(phaseColumn, columnI32, offset, rows)
	offset = w.begin()
	for i := range charts {
		w.buf = appendRaw(w.buf, charts[i].Signals)
	}
	w.column(signalsColumn, columnU32, offset, rows)
	offset = w.begin()
	for i := range charts {
		w.buf = appendRaw(w.buf, charts[i].Causes)
	}
	w.column(causeColumn, columnU8, offset, rows)
	return nil
}

// chartNumbers writes the n-th column of numbers of all charts, or nothing.
func (w *writer) chartNumbers(charts []measures.Chart, n, rows int) error {
	any := false
	for i := range charts {
		values := *columnsOf(&charts[i])[n]
		if values != nil && len(values) != len(charts[i].X) {
			return refuse(RuleRowCount, "chart %d: %d values of %q for %d points", i, len(values), columnNames[n], len(charts[i].X))
		}
		any = any || !missingThroughout(values)
	}
	if !any {
		return nil
	}
	offset, row := w.begin(), 0
	for i := range charts {
		values := *columnsOf(&charts[i])[n]
		if values == nil {
			values = make([]float64, len(charts[i].X))
			for k := range values {
				values[k] = measures.Missing
			}
		}
		if err := w.floats(values, row, rows); err != nil {
			return err
		}
		row += len(values)
	}
	w.column(columnNames[n], columnF64, offset, rows)
	return nil
}

func missingThroughout(values []float64) bool {
	for _, v := range values {
		if !measures.IsMissing(v) {
			return false
		}
	}
	return true
}
