package demo

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// tidyTable gathers the rows of one measure in the tidy contract. Its dataset has
// the measure's name.
type tidyTable struct {
	*table
	measure string
	streams map[string]*noise
}

func newTidy(measure string) *tidyTable {
	return &tidyTable{table: newTable(tidyHeader...), measure: measure, streams: map[string]*noise{}}
}

// noise gives the stream of one use, the same one each time.
func (t *tidyTable) noise(seed uint64, code measures.ODSCode, use string) *noise {
	key := string(code) + "/" + use
	if t.streams[key] == nil {
		t.streams[key] = noiseFor(seed, code, use)
	}
	return t.streams[key]
}

func (t *tidyTable) share(code measures.ODSCode, period measures.Date, numerator, denominator string) {
	t.stratum(code, period, numerator, denominator, "", "")
}

func (t *tidyTable) stratum(code measures.ODSCode, period measures.Date, numerator, denominator, by, part string) {
	t.row(t.measure, string(code), period.String(), numerator, denominator, "", by, part, "final", "")
}

func (t *tidyTable) value(code measures.ODSCode, period measures.Date, value string) {
	t.row(t.measure, string(code), period.String(), "", "", value, "", "", "final", "")
}

// file names the file by what it holds. Every organisation in it is invented, so it
// is loaded on behalf of none.
func (t *tidyTable) file() File {
	name := strings.ReplaceAll(t.measure, "-", "_")
	return File{Like: "tidy", Name: "demonstration_" + name + ".csv", Dataset: measures.DatasetID(name), Content: t.bytes()}
}
