package wire

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// DecodeAnswer reads an answer. Its shape is then sound; whether it answers
// the question is for Accept to say. The result shares no memory with b.
func DecodeAnswer(b []byte) (Answer, error) {
	r, err := open(b, kindAnswer, tagStrings, tagColumns, tagMessage, tagCharts, tagStatistics, tagSignals, tagNotes, tagDispersion)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Status: Status(r.status)}
	if !a.Status.Known() {
		return Answer{}, refuse(RuleEnvelope, "status %d; known are 0 ok, 1 unsuited, 2 unsupported", r.status)
	}
	message := r.sections[tagMessage]
	if len(message) > MaxMessage {
		return Answer{}, refuse(RuleMessage, "a message of %d bytes; at most %d are allowed", len(message), MaxMessage)
	}
	if a.Message, err = plainText("message", message); err != nil {
		return Answer{}, err
	}
	if err := shownText("message", a.Message); err != nil {
		return Answer{}, err
	}
	if a.Charts, err = r.charts(); err != nil {
		return Answer{}, err
	}
	if err := r.notes(a.Charts); err != nil {
		return Answer{}, err
	}
	if err := r.dispersion(a.Charts); err != nil {
		return Answer{}, err
	}
	return a, nil
}

// dispersion reads what a funnel says about its groups. No other chart has it,
// and no funnel has it twice.
func (r *reader) dispersion(charts []measures.Chart) error {
	section, _, err := r.entries(tagDispersion, spreadSize)
	if err != nil {
		return err
	}
	before := -1
	for ; len(section) > 0; section = section[spreadSize:] {
		i := int(le.Uint32(section))
		if i <= before {
			return refuse(RuleRepeated, "the dispersion of chart %d comes after that of chart %d", i, before)
		}
		if before = i; i >= len(charts) || charts[i].Kind != measures.Funnel {
			return refuse(RuleValue, "a dispersion of chart %d, which is no funnel", i)
		}
		phi, tau2 := math.Float64frombits(le.Uint64(section[8:])), math.Float64frombits(le.Uint64(section[16:]))
		if phi-phi != 0 || tau2-tau2 != 0 {
			return refuse(RuleNotFinite, "the dispersion of chart %d is NaN or infinite", i)
		}
		charts[i].Phi, charts[i].Tau2 = phi, tau2
	}
	return nil
}

func (r *reader) charts() ([]measures.Chart, error) {
	section, count, err := r.entries(tagCharts, chartSize)
	if err != nil {
		return nil, err
	}
	whole, err := r.chartColumns()
	if err != nil {
		return nil, err
	}
	statistics, err := r.statistics()
	if err != nil {
		return nil, err
	}
	charts := make([]measures.Chart, count)
	row, phase := 0, 0
	for i := range charts {
		c, entry := &charts[i], section[i*chartSize:]
		if err := head(c, i, entry); err != nil {
			return nil, err
		}
		from := row
		if row, err = tile("rows of a chart", le.Uint32(entry[12:]), le.Uint32(entry[16:]), row, r.rows); err != nil {
			return nil, err
		}
		cut(c, &whole, from, row)
		from = phase
		if phase, err = tile("phases of a chart", le.Uint32(entry[20:]), le.Uint32(entry[24:]), phase, len(statistics)); err != nil {
			return nil, err
		}
		c.Phases = statistics[from:phase:phase]
	}
	if err := tiled("rows", row, r.rows); err != nil {
		return nil, err
	}
	return charts, tiled("phases", phase, len(statistics))
}

// head reads what is said about a chart as a whole.
func head(c *measures.Chart, i int, entry []byte) error {
	c.Series = int(le.Uint32(entry))
	c.Kind, c.Rules, c.Direction = measures.Kind(entry[4]), measures.RuleSet(entry[5]), measures.Direction(entry[6])
	c.Variation, c.Assurance = measures.Variation(entry[7]), measures.Assurance(entry[8])
	if !c.Kind.Known() || !c.Rules.Known() || !c.Direction.Known() || !c.Variation.Known() || !c.Assurance.Known() {
		return refuse(RuleValue, "chart %d: kind %d, rules %d, direction %d, variation %d, assurance %d: not all are known",
			i, entry[4], entry[5], entry[6], entry[7], entry[8])
	}
	c.Target = measures.Missing
	if entry[9]&targetGiven != 0 {
		bits := le.Uint64(entry[32:])
		if bits&exponentMask == exponentMask {
			return refuse(RuleNotFinite, "chart %d has a target that is NaN or infinite", i)
		}
		c.Target = math.Float64frombits(bits)
	}
	return nil
}

