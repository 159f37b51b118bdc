package plugins

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

var (
	pluginName  = regexp.MustCompile(`^[a-z][a-z0-9-]{1,62}$`)
	datasetName = regexp.MustCompile(`^[a-z][a-z0-9_]{1,62}$`)
	columnName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	derivedName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,62}/[a-z][a-z0-9-]{1,62}$`)
	version     = regexp.MustCompile(`^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
)

// Datasets are those that the manifest's own code asks to be given, in order of
// their names. A manifest without measures only calculates, for the measures of
// others: it asks for none by name, and the answer is nil.
func (m *Manifest) Datasets() []measures.DatasetID {
	if len(m.Measures) == 0 {
		return nil
	}
	asked := []measures.DatasetID{}
	for i := range m.Measures {
		own := &m.Measures[i]
		if own.Uses.Plugin != m.ID {
			continue // another plugin is given that one
		}
		asked = append(asked, own.Dataset)
		if own.Mix != nil && own.Mix.Dataset != "" {
			asked = append(asked, own.Mix.Dataset)
		}
	}
	slices.Sort(asked)
	return slices.Compact(asked)
}

// Check says everything that is missing or wrong in a manifest. A measure
// nobody explained, signed or promised to look at again is not complete.
func (m *Manifest) Check() error {
	var problems []error
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("manifest of %q: "+format, append([]any{m.ID}, args...)...))
	}
	if !pluginName.MatchString(m.ID) {
		bad("id: lower-case letters, digits and hyphens are wanted, as in \"urgent-care\"")
	}
	if !version.MatchString(m.Version) {
		bad("version %q: three numbers are wanted, as in 1.0.0", m.Version)
	}
	if m.ABI != 0 && m.ABI != 1 {
		bad("abi %d: 1 for a plugin with code, 0 for one without", m.ABI)
	}
	if m.ABI == 1 && len(m.Entries) == 0 {
		bad("entries: name at least one")
	}
	if m.ABI == 0 && (len(m.Entries) > 0 || len(m.Measures) == 0) {
		bad("a manifest without code brings measures and no entries")
	}
	for _, field := range [][2]string{{"title", m.Title}, {"publisher", m.Publisher}, {"licence", m.Licence}} {
		if field[1] == "" {
			bad("%s is missing", field[0])
		}
	}
	seen := map[measures.MeasureID]bool{}
	for i := range m.Measures {
		if id := m.Measures[i].ID; seen[id] {
			bad("measure %q appears twice", id)
		} else {
			seen[id] = true
		}
		for _, problem := range checkMeasure(&m.Measures[i]) {
			bad("measure %q: %w", m.Measures[i].ID, problem)
		}
	}
	return errors.Join(problems...)
}

func checkMeasure(m *measures.Measure) []error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, field := range [][2]string{{"title", m.Title}, {"problem", m.Problem}, {"why", m.Why}, {"numerator", m.Numerator},
		{"inclusions", m.Inclusions}, {"authored_by", m.AuthoredBy}, {"checked_by", m.CheckedBy}} {
		if field[1] == "" {
			bad("%s is missing", field[0])
		}
	}
	if m.ReviewDate == 0 {
		bad("review_date is missing: say when somebody will look at it again")
	}
	if !pluginName.MatchString(string(m.ID)) || m.Family != "" && !pluginName.MatchString(string(m.Family)) {
		bad("id and family: lower-case letters, digits and hyphens are wanted")
	}
	if d := m.DerivedFrom; d != "" && (!derivedName.MatchString(d) || strings.HasSuffix(d, "/"+string(m.ID))) {
		bad("derived_from %q: the plugin and the id of another measure are wanted, as in \"urgent-care/ae-4h\"", d)
	}
	if !datasetName.MatchString(string(m.Dataset)) {
		bad("dataset %q: lower-case letters, digits and underscores are wanted", m.Dataset)
	}
	if !slices.Contains([]measures.Grain{measures.Day, measures.Week, measures.Month, measures.Quarter,
		measures.FinancialYear, measures.Irregular}, m.Grain) {
		bad("grain %q: day, week, month, quarter, financial-year or irregular is wanted", m.Grain)
	}
	if !slices.Contains([]string{"outcome", "process", "balancing"}, m.Type) {
		bad("type %q: outcome, process or balancing is wanted", m.Type)
	}
	if !(m.Unit.Multiply > 0) || math.IsInf(m.Unit.Multiply, 0) {
		bad("unit: multiply is %v; a number above 0 is wanted", m.Unit.Multiply)
	}
	if m.Unit.Decimals < 0 || m.Unit.Decimals > 6 || m.Baseline < 0 {
		bad("decimals %d (0 to 6), baseline %d (0 or more)", m.Unit.Decimals, m.Baseline)
	}
	if m.Start != 0 && m.StartReason == "" {
		bad("start_reason is missing: a chart that begins late says why")
	}
	if m.Uses.Plugin == "" || m.Uses.Entry == "" {
		bad("uses: name the plugin and the entry that compute it")
	}
	if p := m.Part; p != nil {
		if p.Stratifier == "" || p.Stratum == "" {
			bad("part: name the stratifier of the dataset and the stratum that the measure is about")
		}
		if len(m.Stratifiers) > 0 || m.Mix != nil {
			bad("part: a measure of one stratum cannot be split further; leave out stratifiers and mix")
		}
	}
	return slices.Concat(problems, checkInputs(m), checkMix(m))
}

