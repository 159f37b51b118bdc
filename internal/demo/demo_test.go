package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// seeds are tried by every story: it must not hang on luck.
var seeds = []uint64{DefaultSeed, 2, 3, 2026, 1 << 40}

// read gives the rows of a file as maps from column to cell.
func read(t testing.TB, content []byte) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// number reads a cell; an empty one is missing.
func number(t testing.TB, cell string) float64 {
	t.Helper()
	if cell == "" {
		return measures.Missing
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSameSeedSameBytes(t *testing.T) {
	// Changing a story changes this digest; changing the machine must not.
	const want = "39ee9370dc605ee9ad3b082f780266ab4a82e06afac97eafa7e2cf30df568116"
	h := sha256.New()
	for _, f := range Files(DefaultSeed) {
		h.Write([]byte(f.Like + "\n" + f.Name + "\n" + string(f.As) + "\n"))
		h.Write(f.Content)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("digest of the default demonstration = %s, want %s", got, want)
	}
	for i, f := range Files(DefaultSeed + 1) {
		figures := f.Dataset != ""
		if same := bytes.Equal(f.Content, Files(DefaultSeed)[i].Content); same == figures {
			t.Errorf("%s: same as with another seed = %v", f.Name, same)
		}
	}
}

func TestEverythingIsLabelledAsInvented(t *testing.T) {
	for _, f := range Files(DefaultSeed) {
		if !strings.HasPrefix(f.Name, "demonstration_") {
			t.Errorf("file %s", f.Name)
		}
		if f.As != "" && !Fictional(f.As) {
			t.Errorf("%s is loaded for %s", f.Name, f.As)
		}
		rows := read(t, f.Content)
		if len(rows) == 0 {
			t.Errorf("%s is empty", f.Name)
		}
		for i, row := range rows {
			for column, cell := range row {
				switch column {
				case "org_code", "ods_code", "region_code", "predecessor_code", "successor_code", "icb_code", "predecessor_codes":
					for code := range strings.SplitSeq(cell, ";") {
						if cell != "" && (!Fictional(measures.ODSCode(code)) || !measures.ODSCode(code).Valid()) {
							t.Errorf("%s row %d: %s %q is not of the demonstration", f.Name, i, column, code)
						}
					}
				case "org_name", "name", "icb_name", "text":
					if !strings.HasPrefix(cell, Label) {
						t.Errorf("%s row %d: %s %q is not labelled", f.Name, i, column, cell)
					}
				case "region", "region_name":
					if !strings.HasPrefix(cell, "Demonstration ") {
						t.Errorf("%s row %d: region %q is not labelled", f.Name, i, cell)
					}
				}
			}
		}
	}
	for _, dataset := range Own() {
		if !strings.Contains(dataset.Title, "demonstration") || !strings.Contains(dataset.Attribution, "invented") {
			t.Errorf("dataset %+v is not labelled", dataset)
		}
	}
	d := Labelled(measures.Dataset{ID: "rtt", Title: "Waiting list", Licence: "OGL", Attribution: "NHS England", Published: true})
	if !d.Synthetic || !d.Published || d.Title != "Waiting list (demonstration)" || !strings.Contains(d.Attribution, "invented") {
		t.Errorf("labelled dataset %+v", d)
	}
	for _, p := range People(measures.DateOf(2026, 9, 1)) {
		if !strings.HasSuffix(p.Actor.Name, "(fictional)") || !strings.HasPrefix(p.Actor.ID, "demo-") {
			t.Errorf("person %q is not labelled", p.Actor.Name)
		}
	}
}

// The codes and names must not be those of anybody real that we know of.
func TestNothingOfTheDemonstrationExists(t *testing.T) {
	for _, name := range []string{"ods_trusts.csv", "ods_icbs.csv", "nhs_ae_provider_monthly.csv"} {
		content, err := os.ReadFile(filepath.Join(shared(t), "data", name))
		if err != nil {
			t.Skipf("no published list to compare with: %v", err)
		}
		for _, row := range read(t, content) {
			code, org := row["ods_code"]+row["org_code"], strings.ToLower(row["name"]+row["org_name"])
			if Fictional(measures.ODSCode(code)) {
				t.Errorf("%s: %s exists", name, code)
			}
			for _, o := range trusts {
				place, _, _ := strings.Cut(strings.ToLower(o.name), " ")
				if strings.Contains(org, strings.ToLower(o.name)) || strings.HasPrefix(org, place+" ") {
					t.Errorf("%s: %q is too much like our %q", name, org, o.name)
				}
			}
		}
	}
}

// shared is the folder of reference data beside the checkout.
func shared(t testing.TB) string {
	if dir := os.Getenv("SIGNALBOX_SHARED"); dir != "" {
		return dir
	}
	for dir, err := os.Getwd(); err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "..", "shared")
		}
	}
	t.Fatal("no go.mod above the working folder")
	return ""
}

