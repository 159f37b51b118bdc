package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/format"

	"github.com/signalbox-health/signalbox/measures"
)

// CasesFile is where test cases stand that were made of recorded decisions.
const CasesFile = "cases_test.rego"

// ErrNoCase says that no test can be made of a decision.
var ErrNoCase = errors.New("no test case can be made of this decision")

var noTestName = regexp.MustCompile(`[^a-z0-9]+`)

// CaseOf writes a test rule for an organisation's policy from a recorded decision:
// the very question, the facts about those in it, and the answer that is expected
// from now on. The facts are those of today, taken from known, because the record
// keeps the revision of the reference data and not the data. A question about all
// organisations is asked as the policy was asked then, about its own.
func CaseOf(owner measures.ODSCode, d Document, name string, known ReferenceData) (string, error) {
	in := d.Input
	all := slices.Contains(d.Scope, owner) || slices.Contains(d.Scope, Everyone)
	switch {
	case !in.Action.OpensData():
		return "", fmt.Errorf("%w: it opens no data, and no policy of an organisation is asked about that", ErrNoCase)
	case in.Resource.ODS == Everyone && !(d.Allow && all):
		return "", fmt.Errorf("%w: it was about all organisations at once, and figures of %s were not opened", ErrNoCase, owner)
	case in.Resource.ODS != owner && in.Resource.ODS != Everyone:
		return "", fmt.Errorf("%w: it is about %s and not about %s", ErrNoCase, in.Resource.ODS, owner)
	}
	in.Resource.ODS = owner
	question, err := json.MarshalIndent(in, "", "\t")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoCase, err)
	}
	facts, err := json.MarshalIndent(factsFor(in, known), "", "\t")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoCase, err)
	}
	expected, err := expectedOf(d)
	if err != nil {
		return "", err
	}
	rule := fmt.Sprintf("test_%s if {\n\tfound := decision with input as %s\n\t\twith data.reference as object.union(data.reference, %s)\n%s}\n",
		strings.Trim(noTestName.ReplaceAllString(strings.ToLower(name), "_"), "_"), question, facts, expected)
	return rule, nil
}

// factsFor are the tables cut down to what one question can look up.
func factsFor(in Input, known ReferenceData) map[string]any {
	orgs := map[measures.ODSCode]OrganisationFacts{}
	agreements := map[AgreementKey]Agreement{}
	asking := slices.Clone(in.Subject.Orgs)
	if in.Subject.ODS != nil {
		asking = append(asking, *in.Subject.ODS)
	}
	for _, code := range append(slices.Clone(asking), in.Resource.ODS) {
		if o, ok := known.Organisations[code]; ok {
			orgs[code] = o
			if icb, ok := known.Organisations[o.ICB]; ok {
				orgs[o.ICB] = icb
			}
		}
	}
	for _, code := range asking {
		key := KeyOf(in.Resource.ODS, code, in.Resource.Dataset)
		if a, ok := known.Agreements[key]; ok {
			agreements[key] = a
		}
	}
	datasets := map[measures.DatasetID]DatasetFacts{}
	if set, ok := known.Datasets[in.Resource.Dataset]; ok {
		datasets[in.Resource.Dataset] = set
	}
	plugins := map[string]PluginFacts{}
	if in.Plugin != nil {
		if p, ok := known.Plugins[in.Plugin.Digest]; ok {
			plugins[in.Plugin.Digest] = p
		}
	}
	few := ReferenceData{Organisations: orgs, Agreements: agreements, Datasets: datasets, Plugins: plugins}.complete()
	return map[string]any{"organisations": few.Organisations, "agreements": few.Agreements, "datasets": few.Datasets, "plugins": few.Plugins}
}

// expectedOf writes what the policy must answer. Reasons that the program itself
// gave are no policy's.
func expectedOf(d Document) (string, error) {
	if d.Allow {
		return "\tfound.allow\n", nil
	}
	codes := []string{}
	for _, r := range d.Reasons {
		if r.Rule != "host" && !slices.Contains(codes, r.Code) {
			codes = append(codes, r.Code)
		}
	}
	if len(codes) == 0 {
		return "", fmt.Errorf("%w: no policy denied it, but the program itself", ErrNoCase)
	}
	list, err := json.Marshal(codes)
	return fmt.Sprintf("\tfound.allow == false\n\tevery code in %s {\n\t\tcode in {reason.code | some reason in found.reasons}\n\t}\n", list), err
}

// AddCase adds the test of CaseOf to the files of a policy, formatted. A test of
// the same name is not added again.
func AddCase(owner measures.ODSCode, files []Module, d Document, name string, known ReferenceData) ([]Module, error) {
	rule, err := CaseOf(owner, d, name, known)
	if err != nil {
		return nil, err
	}
	entry := trustEntry(owner)
	source := "# Cases made of recorded decisions: the question that was asked, and the answer\n# that it is to have from now on.\npackage " +
		strings.TrimPrefix(entry[:len(entry)-1].String(), "data.") + "\n"
	out := slices.Clone(files)
	at := slices.IndexFunc(out, func(m Module) bool { return m.Name == CasesFile })
	if at < 0 {
		at, out = len(out), append(out, Module{Name: CasesFile})
	} else {
		source = out[at].Source
	}
	if head, _, _ := strings.Cut(rule, " "); strings.Contains(source, head+" ") {
		return nil, fmt.Errorf("%w: there is a case %s already", ErrNoCase, head)
	}
	formatted, err := format.Source(CasesFile, []byte(source+"\n"+rule))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadPolicy, err)
	}
	out[at].Source = string(formatted)
	return out, nil
}
