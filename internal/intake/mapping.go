package intake

import (
	"fmt"
	"slices"
	"sort"

	"github.com/signalbox-health/signalbox/measures"
)

// Mapping says how a file is read: which of its columns mean what. It is data;
// a new published table needs a new mapping and no code.
type Mapping struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Loads Loads  `json:"loads"`

	Dataset measures.DatasetID `json:"dataset"` // of figures

	// Columns of the file, by what they mean.
	Organisation     string            `json:"organisation"`
	OrganisationName string            `json:"organisation_name"`
	Region           string            `json:"region"`
	Period           string            `json:"period"`
	Numbers          map[string]string `json:"numbers"` // column of the file to column of the dataset
	Stratum          string            `json:"stratum"`
	Measure          string            `json:"measure"` // tidy: names the dataset
	StratifierColumn string            `json:"stratifier_column"`
	Status           string            `json:"status"`
	Note             string            `json:"note"`
	Ignored          []string          `json:"ignored"`  // known, and not kept
	Optional         []string          `json:"optional"` // may be absent

	Stratifier  string      `json:"stratifier"`  // the name of what Stratum holds
	Proportions [][2]string `json:"proportions"` // the first may not be above the second

	// UnknownOrganisations says what to do with a code that the register does
	// not know: "create" an organisation of kind other, or "refuse" the row.
	UnknownOrganisations string `json:"unknown_organisations"`

	Organisations *OrganisationColumns `json:"organisations"`
	Successions   *SuccessionColumns   `json:"successions"`
	Events        *EventColumns        `json:"events"`

	Header  []string `json:"header"`  // of a file that loads nothing
	Refusal string   `json:"refusal"` // why it loads nothing
}

// Loads is what a mapped file holds.
type Loads string

const (
	Figures       Loads = "figures"
	Tidy          Loads = "tidy" // figures of many measures in one table
	Organisations Loads = "organisations"
	Successions   Loads = "successions"
	Events        Loads = "events"
	Nothing       Loads = "nothing"
)

// order is that in which files given together are loaded, so that figures find
// their organisations and events their datasets.
var order = []Loads{Organisations, Successions, Figures, Tidy, Events, Nothing}

// OrganisationColumns are the columns of a register.
type OrganisationColumns struct {
	Kind         measures.OrganisationKind `json:"kind"`
	Code         string                    `json:"code"`
	Name         string                    `json:"name"`
	Subkind      string                    `json:"subkind"`
	Region       string                    `json:"region"`
	ICB          string                    `json:"icb"`
	ICBSince     measures.Date             `json:"icb_since"` // no membership is older
	Predecessors string                    `json:"predecessors"`
	Merged       string                    `json:"merged"`       // when they were taken over
	MergerOpens  bool                      `json:"merger_opens"` // the code began with the merger
}

// SuccessionColumns are the columns of a list of successions.
type SuccessionColumns struct {
	Predecessor string `json:"predecessor"`
	Successor   string `json:"successor"`
	Date        string `json:"date"`
	Basis       string `json:"basis"`
	Note        string `json:"note"`
}

// EventColumns are the columns of a list of events.
type EventColumns struct {
	Organisation string               `json:"organisation"`
	Everyone     string               `json:"everyone"` // stands for all organisations
	Start        string               `json:"start"`
	End          string               `json:"end"`
	Kind         string               `json:"kind"`
	Text         string               `json:"text"`
	Source       string               `json:"source"`
	Kinds        map[string]EventKind `json:"kinds"`
}

// EventKind says what a word in the kind column means.
type EventKind struct {
	Kind     measures.EventKind   `json:"kind"`
	Rebase   bool                 `json:"rebase"`
	Exclude  bool                 `json:"exclude"`
	Datasets []measures.DatasetID `json:"datasets"` // none: all
}

// columns lists the columns that a file of this mapping has.
func (m *Mapping) columns() []string {
	list := slices.Concat(m.Header, m.Ignored, []string{m.Organisation, m.OrganisationName, m.Region, m.Period,
		m.Stratum, m.Measure, m.StratifierColumn, m.Status, m.Note})
	for name := range m.Numbers {
		list = append(list, name)
	}
	if o := m.Organisations; o != nil {
		list = append(list, o.Code, o.Name, o.Subkind, o.Region, o.ICB, o.Predecessors, o.Merged)
	}
	if s := m.Successions; s != nil {
		list = append(list, s.Predecessor, s.Successor, s.Date, s.Basis, s.Note)
	}
	if e := m.Events; e != nil {
		list = append(list, e.Organisation, e.Start, e.End, e.Kind, e.Text, e.Source)
	}
	list = slices.DeleteFunc(list, func(name string) bool { return name == "" })
	sort.Strings(list)
	return slices.Compact(list)
}

// fits reports whether a header is one of this mapping.
func (m *Mapping) fits(header []string) bool {
	columns := m.columns()
	for _, name := range header {
		if !slices.Contains(columns, name) {
			return false
		}
	}
	for _, name := range columns {
		if !slices.Contains(header, name) && !slices.Contains(m.Optional, name) {
			return false
		}
	}
	return true
}

// valid checks a mapping against the datasets.
func (m *Mapping) valid(datasets map[measures.DatasetID]measures.Dataset) error {
	if !slices.Contains(order, m.Loads) {
		return fmt.Errorf("it loads %q; known are %q", m.Loads, order)
	}
	switch m.Loads {
	case Figures, Tidy:
		if m.Organisation == "" || m.Period == "" || len(m.Numbers) == 0 {
			return fmt.Errorf("figures need the columns of organisation, period and numbers")
		}
		if m.UnknownOrganisations != "create" && m.UnknownOrganisations != "refuse" {
			return fmt.Errorf("unknown_organisations is %q, want create or refuse", m.UnknownOrganisations)
		}
	case Nothing:
		if m.Refusal == "" || len(m.Header) == 0 {
			return fmt.Errorf("a file that loads nothing needs a header and a reason")
		}
	}
	if m.Loads != Figures {
		return nil
	}
	d, found := datasets[m.Dataset]
	if !found {
		return fmt.Errorf("there is no dataset %q", m.Dataset)
	}
	for file, column := range m.Numbers {
		if !slices.ContainsFunc(d.Columns, func(c measures.Column) bool { return c.Name == column }) {
			return fmt.Errorf("column %s goes to %s, which dataset %s does not have", file, column, d.ID)
		}
	}
	for _, p := range m.Proportions {
		if m.Numbers[p[0]] == "" || m.Numbers[p[1]] == "" {
			return fmt.Errorf("proportion %v names columns that are no numbers", p)
		}
	}
	if (m.Stratum == "") != (m.Stratifier == "") || m.Stratifier != "" && !slices.Contains(d.Stratifiers, m.Stratifier) {
		return fmt.Errorf("stratifier %q is not one of dataset %s", m.Stratifier, d.ID)
	}
	return nil
}
