package plugins

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// module builds a module by hand, section by section.
func module(sections ...[]byte) []byte {
	return append([]byte(wasmHeader), bytes.Join(sections, nil)...)
}

func section(id byte, body ...byte) []byte { return appendSection(nil, id, body) }

// text is a name with its length before it.
func text(s string) string { return string(appendLEB(nil, uint64(len(s)))) + s }

var (
	// types: (i32)->i32, (i32,i32)->i64, ()->()
	someTypes = section(typeSection, []byte("\x03\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7e\x60\x00\x00")...)
	functions = section(functionSection, 2, 0, 1)
	memory    = section(memorySection, 1, 0, 1)
	exports   = section(exportSection, []byte("\x03"+text("memory")+"\x02\x00"+text("sbx_alloc")+"\x00\x00"+text("sbx_run_v1")+"\x00\x01")...)
	code      = section(codeSection, []byte("\x02\x05\x00\x41\x80\x08\x0b\x04\x00\x42\x00\x0b")...)
	sound     = module(someTypes, functions, memory, exports, code)
)

func sampleManifest() Manifest {
	return Manifest{ID: "falls", Version: "1.2.3", ABI: 1, Title: "Falls & <trips>", Publisher: "A trust", Licence: "Apache-2.0", Entries: []string{"run"}}
}

func TestAManifestTravelsInItsModule(t *testing.T) {
	m := sampleManifest()
	with, err := WithManifest(sound, m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ManifestOf(with)
	if err != nil || got.ID != m.ID || got.Title != m.Title || got.Entries[0] != "run" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := Preflight(with, DefaultLimits()); err != nil {
		t.Error(err)
	}
	again, err := WithManifest(with, m)
	if err != nil || !bytes.Equal(with, again) {
		t.Errorf("put in twice, the module is another (%v)", err)
	}
	if !bytes.Contains(with, []byte(`{"abi":1,"entries":["run"],"id":"falls",`)) || !bytes.Contains(with, []byte(`"Falls & <trips>"`)) {
		t.Error("the manifest is not written in the order of its keys, as it is")
	}
	m.Version = "1.2.4"
	if other, err := WithManifest(with, m); err != nil || DigestOf(other) == DigestOf(with) {
		t.Errorf("the digest does not cover the manifest (%v)", err)
	}
}

func TestAManifestThatIsNotThereTwiceThereOrHalfKnownIsRefused(t *testing.T) {
	if _, err := ManifestOf(sound); !errors.Is(err, ErrNoManifest) {
		t.Errorf("error %v", err)
	}
	one := section(customSection, []byte(text(manifestSection)+`{"id":"a"}`)...)
	for _, test := range []struct {
		module []byte
		want   string
	}{
		{module(one, one), "two sections"},
		{module(section(customSection, []byte(text(manifestSection)+`{"id":"a","powers":"all"}`)...)), "unknown field"},
		{module(section(customSection, []byte(text(manifestSection)+`{"id":"a"}{}`)...)), "behind its end"},
		{sound[:len(sound)-3], "cut short"},
		{nil, "does not begin with"},
	} {
		if _, err := ManifestOf(test.module); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v; %q is wanted", err, test.want)
		}
	}
}

