package library

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// shipped gives the manifest of a pack as it lies in the repository: it needs no
// compiler.
func shipped(t *testing.T, id string) plugins.Manifest {
	t.Helper()
	text, err := manifests.ReadFile(id + "/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := plugins.ParseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func measureOf(t *testing.T, pack, id string) *measures.Measure {
	t.Helper()
	m := shipped(t, pack)
	for i := range m.Measures {
		if m.Measures[i].ID == measures.MeasureID(id) {
			return &m.Measures[i]
		}
	}
	t.Fatalf("pack %s has no measure %s", pack, id)
	return nil
}

func TestPacksHaveWhatTheyPromise(t *testing.T) {
	for pack, want := range map[string]map[string]string{ // measure: entry
		"urgent-care": {"ae-4h": "xmr", "ae-dta-12h": "xmr", "ae-dta-12h-share": "xmr", "ae-dta-4h": "xmr"},
		"elective":    {"rtt-18w": "xmr", "rtt-52w": "xmr", "diagnostics-6w": "xmr", "diagnostics-13w": "xmr", "cancer-62d": "xmr"},
		"safety": {"falls-rate": "u", "falls-harm-rate": "u", "pressure-ulcers-rate": "u", "infection-cases-between": "g",
			"infection-days-between": "t", "never-events-between": "t"},
		"digital": {"epr-coverage": "trajectory", "social-care-records": "trajectory", "nhs-app-adults": "trajectory", "fdp-sign-up": "trajectory",
			"basic-tools": "trajectory", "interoperability-barrier": "trajectory", "nursing-hours-released": "trajectory", "login-minutes": "xmr"},
		"staff": {"staff-recommend-work": "share", "staff-speak-up": "share", "staff-time-to-care": "share"},
	} {
		for id, entry := range want {
			if m := measureOf(t, pack, id); m.Uses.Entry != entry {
				t.Errorf("%s: entry %s, want %s", id, m.Uses.Entry, entry)
			}
		}
		kinds := map[string]bool{}
		for _, m := range shipped(t, pack).Measures {
			kinds[m.Type] = true
		}
		if len(kinds) < 2 {
			t.Errorf("pack %s has measures of one type only: %v", pack, slices.Collect(maps.Keys(kinds)))
		}
	}
	if m := measureOf(t, "urgent-care", "ae-4h"); m.Mix == nil || len(m.Mix.Strata) != 3 {
		t.Error("the 4 hours have no mix of three types")
	}
	if m := measureOf(t, "elective", "diagnostics-6w"); !slices.Contains(m.Stratifiers, "test") {
		t.Error("diagnostics cannot be read by test")
	}
}

// seeds are the numbers of the source articles, by their names.
func seeds(t *testing.T) map[string]map[string]string {
	t.Helper()
	dir := os.Getenv("SIGNALBOX_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", "seed_targets.csv"))
	if err != nil {
		t.Skip("this test reads seed_targets.csv, which is not here; set SIGNALBOX_SHARED to the folder of the reference data")
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		all[row["id"]] = row
	}
	return all
}

func TestTargetsAreThoseOfTheSourceArticles(t *testing.T) {
	all := seeds(t)
	for _, test := range []struct {
		seed, measure string
		target        int
	}{
		{"epr_90_dec23", "epr-coverage", 0}, {"epr_97_mar26", "epr-coverage", 1}, {"app_75_mar24", "nhs-app-adults", 0},
		{"dscr_all", "social-care-records", 0}, {"nursing_hours", "nursing-hours-released", 0},
	} {
		m, seed := measureOf(t, "digital", test.measure), all[test.seed]
		if len(m.Targets) <= test.target {
			t.Errorf("%s has %d targets", m.ID, len(m.Targets))
			continue
		}
		target := m.Targets[test.target]
		due := ""
		if target.From != 0 {
			due = target.From.String()
		}
		if fmt.Sprint(target.Value) != seed["value"] || due != seed["by_when"] || m.Direction.String() != seed["improvement_direction"] {
			t.Errorf("%s: %v by %q, %s; the article says %s by %q, %s", m.ID, target.Value, due, m.Direction, seed["value"], seed["by_when"], seed["improvement_direction"])
		}
	}
}

