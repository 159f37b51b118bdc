package demo

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// rows gives the whole-organisation rows of one measure of one trust as a series.
func rows(t *testing.T, files []File, dataset measures.DatasetID, code string) *series {
	t.Helper()
	s := &series{}
	for _, f := range files {
		if f.Dataset != dataset {
			continue
		}
		for _, row := range read(t, f.Content) {
			if row["org_code"] != code || row["stratum"] != "" {
				continue
			}
			date, err := measures.ParseDate(row["period"])
			if err != nil {
				t.Fatal(err)
			}
			y, n := number(t, row["numerator"]), number(t, row["denominator"])
			if row["value"] != "" {
				y = number(t, row["value"])
			}
			s.add(date, y, n)
		}
	}
	if len(s.months) == 0 {
		t.Fatalf("no rows of %s at %s", dataset, code)
	}
	return s
}

func TestFallsGetFewerAndPressureUlcersMore(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		files := safetyFiles(seed)
		for _, story := range []struct {
			dataset measures.DatasetID
			code    string
			want    measures.Variation
		}{
			{"falls_rate", "ZZA", measures.ImprovementLow},
			{"falls_rate", "ZZB", measures.CommonCause},
			{"pressure_ulcers_rate", "ZZA", measures.CommonCause},
			{"pressure_ulcers_rate", "ZZB", measures.ConcernHigh},
		} {
			s := rows(t, files, story.dataset, story.code)
			s.baseline, s.direction, s.ratioTimes = 24, measures.Decrease, 1000
			if c := s.chart(t, measures.U); c.Variation != story.want {
				t.Errorf("%s of %s: %v, want %v", story.dataset, story.code, c.Variation, story.want)
			}
		}
	})
}

func TestWardsAreAPartOfTheWhole(t *testing.T) {
	for _, f := range safetyFiles(DefaultSeed) {
		whole, wards := map[string]float64{}, map[string]float64{}
		for _, row := range read(t, f.Content) {
			key := row["org_code"] + row["period"]
			if row["stratum"] == "" && row["numerator"] != "" {
				whole[key] = number(t, row["numerator"])
			} else if row["stratum"] != "" {
				wards[key] += number(t, row["numerator"])
			}
		}
		for key, n := range wards {
			if n > whole[key] {
				t.Fatalf("%s, %s: wards have %v of %v", f.Name, key, n, whole[key])
			}
		}
	}
}

func TestRareEventsHaveOneRowADayAndAddUpToTheTimeBetween(t *testing.T) {
	for _, seed := range seeds {
		files := safetyFiles(seed)
		for _, dataset := range []measures.DatasetID{"infection_cases_between", "infection_days_between", "never_events_between"} {
			for _, code := range []string{"ZZA", "ZZB"} {
				s := rows(t, files, dataset, code)
				if len(s.months) < 8 {
					t.Errorf("seed %d: %d rows of %s at %s", seed, len(s.months), dataset, code)
				}
				for i := range s.months {
					if i == 0 {
						continue
					}
					apart := float64(s.months[i] - s.months[i-1])
					switch {
					case apart <= 0 || s.y[i] < 1:
						t.Fatalf("seed %d, %s, %s: row %d follows %v after %v", seed, dataset, code, i, s.y[i], apart)
					case dataset != "infection_cases_between" && s.y[i] != apart:
						t.Fatalf("seed %d, %s, %s: %v days said, %v days between", seed, dataset, code, s.y[i], apart)
					case dataset == "infection_cases_between" && (s.y[i] < operations*(apart-1) || s.y[i] > operations*(apart+1)):
						t.Fatalf("seed %d, %s, %s: %v operations in %v days", seed, dataset, code, s.y[i], apart)
					}
				}
			}
		}
	}
}

func TestInfectionsOfWoundsGetRarer(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		s := rows(t, safetyFiles(seed), "infection_cases_between", "ZZA")
		var sum, n [2]float64
		for i, day := range s.months {
			after := 0
			if day >= measures.DateOf(2024, 6, 1) {
				after = 1
			}
			sum[after], n[after] = sum[after]+s.y[i], n[after]+1
		}
		if before, after := sum[0]/n[0], sum[1]/n[1]; after < 1.3*before {
			t.Errorf("%v operations between infections before, %v after", before, after)
		}
	})
}

func TestAnswersOfGroupsAddUp(t *testing.T) {
	for _, seed := range seeds {
		for _, f := range staffFiles(seed) {
			sum := map[string][2]float64{}
			for _, row := range read(t, f.Content) {
				sign, key := 1.0, row["org_code"]+row["period"]
				if row["stratum"] == "" {
					sign = -1
				}
				yes, n := number(t, row["numerator"]), number(t, row["denominator"])
				if yes > n {
					t.Fatalf("%s: %v", f.Name, row)
				}
				sum[key] = [2]float64{sum[key][0] + sign*yes, sum[key][1] + sign*n}
			}
			for key, left := range sum {
				if left != [2]float64{} {
					t.Fatalf("%s, %s: groups and whole differ by %v", f.Name, key, left)
				}
			}
		}
	}
}
