package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// caseFile is what an author expects of the figures in the CSV file of the same
// name: charts as "signalbox chart --format json" writes them, of which only what
// is given is compared, or that the plugin declines.
type caseFile struct {
	Measure  string  `json:"measure,omitempty"` // the first of the manifest if neither is given
	Entry    string  `json:"entry,omitempty"`
	Charts   []any   `json:"charts,omitempty"`
	Declined *string `json:"declined,omitempty"` // the reason; empty for any
}

// casesOf takes the cases whose measure a module computes.
func casesOf(all []readCase, module []byte) []check.Case {
	var own []check.Case
	for _, c := range all {
		if bytes.Equal(c.subject.module, module) {
			own = append(own, c.Case)
		}
	}
	return own
}

// readCase is a case, with the measure that it is about.
type readCase struct {
	check.Case
	subject *subject
}

// readCases reads the folder cases beside a plugin.
func readCases(w *written) ([]readCase, error) {
	folder := filepath.Join(w.folder, "cases")
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	figures, expected := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		switch name, ending := strings.TrimSuffix(file.Name(), filepath.Ext(file.Name())), filepath.Ext(file.Name()); ending {
		case ".csv":
			figures[name] = true
		case ".json":
			expected[name] = true
		}
	}
	var list []readCase
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		if !figures[name] {
			return nil, fmt.Errorf("%s has no figures beside it; put them into %s.csv", filepath.Join(folder, name+".json"), name)
		}
		one, err := openCase(w, filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	for name := range figures {
		if !expected[name] {
			return nil, fmt.Errorf("nobody says what is expected of %s; write it into %s.json, or look at a run and keep it with \"signalbox plugin run --file %[1]s --record %[2]s\"",
				filepath.Join(folder, name+".csv"), name)
		}
	}
	return list, nil
}

// openCase reads one case; path is without its endings.
func openCase(w *written, path string) (readCase, error) {
	name := filepath.Base(path)
	text, err := os.ReadFile(path + ".json")
	if err != nil {
		return readCase{}, err
	}
	var want caseFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&want); err != nil {
		return readCase{}, fmt.Errorf("%s.json: %w", path, err)
	}
	if (len(want.Charts) == 0) == (want.Declined == nil) {
		return readCase{}, fmt.Errorf("%s.json: want either \"charts\" or \"declined\"", path)
	}
	s, err := w.subject(want.Measure, want.Entry)
	if err != nil {
		return readCase{}, fmt.Errorf("%s.json: %w", path, err)
	}
	q, err := s.questionOf(path + ".csv")
	if err != nil {
		return readCase{}, err
	}
	return readCase{check.Case{Name: "case " + name, Request: q, Differs: want.differs}, s}, nil
}

// questionOf asks about the figures of a CSV file.
func (s *subject) questionOf(file string) (wire.Request, error) {
	f, err := os.Open(file)
	if err != nil {
		return wire.Request{}, err
	}
	defer f.Close()
	return s.questionFrom(f, file)
}

func (s *subject) questionFrom(from io.Reader, name string) (wire.Request, error) {
	data, err := chartfile.Read(from, name, s.shape())
	if err != nil {
		return wire.Request{}, err
	}
	q, err := s.question(&data)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return q, err
}
