package charts

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

func TestTallySaysInWordsWhatManyChartsShow(t *testing.T) {
	for _, test := range []struct {
		counts tally
		want   string
	}{
		{tally{improvement: 8, unchanged: 5}, "Eight of 13 trusts improved beyond chance. Five move only by chance. None shows concern."},
		{tally{concern: 1, improvement: 2, shift: 1, unchanged: 8}, "One of 12 trusts shows concern. Two improved beyond chance. " +
			"One changed beyond chance, neither well nor badly. Eight move only by chance."},
		{tally{unchanged: 4}, "All 4 trusts move only by chance. None shows concern."},
		{tally{concern: 1}, "One trust shows concern."},
		{tally{undecided: 1}, "One trust has too few points to judge. None shows concern."},
		{tally{concern: 20, unchanged: 100}, "20 of 120 trusts show concern. 100 move only by chance."},
		{tally{}, ""},
	} {
		if got := test.counts.sentence("trust", "trusts"); got != test.want {
			t.Errorf("%v:\n got %q\nwant %q", test.counts, got, test.want)
		}
	}
}

func TestARunChartBeyondChanceIsNotCalledUnchanged(t *testing.T) {
	c := measures.Chart{Kind: measures.Run, Rules: measures.Anhoej, Variation: measures.CommonCause,
		Phases: []measures.PhaseStatistics{{Signal: true}}}
	if groupOf(&c) != shift || iconOf(&c) != measures.VariationEmpty {
		t.Errorf("group %v, icon %v; want a shift, and no zigzag", groupOf(&c), iconOf(&c))
	}
	c.Phases[0].Signal = false
	if groupOf(&c) != unchanged || iconOf(&c) != measures.CommonCause {
		t.Errorf("without a signal: group %v, icon %v", groupOf(&c), iconOf(&c))
	}
}

func TestHiddenCountsAreNamedAsTheyAreHidden(t *testing.T) {
	for count, want := range map[int]string{0: "", 1: "", 8: "1 to 7"} {
		if got := hiddenRange(policy.Disclosure{MinCellCount: count}); got != want {
			t.Errorf("threshold %d: %q, want %q", count, got, want)
		}
	}
}

func TestFormatsAreTheEndOfAnAddress(t *testing.T) {
	for path, want := range map[string][2]string{"ae-4h": {"ae-4h", ""}, "ae-4h.csv": {"ae-4h", "csv"},
		"ae-4h.json": {"ae-4h", "json"}, "ae-4h.svg": {"ae-4h", "svg"}, "ae-4h.pdf": {"ae-4h.pdf", ""}} {
		if name, format := splitFormat(path); name != want[0] || format != want[1] {
			t.Errorf("splitFormat(%q) = %q, %q; want %q", path, name, format, want)
		}
	}
}
