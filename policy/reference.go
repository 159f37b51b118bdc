package policy

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// ReferenceData is what a policy may look up. Every table is keyed by what is
// looked up, because a decision that walks a list takes longer the more there
// is in it. Its schema is schema/reference.json.
type ReferenceData struct {
	Datasets      map[measures.DatasetID]DatasetFacts    `json:"datasets"`
	Organisations map[measures.ODSCode]OrganisationFacts `json:"organisations"`
	Plugins       map[string]PluginFacts                 `json:"plugins"` // by digest
	Agreements    map[AgreementKey]Agreement             `json:"agreements"`
	Roles         map[Role]RoleFacts                     `json:"roles"`
	Purposes      map[Purpose]PurposeFacts               `json:"purposes"`
	Licences      map[string]LicenceFacts                `json:"licences"` // as datasets write them
	Training      TrainingFacts                          `json:"training"`
	Releases      ReleaseLimits                          `json:"releases"`
	Suppression   Disclosure                             `json:"suppression"`
}

// DatasetFacts is what governance knows of a dataset.
type DatasetFacts struct {
	Title     string          `json:"title"`
	Owner     string          `json:"owner"`
	Licence   string          `json:"licence"`
	Published bool            `json:"published"`
	Synthetic bool            `json:"synthetic"`
	Columns   map[string]bool `json:"columns"`
	// Stratifiers are what its rows may be split by; none where each row is the
	// whole of an organisation.
	Stratifiers []string `json:"stratifiers"`
}

// FactsOf takes what a policy needs from a dataset.
func FactsOf(d measures.Dataset) DatasetFacts {
	facts := DatasetFacts{Title: d.Title, Owner: d.Owner, Licence: d.Licence,
		Published: d.Published, Synthetic: d.Synthetic, Columns: map[string]bool{}, Stratifiers: slices.Clone(d.Stratifiers)}
	for _, c := range d.Columns {
		facts.Columns[c.Name] = true
	}
	return facts
}

// OrganisationFacts is what governance knows of an organisation. Kind is
// trust, icb, region, national, site or other; ICB is the code of the
// integrated care board it belongs to, empty if none.
type OrganisationFacts struct {
	Name   string           `json:"name"`
	Kind   string           `json:"kind"`
	ICB    measures.ODSCode `json:"icb"`
	Region string           `json:"region"`
}

// PluginFacts is what governance knows of one digest.
type PluginFacts struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	// Approved says that it came with the program, or was taken here after its
	// signatures and its module were checked. Whose figures it may then draw is for
	// Adopters to say.
	Approved bool `json:"approved"`
	// Datasets are those that its manifest names; nil means that it only
	// calculates and may be given any.
	Datasets  []measures.DatasetID `json:"datasets"`
	Publisher string               `json:"publisher"` // empty for what comes with the program
	State     ReleaseState         `json:"state"`     // as this installation last heard
	// Offered says that an organisation may adopt it today: it is verified, published
	// and not withdrawn.
	Offered bool `json:"offered"`
	// Adopters are the organisations that run it. Nil means that it comes with the
	// program, for everybody until it is withdrawn; empty, that nobody runs it yet.
	Adopters map[measures.ODSCode]AdopterFacts `json:"adopters"`
}

// AgreementKey names what an agreement is about: owner|partner|dataset.
type AgreementKey string

// KeyOf makes the key of an agreement by which owner shares a dataset with
// partner.
func KeyOf(owner, partner measures.ODSCode, dataset measures.DatasetID) AgreementKey {
	return AgreementKey(strings.Join([]string{string(owner), string(partner), string(dataset)}, "|"))
}

// Agreement lets the staff of one organisation read a dataset of another.
type Agreement struct {
	Ref string `json:"ref"`
	// Expires, in seconds since 1970, is cut down to the minute: the clock of
	// a policy ticks in minutes, and no agreement lasts longer than written.
	Expires      int64     `json:"expires"`
	Purposes     []Purpose `json:"purposes"`
	Export       bool      `json:"export"`
	MinCellCount int       `json:"min_cell_count"` // raised to the national threshold if it is lower
}

// RoleFacts says what a role may do: staff, compare, improve, load, govern, innovate,
// check, operate.
type RoleFacts struct {
	Title  string   `json:"title"`
	Rights []string `json:"rights"`
}

