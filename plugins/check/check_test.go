package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

func TestASoundPluginIsFoundSound(t *testing.T) {
	one := check.Case{Name: "a month", Request: monthOf("own"), Differs: func(*wire.Answer) string { return "" }}
	if lines := findings(t, newBox(t), made(t, "", sound()), check.Options{Cases: []check.Case{one}}); len(lines) > 0 {
		t.Errorf("found %q", lines)
	}
}

// What plugins do wrong, in C, and what has to be said of it.
var mischief = map[string]struct {
	does string
	told []string
}{
	"an infinite number":              {"if (c->points) c->y[0] = INFINITY;", []string{"not-finite", "To mend it: look for a division by 0"}},
	"a value where there is none":     {"for (uint32_t i = 0; i < c->points; i++) c->y[i] = 1;", []string{"invented", "missing", "leave a point without a value"}},
	"a wrong x":                       {"if (c->points > 2) ((int32_t *)c->x)[2] = 7;", []string{"To mend it: copy x from the periods"}},
	"phases that are not the chart's": {"for (uint32_t i = 0; i < c->points; i++) c->phase[i] = 9;", []string{"To mend it: number phases from 1"}},
	"a line break in a note":          {`sbx_add_note(c, "note", "two\nlines");`, []string{"To mend it: keep texts to whole characters"}},
	"an endless note":                 {`char *text = sbx_room(3000); memset(text, 'a', 2999); sbx_add_note(c, "note", text);`, []string{"note", "To mend it:"}},
	"a signal of its own":             {"if (c->points) c->signals[0] = 1u << 30;", []string{"To mend it: use the signals of the socket"}},
	"a cause that does not exist":     {"if (c->points > 1 && !isnan(c->y[0])) c->causes[0] = 77;", []string{"To mend it: use the numbers of docs/plug-socket.md"}},
	"a panic without points":          {"if (!c->points) __builtin_trap();", []string{"fault: own, no points: trap: unreachable", "such as a series without points"}},
	"a loop that does not end":        {"for (volatile int i = 0;; i++) {}", []string{"fault: own, 36 months: deadline of 250ms passed. So it is with 4 more", "a loop that does not end"}},
	"work that grows too fast":        {"volatile double s = 0; for (uint32_t i = 0; i < c->points; i++) for (uint32_t k = 0; k < c->points; k++) for (int n = 0; n < 40; n++) s += k;", []string{"fault: own, a long series: deadline", "the square of the points"}},
	"an untrue xmr chart":             {"c->kind = SBX_XMR; for (uint32_t i = 0; i < c->points; i++) c->centre[i] = 1;", []string{"true: own, 36 months: untrue answer", "to the last bit"}},
	"a division by nothing":           {"volatile int points = c->points; if (q->series_count > 3) c->y[0] = 100 / (points - points);", []string{"fault: own, 200 organisations: trap: integer divide by zero", "check a denominator"}},
	"declining everything":            {`sbx_decline(q, "No."); return;`, []string{`answers: entry "own" declined every question that measure "falls-found" asks, about numerator and denominator: No.`}},
	"an answer of nothing at all":     {"exit(3);", []string{"exited with status 3", "return an answer"}},
}

func TestEveryMischiefIsToldWithAMend(t *testing.T) {
	box := newBox(t)
	for name, m := range mischief {
		t.Run(name, func(t *testing.T) {
			if lines := findings(t, box, made(t, m.does, sound()), check.Options{}); !contains(lines, m.told...) {
				t.Errorf("found %q, want a line with %q", lines, m.told)
			}
		})
	}
}

func TestAnAnswerThatDiffersFromTimeToTimeIsToldOfTheEntry(t *testing.T) {
	// The sandbox leaves a plugin nothing to be fickle with, so the answers are
	// changed on their way out of it.
	asked := 0
	fickle := altered{newBox(t), func(answer []byte) []byte {
		asked++
		if asked%2 == 0 {
			answer = append([]byte{}, answer...)
			answer[len(answer)-1] ^= 1 // padding or the end of a name
		}
		return answer
	}}
	if lines := findings(t, fickle, made(t, "", sound()), check.Options{}); !contains(lines, "repeatable", "different bytes", "no order of a map") {
		t.Errorf("found %q", lines)
	}
}

func TestACheckEndsWhenItsTimeIsOver(t *testing.T) {
	began := time.Now()
	lines := findings(t, stuck{}, made(t, "", sound()), check.Options{Within: 300 * time.Millisecond})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if !contains(lines, "time: the check was stopped after 300ms", "loops that do not end") {
		t.Errorf("found %q", lines)
	}
}

func TestACaseThatIsNotMetIsTold(t *testing.T) {
	want := check.Case{Name: "case march", Request: monthOf("own"), Differs: func(a *wire.Answer) string {
		if a.Charts[0].Y[0] == 0.25 {
			return "x 2026-03-01, y is 0.25, expected 0.5"
		}
		return ""
	}}
	lines := findings(t, newBox(t), made(t, "", sound()), check.Options{Cases: []check.Case{want}})
	if !contains(lines, "cases: case march: x 2026-03-01, y is 0.25, expected 0.5.", "if the case is, mend the plugin") {
		t.Errorf("found %q", lines)
	}
}

