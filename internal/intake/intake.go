// Package intake takes data in: it recognises a file by its header, reads it
// row by row, refuses what cannot be true with a reason, and hands the rest to
// the database as one vintage. A file about persons is refused as a whole.
package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrNothingCommitted says that a file was read and not one row was good.
var ErrNothingCommitted = errors.New("no row could be loaded")

// Gate is asked whether somebody may load, and records the answer, before anything
// is written. It gives a key for each dataset, or the denial.
type Gate interface {
	Open(ctx context.Context, as measures.ODSCode, datasets []measures.Dataset, organisations []measures.ODSCode) ([]policy.Grant, error)
}

// Options says what is loaded, by whom and for whom.
type Options struct {
	Gate    Gate // without one, nothing is loaded
	Files   []string
	Dataset measures.DatasetID // empty: by the header, or by the measures of a tidy table
	As      measures.ODSCode   // rows of other organisations are refused; empty: national data
	By      string             // who loads, for the record
	// RefusedDir is where the file of refused rows goes; empty means beside
	// the loaded file.
	RefusedDir string
	// Definition replaces the embedded definition of Dataset, for data that
	// the program makes itself. Its owner and openness are the caller's word.
	Definition *measures.Dataset
	Now        func() time.Time // nil: the clock
}

// Report says what became of the files, in the order in which they were loaded.
type Report struct {
	Files []FileReport `json:"files"`
}

// FileReport says what became of one file.
type FileReport struct {
	File      string            `json:"file"`
	Digest    string            `json:"digest"`
	Mapping   string            `json:"mapping"`
	Load      int32             `json:"load"` // the vintage, 0 if nothing changed
	RowsIn    int64             `json:"rows_in"`
	Refused   int64             `json:"refused"`
	Added     int64             `json:"added"`
	Revised   int64             `json:"revised"`
	Unchanged int64             `json:"unchanged"`
	Datasets  []postgres.Counts `json:"datasets"`
	// Refusals are the first few; the file has them all.
	Refusals    []Refusal `json:"refusals"`
	RefusedFile string    `json:"refused_file"`
	Warnings    []string  `json:"warnings"`
	Committed   bool      `json:"committed"`
}

// Refusal is one row that was not taken, and why.
type Refusal struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

// Text is the refusal in one line: period "Marathon 26" is not a date.
func (r Refusal) Text() string {
	if r.Column == "" {
		return r.Reason
	}
	return fmt.Sprintf("%s %q %s", r.Column, r.Value, r.Reason)
}

// shownRefusals is how many refusals a report repeats.
const shownRefusals = 20

// Load reads the files and commits each by itself: its good rows, or nothing if
// the file is broken, is about persons, or has no good row. An error does not
// keep the other files out.
func Load(ctx context.Context, db *postgres.DB, o Options) (Report, error) {
	if o.Gate == nil {
		return Report{}, errors.New("load: there is nobody to ask whether this may be loaded")
	}
	lib, err := readLibrary()
	if err != nil {
		return Report{}, fmt.Errorf("read the mappings: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.As != "" && !o.As.Valid() {
		return Report{}, fmt.Errorf("%q is no organisation code: 3 to 10 capital letters and digits", o.As)
	}
	if o.Definition != nil {
		lib.datasets[o.Definition.ID] = *o.Definition
	}
	var report Report
	var failed []error
	var sources []*source
	for _, name := range o.Files {
		src, err := openSource(name, lib, o)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		defer src.close()
		sources = append(sources, src)
	}
	slices.SortStableFunc(sources, func(a, b *source) int {
		return slices.Index(order, a.mapping.Loads) - slices.Index(order, b.mapping.Loads)
	})
	for _, src := range sources {
		file, err := loadFile(ctx, db, lib, src, o)
		if err != nil {
			failed = append(failed, err)
		}
		report.Files = append(report.Files, file)
	}
	return report, errors.Join(failed...)
}

func loadFile(ctx context.Context, db *postgres.DB, lib *library, src *source, o Options) (FileReport, error) {
	report := FileReport{File: src.name, Mapping: src.mapping.Name, Refusals: []Refusal{}, Warnings: []string{}, Datasets: []postgres.Counts{}}
	header := postgres.LoadHeader{As: o.As, By: o.By, File: src.name, Mapping: src.mapping.Name}
	if header.As == "" {
		header.As = measures.England
	}
	var err error
	switch src.mapping.Loads {
	case Figures, Tidy:
		err = loadFigures(ctx, db, lib, src, o, &header, &report)
	case Nothing:
		err = errors.New(src.mapping.Refusal)
	default:
		err = loadRegister(ctx, db, lib, src, o, &header, &report)
	}
	err = recorded(ctx, db, header.Grants, &report, err)
	for _, c := range report.Datasets {
		report.RowsIn += c.RowsIn
		report.Added += c.Added
		report.Revised += c.Revised
		report.Unchanged += c.Unchanged
	}
	if err != nil {
		if private := (*PrivacyError)(nil); errors.As(err, &private) {
			return report, err
		}
		return report, fmt.Errorf("%s: %w", src.path, err)
	}
	return report, nil
}

// recorded writes down what became of a load that was decided on: the rows of each
// dataset that were taken, out of the file with this digest. A load that was
// committed stands, whatever becomes of its record.
func recorded(ctx context.Context, db *postgres.DB, grants []policy.Grant, report *FileReport, failed error) error {
	results := make([]postgres.Result, len(grants))
	for i, grant := range grants {
		results[i] = postgres.Result{Record: grant.Record(), Digest: report.Digest}
		if !report.Committed {
			results[i].Digest, results[i].Problem = "", "nothing of the file was committed"
			continue
		}
		for _, c := range report.Datasets {
			if c.Dataset == grant.Dataset() {
				results[i].Rows = c.RowsIn - c.Refused
			}
		}
	}
	if err := db.RecordResults(context.WithoutCancel(ctx), results); err != nil {
		failed = errors.Join(failed, fmt.Errorf("record what was loaded: %w", err))
	}
	return failed
}
