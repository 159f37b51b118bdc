package postgres

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// postgresEpoch is 1 January 2000, from which PostgreSQL counts days.
const postgresEpoch measures.Date = 10957

// seriesTable gathers rows as they come off the wire. The bytes are read
// directly: a view of all trusts has some 17,000 rows, and scanning each into
// variables took longer than the query.
type seriesTable struct {
	width   int
	keys    []seriesKey
	loads   []int32
	states  []measures.State
	numbers []float64 // width for each row
	trusts  map[int16]bool
	dims    map[int32]bool
	byLoad  map[int32]bool
}

type seriesKey struct {
	trust  int16
	dim    int32
	period measures.Date
}

func newSeriesTable(width int) *seriesTable {
	return &seriesTable{width: width, trusts: map[int16]bool{}, dims: map[int32]bool{}, byLoad: map[int32]bool{}}
}

// add reads one row: trust_id, dim_id, period, load_id, state, numbers...
func (t *seriesTable) add(rows pgx.Rows) error {
	raw := rows.RawValues()
	if len(raw) != 5+t.width || len(raw[0]) != 2 || len(raw[1]) != 4 || len(raw[2]) != 4 || len(raw[3]) != 4 || len(raw[4]) != 2 {
		return fmt.Errorf("a row of observations has an unexpected form: %d values", len(raw))
	}
	key := seriesKey{
		trust:  int16(binary.BigEndian.Uint16(raw[0])),
		dim:    int32(binary.BigEndian.Uint32(raw[1])),
		period: measures.Date(int32(binary.BigEndian.Uint32(raw[2]))) + postgresEpoch,
	}
	load := int32(binary.BigEndian.Uint32(raw[3]))
	state := measures.State(binary.BigEndian.Uint16(raw[4]))
	for _, value := range raw[5:] {
		number := measures.Missing
		if len(value) == 8 {
			number = math.Float64frombits(binary.BigEndian.Uint64(value))
		}
		if measures.IsMissing(number) && state != measures.Suppressed {
			state = measures.NotMeasured
		}
		t.numbers = append(t.numbers, number)
	}
	if n := len(t.keys); n == 0 || t.keys[n-1].trust != key.trust || t.keys[n-1].dim != key.dim {
		t.trusts[key.trust], t.dims[key.dim] = true, true
	}
	if n := len(t.loads); n == 0 || t.loads[n-1] != load {
		t.byLoad[load] = true
	}
	t.keys = append(t.keys, key)
	t.loads = append(t.loads, load)
	t.states = append(t.states, state)
	return nil
}

func (t *seriesTable) version() DataVersion {
	v := DataVersion{Loads: len(t.byLoad), Rows: int64(len(t.keys))}
	for load := range t.byLoad {
		v.Load = max(v.Load, load)
	}
	return v
}

// series cuts the table into series, in order of code and stratum, and fills
// their gaps. With whole, the strata of an organisation are added up.
func (t *seriesTable) series(names reference, grain measures.Grain, whole bool) []measures.Series {
	list := []measures.Series{}
	for start := 0; start < len(t.keys); {
		end := start + 1
		for end < len(t.keys) && t.keys[end].trust == t.keys[start].trust && (whole || t.keys[end].dim == t.keys[start].dim) {
			end++
		}
		s := measures.Series{Organisation: names.codes[t.keys[start].trust]}
		if whole {
			t.sum(&s, start, end, grain)
		} else {
			s.Stratum = names.strata[t.keys[start].dim].name
			t.copy(&s, start, end, grain)
		}
		list = append(list, s)
		start = end
	}
	slices.SortStableFunc(list, func(a, b measures.Series) int {
		return cmp.Or(cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.Stratum, b.Stratum))
	})
	return list
}

// copy takes rows from start to end, which are in order of period.
func (t *seriesTable) copy(s *measures.Series, start, end int, grain measures.Grain) {
	s.Columns = make([][]float64, t.width)
	s.Periods = make([]measures.Date, 0, end-start)
	s.States = make([]measures.State, 0, end-start)
	for c := range s.Columns {
		s.Columns[c] = make([]float64, 0, end-start)
	}
	for i := start; i < end; i++ {
		appendPeriod(s, grain, t.keys[i].period, t.states[i], t.row(i))
	}
}

// sum adds the strata up for each period. A sum with a part that is missing is
// missing; its state is the least certain of its parts.
func (t *seriesTable) sum(s *measures.Series, start, end int, grain measures.Grain) {
	order := make([]int, end-start)
	for i := range order {
		order[i] = start + i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(t.keys[a].period, t.keys[b].period), cmp.Compare(a, b))
	})
	s.Columns = make([][]float64, t.width)
	total := make([]float64, t.width)
	for i := 0; i < len(order); {
		period, state := t.keys[order[i]].period, measures.Final
		clear(total)
		for ; i < len(order) && t.keys[order[i]].period == period; i++ {
			state = max(state, t.states[order[i]])
			for c, v := range t.row(order[i]) {
				total[c] += v // a missing part is NaN and makes the sum NaN
			}
		}
		appendPeriod(s, grain, period, state, total)
	}
}

func (t *seriesTable) row(i int) []float64 { return t.numbers[i*t.width : (i+1)*t.width] }

// appendPeriod adds a row to a series, and before it a row that was not
// measured for every period left out since the last one.
func appendPeriod(s *measures.Series, grain measures.Grain, period measures.Date, state measures.State, row []float64) {
	if n := len(s.Periods); n > 0 {
		for gap := grain.Next(s.Periods[n-1]); gap < period && gap > s.Periods[len(s.Periods)-1]; gap = grain.Next(gap) {
			appendRow(s, gap, measures.NotMeasured, nil)
		}
	}
	appendRow(s, period, state, row)
}

func appendRow(s *measures.Series, period measures.Date, state measures.State, row []float64) {
	s.Periods = append(s.Periods, period)
	s.States = append(s.States, state)
	for c := range s.Columns {
		value := measures.Missing
		if row != nil {
			value = row[c]
		}
		s.Columns[c] = append(s.Columns[c], value)
	}
}
