package intake

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

//go:embed mappings/*.json datasets/*.json
var embedded embed.FS

// library is all mappings and datasets that come with the program.
type library struct {
	mappings []*Mapping
	datasets map[measures.DatasetID]measures.Dataset
}

// Datasets lists the datasets that come with the program.
func Datasets() ([]measures.Dataset, error) {
	lib, err := readLibrary()
	if err != nil {
		return nil, err
	}
	var list []measures.Dataset
	for _, d := range lib.datasets {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b measures.Dataset) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return list, nil
}

func readLibrary() (*library, error) {
	lib := &library{datasets: map[measures.DatasetID]measures.Dataset{}}
	err := readAll("datasets", func(d measures.Dataset) error {
		lib.datasets[d.ID] = d
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = readAll("mappings", func(m Mapping) error {
		if err := m.valid(lib.datasets); err != nil {
			return err
		}
		lib.mappings = append(lib.mappings, &m)
		return nil
	})
	return lib, err
}

func readAll[T any](folder string, each func(T) error) error {
	names, err := fs.Glob(embedded, folder+"/*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		var value T
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := each(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// recognise finds the mapping of a header: the one whose columns it has,
// neither more nor fewer.
func (l *library) recognise(header []string, dataset measures.DatasetID) (*Mapping, error) {
	var fitting []*Mapping
	for _, m := range l.mappings {
		if m.fits(header) && (dataset == "" || m.Loads != Figures || m.Dataset == dataset) {
			fitting = append(fitting, m)
		}
	}
	switch len(fitting) {
	case 1:
		return fitting[0], nil
	case 0:
		return nil, l.unknownHeader(header)
	}
	var names []string
	for _, m := range fitting {
		names = append(names, string(m.Dataset))
	}
	return nil, fmt.Errorf("the header fits several datasets; say which with --dataset: %s", strings.Join(names, ", "))
}

// unknownHeader names the nearest mapping and what is different.
func (l *library) unknownHeader(header []string) error {
	var nearest *Mapping
	var missing, extra []string
	for _, m := range l.mappings {
		columns := m.columns()
		absent := without(columns, slices.Concat(header, m.Optional))
		surplus := without(header, columns)
		if nearest == nil || len(absent)+len(surplus) < len(missing)+len(extra) {
			nearest, missing, extra = m, absent, surplus
		}
	}
	return fmt.Errorf("nobody knows a table with these columns; the nearest is %q: missing %q, not known %q", nearest.Name, missing, extra)
}

func without(list, taken []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(taken, name) })
}
