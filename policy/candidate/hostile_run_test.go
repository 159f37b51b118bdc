package candidate

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostileTime is the deadline of a hostile candidate here: short, so that the
// endless ones do not make the tests endless.
const hostileTime = 6 * time.Second

// TestNoHostilePolicyMayBeProposed shows every fifth hostile policy to a bench;
// with SIGNALBOX_HOSTILE=all, as make soak has it, all of them.
func TestNoHostilePolicyMayBeProposed(t *testing.T) {
	all := hostiles()
	if len(all) < 250 {
		t.Errorf("%d hostile policies, want 250", len(all))
	}
	bench := bench(t, Options{CheckTime: hostileTime, Memory: 512 << 20, Children: 2})
	slots := make(chan struct{}, 2) // so that nobody waits at the bench, and times are those of the child
	names := map[string]bool{}
	for i, h := range all {
		if names[h.name] {
			t.Errorf("%q is there twice", h.name)
		}
		names[h.name] = true
		if i%5 != 0 && os.Getenv("SIGNALBOX_HOSTILE") != "all" {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			began := time.Now()
			report, err := bench.Check(t.Context(), "RAA", h.files)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 2*hostileTime {
				t.Errorf("stopped after %v, with a deadline of %v", took, hostileTime)
			}
			h.judge(t, report)
		})
	}
}

// judge asks that a report says no, for one of the reasons that it should.
func (h hostile) judge(t *testing.T, report Report) {
	t.Helper()
	var rules []string
	for _, f := range report.Findings {
		if f.Severity != Fault {
			continue
		}
		rules = append(rules, f.Rule)
		if f.Problem == "" || f.Mend == "" {
			t.Errorf("a finding without words: %+v", f)
		}
	}
	if len(report.Wider) > 0 {
		rules = append(rules, "compared-wider")
	}
	if report.Sound() || !slices.ContainsFunc(strings.Fields(h.rules), func(want string) bool { return slices.Contains(rules, want) }) {
		t.Errorf("sound: %v, found %q, want one of %q\n%v", report.Sound(), rules, h.rules, report.Findings)
	}
}
