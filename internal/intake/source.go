package intake

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
)

// source is a table being read: a CSV file with a header.
type source struct {
	path    string
	name    string // without its folder, for the record
	close   func()
	digest  hash.Hash
	csv     *csv.Reader
	header  []string
	mapping *Mapping
	natures []columnNature
	last    []string // the last cell scanned in each column
	line    int      // of the row read last
}

// added are the columns that a file of refused rows has beside the original
// ones, so that it can be mended and loaded as it is.
var added = []string{"line", "reason"}

func openSource(path string, lib *library, o Options) (*source, error) {
	src, err := openTable(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := src.recognise(lib, o.Dataset); err != nil {
		src.close()
		return nil, err
	}
	return src, nil
}

// recognise finds the mapping of the table.
func (s *source) recognise(lib *library, dataset measures.DatasetID) error {
	known := slices.DeleteFunc(slices.Clone(s.header), func(name string) bool { return slices.Contains(added, name) })
	var err error
	if s.mapping, err = lib.recognise(known, dataset); err != nil {
		// A column about persons is the better reason.
		for _, name := range s.header {
			if what := personalHeader(name); what != "" {
				return &PrivacyError{File: s.name, Line: 1, Column: name, What: what}
			}
		}
		return fmt.Errorf("%s: line 1: %w", s.path, err)
	}
	s.last = make([]string, len(s.header))
	s.natures = make([]columnNature, len(s.header))
	for i, name := range s.header {
		s.natures[i] = s.mapping.nature(name)
	}
	return nil
}

// openTable opens a file and reads its header.
func openTable(path string) (*source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	src, err := readTable(path, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	src.close = func() { file.Close() }
	return src, nil
}

// readTable reads the header of a table.
func readTable(path string, from io.Reader) (*source, error) {
	src := &source{path: path, name: filepath.Base(path), digest: sha256.New(), close: func() {}}
	buffered := bufio.NewReaderSize(io.TeeReader(from, src.digest), 256<<10)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		buffered.Discard(3) // Excel's mark of UTF-8
	}
	src.csv = csv.NewReader(buffered)
	src.csv.FieldsPerRecord = -1
	src.csv.ReuseRecord = true
	header, err := src.csv.Read()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("it is empty; want a header line and rows")
	}
	if err != nil {
		return nil, err
	}
	for i, name := range header {
		name = strings.ToLower(trim(name))
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("line 1: the text is not UTF-8; in Excel, save as “CSV UTF-8”")
		}
		if name != "" && slices.Contains(src.header, name) {
			return nil, fmt.Errorf("line 1: there are two columns %q", name)
		}
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		src.header = append(src.header, name)
	}
	return src, nil
}

// column is the place of a column, or -1.
func (s *source) column(name string) int {
	if name == "" {
		return -1
	}
	return slices.Index(s.header, name)
}

// read gives the cells of the next row, without spaces around them, or io.EOF.
// Every cell is looked at for what could be about a person.
func (s *source) read() ([]string, error) {
	row, err := s.csv.Read()
	if err != nil {
		return nil, err
	}
	s.line, _ = s.csv.FieldPos(0)
	for i := range row {
		row[i] = trim(row[i])
		if i >= len(s.natures) {
			if what := personal(row[i], textColumn); what != "" {
				return nil, &PrivacyError{File: s.name, Line: s.line, Column: fmt.Sprintf("column %d", i+1), What: what}
			}
			continue
		}
		if row[i] == s.last[i] {
			continue // names and dates repeat from row to row
		}
		if !utf8.ValidString(row[i]) {
			return nil, fmt.Errorf("line %d, column %q: the text is not UTF-8; in Excel, save as “CSV UTF-8”", s.line, s.header[i])
		}
		if what := personal(row[i], s.natures[i]); what != "" {
			return nil, &PrivacyError{File: s.name, Line: s.line, Column: s.header[i], What: what}
		}
		s.last[i] = row[i]
	}
	return row, nil
}

// nature tells what a column of this mapping may hold.
func (m *Mapping) nature(name string) columnNature {
	switch {
	case name == m.Period:
		return dateColumn
	case name == m.Organisation:
		return codeColumn
	case m.Organisations != nil && name == m.Organisations.Merged:
		return dateColumn
	case m.Organisations != nil && (name == m.Organisations.Code || name == m.Organisations.ICB || name == m.Organisations.Predecessors):
		return codeColumn
	case m.Successions != nil && (name == m.Successions.Date || slices.Contains(m.Ignored, name)):
		return dateColumn
	case m.Successions != nil && (name == m.Successions.Predecessor || name == m.Successions.Successor):
		return codeColumn
	case m.Events != nil && (name == m.Events.Start || name == m.Events.End):
		return dateColumn
	case m.Events != nil && name == m.Events.Organisation:
		return codeColumn
	}
	return textColumn
}