// monthOf asks about one month: 1 of 4.
func monthOf(entry string) wire.Request {
	return wire.Request{Measure: "falls-found", Entry: entry, Inputs: []string{"numerator", "denominator"}, Series: []measures.Series{{Organisation: "ZZ1",
		Periods: []measures.Date{measures.DateOf(2026, 3, 1)}, States: []measures.State{measures.Final}, Columns: [][]float64{{1}, {4}}}}}
}

func TestManifestsAreHeldAgainstWhatThereIs(t *testing.T) {
	like := sound().Measures[0]
	like.ID, like.Title = "falls-seen", "Falls that somebody saw and found"
	library := []plugins.Release{{Manifest: plugins.Manifest{ID: "spc", ABI: 1, Entries: []string{"xmr", "run"}}},
		{Manifest: plugins.Manifest{ID: "ward", Measures: []measures.Measure{like}}}}
	for name, c := range map[string]struct {
		change func(*plugins.Manifest)
		told   []string
	}{
		"nothing wrong":        {func(*plugins.Manifest) {}, nil},
		"no problem":           {func(m *plugins.Manifest) { m.Measures[0].Problem = "" }, []string{"manifest:", "problem is missing", "docs/manifest.schema.json"}},
		"a text to be written": {func(m *plugins.Manifest) { m.Measures[0].Why = "TODO: why it matters" }, []string{"manifest: measures[0].why is still to be written."}},
		"a version of words":   {func(m *plugins.Manifest) { m.Version = "first" }, []string{`version "first"`}},
		"an unknown plugin":    {func(m *plugins.Manifest) { m.Measures[0].Uses.Plugin = "magic" }, []string{"uses:", `"magic", which is not here`, "spc"}},
		"an unknown entry":     {func(m *plugins.Manifest) { m.Measures[0].Uses.Entry = "pie" }, []string{"uses:", `for "pie", which it does not compute`, "xmr, run"}},
		"an unknown column":    {func(m *plugins.Manifest) { m.Measures[0].Inputs[0].Plus[0] = "fall" }, []string{"data:", `column "fall"`, "its columns are falls, days"}},
		"an unknown dataset":   {func(m *plugins.Manifest) { m.Measures[0].Dataset = "slips" }, []string{"data, advice only:", `"slips"`, "known are falls"}},
		"no direction":         {func(m *plugins.Manifest) { m.Measures[0].Direction = measures.Neutral }, []string{"manifest, advice only:", "no wanted direction"}},
		"its own checker":      {func(m *plugins.Manifest) { m.Measures[0].CheckedBy = "An analyst" }, []string{"manifest, advice only:", "checked by the one who wrote it"}},
		"a likeness":           {func(m *plugins.Manifest) { m.Measures[0].ID = "falls-new" }, []string{"likeness, advice only:", `like "falls-seen"`}},
		"a likeness that is said": {func(m *plugins.Manifest) {
			m.Measures[0].ID, m.Measures[0].DerivedFrom, m.Measures[0].Inputs[0].Plus = "falls-new", "ward/falls-seen", []string{"falls", "days"}
		}, nil},
		"the logic of another id": {func(m *plugins.Manifest) { m.Measures[0].ID, m.Measures[0].Grain = "falls-seen", measures.Week },
			[]string{`logic: measure "falls-seen" exists already`, "grain", `derived_from to "ward/falls-seen"`}},
		"the words of another id": {func(m *plugins.Manifest) { m.Measures[0].ID, m.Measures[0].Why = "falls-seen", "Another why." }, nil},
		"derived from what it is": {func(m *plugins.Manifest) {
			m.Measures[0].ID, m.Measures[0].DerivedFrom = "falls-new", "ward/falls-seen"
		},
			[]string{"logic, advice only:", "counts just the same", `family to "falls-seen"`}},
		"derived from itself": {func(m *plugins.Manifest) { m.Measures[0].DerivedFrom = "ward/" + string(m.Measures[0].ID) },
			[]string{"manifest:", "derived_from", "another measure"}},
		"derived from a word": {func(m *plugins.Manifest) { m.Measures[0].DerivedFrom = "Falls" }, []string{"manifest:", `derived_from "Falls"`}},
	} {
		t.Run(name, func(t *testing.T) {
			m := sound()
			m.ABI, m.Entries, m.Measures[0].Uses = 0, nil, measures.Uses{Plugin: "spc", Entry: "xmr"}
			c.change(&m)
			o := check.Options{Libraries: library, Datasets: fallsData}
			if m.Measures[0].ID != sound().Measures[0].ID {
				o.Known = []*measures.Measure{&like}
			}
			var lines []string
			for step := range check.Manifest(m, o) {
				for _, f := range step.Findings {
					lines = append(lines, f.String())
				}
				bad := slices.ContainsFunc(step.Findings, func(f check.Finding) bool { return !strings.Contains(f.String(), "advice only") })
				if step.Sound() == bad {
					t.Errorf("step %q: sound %v with %+v", step.Name, step.Sound(), step.Findings)
				}
			}
			if c.told == nil && len(lines) > 0 || c.told != nil && !contains(lines, c.told...) {
				t.Errorf("found %q, want %q", lines, c.told)
			}
		})
	}
}

