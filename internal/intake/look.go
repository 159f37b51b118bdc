package intake

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// Look reads what a file of figures says of one organisation, without taking
// anything in: for demonstration data and for authors who try a measure. It gives
// one series for the whole organisation and one a stratum, in order of their
// names, with a column for each column of the dataset.
func Look(name string, from io.Reader, d measures.Dataset, code measures.ODSCode) ([]measures.Series, error) {
	found, err := lookAt(name, from, d, func(c measures.ODSCode) bool { return c == code })
	if err != nil || found[code] == nil {
		return nil, err
	}
	return found[code].series(code), nil
}

// LookAtAll is Look for every organisation in a file, in order of their codes.
func LookAtAll(name string, from io.Reader, d measures.Dataset) ([]measures.Series, error) {
	found, err := lookAt(name, from, d, func(measures.ODSCode) bool { return true })
	if err != nil {
		return nil, err
	}
	var all []measures.Series
	for _, code := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[code].series(code)...)
	}
	return all, nil
}

// lookAt gathers the rows of the organisations that are wanted.
func lookAt(name string, from io.Reader, d measures.Dataset, wanted func(measures.ODSCode) bool) (map[measures.ODSCode]*look, error) {
	lib, err := readLibrary()
	if err != nil {
		return nil, err
	}
	src, err := readTable(name, from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := src.recognise(lib, d.ID); err != nil {
		return nil, err
	}
	found := map[measures.ODSCode]*look{}
	for {
		cells, err := src.read()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err == nil {
			if code := measures.ODSCode(cells[src.column(src.mapping.Organisation)]); wanted(code) {
				if found[code] == nil {
					found[code] = &look{src: src, dataset: d, strata: map[string]map[measures.Date]*looked{}}
				}
				err = found[code].row(cells)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, src.line, err)
		}
	}
}

// look gathers rows of one organisation by stratum and period.
type look struct {
	src     *source
	dataset measures.Dataset
	strata  map[string]map[measures.Date]*looked
}

type looked struct {
	state   measures.State
	numbers []float64
}

func (l *look) row(cells []string) error {
	m := l.src.mapping
	cell := func(column string) string {
		if at := l.src.column(column); at >= 0 && at < len(cells) {
			return cells[at]
		}
		return ""
	}
	period, err := parsePeriod(cell(m.Period), l.dataset.Grain)
	if err != nil {
		return fmt.Errorf("%s %q %w", m.Period, cell(m.Period), err)
	}
	row := &looked{numbers: make([]float64, len(l.dataset.Columns)), state: statuses[cell(m.Status)]}
	for i := range row.numbers {
		row.numbers[i] = measures.Missing
	}
	measured := false
	for column, to := range m.Numbers {
		at := slices.IndexFunc(l.dataset.Columns, func(c measures.Column) bool { return c.Name == to })
		if at < 0 || cell(column) == "" {
			continue
		}
		if row.numbers[at], _, err = parseNumber(cell(column)); err != nil {
			return fmt.Errorf("%s %q %w", column, cell(column), err)
		}
		measured = measured || l.dataset.Columns[at].Role != "denominator" && !measures.IsMissing(row.numbers[at])
	}
	if !measured && row.state != measures.Suppressed {
		row.state = measures.NotMeasured
	}
	l.put(cell(m.Stratum), period, row)
	if l.dataset.Additive && cell(m.Stratum) != "" {
		l.put("", period, row)
	}
	return nil
}

// put keeps a row, adding it to what is there: the whole is the sum of its strata.
func (l *look) put(stratum string, period measures.Date, row *looked) {
	if l.strata[stratum] == nil {
		l.strata[stratum] = map[measures.Date]*looked{}
	}
	there := l.strata[stratum][period]
	if there == nil {
		l.strata[stratum][period] = &looked{row.state, slices.Clone(row.numbers)}
		return
	}
	there.state = max(there.state, row.state)
	for i := range there.numbers {
		there.numbers[i] += row.numbers[i] // Missing stays Missing
	}
}

func (l *look) series(code measures.ODSCode) []measures.Series {
	var list []measures.Series
	for stratum, rows := range l.strata {
		s := measures.Series{Organisation: code, Stratum: stratum, Columns: make([][]float64, len(l.dataset.Columns))}
		for period := range rows {
			s.Periods = append(s.Periods, period)
		}
		slices.Sort(s.Periods)
		for _, period := range s.Periods {
			s.States = append(s.States, rows[period].state)
			for i, v := range rows[period].numbers {
				s.Columns[i] = append(s.Columns[i], v)
			}
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b measures.Series) int { return cmp.Compare(a.Stratum, b.Stratum) })
	return list
}
