package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// Shared is what this installation has of other people's releases at one moment,
// and which organisations run them.
type Shared struct {
	Releases  []Kept
	Adoptions []postgres.Adoption // live ones
}

// Kept is a release that is kept here, and where it is in its life.
type Kept struct {
	postgres.KeptRelease
	// State is what its publisher last said of it, here or in the index of the hub.
	State postgres.Step
	// Verified says that its signatures hold against the list of publishers today.
	Verified bool
}

// Offered reports whether an organisation may adopt it today.
func (k *Kept) Offered() bool {
	return k.Verified && (k.State == postgres.Published || k.State == postgres.Deprecated)
}

// state is where it is in its life, as policies know it. One that a checker has sent
// back is a draft again.
func (k *Kept) state() policy.ReleaseState {
	if k.State == postgres.Refused {
		return policy.ReleaseDraft
	}
	return policy.ReleaseState(k.State)
}

func (k *Kept) release() plugins.Release {
	return plugins.Release{Manifest: k.Manifest, Digest: k.Digest}
}

// holders are those who signed, for the policy.
func (k *Kept) holders() []string {
	names := make([]string, 0, len(k.Signers))
	for _, s := range k.Signers {
		names = append(names, s.Holder)
	}
	return names
}

// facts are what the policy is told of it where it is only looked at, with the
// datasets that it would be given under the organisation's own names.
func (k *Kept) facts(layers postgres.Layers) policy.Release {
	f := policy.Release{ID: k.Manifest.ID, Version: k.Manifest.Version, Digest: string(k.Digest), Publisher: k.Publisher,
		Verified: k.Verified, State: k.state(), Datasets: mapped(reads(&k.Manifest), layers)}
	for _, s := range k.Signers {
		f.Signers = append(f.Signers, policy.ReleaseSigner{Holder: s.Holder, Role: s.Role})
	}
	return f
}

// reads lists the datasets that the measures of a release read. One that brings no
// measures only calculates, and may be given any: nil.
func reads(m *plugins.Manifest) []measures.DatasetID {
	if len(m.Measures) == 0 {
		return nil
	}
	list := []measures.DatasetID{}
	for i := range m.Measures {
		list = append(list, m.Measures[i].Dataset)
		if mix := m.Measures[i].Mix; mix != nil && mix.Dataset != "" {
			list = append(list, mix.Dataset)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// mapped gives datasets the names that an organisation keeps them under.
func mapped(datasets []measures.DatasetID, layers postgres.Layers) []measures.DatasetID {
	list := slices.Clone(datasets)
	for i, name := range list {
		if own, known := layers.Datasets[name]; known {
			list[i] = own
		}
	}
	return list
}

// pins are the releases that organisations have pinned.
type pins struct {
	kept map[plugins.Digest]*Kept
	at   map[measures.ODSCode]*pinned
}

// pinned are the definitions that one organisation has by adoption: laid with
// all that it has laid over them, and plain for comparing it with others.
type pinned struct{ laid, plain bookcase }

// bookcase is some definitions, in the order of their releases.
type bookcase struct {
	byID  map[measures.MeasureID]*Definition
	order []*Definition
}

func (b *bookcase) add(d *Definition) {
	if b.byID == nil {
		b.byID = map[measures.MeasureID]*Definition{}
	}
	if _, taken := b.byID[d.ID]; !taken {
		b.byID[d.ID] = d
		b.order = append(b.order, d)
	}
}

// pin sorts releases and adoptions. Two releases of one organisation that define
// the same measure are taken in the order of their names.
func (c *Catalogue) pin(shared Shared) (*pins, error) {
	p := &pins{kept: map[plugins.Digest]*Kept{}, at: map[measures.ODSCode]*pinned{}}
	for i := range shared.Releases {
		p.kept[shared.Releases[i].Digest] = &shared.Releases[i]
	}
	adoptions := slices.SortedFunc(slices.Values(shared.Adoptions), func(a, b postgres.Adoption) int {
		return cmp.Or(cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.Plugin, b.Plugin))
	})
	for i := range adoptions {
		a := &adoptions[i]
		kept := p.kept[a.Digest]
		if kept == nil {
			return nil, fmt.Errorf("catalogue: %s has adopted %s %s, which is not kept here; take the release in again", a.Organisation, a.Plugin, a.Digest.Short())
		}
		of := p.at[a.Organisation]
		if of == nil {
			of = &pinned{}
			p.at[a.Organisation] = of
		}
		for k := range kept.Manifest.Measures {
			d := c.define(kept, k, a.Layers, a)
			of.laid.add(d)
			if len(a.Layers.Measures) > 0 {
				d = c.define(kept, k, postgres.Layers{Datasets: a.Layers.Datasets}, a)
			}
			of.plain.add(d)
		}
	}
	return p, nil
}