func TestAModuleWithoutAManifestIsAskedAllTheSame(t *testing.T) {
	module := made(t, "exit(1);", sound())
	bare := module[:len(module)-sectionLength(t, module)]
	lines := findings(t, newBox(t), bare, check.Options{})
	if !contains(lines, "manifest: it has no section signalbox.manifest") {
		t.Errorf("found %q", lines)
	}
	if contains(lines, "declined") {
		t.Errorf("an entry that nobody named was missed: %q", lines)
	}
}

// sectionLength is the length of the manifest, which is the last section.
func sectionLength(t *testing.T, module []byte) int {
	at := strings.LastIndex(string(module), "\x12signalbox.manifest")
	for i := 1; i <= 6; i++ { // the number of the section and the bytes of its length
		if start := at - i; start > 0 && module[start] == 0 && plugins.Preflight(module[:start], plugins.DefaultLimits()) == nil {
			return len(module) - start
		}
	}
	t.Fatal("the module does not end in its manifest")
	return 0
}

// shared is the folder of reference material beside the checkout.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("SIGNALBOX_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the reference material is not here (%v); set SIGNALBOX_SHARED to its folder", err)
	}
	return path
}

func TestHostileModulesAreToldWithinTheTime(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "hostile"), "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d hostile modules, %v", len(files), err)
	}
	box := newBox(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			module, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			lines := findings(t, box, module, check.Options{})
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("the check took %v", took)
			}
			words := hostile[strings.TrimSuffix(filepath.Base(file), ".wasm")]
			if words == nil {
				words = []string{"To mend it"}
			}
			if !contains(lines, words...) {
				t.Errorf("found %q, want a line with %q", lines, words)
			}
		})
	}
}

var hostile = map[string][]string{
	"alloc_oob":        {"fault:", "outside its memory", "take sbx_alloc from the SDK"},
	"alloc_zero":       {"fault:", "sbx_alloc returned 0", "take sbx_alloc from the SDK"},
	"bigmin":           {"form:", "65536 pages", "begin with less memory"},
	"bigtable":         {"form:", "100000000 entries", "tables may hold functions only"},
	"bomb_50kfuncs":    {"form:", "50002 functions", "leave out what is not needed"},
	"bomb_bigfunc":     {"form:", "2000006 bytes of code", "split that function"},
	"bomb_brtable":     {"form:", "393208 bytes of code", "split that function"},
	"clock_rand":       {"envelope:", "SBX1", "use the SDK's way of writing answers"},
	"component":        {"form:", "a component", "build a core module"},
	"divzero":          {"fault:", "integer divide by zero", "check a denominator"},
	"exit1":            {"fault:", "exited with status 1", "return an answer"},
	"exit_init":        {"start:", "exited with status 0 in _initialize", "nothing but setting up"},
	"fs_open":          {"form:", "path_open", "take out what needs it"},
	"good_min":         {"envelope:", "SBX1", "use the SDK's way of writing answers"},
	"growzero_loop":    {"fault:", "deadline", "a loop that does not end"},
	"import_memory":    {"form:", `"memory" is a memory`, "take out what needs it"},
	"loop_busy_mem":    {"fault:", "deadline", "a loop that does not end"},
	"loop_init":        {"start:", "_initialize did not return", "look for a loop in what runs at the start"},
	"loop_run":         {"fault:", "deadline", "a loop that does not end"},
	"loop_start":       {"form:", "a start section", "_initialize"},
	"membomb":          {"fault:", "unreachable", "this is a panic"},
	"memfill_straight": {"form:", "bytes of code", "split that function"},
	"missing_run":      {"form:", "no sbx_run_v1", "use the SDK"},
	"no_memory":        {"form:", "no memory", "use the SDK"},
	"null_indirect":    {"fault:", "invalid table access", "a callback that was never set"},
	"out_giant":        {"fault:", "its answer has 4294967295 bytes", "take the SDK's way"},
	"random":           {"form:", "not a core WebAssembly module", "copy it whole"},
	"recursion":        {"fault:", "stack overflow", "recursion without an end"},
	"sock":             {"form:", "sock_accept", "take out what needs it"},
	"stdout_flood":     {"fault:", "deadline", "a loop that does not end"},
	"trap":             {"fault:", "unreachable", "this is a panic"},
	"truncated":        {"form:", "cut short", "copy it whole"},
	"unknown_import":   {"form:", `"env"."evil"`, "take out what needs it"},
}
