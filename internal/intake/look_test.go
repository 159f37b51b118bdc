package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
)

func TestLookReadsOneOrganisationWithoutTakingAnythingIn(t *testing.T) {
	d := measures.Dataset{ID: "falls", Grain: measures.Month, Columns: []measures.Column{{Name: "numerator", Role: "numerator"}, {Name: "denominator", Role: "denominator"}}}
	file := `measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note
falls,ZZA,2026-02-01,3,100,,,,provisional,
falls,ZZB,2026-01-01,9,900,,,,final,
falls,ZZA,2026-01-01,,100,,,,final,
`
	list, err := intake.Look("falls.csv", strings.NewReader(file), d, "ZZA")
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	s := list[0]
	if got := fmt.Sprint(s.Periods, s.States, s.Columns); got != fmt.Sprint([]measures.Date{measures.DateOf(2026, 1, 1), measures.DateOf(2026, 2, 1)},
		[]measures.State{measures.NotMeasured, measures.Provisional}, [][]float64{{measures.Missing, 3}, {100, 100}}) {
		t.Errorf("read %s", got)
	}
}

func TestLookAddsStrataUpToTheWhole(t *testing.T) {
	d := measures.Dataset{ID: "falls", Grain: measures.Month, Additive: true, Stratifiers: []string{"ward"},
		Columns: []measures.Column{{Name: "numerator", Role: "numerator"}, {Name: "denominator", Role: "denominator"}}}
	file := `measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note
falls,ZZA,2026-01-01,1,10,,ward,north,final,
falls,ZZA,2026-01-01,2,20,,ward,south,provisional,
`
	list, err := intake.Look("falls.csv", strings.NewReader(file), d, "ZZA")
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if whole := list[0]; whole.Stratum != "" || whole.Columns[0][0] != 3 || whole.Columns[1][0] != 30 || whole.States[0] != measures.Provisional {
		t.Errorf("the whole is %+v", whole)
	}
	if list[1].Stratum != "north" || list[1].Columns[0][0] != 1 || list[2].Columns[1][0] != 20 {
		t.Errorf("the strata are %+v", list[1:])
	}
}

func TestLookSaysWhereAFileCannotBeRead(t *testing.T) {
	d := measures.Dataset{ID: "falls", Grain: measures.Month, Columns: []measures.Column{{Name: "numerator", Role: "numerator"}}}
	_, err := intake.Look("falls.csv", strings.NewReader("measure,org_code,period,numerator,denominator\nfalls,ZZA,soon,1,2\n"), d, "ZZA")
	if err == nil || !strings.Contains(err.Error(), `falls.csv: line 2: period "soon"`) {
		t.Errorf("said %v", err)
	}
}

func TestLookAtAllReadsEveryOrganisationByItself(t *testing.T) {
	d := measures.Dataset{ID: "falls", Grain: measures.Month, Columns: []measures.Column{{Name: "numerator", Role: "numerator"}, {Name: "denominator", Role: "denominator"}}}
	file := `measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note
falls,ZZB,2026-01-01,9,900,,,,final,
falls,ZZA,2026-01-01,3,100,,,,final,
falls,ZZA,2026-02-01,4,100,,,,final,
`
	list, err := intake.LookAtAll("falls.csv", strings.NewReader(file), d)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if list[0].Organisation != "ZZA" || len(list[0].Periods) != 2 || list[1].Organisation != "ZZB" || list[1].Columns[0][0] != 9 {
		t.Errorf("read %+v", list)
	}
}
