package measures

import (
	"slices"
	"strings"
)

// Measure is an operational definition: what is counted, out of what, from
// where, and which way is better. It is data; the plugin and entry named by
// Uses compute it.
type Measure struct {
	ID      MeasureID `json:"id"`
	Title   string    `json:"title"`
	Problem string    `json:"problem"` // the problem it answers, and for whom: shown first
	Why     string    `json:"why"`     // why it matters

	Numerator   string `json:"numerator"`   // in words
	Denominator string `json:"denominator"` // in words; empty for a count
	Inclusions  string `json:"inclusions"`
	Scope       string `json:"scope"` // a few words for headings: "A&E, all types"

	Dataset     DatasetID `json:"dataset"`
	Part        *Part     `json:"part,omitempty"`
	Inputs      []Input   `json:"inputs"` // what the plugin is given
	Grain       Grain     `json:"grain"`
	Stratifiers []string  `json:"stratifiers,omitempty"`
	Mix         *Mix      `json:"mix,omitempty"`

	Unit      Unit      `json:"unit"`
	Direction Direction `json:"direction"`
	Type      string    `json:"type"`   // outcome, process or balancing
	Family    MeasureID `json:"family"` // the measure it is a variant of, or itself
	// DerivedFrom names the measure whose logic was changed to make this one, as
	// "plugin/measure"; empty where there is none. What is counted never changes under
	// an id that others know.
	DerivedFrom string   `json:"derived_from,omitempty"`
	Targets     []Target `json:"targets,omitempty"`

	Uses  Uses    `json:"uses"`
	Rules RuleSet `json:"rules"`
	// Start is the first period of the chart that is shown unless a reader
	// asks for more; zero means everything there is. It is a date and not a
	// number of months, because a window that slides would move the limits.
	Start Date `json:"start,omitempty"`
	// StartReason says why the chart begins there.
	StartReason string `json:"start_reason,omitempty"`
	// Baseline is how many points of a phase make the limits when nobody
	// decided otherwise; 0 means all.
	Baseline int `json:"baseline"`

	AuthoredBy string `json:"authored_by"`
	CheckedBy  string `json:"checked_by"`
	ReviewDate Date   `json:"review_date"`
}

// Part says that a measure is about one stratum of its dataset only: of a table
// that holds the figures of several programmes, those of one.
type Part struct {
	Stratifier string `json:"stratifier"`
	Stratum    string `json:"stratum"`
}

// Mix says by which strata a change of the measure's rate is split into what
// happened within them and what came of their shares. The strata are either the
// rows of a stratifier of the measure's own dataset, or columns of a dataset
// that may be another.
type Mix struct {
	Of         string       `json:"of"` // what differs between the strata, in words: "type of department"
	Stratifier string       `json:"stratifier,omitempty"`
	Dataset    DatasetID    `json:"dataset,omitempty"`
	Strata     []MixStratum `json:"strata,omitempty"`
}

// MixStratum is a stratum made of columns.
type MixStratum struct {
	Name        string `json:"name"`
	Numerator   Input  `json:"numerator"`
	Denominator Input  `json:"denominator"`
}

// By names the strata in questions and addresses: the stratifier, or what
// differs between strata of columns as one word, "type-of-department".
func (m *Mix) By() string {
	if m.Stratifier != "" {
		return m.Stratifier
	}
	return strings.ReplaceAll(strings.ToLower(m.Of), " ", "-")
}

// Uses names the plugin and the entry in it that compute a measure.
type Uses struct {
	Plugin string `json:"plugin"`
	Entry  string `json:"entry"`
}

// Input is one column that a plugin is given: the sum of some columns of the
// dataset less the sum of others. It is missing where any of them is.
type Input struct {
	Name  string   `json:"name"`
	Title string   `json:"title"` // heads its column in tables: "Attendances"
	Plus  []string `json:"plus"`
	Minus []string `json:"minus,omitempty"`
}

// Changed says in what the logic of two definitions differs: what is counted, out of
// what and from where; empty where they count the same. Words, targets, strata and
// the way it is drawn are no part of that.
func (m *Measure) Changed(from *Measure) string {
	switch {
	case m.Dataset != from.Dataset:
		return "dataset"
	case m.Grain != from.Grain:
		return "grain"
	case (m.Part == nil) != (from.Part == nil) || m.Part != nil && *m.Part != *from.Part:
		return "part"
	case m.Unit.Multiply != from.Unit.Multiply:
		return "unit"
	case len(m.Inputs) != len(from.Inputs):
		return "inputs"
	}
	for _, in := range m.Inputs {
		i := slices.IndexFunc(from.Inputs, func(f Input) bool { return f.Name == in.Name })
		if i < 0 || !sameColumns(in.Plus, from.Inputs[i].Plus) || !sameColumns(in.Minus, from.Inputs[i].Minus) {
			return "inputs"
		}
	}
	return ""
}

func sameColumns(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Columns lists the columns of the dataset that the measure reads, each once.
func (m *Measure) Columns() []string { return ColumnsOf(m.Inputs) }

// ColumnsOf lists the columns that inputs are made of, each once.
func ColumnsOf(inputs []Input) []string {
	var columns []string
	seen := map[string]bool{}
	for _, in := range inputs {
		for _, list := range [][]string{in.Plus, in.Minus} {
			for _, name := range list {
				if !seen[name] {
					seen[name] = true
					columns = append(columns, name)
				}
			}
		}
	}
	return columns
}

// Unit says how a value is written.
type Unit struct {
	// Multiply turns numerator/denominator into what is plotted: 100 for
	// percent, 1000 for "per 1,000 bed days", 1 for counts.
	Multiply float64 `json:"multiply"`
	Symbol   string  `json:"symbol"`   // "%" or empty
	Words    string  `json:"words"`    // "of attendances", "people", "per 1,000 bed days"
	Decimals int     `json:"decimals"` // shown; never used in arithmetic
}

// Grain is the length of one period.
type Grain string

const (
	Day           Grain = "day"
	Week          Grain = "week"
	Month         Grain = "month"
	Quarter       Grain = "quarter"
	FinancialYear Grain = "financial-year"
	// Irregular is for readings taken when somebody took them. No reading is
	// ever missing from such a series.
	Irregular Grain = "irregular"
)

// Dataset is a flow of data: its columns, where it comes from and who may have it.
type Dataset struct {
	ID          DatasetID `json:"id"`
	Title       string    `json:"title"`
	Grain       Grain     `json:"grain"`
	Census      bool      `json:"census"` // counted at the end of the period, not during it
	Columns     []Column  `json:"columns"`
	Stratifiers []string  `json:"stratifiers"`
	Source      string    `json:"source"`
	Licence     string    `json:"licence"`
	Attribution string    `json:"attribution"` // the line to show beside the data
	Owner       string    `json:"owner"`
	OptOuts     string    `json:"opt_outs"` // who applied the national data opt-out
	// Additive says that the whole of an organisation is the sum of the strata
	// of the first stratifier; such a dataset keeps no row for the whole.
	Additive bool `json:"additive"`
	// Published data may be read across organisations; anything else is the
	// organisation's own until its policy says otherwise.
	Published bool `json:"published"`
	Synthetic bool `json:"synthetic"` // made by a program: says so on every page
}

// Column is one typed column of a dataset.
type Column struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Type  string `json:"type"` // count, number or share
	Role  string `json:"role"` // numerator, denominator or value
}
