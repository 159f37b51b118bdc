package workshop

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
)

// Invented are the figures of the demonstration's organisations, read once. They
// are made in memory, wherever the program runs: no draft and no release that was
// not published is ever given any other.
type Invented struct {
	datasets []measures.Dataset
	files    func() []demo.File
	mu       sync.Mutex
	read     map[measures.DatasetID][]measures.Series // with all columns of the dataset
}

// NewInvented prepares figures of datasets that are described as here.
func NewInvented(datasets []measures.Dataset) *Invented {
	return &Invented{datasets: datasets, read: map[measures.DatasetID][]measures.Series{},
		files: sync.OnceValue(func() []demo.File { return demo.Files(demo.DefaultSeed) })}
}

// Of gives one series of a measure's inputs an organisation; none where the
// demonstration has no figures of its dataset, or not these columns.
func (v *Invented) Of(m *measures.Measure) ([]measures.Series, error) {
	d, all, err := v.dataset(m.Dataset)
	if err != nil {
		return nil, fmt.Errorf("demonstration data for %s: %w", m.ID, err)
	}
	stratum := ""
	if m.Part != nil {
		stratum = m.Part.Stratum
	}
	var list []measures.Series
	for _, s := range all {
		if s.Stratum != stratum || len(s.Periods) == 0 {
			continue
		}
		s.Stratum = ""
		s, err := analysis.Inputs(m, d, s)
		if err != nil {
			return nil, nil // a column that the dataset does not have
		}
		if len(s.Periods) > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}

// dataset reads the file of a dataset the first time that it is asked for.
func (v *Invented) dataset(id measures.DatasetID) (measures.Dataset, []measures.Series, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, d := range v.datasets {
		if d.ID != id {
			continue
		}
		if all, known := v.read[id]; known {
			return d, all, nil
		}
		var all []measures.Series
		for _, file := range v.files() {
			if file.Dataset != id {
				continue
			}
			list, err := intake.LookAtAll(file.Name, bytes.NewReader(file.Content), d)
			if err != nil {
				return d, nil, err
			}
			all = append(all, list...)
		}
		v.read[id] = all
		return d, all, nil
	}
	return measures.Dataset{}, nil, nil
}
