package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// waysOut are all ways by which figures leave the site, and what is asked of the
// policy on each: files are taken away, and need the stricter right.
var waysOut = []struct {
	person, path string
	action       policy.Action
}{
	{"demo-clinician", "/", policy.ChartRead},
	{"demo-clinician", "/trusts/ZZA", policy.ChartRead},
	{"demo-clinician", "/trusts/ZZA/measures/demo-falls", policy.ChartRead},
	{"demo-clinician", "/trusts/ZZA/measures/demo-falls.csv", policy.DataExport},
	{"demo-clinician", "/trusts/ZZA/measures/demo-falls.json", policy.DataExport},
	{"demo-clinician", "/trusts/ZZA/measures/demo-falls.svg", policy.DataExport},
	{"demo-clinician", "/trusts/ZZA/measures/demo-missed/strata", policy.ChartRead},
	{"demo-clinician", "/trusts/ZZA/measures/demo-missed/strata.csv", policy.DataExport},
	{"demo-clinician", "/trusts/ZZA/measures/demo-missed/strata.json", policy.DataExport},
	{"demo-clinician", "/trusts/ZZA/measures/demo-missed/mix", policy.ChartRead},
	{"demo-clinician", "/trusts/ZZA/measures/demo-missed/mix.csv", policy.DataExport},
	{"demo-clinician", "/trusts/ZZA/measures/demo-missed/mix.json", policy.DataExport},
	{"demo-clinician", "/measures/ae-4h", policy.ChartRead},
	{"demo-clinician", "/measures/ae-4h/funnel", policy.ChartRead},
	{"demo-clinician", "/measures/ae-4h/funnel.csv", policy.DataExport},
	{"demo-clinician", "/measures/ae-4h/funnel.json", policy.DataExport},
	{"demo-clinician", "/measures/ae-4h/funnel.svg", policy.DataExport},
	{"demo-clinician-b", "/trusts/ZZA/measures/demo-falls", policy.ChartRead}, // denied
	{"demo-improvement-lead", "/trusts/ZZA/adoptions", policy.ChartRead},
	{"demo-improvement-lead", "/trusts/ZZA/adoptions/{live}/harbour-still-there", policy.EvidenceSend},
	{"demo-clinician", "/trusts/ZZA/adoptions/{live}/harbour-still-there", policy.EvidenceSend}, // denied
	{"demo-improvement-lead", "/adopt/harbour-still-there?version=1.4.0", policy.ChartRead},
	{"demo-improvement-lead", "/adopt/harbour-still-there/difference?version=1.4.0", policy.ChartRead},
	{"demo-governance-lead", "/governance", policy.AccessDecide},
	{"demo-governance-lead", "/governance/agreements", policy.AccessDecide},
	{"demo-governance-lead", "/governance/log", policy.LogRead},
	{"demo-innovator", "/plugins/drafts", policy.PluginTry},
	{"demo-operator", "/jobs", policy.JobsManage},
}

// withoutFigures are the pages that show nobody's figures and read none.
var withoutFigures = []struct{ person, path string }{
	{"", "/sign-in"}, {"", "/healthz"}, {"", "/readyz"}, {"", "/metrics"}, {"", "/glossary"}, {"", "/governance/uses"},
	{"demo-clinician", "/trusts"}, {"demo-clinician", "/trusts?q=lark"}, {"demo-clinician", "/measures"}, {"demo-clinician", "/plugins"},
	{"demo-clinician", "/plugins/spc"}, {"demo-clinician", "/plugins/spc.json"}, {"demo-clinician", "/measures/ae-4h/about"},
	{"demo-clinician", "/plugins/quarantine"}, {"demo-clinician", "/governance"}, {"demo-clinician", "/governance/baseline"},
	{"demo-clinician", "/adopt"}, {"demo-improvement-lead", "/adopt"}, {"demo-clinician", "/access/requests"}, {"demo-clinician", "/account"}, {"demo-clinician", "/nowhere"},
}

// entriesOf gives what the ledger has taken in while something was done.
func (s *openedSite) entriesOf(t testing.TB, do func()) (entries []ledger.Entry) {
	t.Helper()
	before, err := s.house.db.LedgerHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do()
	lines, err := s.house.db.LedgerEntries(t.Context(), before.Size, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		entry, err := ledger.Decode(line)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// TestEveryWayOutIsDecidedBeforeFiguresAreRead opens each way and looks at what the
// ledger has taken in: decisions by this person for what was done, and a result for
// each that was a yes, after it. No other test runs beside this one.
func TestEveryWayOutIsDecidedBeforeFiguresAreRead(t *testing.T) {
	s := site(t)
	for _, way := range waysOut {
		r := s.as(t, way.person)
		var answer reply
		entries := s.entriesOf(t, func() { answer = r.get(t, s.live(t, way.path)) })
		if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s answers %s", way.path, answer.Status)
		}
		decided, awaited := 0, map[int64]bool{}
		for _, e := range entries {
			switch {
			case e.Result != nil:
				delete(awaited, e.Result.Record)
			case e.Decision.Input.Subject.ID == way.person && e.Decision.Input.Action == way.action:
				decided++
				if awaited[e.Sequence] = e.Decision.Allow && e.Decision.Input.Action.OpensData(); !awaited[e.Sequence] {
					delete(awaited, e.Sequence)
				}
			default:
				t.Errorf("%s by %s: the ledger has a decision on %s by %s", way.path, way.person, e.Decision.Input.Action, e.Decision.Input.Subject.ID)
			}
		}
		if decided == 0 {
			t.Errorf("%s by %s: nobody decided on %s", way.path, way.person, way.action)
		}
		if len(awaited) > 0 {
			t.Errorf("%s by %s: %d decisions that allowed have no result", way.path, way.person, len(awaited))
		}
	}
	for _, page := range withoutFigures {
		r := s.as(t, page.person)
		if entries := s.entriesOf(t, func() { r.get(t, page.path) }); len(entries) != 0 {
			t.Errorf("%s is said to show nobody's figures, and the ledger has %d entries of it", page.path, len(entries))
		}
	}
}

// elsewhere are the doors whose pages are about governance, plugins or the reader's
// own account. Their own tests say what is asked there; none has figures.
var elsewhere = []string{"/governance/policies", "/governance/people", "/governance/log", "/governance/requests", "/access/requests/", "/plugins/", "/hub/", "/account", "/sign-in", "/setup", "/assets/"}

// TestNoWayOutIsForgotten holds the lists above to the site map: every address that
// a reader can get is on one of them.
func TestNoWayOutIsForgotten(t *testing.T) {
	var paths []string
	for _, way := range waysOut {
		paths = append(paths, way.path)
	}
	for _, page := range withoutFigures {
		paths = append(paths, page.path)
	}
	files, err := filepath.Glob("../../web/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, handled := range siteMap.FindAllSubmatch(source, -1) {
			pattern := string(handled[1])
			found++
			fits := regexp.MustCompile("^" + hole.ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), "[^/]+") + "([.?].*)?$")
			known := slices.ContainsFunc(paths, fits.MatchString) || slices.ContainsFunc(elsewhere, func(door string) bool { return strings.HasPrefix(pattern, door) })
			if !known {
				t.Errorf("GET %s is on the site map, and no list says whether it shows anybody's figures", pattern)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d addresses were found: the test looks in the wrong place", found)
	}
}

var (
	siteMap = regexp.MustCompile(`Handle(?:Func)?\("GET ([^"]+)"`)
	hole    = regexp.MustCompile(`\{[a-z]+\}`)
)