func TestPreflightNamesTheRuleAndTheNumber(t *testing.T) {
	limits := DefaultLimits()
	if err := Preflight(sound, limits); err != nil {
		t.Fatal(err)
	}
	oneImport := func(what string) []byte { return section(importSection, []byte("\x01"+what)...) }
	for _, test := range []struct {
		name   string
		module []byte
		want   string
	}{
		{"a section twice", module(someTypes, someTypes), "section 1 is unknown, repeated or out of order"},
		{"sections out of order", module(memory, someTypes), "section 1 is unknown, repeated or out of order"},
		{"a section of the future", module(section(13)), "section 13 is unknown"},
		{"bytes behind a section's entries", module(section(memorySection, 1, 0, 1, 9)), "section 5 has 1 bytes too many"},
		{"more types than bytes", module(section(typeSection, 0xff, 0xff, 0xff, 0xff, 0x0f)), "section 1 is malformed"},
		{"vectors", module(section(typeSection, 1, 0x60, 1, 0x7b, 0)), "a value of type 0x7b is not allowed"},
		{"references", module(section(typeSection, 1, 0x60, 1, 0x6f, 0)), "a value of type 0x6f is not allowed"},
		{"a table of references", module(section(tableSection, 1, 0x6f, 0, 1)), "a table of type 0x6f is not allowed"},
		{"shared memory", module(section(memorySection, 1, 3, 1, 1)), "shared or 64-bit memory is not allowed"},
		{"64-bit memory", module(section(memorySection, 1, 4, 1)), "shared or 64-bit memory is not allowed"},
		{"two memories", module(someTypes, functions, section(memorySection, 2, 0, 1, 0, 1), exports, code), "it has 2 memories"},
		{"an imported table", module(someTypes, oneImport(text("env")+text("t")+"\x01\x70\x00\x01")), `"t" is a table`},
		{"an imported global", module(someTypes, oneImport(text("env")+text("g")+"\x03\x7f\x00")), `"g" is a global`},
		{"an import of a false type", module(someTypes, oneImport(text(InertModule)+text("random_get")+"\x00\x00")), "random_get\" has type i:i where ii:i is right"},
		{"sbx_run_v1 of a false type", module(someTypes, section(functionSection, 2, 0, 0), memory, exports, code), "sbx_run_v1 has type i:i where ii:I is wanted"},
		{"sbx_alloc that is a memory", module(someTypes, functions, memory,
			section(exportSection, []byte("\x03"+text("memory")+"\x02\x00"+text("sbx_alloc")+"\x02\x00"+text("sbx_run_v1")+"\x00\x01")...), code), "sbx_alloc is not a function"},
		{"an export twice", module(section(exportSection, []byte("\x02"+text("a")+"\x00\x00"+text("a")+"\x00\x00")...)), `"a" is exported twice`},
		{"an export of nothing", module(someTypes, memory,
			section(exportSection, []byte("\x03"+text("memory")+"\x02\x00"+text("sbx_alloc")+"\x00\x63"+text("sbx_run_v1")+"\x00\x01")...)), "sbx_alloc is not a function"},
		{"a function without code", module(someTypes, functions, memory, exports), "2 functions are declared and 0 have code"},
		{"a million locals", module(someTypes, functions, section(codeSection, []byte("\x01\x06\x01\xc0\x84\x3d\x7f\x0b")...)), "has more than 4096 locals"},
		{"locals that add up beyond 32 bits", module(someTypes, functions, section(codeSection, []byte("\x01\x0d\x02\xff\xff\xff\xff\x0f\x7f\x02\x7f\x0b\x0b\x0b\x0b")...)), "has more than 4096 locals"},
		{"a local that is a reference", module(someTypes, functions, section(codeSection, []byte("\x01\x04\x01\x01\x6f\x0b")...)), "has a local of type 0x6f"},
		{"elements for later", module(someTypes, functions, section(tableSection, 1, 0x70, 0, 1), memory, exports, section(elementSection, 1, 1, 0, 0), code), "elements of kind 1 is not allowed"},
		{"elements at no place", module(someTypes, functions, section(tableSection, 1, 0x70, 0, 1), memory, exports, section(elementSection, 1, 0, 0x41), code), "is not a number"},
		{"elements that are not there", module(someTypes, functions, section(tableSection, 1, 0x70, 0, 1), memory, exports, section(elementSection, 1, 0), code), "section 9 is malformed"},
		{"too large", make([]byte, limits.ModuleBytes+1), "the module has 8388609 bytes; at most 8388608"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := Preflight(test.module, limits); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; %q is wanted", err, test.want)
			}
		})
	}
}

