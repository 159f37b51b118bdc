// Package chartfile reads the small CSV files that one chart is made from: a
// header, then a row a point, a measurement or a group. It takes no guesses: a
// cell it does not understand is an error that names the place and what belongs
// there.
package chartfile

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// Data is what a file holds, in order of x; a funnel's groups in the order of
// the file.
type Data struct {
	X       []int32 // days since 1970-01-01 where XIsDate, else whole numbers; groups count from 1
	XIsDate bool
	Y       []float64 // measures.Missing where the cell is empty
	N       []float64 // nil where the file has no such column
	Groups  []string  // funnel: the name of each group

	// Target and Trajectory are nil where the file has no such column. Where a
	// target is missing, the one before goes on; a trajectory has a gap there.
	Target, Trajectory []float64
}

// Shape says what is drawn, which decides what a file may hold.
type Shape struct {
	Kind  measures.Kind
	Ratio spc.Ratio // of a funnel
}

// subgroups reports whether rows of the same x are one point.
func (s Shape) subgroups() bool { return s.Kind == measures.XBar || s.Kind == measures.S }

// mostRows is how many rows a plugin is asked about in one go: a sandbox has
// little memory, and nobody reads a longer chart.
const mostRows = 25_000

// row is one row of the file, with the line it stood on.
type row struct {
	x                        int32
	group                    string
	y, n, target, trajectory float64
	line                     int
}

// Read reads a file whose name is used in errors only. Every error about its
// content is an *Error.
func Read(from io.Reader, name string, shape Shape) (Data, error) {
	r, err := open(from, name, shape)
	if err != nil {
		return Data{}, err
	}
	if err := r.header(); err != nil {
		return Data{}, err
	}
	for {
		record, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return Data{}, err
		}
		if len(r.rows) == mostRows {
			line, _ := r.csv.FieldPos(0)
			return Data{}, r.fault(line, "", "", "a chart is made from "+strconv.Itoa(mostRows)+" rows at most; sum them up to longer periods first")
		}
		if err := r.row(record); err != nil {
			return Data{}, err
		}
	}
	if len(r.rows) == 0 {
		return Data{}, r.fault(2, "", "", "there are no rows below the header")
	}
	if err := r.sort(); err != nil {
		return Data{}, err
	}
	return r.data(), nil
}

// row reads one row and asks whether it can be true.
func (r *reader) row(record []string) (err error) {
	line, _ := r.csv.FieldPos(0)
	if len(record) != r.columns {
		return r.fault(line, "", "", "it has "+count(len(record), "cell")+", and the header has "+count(r.columns, "column"))
	}
	to := row{line: line, target: measures.Missing, trajectory: measures.Missing, n: measures.Missing}
	if r.shape.Kind == measures.Funnel {
		to.group, err = r.group(record[r.at["group"]], line)
		to.x = int32(len(r.rows) + 1)
	} else {
		to.x, err = r.x(record[r.at["x"]], line)
	}
	if err != nil {
		return err
	}
	for _, column := range [...]struct {
		name string
		to   *float64
	}{{r.layout.y, &to.y}, {r.layout.n, &to.n}, {"target", &to.target}, {"trajectory", &to.trajectory}} {
		at, given := r.at[column.name]
		if !given {
			continue
		}
		if *column.to, err = r.number(column.name, record[at], line); err != nil {
			return err
		}
	}
	if err := r.possible(&to); err != nil {
		return err
	}
	r.rows = append(r.rows, to)
	return nil
}

func count(n int, word string) string {
	if n == 1 {
		return "one " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// sort puts the rows in order of x. An x that occurs twice is an error where
// there is no telling which row is right; in a subgroup the order of the
// measurements means nothing, so they are put in order of size and the same
// rows always give the same chart.
func (r *reader) sort() error {
	slices.SortStableFunc(r.rows, func(a, b row) int {
		if order := cmp.Compare(a.x, b.x); order != 0 || !r.shape.subgroups() {
			return order
		}
		return cmp.Compare(a.y, b.y)
	})
	if r.shape.subgroups() {
		return nil
	}
	for i := 1; i < len(r.rows); i++ {
		if before, row := r.rows[i-1], r.rows[i]; row.x == before.x {
			want := fmt.Sprintf("it stands on line %d already, and a chart of kind %s has one point for each x", before.line, r.shape.Kind)
			if r.shape.Kind == measures.Bernoulli || r.shape.Kind == measures.VLAD {
				want += "; number the cases in their order"
			}
			return r.fault(row.line, "x", r.text(row.x), want)
		}
	}
	return nil
}

func (r *reader) data() Data {
	d := Data{XIsDate: r.date, X: make([]int32, len(r.rows)), Y: make([]float64, len(r.rows))}
	column := func(name string) []float64 {
		if _, given := r.at[name]; !given || name == r.layout.n && r.layout.none {
			return nil
		}
		return make([]float64, len(r.rows))
	}
	d.N, d.Target, d.Trajectory = column(r.layout.n), column("target"), column("trajectory")
	for i, row := range r.rows {
		d.X[i], d.Y[i] = row.x, row.y
		for _, c := range [...]struct {
			to []float64
			v  float64
		}{{d.N, row.n}, {d.Target, row.target}, {d.Trajectory, row.trajectory}} {
			if c.to != nil {
				c.to[i] = c.v
			}
		}
		if r.shape.Kind == measures.Funnel {
			d.Groups = append(d.Groups, row.group)
		}
	}
	return d
}

func (r *reader) text(x int32) string {
	if r.date {
		return measures.Date(x).String()
	}
	return strconv.Itoa(int(x))
}

// Points is how many points are drawn: rows of the same x are one.
func (d *Data) Points() int {
	n := 0
	for i, x := range d.X {
		if i == 0 || x != d.X[i-1] {
			n++
		}
	}
	return n
}

// Rows finds the rows of one point, which counts from 0: from up to but not
// including to.
func (d *Data) Rows(point int) (from, to int) {
	for from < len(d.X) {
		for to = from + 1; to < len(d.X) && d.X[to] == d.X[from]; to++ {
		}
		if point == 0 {
			return from, to
		}
		point--
		from = to
	}
	return from, from
}

// ParseX reads one x as the file writes them, for settings that name a point.
func (d *Data) ParseX(text string) (int32, error) {
	if d.XIsDate {
		date, err := measures.ParseDate(text)
		if err != nil {
			return 0, fmt.Errorf("%q is not a date such as 2026-05-01, as x is in the file", text)
		}
		return int32(date), nil
	}
	whole, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number, as x is in the file", text)
	}
	return int32(whole), nil
}

// largest and smallest bound numbers, as the statistics do.
const (
	largest  = 1e100
	smallest = 1e-100
)

func tooFar(v float64) bool { return math.Abs(v) > largest }