// chartColumns reads the columns of all charts, as if they were one chart.
func (r *reader) chartColumns() (measures.Chart, error) {
	var whole measures.Chart
	x, kind, err := r.ints(xColumn, columnDate, columnI32)
	if err != nil {
		return whole, err
	}
	whole.X, whole.XIsDate = x, kind == columnDate
	columns := firstOptional
	for _, name := range columnNames[firstOptional:] {
		if r.column(name) != nil {
			columns++
		}
	}
	numbers := make([]float64, columns*r.rows)
	for n, column := range columnsOf(&whole) {
		if n >= firstOptional && r.column(columnNames[n]) == nil {
			continue
		}
		*column, numbers = numbers[:r.rows:r.rows], numbers[r.rows:]
		if err := r.floats(columnNames[n], *column); err != nil {
			return whole, err
		}
	}
	if whole.Phase, _, err = r.ints(phaseColumn, columnI32); err != nil {
		return whole, err
	}
	if err := r.signals(&whole); err != nil {
		return whole, err
	}
	causes, _, err := r.need(causeColumn, columnU8)
	if err != nil {
		return whole, err
	}
	whole.Causes = make([]measures.Cause, len(causes))
	readRaw(whole.Causes, causes)
	for i, c := range whole.Causes {
		if !c.Known() {
			return whole, refuse(RuleValue, "row %d has cause %d, which is not known", i, c)
		}
	}
	return whole, nil
}

// cut gives a chart its rows of the columns.
func cut(c, whole *measures.Chart, from, to int) {
	c.XIsDate = whole.XIsDate
	c.X, c.Phase = whole.X[from:to:to], whole.Phase[from:to:to]
	c.Signals, c.Causes = whole.Signals[from:to:to], whole.Causes[from:to:to]
	all := columnsOf(whole)
	for n, column := range columnsOf(c) {
		if *all[n] != nil {
			*column = (*all[n])[from:to:to]
		}
	}
}

// signals reads the signals of all points. A bit counts only with its meaning
// beside it, so that a plugin built against other numbers is found out.
func (r *reader) signals(whole *measures.Chart) error {
	section, _, err := r.entries(tagSignals, signalSize)
	if err != nil {
		return err
	}
	var declared measures.Signals
	for ; len(section) > 0; section = section[signalSize:] {
		bit := le.Uint32(section)
		name, err := r.text("name of a signal", section[8:], MaxName)
		if err != nil {
			return err
		}
		if bit >= 32 {
			return refuse(RuleSignal, "bit %d is declared; there are 32", bit)
		}
		one := measures.Signals(1) << bit
		if known := (one & measures.AllSignals).Names(); len(known) != 1 || known[0] != name {
			return refuse(RuleSignal, "bit %d is declared as %q, which is not its meaning", bit, name)
		}
		if declared&one != 0 {
			return refuse(RuleRepeated, "signal %q is declared twice", name)
		}
		declared |= one
	}
	data, _, err := r.need(signalsColumn, columnU32)
	if err != nil {
		return err
	}
	whole.Signals = make([]measures.Signals, len(data)/4)
	readRaw(whole.Signals, data)
	for i, s := range whole.Signals {
		if extra := s &^ declared; extra != 0 {
			return refuse(RuleSignal, "row %d has signal bits %#x whose meaning is not declared", i, uint32(extra))
		}
	}
	return nil
}

func (r *reader) statistics() ([]measures.PhaseStatistics, error) {
	section, count, err := r.entries(tagStatistics, statisticSize)
	if err != nil {
		return nil, err
	}
	list := make([]measures.PhaseStatistics, count)
	for i := range list {
		p, entry := &list[i], section[i*statisticSize:]
		for k, to := range [...]*int32{&p.N, &p.Useful, &p.LongestRun, &p.LongestRunMax, &p.Crossings, &p.CrossingsMin, &p.Runs, &p.RunsLow, &p.RunsHigh} {
			if *to = int32(le.Uint32(entry[4*k:])); *to < measures.NoNumber {
				return nil, refuse(RuleValue, "phase %d: number %d is %d; below zero only %d, for none, is allowed", i, k, *to, measures.NoNumber)
			}
		}
		signal := le.Uint32(entry[36:])
		if signal > 1 {
			return nil, refuse(RuleValue, "phase %d: its signal is %d; 0 or 1 is allowed", i, signal)
		}
		p.Signal = signal == 1
	}
	return list, nil
}

func (r *reader) notes(charts []measures.Chart) error {
	section, _, err := r.entries(tagNotes, noteSize)
	if err != nil {
		return err
	}
	for ; len(section) > 0; section = section[noteSize:] {
		i := le.Uint32(section)
		if uint64(i) >= uint64(len(charts)) {
			return refuse(RuleNote, "a note to chart %d of %d", i, len(charts))
		}
		var note measures.Note
		if note.Code, err = r.shown("code of a note", section[8:], MaxCode); err != nil {
			return err
		}
		if note.Text, err = r.shown("text of a note", section[16:], MaxNote); err != nil {
			return err
		}
		if len(charts[i].Notes) == MaxNotes {
			return refuse(RuleNote, "more than %d notes to chart %d", MaxNotes, i)
		}
		charts[i].Notes = append(charts[i].Notes, note)
	}
	return nil
}
