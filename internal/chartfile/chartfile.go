// Package chartfile reads the small CSV files that one chart is made from: a
// header, then x, y and perhaps n in each row. It takes no guesses: a cell it
// does not understand is an error that names the place and what belongs there.
package chartfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Data is what a file holds, in order of x.
type Data struct {
	X       []int32 // days since 1970-01-01 where XIsDate, else whole numbers
	XIsDate bool
	Y       []float64 // measures.Missing where the cell is empty
	N       []float64 // nil where the file has no column n
}

// Error says what is wrong with a file, and where.
type Error struct {
	File   string
	Line   int    // from 1; 0 where no line is to blame
	Column string // the name of the column; empty where none is to blame
	Value  string // what stands there
	Want   string // what belongs there
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ", column %s", e.Column)
	}
	b.WriteString(": ")
	if e.Value != "" {
		fmt.Fprintf(&b, "%q: ", short(e.Value))
	}
	b.WriteString(e.Want)
	return b.String()
}

// short keeps an error on one line, whatever the file holds.
func short(value string) string {
	if letters := []rune(value); len(letters) > 40 {
		return string(letters[:40]) + "…"
	}
	return value
}

// largest bounds numbers, as the statistics do.
const largest = 1e100

// row is one row of the file, with the line it stood on.
type row struct {
	x    int32
	y, n float64
	line int
}

// reader reads one file.
type reader struct {
	name string
	csv  *csv.Reader
	at   map[string]int // columns by name
	date bool
	rows []row
}

// Read reads a file whose name is used in errors only. Every error about its
// content is an *Error.
func Read(from io.Reader, name string) (Data, error) {
	buffered := bufio.NewReader(from)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = buffered.Discard(3) // the byte order mark that Excel writes
	}
	r := &reader{name: name, csv: csv.NewReader(buffered), at: map[string]int{}}
	r.csv.FieldsPerRecord, r.csv.ReuseRecord = -1, true
	if err := r.header(); err != nil {
		return Data{}, err
	}
	for {
		record, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Data{}, r.broken(err)
		}
		if err := r.row(record); err != nil {
			return Data{}, err
		}
	}
	return r.data()
}

// broken turns an error of package csv into ours; one of the file itself, such
// as a folder given for a file, stays what it is.
func (r *reader) broken(err error) error {
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return &Error{File: r.name, Line: syntax.Line, Want: "not CSV: " + syntax.Err.Error()}
	}
	return fmt.Errorf("read %s: %w", r.name, err)
}

const wantHeader = `a header is needed: "x,y" or "x,y,n"`

func (r *reader) header() error {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return &Error{File: r.name, Line: 1, Want: "the file is empty; " + wantHeader}
	}
	if err != nil {
		return r.broken(err)
	}
	for i, cell := range record {
		name := strings.ToLower(strings.TrimSpace(cell))
		if _, twice := r.at[name]; twice {
			return &Error{File: r.name, Line: 1, Value: cell, Want: "this column stands twice in the header"}
		}
		if name != "x" && name != "y" && name != "n" {
			return &Error{File: r.name, Line: 1, Value: cell, Want: "not a column of a chart; " + wantHeader}
		}
		r.at[name] = i
	}
	for _, name := range []string{"x", "y"} {
		if _, ok := r.at[name]; !ok {
			return &Error{File: r.name, Line: 1, Column: name, Want: "missing; " + wantHeader}
		}
	}
	return nil
}

func (r *reader) row(record []string) error {
	line, _ := r.csv.FieldPos(0)
	if len(record) != len(r.at) {
		return &Error{File: r.name, Line: line, Want: fmt.Sprintf("%d cells where the header has %d columns", len(record), len(r.at))}
	}
	x, err := r.x(record[r.at["x"]], line)
	if err != nil {
		return err
	}
	y, err := r.number("y", record[r.at["y"]], line)
	if err != nil {
		return err
	}
	n := measures.Missing
	if at, given := r.at["n"]; given {
		if n, err = r.number("n", record[at], line); err != nil {
			return err
		}
		if n < 0 {
			return &Error{File: r.name, Line: line, Column: "n", Value: record[at], Want: "a denominator cannot be below 0"}
		}
	}
	r.rows = append(r.rows, row{x, y, n, line})
	return nil
}

// x is a date or a whole number, and the same in all rows.
func (r *reader) x(cell string, line int) (int32, error) {
	cell = strings.TrimSpace(cell)
	date, notDate := measures.ParseDate(cell)
	whole, notWhole := strconv.ParseInt(cell, 10, 32)
	if len(r.rows) == 0 {
		r.date = notDate == nil
	}
	switch {
	case r.date && notDate == nil:
		return int32(date), nil
	case !r.date && notWhole == nil:
		return int32(whole), nil
	case len(r.rows) == 0:
		return 0, &Error{File: r.name, Line: line, Column: "x", Value: cell, Want: "a date such as 2026-05-01, or a whole number, is wanted"}
	case r.date:
		return 0, &Error{File: r.name, Line: line, Column: "x", Value: cell, Want: "a date such as 2026-05-01 is wanted, as in the rows above"}
	}
	return 0, &Error{File: r.name, Line: line, Column: "x", Value: cell, Want: "a whole number is wanted, as in the rows above"}
}

func (r *reader) number(column, cell string, line int) (float64, error) {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return measures.Missing, nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	// What strconv takes beyond plain decimals (hexadecimals, underscores, "inf",
	// "nan") is more likely a mistake than a measurement.
	if err != nil || strings.Trim(cell, "0123456789.eE+-") != "" || math.Abs(v) > largest {
		return 0, &Error{File: r.name, Line: line, Column: column, Value: cell, Want: "a number such as 1234.5 is wanted, or nothing where it is missing"}
	}
	return v, nil
}

// data puts the rows in order of x. An x that occurs twice is an error: there is
// no telling which row is right.
func (r *reader) data() (Data, error) {
	if len(r.rows) == 0 {
		return Data{}, &Error{File: r.name, Line: 2, Want: "there are no rows below the header"}
	}
	slices.SortStableFunc(r.rows, func(a, b row) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	d := Data{XIsDate: r.date}
	_, hasN := r.at["n"]
	for i, row := range r.rows {
		if i > 0 && row.x == r.rows[i-1].x {
			return Data{}, &Error{File: r.name, Line: row.line, Column: "x", Value: d.text(row.x),
				Want: fmt.Sprintf("it stands on line %d already, and a chart has one point for each x", r.rows[i-1].line)}
		}
		d.X, d.Y = append(d.X, row.x), append(d.Y, row.y)
		if hasN {
			d.N = append(d.N, row.n)
		}
	}
	return d, nil
}

func (d *Data) text(x int32) string {
	if d.XIsDate {
		return measures.Date(x).String()
	}
	return strconv.Itoa(int(x))
}

// ParseX reads one x as the file writes them, for settings that name a point.
func (d *Data) ParseX(text string) (int32, error) {
	if d.XIsDate {
		date, err := measures.ParseDate(text)
		return int32(date), err
	}
	whole, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number, as x is in the file", text)
	}
	return int32(whole), nil
}