func TestFilesHaveTheColumnsOfThePublishedOnes(t *testing.T) {
	for _, f := range Files(DefaultSeed) {
		if f.Like == "tidy" || f.Like == "regions" {
			continue
		}
		published, err := os.ReadFile(filepath.Join(shared(t), "data", f.Like+".csv"))
		if err != nil {
			t.Skipf("no published file to compare with: %v", err)
		}
		theirs, _, _ := bytes.Cut(published, []byte("\n"))
		ours, _, _ := bytes.Cut(f.Content, []byte("\n"))
		if got, want := string(ours), strings.TrimSpace(string(theirs)); got != want {
			t.Errorf("%s has columns\n%s, the published file\n%s", f.Name, got, want)
		}
	}
}

func TestFiguresAddUp(t *testing.T) {
	for _, seed := range seeds {
		totals := map[string]map[string]string{}
		for _, row := range read(t, providerFile(seed)) {
			totals[row["org_code"]+row["period"]] = row
			n := func(column string) float64 { return number(t, row[column]) }
			for _, what := range []string{"attendances", "over4h"} {
				if row[what+"_total"] == "" {
					continue
				}
				if n(what+"_type1")+n(what+"_type2")+n(what+"_type3") != n(what+"_total") {
					t.Fatalf("seed %d: types do not add up: %v", seed, row)
				}
			}
			for i := range 3 {
				if over := row["over4h_type"+strconv.Itoa(i+1)]; over != "" && number(t, over) > n("attendances_type"+strconv.Itoa(i+1)) {
					t.Fatalf("seed %d: more late than came: %v", seed, row)
				}
			}
			if n("dta_waits_over12h") > n("dta_waits_over4h") || n("dta_waits_over4h") > n("admissions_via_ae") || n("admissions_via_type1") > n("attendances_type1") {
				t.Fatalf("seed %d: waits for a bed do not nest: %v", seed, row)
			}
		}
		for _, row := range read(t, fourHourFile(seed)) {
			provider := totals[row["org_code"]+row["period"]]
			if row["denominator"] != provider["attendances_total"] ||
				row["numerator"] != "" && number(t, row["numerator"]) != number(t, provider["attendances_total"])-number(t, provider["over4h_total"]) {
				t.Fatalf("seed %d: the two A&E files differ: %v, %v", seed, row, provider)
			}
		}
		for _, row := range read(t, cancerFile(seed)) {
			if number(t, row["numerator"])+number(t, row["breaches"]) != number(t, row["denominator"]) || number(t, row["numerator"]) < 0 {
				t.Fatalf("seed %d: %v", seed, row)
			}
		}
		for _, row := range read(t, diagnosticsFile(seed)) {
			if number(t, row["over_6w"]) > number(t, row["waiting_total"]) || number(t, row["over_13w"]) > number(t, row["over_6w"]) {
				t.Fatalf("seed %d: %v", seed, row)
			}
		}
		for _, row := range read(t, listFile(seed)) {
			if number(t, row["within_18w"])+number(t, row["over_18w"]) != number(t, row["incomplete_total"]) || number(t, row["over_65w"]) > number(t, row["over_52w"]) {
				t.Fatalf("seed %d: %v", seed, row)
			}
		}
	}
}

func TestPeopleBelongToTheDemonstrationAndHaveDifferentNames(t *testing.T) {
	seen := map[string]bool{}
	roles := map[string]bool{}
	today := measures.DateOf(2026, 9, 1)
	for _, p := range People(today) {
		if p.Actor.TrainedOn >= today || p.Actor.TrainedOn < today-90 {
			t.Errorf("%s was trained on %s", p.Actor.ID, p.Actor.TrainedOn)
		}
		if seen[p.Actor.ID] || seen[p.Actor.Name] || p.Job == "" || p.Story == "" {
			t.Errorf("%+v is incomplete or there twice", p)
		}
		seen[p.Actor.ID], seen[p.Actor.Name] = true, true
		roles[string(p.Actor.Roles[0])] = true
		if p.Actor.ODS != "" && (!Fictional(p.Actor.ODS) || !slices.Contains(p.Actor.Orgs, p.Actor.ODS)) {
			t.Errorf("%s works at %s", p.Actor.ID, p.Actor.ODS)
		}
	}
	for _, role := range []string{"clinician", "innovator", "governance_lead", "caldicott_guardian", "data_manager", "improvement_lead", "analyst", "plugin_checker", "operator"} {
		if !roles[role] {
			t.Errorf("nobody has the role %s", role)
		}
	}
}

func BenchmarkFiles(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Files(DefaultSeed)
	}
}
