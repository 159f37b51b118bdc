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
	// its ending, or is "tidy" for the tidy contract.
	Like string
	Name string
	// As is the organisation on whose behalf the file is loaded; empty for
	// national data.
	As      measures.ODSCode
	Content []byte
}

// Files makes all files of the demonstration.
func Files(seed uint64) []File {
	return []File{
		{Like: "ods_icbs", Name: "demonstration_icbs.csv", Content: boardFile()},
		{Like: "ods_trusts", Name: "demonstration_trusts.csv", Content: trustFile()},
		{Like: "ods_successions", Name: "demonstration_successions.csv", Content: successionFile()},
		{Like: "nhs_ae_provider_monthly", Name: "demonstration_ae_provider.csv", Content: providerFile(seed)},
		{Like: "tidy", Name: "demonstration_ae_4h.csv", Content: fourHourFile(seed)},
		{Like: "cancer_62d_provider_monthly", Name: "demonstration_cancer_62d.csv", Content: cancerFile(seed)},
		{Like: "diagnostics_6wk_trust_monthly", Name: "demonstration_diagnostics.csv", Content: diagnosticsFile(seed)},
		{Like: "rtt_incomplete_trust_monthly", Name: "demonstration_rtt.csv", Content: listFile(seed)},
		{Like: "tidy", Name: "demonstration_falls_zza.csv", As: "ZZA", Content: fallsFile(seed, "ZZA")},
		{Like: "tidy", Name: "demonstration_falls_zzb.csv", As: "ZZB", Content: fallsFile(seed, "ZZB")},
		{Like: "annotations", Name: "demonstration_events.csv", Content: eventFile()},
	}
}

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
