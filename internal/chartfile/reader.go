package chartfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reader reads one file.
type reader struct {
	name    string
	shape   Shape
	layout  layout
	csv     *csv.Reader
	at      map[string]int // columns by name
	columns int
	date    bool
	groups  map[string]int // lines of groups by name
	rows    []row
}

// open looks at the first bytes: files that are no CSV are told apart there, by
// what spreadsheets write when they are asked for something else.
func open(from io.Reader, name string, shape Shape) (*reader, error) {
	r := &reader{name: name, shape: shape, layout: layoutOf(shape.Kind), at: map[string]int{}, groups: map[string]int{}}
	buffered := bufio.NewReader(from)
	start, _ := buffered.Peek(4)
	switch mark := string(start); {
	case strings.HasPrefix(mark, "\xef\xbb\xbf"):
		_, _ = buffered.Discard(3) // the byte order mark that Excel writes
	case strings.HasPrefix(mark, "\xff\xfe"), strings.HasPrefix(mark, "\xfe\xff"):
		return nil, r.fault(1, "", "", "the text is UTF-16; save it as \"CSV UTF-8\"")
	case mark == "PK\x03\x04", strings.HasPrefix(mark, "\xd0\xcf\x11"):
		return nil, r.fault(1, "", "", "this is a workbook and not CSV; save its sheet as \"CSV UTF-8\"")
	}
	r.csv = csv.NewReader(buffered)
	r.csv.FieldsPerRecord, r.csv.ReuseRecord = -1, true
	return r, nil
}

// next gives one record, or io.EOF.
func (r *reader) next() ([]string, error) {
	record, err := r.csv.Read()
	if err != nil {
		return nil, r.broken(err)
	}
	for i, cell := range record {
		if line, _ := r.csv.FieldPos(i); !utf8.ValidString(cell) {
			return nil, r.fault(line, "", cell, "the text is not UTF-8; save the file as \"CSV UTF-8\"")
		}
	}
	return record, nil
}

// broken turns an error of package csv into ours; one of the file itself, such
// as a folder given for a file, stays what it is.
func (r *reader) broken(err error) error {
	var syntax *csv.ParseError
	var path *fs.PathError
	switch {
	case err == io.EOF:
		return err
	case errors.As(err, &syntax):
		want := "not CSV: " + syntax.Err.Error()
		if errors.Is(err, csv.ErrBareQuote) || errors.Is(err, csv.ErrQuote) {
			want = `not CSV: a quotation mark within a cell is written twice, and the whole cell stands between two more`
		}
		return r.fault(syntax.Line, "", "", want)
	case errors.As(err, &path):
		err = path.Err
	}
	return fmt.Errorf("read %s: %w", r.name, err)
}

func (r *reader) header() error {
	record, err := r.next()
	if err == io.EOF {
		return r.fault(1, "", "", "the file is empty; "+r.layout.wanted())
	}
	if err != nil {
		return err
	}
	r.columns = len(record)
	for _, cell := range record {
		if strings.Contains(cell, "\r") {
			return r.fault(1, "", "", "its lines end in carriage returns alone; save it as \"CSV UTF-8\"")
		}
	}
	if len(record) == 1 {
		for _, other := range [...]struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "upright strokes"}} {
			if strings.Contains(record[0], other.mark) {
				return r.fault(1, "", record[0], "its columns are parted by "+other.name+"; part them by commas, and write decimals with a point")
			}
		}
	}
	for i, cell := range record {
		name := strings.ToLower(strings.TrimSpace(cell))
		if name == "" {
			return r.fault(1, "", "", "column "+strconv.Itoa(i+1)+" has no name; take the empty column away")
		}
		if other, ok := r.layout.alias[name]; ok {
			name = other
		}
		if _, twice := r.at[name]; twice {
			return r.fault(1, "", cell, "this column stands twice in the header")
		}
		if !slices.Contains(r.layout.columns(), name) {
			return r.fault(1, "", cell, r.layout.unknown(r.shape.Kind, name))
		}
		r.at[name] = i
	}
	for _, name := range r.layout.required {
		if _, ok := r.at[name]; !ok {
			return r.fault(1, name, "", "missing; "+r.layout.wanted())
		}
	}
	return nil
}
