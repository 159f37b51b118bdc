package analysis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
)

// TestSecondTableThatWouldTellAHiddenNumberIsRefused asks for the strata of a
// number after its total was revised: whoever remembers the strata of the first
// load could take them from the total of the second.
func TestSecondTableThatWouldTellAHiddenNumberIsRefused(t *testing.T) {
	h := wardHouse(t, []ward{{name: "acute", falls: [2]int{17, 2000}, after: [2]int{17, 2000}}, {name: "day", falls: [2]int{17, 2000}, after: [2]int{17, 2000}}})
	reader := clinician("RBB")
	whole := chartOf(reader, "ward-falls", "RAA")
	strata := whole
	strata.Stratifier = "ward"
	for _, q := range []analysis.Question{whole, strata} {
		if answer := h.ask(t, q); answer.Err != nil {
			t.Fatal(answer.Err)
		}
	}
	// In one month of the second load, 7 falls in place of 17 in one of the wards.
	month := measures.DateOf(2024, 3, 1)
	text := tidyHeader + fmt.Sprintf("ward_falls,RAA,%s,7,2000,,ward,acute,,\nward_falls,RAA,%s,17,2000,,ward,day,,\n", month, month)
	h.load(t, "RAA", write(t, "second.csv", text))
	h.lookAgain(t, agreement{"RAA", "RBB", "ward_falls"})
	if answer := h.ask(t, whole); answer.Err != nil {
		t.Fatalf("the total alone tells nothing yet: %v", answer.Err)
	}
	answer := h.ask(t, strata)
	if !errors.Is(answer.Err, analysis.ErrRevealing) || answer.Charts != nil {
		t.Fatalf("strata after the revision: %v", answer.Err)
	}
	if text := answer.Err.Error(); !strings.Contains(text, "RAA") || !strings.Contains(text, "2024-03-01") || strings.Contains(text, "7") {
		t.Errorf("it says %q", text)
	}
	book := h.book(t)
	if last := book[len(book)-1]; last.Result == nil || !strings.Contains(last.Result.Problem, "hidden number") {
		t.Errorf("the ledger says %+v", last.Result)
	}
	// It is as before for those who may see everything, and for those who have seen nothing.
	own := strata
	own.Actor = clinician("RAA")
	if answer := h.ask(t, own); answer.Err != nil {
		t.Errorf("the trust itself: %v", answer.Err)
	}
}
