package mix

import (
	"encoding/csv"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func near(a, b, within float64) bool { return math.Abs(a-b) <= within }

func TestAGainOfMinorCasesAloneIsMix(t *testing.T) {
	// Major cases stay at 50%, minor ones at 100%; there are more minor ones now.
	got, err := Of([]Stratum{
		{"major", Counts{50, 100}, Counts{50, 100}},
		{"minor", Counts{100, 100}, Counts{300, 300}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !near(got.Within, 0, 1e-15) || !near(got.Mix, 0.125, 1e-15) || !near(got.Change, 0.125, 1e-15) || got.HalfWithin() {
		t.Errorf("%+v", got)
	}
}

func TestAGainWithinHiddenByTheMixIsSeen(t *testing.T) {
	// Both strata gain ten points, and the whole stands still.
	got, err := Of([]Stratum{
		{"major", Counts{50, 100}, Counts{96, 160}},
		{"minor", Counts{90, 100}, Counts{44, 44}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Within < 0.09 || got.Mix > -0.08 {
		t.Errorf("%+v", got)
	}
}

func TestAStratumThatOpensIsAllMix(t *testing.T) {
	got, err := Of([]Stratum{
		{"old", Counts{50, 100}, Counts{50, 100}},
		{"new", Counts{}, Counts{100, 100}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Within != 0 || !near(got.Mix, 0.25, 1e-15) || !math.IsNaN(got.Parts[1].Before) {
		t.Errorf("%+v", got)
	}
}

func TestPartsAddUpAndTurnWithTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		strata, turned := make([]Stratum, 2+r.IntN(5)), []Stratum(nil)
		for i := range strata {
			counts := func() Counts {
				d := math.Floor(r.Float64() * 5000)
				return Counts{math.Floor(d * r.Float64()), d}
			}
			strata[i] = Stratum{strconv.Itoa(i), counts(), counts()}
			turned = append(turned, Stratum{strconv.Itoa(i), strata[i].After, strata[i].Before})
		}
		a, err := Of(strata)
		if errors.Is(err, ErrStrata) {
			continue
		}
		b, _ := Of(turned)
		if !near(a.Within+a.Mix, a.Change, 1e-12) || !near(a.Within, -b.Within, 1e-12) || !near(a.Mix, -b.Mix, 1e-12) {
			t.Fatalf("%+v: %+v and turned %+v", strata, a, b)
		}
	}
}

func TestStrataThatMakeNoSenseAreRefused(t *testing.T) {
	one := Stratum{"a", Counts{1, 2}, Counts{1, 2}}
	for name, strata := range map[string][]Stratum{
		"none": nil, "one": {one}, "twice": {one, one},
		"empty before": {{"a", Counts{}, Counts{1, 2}}, {"b", Counts{}, Counts{1, 2}}},
		"below zero":   {one, {"b", Counts{-1, 2}, Counts{1, 2}}},
		"no number":    {one, {"b", Counts{math.NaN(), 2}, Counts{1, 2}}},
		"out of none":  {one, {"b", Counts{1, 0}, Counts{1, 2}}},
	} {
		if _, err := Of(strata); !errors.Is(err, ErrStrata) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheSplitOfPublishedFiguresAgreesWithAnIndependentOne takes the 4-hour
// result apart by type of department: the first 24 months from June 2023 against
// the last 12, for every trust of the reference.
func TestTheSplitOfPublishedFiguresAgreesWithAnIndependentOne(t *testing.T) {
	root := os.Getenv("SIGNALBOX_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	want := table(t, filepath.Join(root, "data", "mix_check_ae4h.csv"))
	rows := table(t, filepath.Join(root, "data", "nhs_ae_provider_monthly.csv"))
	months := map[string][]map[string]string{}
	for _, row := range rows {
		if row["period"] >= "2023-06-01" {
			months[row["org_code"]] = append(months[row["org_code"]], row) // in order of period
		}
	}
	for _, w := range want {
		list := months[w["org_code"]]
		if len(list) < 36 {
			t.Errorf("%s: %d months", w["org_code"], len(list))
			continue
		}
		var strata []Stratum
		for _, kind := range []string{"type1", "type2", "type3"} {
			strata = append(strata, Stratum{kind, counts(list[:24], kind), counts(list[len(list)-12:], kind)})
		}
		got, err := Of(strata)
		if err != nil {
			t.Errorf("%s: %v", w["org_code"], err)
			continue
		}
		for column, value := range map[string]float64{"change": got.Change, "within_type_effect": got.Within,
			"case_mix_effect": got.Mix, "rate_first_24": got.Before, "rate_last_12": got.After} {
			if expected := number(w[column]); !near(value, expected, 1e-4) {
				t.Errorf("%s: %s is %.5f, wanted %.4f", w["org_code"], column, value, expected)
			}
		}
	}
	t.Logf("%d trusts agree to 1e-4", len(want))
}

func counts(rows []map[string]string, kind string) Counts {
	var c Counts
	for _, row := range rows {
		all, late := number(row["attendances_"+kind]), number(row["over4h_"+kind])
		c.Denominator += all
		c.Numerator += all - late
	}
	return c
}

func number(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("%s is not there: put the reference data beside the checkout or name it in SIGNALBOX_SHARED", path)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
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