// PurposeFacts describes a purpose that data is shared for.
type PurposeFacts struct {
	Title string `json:"title"`
}

// LicenceFacts says whether anybody may use data under a licence.
type LicenceFacts struct {
	Title string `json:"title"`
	Open  bool   `json:"open"`
}

// TrainingFacts says for how many days after it a training in data security is
// in date.
type TrainingFacts struct {
	MaxDays int `json:"max_days"`
}

// ReleaseLimits are what one call of a module may take at its check, for a release to
// be published.
type ReleaseLimits struct {
	MaxMilliseconds int `json:"max_milliseconds"`
	MaxMebibytes    int `json:"max_mebibytes"`
}

//go:embed rego/national.json
var nationalJSON []byte

// NationalReference gives the roles, purposes, licences and thresholds that
// come with the national baseline. Datasets, organisations, plugins and
// agreements are for the caller to fill in.
func NationalReference() (ReferenceData, error) {
	var data ReferenceData
	decoder := json.NewDecoder(bytes.NewReader(nationalJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&data); err != nil {
		return data, fmt.Errorf("reference data of the national baseline: %w", err)
	}
	return data.complete(), nil
}

// complete copies the tables, with no null where a policy expects a table or a
// list, and with whole minutes.
func (d ReferenceData) complete() ReferenceData {
	d.Datasets = copied(d.Datasets, func(f *DatasetFacts) {
		if f.Columns == nil {
			f.Columns = map[string]bool{}
		}
		f.Stratifiers = filled(f.Stratifiers)
	})
	d.Organisations = copied(d.Organisations, nil)
	d.Plugins = copied(d.Plugins, nil)
	d.Agreements = copied(d.Agreements, func(a *Agreement) {
		a.Expires = minute(a.Expires)
		a.Purposes = filled(a.Purposes)
	})
	d.Roles = copied(d.Roles, func(r *RoleFacts) { r.Rights = filled(r.Rights) })
	d.Purposes = copied(d.Purposes, nil)
	d.Licences = copied(d.Licences, nil)
	return d
}

func copied[K comparable, V any](table map[K]V, fill func(*V)) map[K]V {
	out := make(map[K]V, len(table))
	for k, v := range table {
		if fill != nil {
			fill(&v)
		}
		out[k] = v
	}
	return out
}

// check finds what would make a rule answer wrongly without anybody noticing.
func (d ReferenceData) check() error {
	for _, code := range slices.Sorted(maps.Keys(d.Organisations)) {
		if !code.Valid() {
			return fmt.Errorf("reference data: organisation %q has no valid ODS code", code)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.Agreements)) {
		if strings.Count(string(key), "|") != 2 {
			return fmt.Errorf("reference data: agreement %q is not named owner|partner|dataset", key)
		}
	}
	if s := d.Suppression; s.MinCellCount < floorAcross || s.RoundTo < 1 {
		return fmt.Errorf("reference data: suppression below %d, rounding to %d; the least is %d and 1",
			s.MinCellCount, s.RoundTo, floorAcross)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Plugins)) {
		if f := d.Plugins[name]; f.Adopters == nil && (f.Publisher != "" || f.State != "" && f.State != ReleaseWithdrawn) {
			return fmt.Errorf("reference data: plugin %s of %q, %s, has no list of adopters, so it would draw for everybody; give it an empty one", name, f.Publisher, f.State)
		}
		for code := range d.Plugins[name].Adopters {
			if !code.Valid() || code == Everyone {
				return fmt.Errorf("reference data: plugin %s is adopted by %q, which is no ODS code of an organisation", name, code)
			}
		}
	}
	if l := d.Releases; l.MaxMilliseconds < 1 || l.MaxMebibytes < 1 {
		return fmt.Errorf("reference data: a module may take %d milliseconds and %d mebibytes; the least is 1 of each", l.MaxMilliseconds, l.MaxMebibytes)
	}
	if d.Training.MaxDays < 1 {
		return fmt.Errorf("reference data: training is in date for %d days; the least is 1", d.Training.MaxDays)
	}
	return nil
}

// encode gives the JSON of the data and the digest that names its revision.
func (d ReferenceData) encode() ([]byte, string, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, "", fmt.Errorf("reference data: %w", err)
	}
	return text, digest(text), nil
}

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:", len(part))
		h.Write(part)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