func checkInputs(m *measures.Measure) []error {
	var problems []error
	if len(m.Inputs) == 0 {
		problems = append(problems, errors.New("inputs: name what the plugin is given"))
	}
	seen := map[string]bool{}
	for _, in := range m.Inputs {
		if !columnName.MatchString(in.Name) || seen[in.Name] {
			problems = append(problems, fmt.Errorf("input %q: a name of its own, of lower-case letters, digits and underscores, is wanted", in.Name))
		}
		seen[in.Name] = true
		if len(in.Plus) == 0 {
			problems = append(problems, fmt.Errorf("input %q: no column to add", in.Name))
		}
	}
	if seen["denominator"] && m.Denominator == "" {
		problems = append(problems, errors.New("denominator is missing: say in words what the numerator is divided by"))
	}
	return problems
}

// checkMix holds the strata of a measure against what splitting a change needs:
// a rate, and at least two strata that are told apart.
func checkMix(m *measures.Measure) []error {
	if m.Mix == nil {
		return nil
	}
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf("mix: "+format, args...)) }
	x := m.Mix
	if x.Of == "" {
		bad("of is missing: say in words what differs between the strata, as in \"type of department\"")
	}
	for _, name := range []string{"numerator", "denominator"} {
		if !slices.ContainsFunc(m.Inputs, func(in measures.Input) bool { return in.Name == name }) {
			bad("the measure has no input %q: only the change of a rate can be split", name)
		}
	}
	switch {
	case (x.Stratifier == "") == (len(x.Strata) == 0):
		bad("name either a stratifier of the measure's dataset or strata made of columns")
	case x.Stratifier != "" && !slices.Contains(m.Stratifiers, x.Stratifier):
		bad("stratifier %q is not among the measure's stratifiers", x.Stratifier)
	case x.Stratifier != "" && x.Dataset != "":
		bad("dataset %q: a stratifier is one of the measure's own dataset", x.Dataset)
	case x.Stratifier == "" && len(x.Strata) == 1:
		bad("one stratum alone has no mix; name at least two")
	case x.Stratifier == "" && !datasetName.MatchString(string(x.Dataset)):
		bad("dataset %q: name the dataset whose columns make the strata, in lower-case letters, digits and underscores", x.Dataset)
	case x.Stratifier == "" && slices.Contains(m.Stratifiers, x.By()):
		bad("of: %q is also a stratifier of the measure; choose other words", x.By())
	}
	return append(problems, checkStrata(x.Strata)...)
}

func checkStrata(strata []measures.MixStratum) []error {
	var problems []error
	seen := map[string]bool{}
	for i, s := range strata {
		if s.Name == "" || seen[s.Name] {
			problems = append(problems, fmt.Errorf("mix: stratum %d: a name of its own is wanted, not %q", i+1, s.Name))
		}
		seen[s.Name] = true
		for _, in := range []measures.Input{s.Numerator, s.Denominator} {
			if len(in.Plus) == 0 {
				problems = append(problems, fmt.Errorf("mix: stratum %q: input %q has no column to add", s.Name, in.Name))
			}
			for _, column := range measures.ColumnsOf([]measures.Input{in}) {
				if !columnName.MatchString(column) {
					problems = append(problems, fmt.Errorf("mix: stratum %q: column %q: lower-case letters, digits and underscores are wanted", s.Name, column))
				}
			}
		}
	}
	return problems
}
