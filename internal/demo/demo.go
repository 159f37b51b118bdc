// Package demo makes demonstration data: invented organisations whose figures
// show what the charts can tell. The same seed gives the same bytes on every
// machine and on every day. The figures leave the package as files in the forms
// that real data comes in, so they pass through the same intake.
//
// Nothing here exists. Every code begins with ZZ followed by a letter, which the
// register does not use for organisations, and every name with "Demonstration:".
package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// Label begins the name of every organisation of the demonstration.
const Label = "Demonstration: "

// DefaultSeed makes the data that the program starts with.
const DefaultSeed = 1

// The months of the demonstration. The measures' charts begin in June 2023 with
// a baseline of 24 months, so a story that is to be seen happens after May 2025.
var (
	firstMonth = measures.DateOf(2021, 6, 1)
	lastMonth  = measures.DateOf(2026, 5, 1)
)

// File is one file for the intake, in the order in which they are to be loaded.
type File struct {
	// Like names the published file that this one has the columns of, without
	// its ending; or it is "tidy" for the tidy contract, or "regions".
	Like string
	Name string
	// As is the organisation on whose behalf the file is loaded; empty for
	// national data.
	As measures.ODSCode
	// Dataset is where its figures go; empty for organisations and events.
	// See Labelled for how to define it.
	Dataset measures.DatasetID
	Content []byte
}

// Files makes all files of the demonstration. Events come before figures: they
// name datasets too, and the definition that is written last is the one kept.
func Files(seed uint64) []File {
	files := []File{
		{Like: "regions", Name: "demonstration_regions.csv", Content: regionFile()},
		{Like: "ods_icbs", Name: "demonstration_icbs.csv", Content: boardFile()},
		{Like: "ods_trusts", Name: "demonstration_trusts.csv", Content: trustFile()},
		{Like: "ods_successions", Name: "demonstration_successions.csv", Content: successionFile()},
		{Like: "annotations", Name: "demonstration_events.csv", Content: eventFile()},
		{Like: "nhs_ae_provider_monthly", Name: "demonstration_ae_provider.csv", Dataset: "ae_provider", Content: providerFile(seed)},
		{Like: "tidy", Name: "demonstration_ae_4h.csv", Dataset: "ae_4h", Content: fourHourFile(seed)},
		{Like: "cancer_62d_provider_monthly", Name: "demonstration_cancer_62d.csv", Dataset: "cancer_62d", Content: cancerFile(seed)},
		{Like: "diagnostics_6wk_trust_monthly", Name: "demonstration_diagnostics.csv", Dataset: "diagnostics", Content: diagnosticsFile(seed)},
		{Like: "rtt_incomplete_trust_monthly", Name: "demonstration_rtt.csv", Dataset: "rtt", Content: listFile(seed)},
		{Like: "tidy", Name: "demonstration_falls_zza.csv", As: "ZZA", Dataset: Falls().ID, Content: fallsFile(seed, "ZZA")},
		{Like: "tidy", Name: "demonstration_falls_zzb.csv", As: "ZZB", Dataset: Falls().ID, Content: fallsFile(seed, "ZZB")},
		{Like: "tidy", Name: "demonstration_missed_zza.csv", As: "ZZA", Dataset: Missed().ID, Content: missedFile(seed, "ZZA")},
		{Like: "tidy", Name: "demonstration_missed_zzb.csv", As: "ZZB", Dataset: Missed().ID, Content: missedFile(seed, "ZZB")},
		{Like: "programme_series", Name: "demonstration_programmes.csv", Dataset: "programme", Content: programmeFile(seed)},
	}
	return slices.Concat(files, safetyFiles(seed), staffFiles(seed), digitalFiles(seed))
}

// Labelled gives the definition under which figures of the demonstration are
// loaded into a dataset that real figures go into elsewhere: the same columns,
// said to be invented wherever a page says where its figures come from. Loading
// real figures brings the real definition back.
func Labelled(d measures.Dataset) measures.Dataset {
	if slices.ContainsFunc(Own(), func(own measures.Dataset) bool { return own.ID == d.ID }) {
		return d
	}
	d.Title += " (demonstration)"
	d.Source = source
	d.Attribution = attribution
	d.Licence = "CC0-1.0"
	d.Owner = "Signalbox"
	d.OptOuts = "Does not apply: invented"
	d.Synthetic = true
	return d
}

const (
	source      = "Made by Signalbox for demonstration"
	attribution = "Demonstration data: invented, about nobody"
)

// Fictional reports whether a code belongs to the demonstration.
func Fictional(code measures.ODSCode) bool {
	return len(code) >= 3 && code[:2] == "ZZ" && code[2] >= 'A' && code[2] <= 'Z'
}

// table gathers the rows of a CSV file.
type table struct {
	buffer bytes.Buffer
	writer *csv.Writer
}

func newTable(header ...string) *table {
	t := &table{}
	t.writer = csv.NewWriter(&t.buffer)
	t.row(header...)
	return t
}

// row writes a row. Writing to memory cannot fail.
func (t *table) row(cells ...string) { _ = t.writer.Write(cells) }

func (t *table) bytes() []byte {
	t.writer.Flush()
	return t.buffer.Bytes()
}

func whole(n int) string { return fmt.Sprintf("%d", n) }

// halves writes a count of half people, as cancer figures have them: a patient
// may be shared by two providers.
func halves(n int) string { return fmt.Sprintf("%d.%d", n/2, n%2*5) }