// What the articles found is no target; it stands in the words of the measure.
func TestFindingsOfTheSourceArticlesAreTold(t *testing.T) {
	all := seeds(t)
	for _, test := range []struct{ seed, pack, measure, told string }{
		{"tools_11", "digital", "basic-tools", "%s%% of doctors"}, {"tools_11", "staff", "staff-tools", "%s%% of doctors"},
		{"interop_70", "digital", "interoperability-barrier", "Over %s%%"}, {"interop_70", "staff", "staff-systems-joined", "Over %s%%"},
		{"dscr_paper_feb22", "digital", "social-care-records", "about %s%%"}, {"app_22m_jan22", "digital", "nhs-app-users", "%s million"},
	} {
		m, value := measureOf(t, test.pack, test.measure), all[test.seed]["value"]
		if n, err := strconv.ParseFloat(value, 64); err == nil && n >= 1e6 {
			value = fmt.Sprint(n / 1e6)
		}
		if told := fmt.Sprintf(test.told, value); !strings.Contains(m.Problem+" "+m.Why, told) {
			t.Errorf("%s does not tell %q: %s %s", m.ID, told, m.Problem, m.Why)
		}
		if strings.Contains(m.Problem+m.Why, all[test.seed]["quote"]) {
			t.Errorf("%s carries over a sentence of the source", m.ID)
		}
	}
	if m := measureOf(t, "digital", "fdp-sign-up"); all["fdp_half_sep24"]["value"] != "50" || !strings.Contains(m.Why, "more than half of acute trusts") {
		t.Errorf("%s: %s", m.ID, m.Why)
	}
}

func TestMeasuresWithTooFewPointsForSPCHaveNoRules(t *testing.T) {
	for _, pack := range []string{"digital", "staff"} {
		for _, m := range shipped(t, pack).Measures {
			if own := m.Uses.Plugin == pack; own != (m.Rules == measures.NoRules) || own != (m.Grain == measures.Irregular) {
				t.Errorf("%s: computed by %s, rules %s, grain %s", m.ID, m.Uses.Plugin, m.Rules, m.Grain)
			}
		}
	}
}

// Without a compiler for a language its packs are left out, and the rest is there.
func TestAPackWithoutACompilerIsLeftOutAndNamed(t *testing.T) {
	ready(t)
	text, err := built.ReadFile("built/index.json")
	if err != nil {
		t.Fatal(err)
	}
	var index Index
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	index.Plugins = slices.DeleteFunc(index.Plugins, func(b Built) bool { return b.ID == "digital" })
	index.LeftOut = map[string]string{"digital": "no compiler for Rust on this machine"}
	files := fstest.MapFS{}
	for _, b := range index.Plugins {
		module, err := built.ReadFile("built/" + b.File)
		if err != nil {
			t.Fatal(err)
		}
		files["built/"+b.File] = &fstest.MapFile{Data: module}
	}
	if text, err = json.Marshal(index); err != nil {
		t.Fatal(err)
	}
	files["built/index.json"] = &fstest.MapFile{Data: text}
	l, err := open(manifests, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := l.Release("digital"); there || !strings.Contains(l.LeftOut()["digital"], "Rust") {
		t.Errorf("digital is there: %v; left out: %v", there, l.LeftOut())
	}
	for _, m := range l.Measures() {
		if m.Dataset == "programme" || m.Uses.Plugin == "digital" {
			t.Errorf("%s is offered, and nothing computes it", m.ID)
		}
	}
	if _, there := l.Release("safety"); !there {
		t.Error("safety is not there, though it has no code")
	}
}