func FuzzPreflight(f *testing.F) {
	f.Add(sound)
	f.Add(module(someTypes, section(importSection, []byte("\x01"+text("env")+text("t")+"\x01\x70\x00\x01")...)))
	with, err := WithManifest(sound, sampleManifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(with)
	f.Fuzz(func(t *testing.T, b []byte) {
		sound := Preflight(b, DefaultLimits()) == nil
		_, missing := ManifestOf(b)
		out, err := WithManifest(b, sampleManifest())
		if sound && err != nil {
			t.Fatalf("a sound module takes no manifest: %v", err)
		}
		if err == nil && missing == nil && sound {
			if m, err := ManifestOf(out); err != nil || m.ID != "falls" {
				t.Fatalf("the manifest was lost: %v", err)
			}
		}
	})
}

func TestAnIncompleteManifestIsRefusedWithEverythingThatIsMissing(t *testing.T) {
	complete := func() Manifest {
		m := sampleManifest()
		m.Measures = []measures.Measure{{ID: "falls", Title: "t", Problem: "p", Why: "w", Numerator: "n", Denominator: "d", Inclusions: "i",
			Dataset: "falls", Grain: measures.Month, Type: "outcome", Unit: measures.Unit{Multiply: 1000},
			Inputs: []measures.Input{{Name: "numerator", Plus: []string{"falls"}}, {Name: "denominator", Plus: []string{"bed_days"}}},
			Uses:   measures.Uses{Plugin: "spc", Entry: "run"}, AuthoredBy: "a", CheckedBy: "c", ReviewDate: measures.DateOf(2027, 1, 1)}}
		return m
	}
	if m := complete(); m.Check() != nil {
		t.Fatal(m.Check())
	}
	for _, test := range []struct {
		change func(m *Manifest)
		want   string
	}{
		{func(m *Manifest) { m.ID = "Falls" }, "id:"},
		{func(m *Manifest) { m.Version = "1.2" }, "version"},
		{func(m *Manifest) { m.ABI = 2 }, "abi 2"},
		{func(m *Manifest) { m.Entries = nil }, "entries"},
		{func(m *Manifest) { m.Licence = "" }, "licence is missing"},
		{func(m *Manifest) { m.Measures[0].Problem = "" }, "problem is missing"},
		{func(m *Manifest) { m.Measures[0].CheckedBy = "" }, "checked_by is missing"},
		{func(m *Manifest) { m.Measures[0].ReviewDate = 0 }, "review_date is missing"},
		{func(m *Manifest) { m.Measures[0].Denominator = "" }, "denominator is missing"},
		{func(m *Manifest) { m.Measures[0].Dataset = "no such" }, `dataset "no such"`},
		{func(m *Manifest) { m.Measures[0].Grain = "fortnight" }, `grain "fortnight"`},
		{func(m *Manifest) { m.Measures[0].Type = "good" }, `type "good"`},
		{func(m *Manifest) { m.Measures[0].Unit.Multiply = 0 }, "multiply is 0"},
		{func(m *Manifest) { m.Measures[0].Uses.Entry = "" }, "uses:"},
		{func(m *Manifest) { m.Measures[0].Inputs = nil }, "inputs:"},
		{func(m *Manifest) { m.Measures[0].Inputs[1].Plus = nil }, `input "denominator": no column to add`},
		{func(m *Manifest) { m.Measures[0].Start = 1 }, "start_reason is missing"},
		{func(m *Manifest) { m.Measures = append(m.Measures, m.Measures[0]) }, `measure "falls" appears twice`},
		{func(m *Manifest) { m.Measures[0].Mix = &measures.Mix{Of: "ward"} }, "either a stratifier of the measure's dataset or strata"},
		{func(m *Manifest) { m.Measures[0].Mix = &measures.Mix{Of: "ward", Stratifier: "ward"} }, `"ward" is not among the measure's stratifiers`},
		{func(m *Manifest) { m.Measures[0].Mix = &measures.Mix{Stratifier: "ward"} }, "of is missing"},
		{func(m *Manifest) {
			m.Measures[0].Mix = &measures.Mix{Of: "ward", Dataset: "wards", Strata: []measures.MixStratum{{Name: "one"}}}
		}, "one stratum alone has no mix"},
		{func(m *Manifest) {
			m.Measures[0].Mix = &measures.Mix{Of: "ward", Dataset: "wards", Strata: []measures.MixStratum{{Name: "one"}, {Name: "one"}}}
		}, `stratum 2: a name of its own is wanted`},
		{func(m *Manifest) {
			m.Measures[0].Mix = &measures.Mix{Of: "ward", Dataset: "wards", Strata: []measures.MixStratum{{Name: "one"}, {Name: "two"}}}
		}, `stratum "one": input "" has no column to add`},
		{func(m *Manifest) {
			m.Measures[0].Mix = &measures.Mix{Of: "ward", Strata: []measures.MixStratum{{Name: "one"}, {Name: "two"}}}
		}, `dataset ""`},
		{func(m *Manifest) {
			m.Measures[0].Inputs, m.Measures[0].Mix = m.Measures[0].Inputs[:1], &measures.Mix{Of: "ward"}
		}, `no input "denominator"`},
	} {
		m := complete()
		test.change(&m)
		if err := m.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v; %q is wanted", err, test.want)
		}
	}
}

func TestAManifestNamesTheDatasetsOfItsOwnCode(t *testing.T) {
	m := sampleManifest()
	if m.Datasets() != nil {
		t.Errorf("a plugin that only calculates asks for %q by name", m.Datasets())
	}
	other := measures.Measure{Dataset: "beds", Uses: measures.Uses{Plugin: "another"}}
	if m.Measures = []measures.Measure{other}; m.Datasets() == nil || len(m.Datasets()) != 0 {
		t.Errorf("%v; want a list of none, which is not the same as any", m.Datasets())
	}
	own := measures.Measure{Dataset: "falls", Uses: measures.Uses{Plugin: m.ID}, Mix: &measures.Mix{Of: "ward", Dataset: "wards"}}
	m.Measures = []measures.Measure{own, other, own}
	if got := m.Datasets(); !slices.Equal(got, []measures.DatasetID{"falls", "wards"}) {
		t.Errorf("%q", got)
	}
}
